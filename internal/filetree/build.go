package filetree

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// Build makes name, which must not exist yet, a directory in the cache. fill makes
// the directory at the path tree, which does not exist yet either. It may use the
// directory staging, in which tree is, for other files as well. After an error name
// does not exist. The staging directory is gone when Build returns.
//
// It takes no lock: see Once.
func (c *Cache) Build(name string, fill func(staging, tree string) error) error {
	staging, err := os.MkdirTemp(c.Dir, c.Staging+"*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(staging)
	tree := filepath.Join(staging, "tree")
	if err := fill(staging, tree); err != nil {
		return err
	}
	if err := os.Rename(tree, filepath.Join(c.Dir, name)); err != nil {
		return err
	}
	return SyncDir(c.Dir)
}

// Discard removes name from the cache, be it a bad directory or anything else. The
// name is free after one rename, so that a process killed meanwhile leaves no half
// of a directory. The caller must be the build function of Once, which has the
// lock.
func (c *Cache) Discard(name string) error {
	away, err := os.MkdirTemp(c.Dir, c.Staging+"discard-*")
	if err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(c.Dir, name), filepath.Join(away, "tree")); err != nil {
		return err
	}
	c.removeStale()
	return nil
}

// SyncDir flushes the names in a directory to disk.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) { // some file systems cannot, and need not
		return err
	}
	return nil
}
