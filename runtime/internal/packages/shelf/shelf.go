package shelf

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/pyexec/pyexec/internal/filetree"
)

const (
	staging  = "staging-"
	packages = "packages"
	trash    = "trash-" // in staging directories
)

// Shelf is the directory.
type Shelf struct {
	dir  string // absolute, without links
	most int64  // bytes
	log  *slog.Logger

	mu       sync.Mutex
	reserved int64 // bytes that installations under way have asked for
	used     int64 // bytes of all sets, when they were last looked at
	own      *os.File
	askedFor map[string]asked // by request
}

// Open makes the directory if need be and removes what processes that were killed
// have left. It is private to this user. At most so many bytes are kept in it.
func Open(dir string, most int64, log *slog.Logger) (*Shelf, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("cache of environments: %w", err)
	}
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, fmt.Errorf("cache of environments: %w", err)
	}
	info, err := os.Lstat(dir)
	if err == nil {
		err = filetree.Private(dir, info, os.Geteuid())
	}
	if err != nil {
		return nil, fmt.Errorf("cache of environments: %w", err)
	}
	s := &Shelf{dir: dir, most: most, log: log}
	s.removeStale()
	if s.own, err = ownStaging(dir); err != nil {
		return nil, fmt.Errorf("cache of environments: %w", err)
	}
	s.askedFor = s.readAsked()
	s.used = total(s.sets())
	return s, nil
}

// stagingAttempts is how often another process may be faster.
const stagingAttempts = 10

// ownStaging makes a staging directory and locks it. Until it is locked, a process that
// starts at the same moment takes it for stale.
func ownStaging(dir string) (own *os.File, err error) {
	for range stagingAttempts {
		path, err := os.MkdirTemp(dir, staging)
		if err != nil {
			return nil, err
		}
		if err = os.Chmod(path, 0o755); err == nil { // jails are made of what is in it
			own, err = lock(path, syscall.LOCK_SH)
		}
		if err == nil {
			now, err := os.Lstat(path)
			if err == nil && same(own, now) {
				return own, nil
			}
			own.Close()
		} else if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, err
		}
	}
	return nil, errors.New("others remove its staging directories")
}

// Close removes what is of this process alone. Sets stay.
func (s *Shelf) Close() error {
	err := os.RemoveAll(s.own.Name())
	return errors.Join(err, s.own.Close())
}

// lock opens a file or directory and locks it, or says that another has it.
func lock(path string, how int) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock: %s: %w", path, err)
	}
	return f, nil
}

// removeStale removes the staging directories that no process has locked, and sets
// without a manifest.
func (s *Shelf) removeStale() {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		path := filepath.Join(s.dir, e.Name())
		if isKey(e.Name()) && sizeOf(filepath.Join(path, manifestName)) == 0 {
			_ = os.RemoveAll(path) // its room would be nobody's
		}
		if !strings.HasPrefix(e.Name(), staging) {
			continue
		}
		f, err := lock(path, syscall.LOCK_EX)
		if err != nil {
			continue // somebody's, who is alive
		}
		if err := os.RemoveAll(path); err != nil {
			s.log.Warn("stale staging directory not removed", "dir", path, "cause", err)
		}
		f.Close()
	}
}

// isKey reports whether a directory may be a set: there can be others.
func isKey(name string) bool {
	key, err := hex.DecodeString(name)
	return err == nil && len(key) == 16
}

// Used is how many bytes the sets take, and installations under way.
func (s *Shelf) Used() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used + s.reserved
}

// Set is one set of packages. It stays while it is held.
type Set struct {
	// Packages is its directory.
	Packages string
	manifest *os.File // locked
}

// Release gives a set up: its room may be used for others from now on.
func (set *Set) Release() { _ = set.manifest.Close() } // it was only read

// Touch notes that a set is used now.
func (set *Set) Touch() { touch(set.manifest.Name()) }

// touch notes that a set is used now.
func touch(manifest string) {
	now := time.Now()
	_ = os.Chtimes(manifest, now, now) // else it goes earlier than others, no more
}

// Find returns the set of a key, 32 hexadecimal digits; nil if there is none that can be believed.
func (s *Shelf) Find(key string) *Set {
	dir := filepath.Join(s.dir, key)
	f, err := lock(filepath.Join(dir, manifestName), syscall.LOCK_SH)
	if err != nil {
		if _, there := os.Lstat(dir); there == nil && !errors.Is(err, syscall.EWOULDBLOCK) {
			s.discard(key, err)
		}
		return nil
	}
	if err := verify(f, dir); err != nil {
		f.Close()
		s.discard(key, err)
		return nil
	}
	if now, err := os.Stat(f.Name()); err != nil || !same(f, now) { // removed in between
		f.Close()
		return nil
	}
	touch(f.Name())
	return &Set{Packages: filepath.Join(dir, packages), manifest: f}
}

func same(f *os.File, now fs.FileInfo) bool {
	own, err := f.Stat()
	return err == nil && os.SameFile(own, now)
}

// discard removes a set that is not as it was made.
func (s *Shelf) discard(key string, why error) {
	s.log.Warn("set of packages is damaged and removed", "key", key, "cause", why)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.remove(key); err != nil {
		s.log.Warn("set of packages not removed", "key", key, "cause", err)
	}
	s.used = total(s.sets())
}

// remove takes a set away by one rename, and then apart. The caller has the lock.
func (s *Shelf) remove(key string) error {
	away, err := os.MkdirTemp(s.own.Name(), trash)
	if err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(s.dir, key), filepath.Join(away, key)); err != nil {
		return errors.Join(err, os.Remove(away))
	}
	return os.RemoveAll(away)
}
