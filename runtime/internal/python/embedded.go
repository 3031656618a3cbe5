//go:build linux && (amd64 || arm64) && !nopython

package python

import embedded "github.com/kluctl/go-embed-python/python"

// supported returns nil: the embedded CPython runs on this platform.
func supported() error { return nil }

// extract writes the embedded files below dir, which it makes. It writes
// copies where upstream had symbolic links, and dir+".lock" beside dir.
func extract(dir string) error {
	_, err := embedded.NewEmbeddedPythonWithTmpDir(dir, false)
	return err
}
