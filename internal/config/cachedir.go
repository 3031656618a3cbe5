package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pyexec/pyexec/internal/filetree"
)

// cacheCandidates lists where the interpreter may be unpacked, best first: the
// user's cache directory, if there is such a thing, then a directory of our
// own among the temporary files, for processes without a home, then in shared
// memory, which containers have even where their root is read-only.
func cacheCandidates() []string {
	var dirs []string
	if base, err := os.UserCacheDir(); err == nil {
		dirs = append(dirs, filepath.Join(base, "pyexec"))
	}
	own := fmt.Sprintf("pyexec-%d", os.Getuid())
	return append(dirs, filepath.Join(os.TempDir(), own), filepath.Join("/dev/shm", own))
}

// CacheDir is the directory that the interpreter is unpacked in, made if need be.
// The error names each candidate and what is wrong with it.
func CacheDir() (string, error) { return secureDir(cacheCandidates()) }

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
