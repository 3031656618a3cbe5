//go:build !(linux && (amd64 || arm64))

package python

import (
	"fmt"
	"io/fs"
	"runtime"
)

// supported says that there is no CPython for this platform. It keeps the
// module buildable where only its other parts are worked on.
func supported() error {
	return fmt.Errorf("bundled CPython: %s/%s: only linux on amd64 and arm64 is supported", runtime.GOOS, runtime.GOARCH)
}

func extract(string) error { return supported() }

func trusted(string, fs.FileInfo) error { return supported() }
