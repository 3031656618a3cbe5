package packages

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/pyexec/pyexec/runtime/internal/packages/index"
	"github.com/pyexec/pyexec/runtime/internal/python"
)

const stagingPrefix = "packages-staging-"

// Open returns the directory of packages that path stands for: path itself if it
// is a directory, else what comes of the requirements file path, which is
// installed below cacheDir unless it is there. Any number of processes may call
// it at the same time.
func Open(ctx context.Context, p *python.Interpreter, from index.Config, path, cacheDir string, log *slog.Logger) (string, error) {
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
	if there, err := installed(dir); there || err != nil {
		return dir, err
	}
	unlock, err := lock(ctx, filepath.Join(cacheDir, "packages.lock"), log)
	if err != nil {
		return "", err
	}
	defer unlock()
	removeStale(cacheDir, log)
	if there, err := installed(dir); there || err != nil {
		return dir, err // made while this process waited
	}
	return dir, r.install(ctx, p, from, dir, log)
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

// lock waits until this process is the only one that installs. The kernel
// releases the lock of a process that dies.
func lock(ctx context.Context, path string, log *slog.Logger) (unlock func(), err error) {
	l := flock.New(path)
	ok, err := l.TryLock()
	if err == nil && !ok {
		log.Info("another process is installing packages, waiting for it", "lock", path)
		_, err = l.TryLockContext(ctx, 100*time.Millisecond)
	}
	if err != nil {
		return nil, fmt.Errorf("packages: lock: %s: %w", path, err)
	}
	return func() {
		if err := l.Unlock(); err != nil {
			log.Warn("lock not released", "lock", path, "cause", err)
		}
	}, nil
}

// removeStale removes what processes that were killed left behind. It is called
// with the lock held, so none of it is in use. What cannot be removed only
// wastes space.
func removeStale(cacheDir string, log *slog.Logger) {
	entries, err := os.ReadDir(cacheDir)
	if err != nil {
		return // the installation will say so
	}
	for _, e := range entries {
		if ok, _ := filepath.Match(stagingPrefix+"*", e.Name()); !ok {
			continue
		}
		if err := os.RemoveAll(filepath.Join(cacheDir, e.Name())); err != nil {
			log.Warn("stale staging directory not removed", "dir", e.Name(), "cause", err)
		}
	}
}
