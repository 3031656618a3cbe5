package packages

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/pyexec/pyexec/internal/filetree"
	"github.com/pyexec/pyexec/runtime/internal/packages/index"
	"github.com/pyexec/pyexec/runtime/internal/python"
)

const stagingPrefix = "packages-staging-"

// Open returns the directory of packages that path stands for: path itself if it
// is a directory, else what comes of the requirements file path, which is
// installed below cacheDir unless it is there. Any number of processes may call
// it at the same time.
func Open(ctx context.Context, p *python.Interpreter, from index.Config, path, cacheDir string,
	log *slog.Logger) (string, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("packages: %w", err)
	}
	if fi.IsDir() {
		dir, err := filepath.Abs(path)
		if err == nil {
			dir, err = filepath.EvalSymlinks(dir)
		}
		if err != nil {
			return "", fmt.Errorf("packages: %w", err)
		}
		return dir, nil
	}
	r, err := readRequirements(path)
	if err != nil {
		return "", fmt.Errorf("packages: %w", err)
	}
	cacheDir, err = filepath.EvalSymlinks(cacheDir)
	if err != nil {
		return "", fmt.Errorf("packages: cache directory: %w", err)
	}
	dir := filepath.Join(cacheDir, "packages-"+r.key(p))
	cache := filetree.Cache{
		Dir: cacheDir, Lock: "packages.lock", Staging: stagingPrefix,
		Busy: "another process is installing packages, waiting for it", Log: log,
	}
	err = cache.Once(ctx,
		func() (bool, error) { return installed(dir) },
		func() error { return r.install(ctx, p, from, dir, log) })
	if lock, ok := errors.AsType[*filetree.LockError](err); ok {
		return "", fmt.Errorf("packages: %w", lock)
	}
	return dir, err
}

// installed reports whether dir is there. Nothing but the rename of a finished
// directory gives it its name.
func installed(dir string) (bool, error) {
	fi, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("packages: %w", err)
	case !fi.IsDir():
		return false, fmt.Errorf("packages: %s: not a directory", dir)
	}
	return true, nil
}
