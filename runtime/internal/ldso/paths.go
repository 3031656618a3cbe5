package ldso

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
)

// RealPath is path made absolute with its symbolic links resolved. Its error is
// the bare cause, without the path.
func RealPath(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		err = pe.Err
	}
	return path, err
}

// Within reports whether path is below dir. Both must be absolute and clean.
func Within(dir, path string) bool {
	return strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}

// GlobQuote is a pattern for filepath.Glob that matches path itself, whatever
// characters are in the name that an operator has given a directory.
func GlobQuote(path string) string {
	quoted := make([]byte, 0, len(path))
	for i := range len(path) {
		switch path[i] {
		case '*', '?', '[', '\\':
			quoted = append(quoted, '\\')
		}
		quoted = append(quoted, path[i])
	}
	return string(quoted)
}
