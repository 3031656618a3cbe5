package filetree

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// Cache is a directory that finished directories of one kind are kept in. Other
// kinds may be in it, with names of their own for all that is named here.
type Cache struct {
	// Dir is absolute and exists.
	Dir string
	// Lock is the name of the file in Dir that whoever makes a directory locks.
	Lock string
	// Staging is what the names of staging directories in Dir begin with.
	Staging string
	// Busy is the message that is logged, once, when another process holds the
	// lock.
	Busy string
	Log  *slog.Logger
}

// LockError says that the lock could not be had: Err is the context's error, or
// why the file can be neither made nor locked.
type LockError struct {
	Path string // of the lock
	Err  error
}

// Error says what was tried, and why it failed.
func (e *LockError) Error() string { return fmt.Sprintf("lock: %s: %v", e.Path, e.Err) }

// Unwrap returns Err.
func (e *LockError) Unwrap() error { return e.Err }

// Once calls build unless there reports that the directory is finished. Only one
// process at a time builds; the others wait for it, until ctx ends, and use what it
// made. there is called without the lock and, when it has returned false, again
// with it. Staging directories of killed processes are removed first.
//
// The error is a *LockError, or that of there or build as it is.
func (c *Cache) Once(ctx context.Context, there func() (bool, error), build func() error) error {
	if done, err := there(); done || err != nil {
		return err
	}
	unlock, err := c.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	c.removeStale()
	if done, err := there(); done || err != nil {
		return err // made while this process waited
	}
	return build()
}

// lock waits until this process is the only one that builds. The kernel releases
// the lock of a process that dies.
func (c *Cache) lock(ctx context.Context) (unlock func(), err error) {
	path := filepath.Join(c.Dir, c.Lock)
	l := flock.New(path)
	ok, err := l.TryLock()
	if err == nil && !ok {
		c.Log.Info(c.Busy, "lock", path)
		_, err = l.TryLockContext(ctx, 20*time.Millisecond)
	}
	if err != nil {
		return nil, &LockError{Path: path, Err: err}
	}
	return func() {
		if err := l.Unlock(); err != nil {
			c.Log.Warn("lock not released", "lock", path, "cause", err)
		}
	}, nil
}

// removeStale removes the staging directories of processes that died. It is
// called with the lock held, so none of them is in use. What cannot be removed
// only wastes space.
func (c *Cache) removeStale() {
	entries, err := os.ReadDir(c.Dir)
	if err != nil {
		return // whoever builds will say so
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), c.Staging) {
			continue
		}
		dir := filepath.Join(c.Dir, e.Name())
		if err := os.RemoveAll(dir); err != nil {
			c.Log.Warn("stale staging directory not removed", "dir", dir, "cause", err)
		}
	}
}
