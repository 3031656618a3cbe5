//go:build linux && (amd64 || arm64) && !nopython

package python

import (
	"archive/zip"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"github.com/kluctl/go-embed-python/embed_util"
	embedded "github.com/kluctl/go-embed-python/python"
)

// supported returns nil: the embedded CPython runs on this platform.
func supported() error { return nil }

// extract writes the embedded files below dir, which it makes. It writes
// copies where upstream had symbolic links.
func extract(dir string) error {
	if _, err := embedded.NewEmbeddedPythonWithTmpDir(dir, false); err != nil {
		return err
	}
	return os.Remove(dir + ".lock") // here the tree is nobody else's
}

// extractModule is extract for another version of the module, whose archive is the
// file at path. It is what its go.sum says: names in it are not looked at.
func extractModule(path, version, dir string) error {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return fmt.Errorf("unpack: %s: %w", path, err)
	}
	defer archive.Close()
	files, err := fs.Sub(archive, fmt.Sprintf("%s@%s/python/internal/data/%s-%s", modulePath, version,
		runtime.GOOS, runtime.GOARCH))
	if err != nil {
		return fmt.Errorf("unpack: %s: %w", path, err)
	}
	if _, err := fs.Stat(files, "files.json"); err != nil { // without it there would be an empty tree
		return fmt.Errorf("unpack: %s: %w", path, err)
	}
	if _, err := embed_util.NewEmbeddedFilesWithTmpDir(files, dir, false); err != nil {
		return fmt.Errorf("unpack: %s: %w", path, err)
	}
	return os.Remove(dir + ".lock")
}
