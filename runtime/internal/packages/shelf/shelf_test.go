package shelf

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pyexec/pyexec/internal/filetree"
)

const key = "00112233445566778899aabbccddeeff"

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, dir string, most int64) *Shelf {
	t.Helper()
	s, err := Open(dir, most, slog.New(slog.DiscardHandler))
	must(t, err)
	return s
}

// add makes a set of one file of so many bytes.
func add(t *testing.T, s *Shelf, key string, size int) *Set {
	t.Helper()
	i, err := s.Begin()
	must(t, err)
	defer i.Close()
	must(t, i.Room(int64(size)))
	must(t, os.Mkdir(i.Packages, 0o755))
	must(t, os.WriteFile(filepath.Join(i.Packages, "a.py"), make([]byte, size), 0o644))
	must(t, filetree.Settle(i.Packages, func(_ string, info os.FileInfo) os.FileMode {
		if info.IsDir() {
			return 0o755
		}
		return 0o644
	}))
	set, err := i.Finish(key)
	must(t, err)
	return set
}

// A set is believed as long as it is as it was made.
func TestFind(t *testing.T) {
	for what, change := range map[string]func(dir string) error{
		"": func(string) error { return nil },
		"another text": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "a.py"), []byte("0123456789"), 0o644)
		},
		"one more file": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "more.py"), nil, 0o644)
		},
		"a file less":      func(dir string) error { return os.Remove(filepath.Join(dir, "a.py")) },
		"a link":           func(dir string) error { return os.Symlink("/etc/passwd", filepath.Join(dir, "link")) },
		"a second name":    func(dir string) error { return os.Link(filepath.Join(dir, "a.py"), dir+"/../b.py") },
		"others may write": func(dir string) error { return os.Chmod(filepath.Join(dir, "a.py"), 0o666) },
		"others may add":   func(dir string) error { return os.Chmod(dir, 0o777) },
		"a program of another": func(dir string) error {
			return os.Chmod(filepath.Join(dir, "a.py"), 0o755|os.ModeSetuid)
		},
		"half a manifest": func(dir string) error { return os.Truncate(filepath.Join(dir, "../manifest"), 50) },
		"no manifest":     func(dir string) error { return os.Remove(filepath.Join(dir, "../manifest")) },
		"another's":       func(dir string) error { return os.Chown(filepath.Join(dir, "a.py"), 12345, -1) },
	} {
		s := open(t, t.TempDir(), 1<<20)
		set := add(t, s, key, 10)
		s.Remember("request", key)
		set.Release()
		must(t, s.Close())
		if err := change(set.Packages); errors.Is(err, os.ErrPermission) {
			continue // not root
		} else if err != nil {
			t.Fatal(what, err)
		}
		must(t, os.MkdirAll(filepath.Join(s.dir, "staging-dead", "x"), 0o755))
		s = open(t, s.dir, 1<<20)
		if found := s.Find(key); (found != nil) != (what == "") {
			t.Errorf("%q: found: %v", what, found != nil)
		} else if found != nil {
			if got, _, ok := s.Asked("request"); !ok || got != key {
				t.Errorf("the request is forgotten")
			}
			found.Release()
		}
		must(t, s.Close())
		entries, err := os.ReadDir(s.dir)
		if err != nil || what == "" && len(entries) != 1 || what != "" && len(entries) != 0 {
			t.Errorf("%q: left are %v, %v", what, entries, err)
		}
	}
}

// What was used last stays, and what is in use, in another process too.
func TestRoom(t *testing.T) {
	s := open(t, t.TempDir(), 100<<10)
	keys := []string{key, strings.Repeat("1", 32), strings.Repeat("2", 32)}
	sets := []*Set{add(t, s, keys[0], 20<<10), add(t, s, keys[1], 20<<10)}
	other := open(t, s.dir, 100<<10) // as another process would
	held := other.Find(keys[0])
	sets[0].Release()
	sets[1].Release()
	i, err := s.Begin()
	must(t, err)
	must(t, i.Room(60<<10))
	if s.Find(keys[1]) != nil || other.Find(keys[0]) == nil {
		t.Error("what is in use was removed, or what is not is there")
	}
	if err := i.Room(20 << 10); !errors.Is(err, ErrFull) {
		t.Error(err)
	}
	if s.Used() > 100<<10 {
		t.Error(s.Used())
	}
	i.Close()
	held.Release()
	must(t, other.Close())
	must(t, s.Close())
}

// Processes that start at the same moment leave each other's staging directories alone.
func TestOpenAtOnce(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Chmod(dir, 0o755))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				s, err := Open(dir, 1<<20, slog.New(slog.DiscardHandler))
				if err != nil {
					t.Error(err)
					return
				}
				i, err := s.Begin()
				if err != nil {
					t.Error(err)
				} else {
					i.Close()
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}
