//go:build !(linux && (amd64 || arm64)) || nopython

package python

import (
	"fmt"
	"runtime"
)

// supported says that there is no CPython in this binary: it was left out with
// the build tag nopython, as in images that have one on disk, or there is none
// for this platform, where the module is buildable for its other parts.
func supported() error {
	return fmt.Errorf("bundled CPython: %s/%s: not in this binary: set PYTHON_HOME to an installed CPython %s",
		runtime.GOOS, runtime.GOARCH, bundled.series())
}

func extract(string) error { return supported() }

func extractModule(string, string, string) error { return supported() }
