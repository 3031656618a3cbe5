package pyexec

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pyexec/pyexec/internal/filetree"
)

// secureDir makes sure of the first candidate that is, or can be made, a
// directory nobody else can have put anything into. What lies there is
// executed: the temporary directory is everybody's, and a name in it that
// somebody else took first must not be used.
func secureDir(candidates []string) (string, error) {
	var problems []error
	for _, dir := range candidates {
		err := makePrivate(dir)
		if err == nil {
			return dir, nil
		}
		problems = append(problems, fmt.Errorf("cache directory: %w", err))
	}
	return "", errors.Join(problems...)
}

func makePrivate(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	return filetree.Private(dir, info, os.Getuid())
}
