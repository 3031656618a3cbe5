//go:build !nopython

package packages

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/kluctl/go-embed-python/pip"
)

// pipSource writes pip's own source below dir, an absolute path, and returns the
// directory to import it from.
//
// The library puts its name for the files behind the directory for temporary
// files, where others could have put something first; the name leads back out of
// it, into dir.
func pipSource(dir string) (string, error) {
	up := strings.Repeat("/..", strings.Count(filepath.Clean(dir), "/")+64)
	files, err := pip.NewPipLib(up + filepath.Join(dir, "pip"))
	if err != nil {
		return "", fmt.Errorf("pip: %w", err)
	}
	return files.GetExtractedPath(), nil
}
