package shelf

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/pyexec/pyexec/internal/filetree"
)

// ErrFull is the cause when there is no room, and nothing that could make room.
var ErrFull = errors.New("the cache of environments is full")

// Installation is one under way. It must be closed.
type Installation struct {
	// Wheels is a directory for whoever installs, and Packages where the set has to be
	// made, which does not exist yet.
	Wheels, Packages string
	shelf            *Shelf
	dir              string
	reserved         int64
}

// Begin begins an installation.
func (s *Shelf) Begin() (*Installation, error) {
	dir, err := os.MkdirTemp(s.own.Name(), "")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	i := &Installation{shelf: s, dir: dir, Wheels: filepath.Join(dir, "wheels"),
		Packages: filepath.Join(dir, "set", packages)}
	for _, path := range []string{i.Wheels, filepath.Dir(i.Packages)} {
		if err == nil {
			err = os.Mkdir(path, 0o755)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("cache of environments: %w", err)
	}
	return i, nil
}

// Room reserves so many bytes of disk, and removes sets that nobody uses for it, the
// least recently used first.
func (i *Installation) Room(n int64) error {
	s := i.shelf
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used+s.reserved+n > s.most {
		s.makeRoom(n)
	}
	if s.used+s.reserved+n > s.most {
		return ErrFull
	}
	s.reserved += n
	i.reserved += n
	return nil
}

// Finish makes what is in Packages the set of a key. Its files must have the modes and
// the time stamp of package filetree.
func (i *Installation) Finish(key string) (*Set, error) {
	set := filepath.Dir(i.Packages)
	if err := os.RemoveAll(i.Wheels); err != nil {
		return nil, err
	}
	if err := os.Chmod(set, 0o755); err != nil {
		return nil, err
	}
	if _, err := writeManifest(set); err != nil {
		return nil, err
	}
	err := os.Rename(set, filepath.Join(i.shelf.dir, key))
	if err != nil && !errors.Is(err, syscall.EEXIST) && !errors.Is(err, syscall.ENOTEMPTY) { // else another was faster
		return nil, err
	}
	if err := filetree.SyncDir(i.shelf.dir); err != nil {
		return nil, err
	}
	i.shelf.mu.Lock()
	i.shelf.used = total(i.shelf.sets())
	i.shelf.mu.Unlock()
	found := i.shelf.Find(key)
	if found == nil {
		return nil, errors.New("cache of environments: the set is gone again")
	}
	return found, nil
}

// Close ends an installation. Nothing but a finished set is left of it.
func (i *Installation) Close() {
	if err := os.RemoveAll(i.dir); err != nil {
		i.shelf.log.Warn("staging directory not removed", "dir", i.dir, "cause", err)
	}
	i.shelf.mu.Lock()
	defer i.shelf.mu.Unlock()
	i.shelf.reserved -= i.reserved
	i.reserved = 0
}

// stored is a set that is there.
type stored struct {
	key  string
	used time.Time
	size int64
}

// sets lists what is there, the least recently used first.
func (s *Shelf) sets() (list []stored) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		manifest := filepath.Join(s.dir, e.Name(), manifestName)
		if info, err := os.Lstat(manifest); err == nil && isKey(e.Name()) {
			list = append(list, stored{e.Name(), info.ModTime(), sizeOf(manifest)})
		}
	}
	slices.SortFunc(list, func(a, b stored) int { return a.used.Compare(b.used) })
	return list
}

func total(list []stored) (sum int64) {
	for _, one := range list {
		sum += one.size
	}
	return sum
}

// makeRoom removes sets that no process uses until there is room for n bytes more. The
// caller has the lock.
func (s *Shelf) makeRoom(n int64) {
	list := s.sets()
	s.used = total(list)
	for _, one := range list {
		if s.used+s.reserved+n <= s.most {
			return
		}
		f, err := lock(filepath.Join(s.dir, one.key, manifestName), syscall.LOCK_EX)
		if err != nil {
			continue // it is used
		}
		err = s.remove(one.key)
		f.Close()
		if err != nil {
			s.log.Warn("set of packages not removed", "key", one.key, "cause", err)
			continue
		}
		s.used -= one.size
		s.forget(one.key)
		s.log.Info("set of packages removed", "key", one.key, "bytes", one.size, "used", one.used)
	}
}
