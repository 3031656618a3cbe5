package filetree

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func testCache(t *testing.T) *Cache {
	log := slog.New(slog.DiscardHandler)
	return &Cache{Dir: t.TempDir(), Lock: "x.lock", Staging: "x-staging-", Busy: "busy", Log: log}
}

// names lists what is in the cache.
func names(t *testing.T, c *Cache) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(c.Dir)
	must(t, err)
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// Processes that come at the same time use what the first has made, and leftovers
// of others are gone.
func TestOnce(t *testing.T) {
	c := testCache(t)
	must(t, os.Mkdir(filepath.Join(c.Dir, "x-staging-dead"), 0o700))
	there := func() (bool, error) {
		_, err := os.Stat(filepath.Join(c.Dir, "tree"))
		return err == nil, nil
	}
	var built atomic.Int32
	build := func() error {
		return c.Build("tree", func(staging, tree string) error {
			built.Add(1)
			must(t, os.WriteFile(filepath.Join(staging, "beside"), nil, 0o600))
			return os.Mkdir(tree, 0o755)
		})
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := c.Once(t.Context(), there, build); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := built.Load(); n != 1 {
		t.Errorf("built %d times", n)
	}
	if got := names(t, c); !slices.Equal(got, []string{"tree", "x.lock"}) {
		t.Errorf("the cache holds %q", got)
	}
}

// After an error there is neither a tree nor its staging directory.
func TestBuildFails(t *testing.T) {
	c, broken := testCache(t), errors.New("broken")
	err := c.Build("tree", func(_, tree string) error {
		must(t, os.Mkdir(tree, 0o755))
		return broken
	})
	if err != broken || len(names(t, c)) != 0 {
		t.Errorf("got %v; the cache holds %q", err, names(t, c))
	}
}

func TestDiscard(t *testing.T) {
	c := testCache(t)
	must(t, os.WriteFile(filepath.Join(c.Dir, "tree"), nil, 0o600))
	must(t, c.Discard("tree"))
	if got := names(t, c); len(got) != 0 {
		t.Errorf("the cache holds %q", got)
	}
}

// Whoever waits for the lock can be told to stop.
func TestOnceCancelled(t *testing.T) {
	c := testCache(t)
	f, err := os.Create(filepath.Join(c.Dir, c.Lock))
	must(t, err)
	defer f.Close()
	must(t, syscall.Flock(int(f.Fd()), syscall.LOCK_EX))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	never := func() (bool, error) { return false, nil }
	err = c.Once(ctx, never, func() error { t.Error("built"); return nil })
	lock, ok := errors.AsType[*LockError](err)
	if !ok || lock.Path != f.Name() || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestSettle(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, "sub"), 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "sub", "file"), nil, 0o600))
	must(t, os.Symlink("nowhere", filepath.Join(dir, "link")))
	var seen []string
	must(t, Settle(dir, func(rel string, info fs.FileInfo) fs.FileMode {
		seen = append(seen, rel)
		if info.IsDir() {
			return 0o755
		}
		return 0o644
	}))
	if !slices.Equal(seen, []string{".", "sub", "sub/file"}) {
		t.Errorf("settled %q", seen)
	}
	for rel, want := range map[string]fs.FileMode{".": fs.ModeDir | 0o755, "sub": fs.ModeDir | 0o755,
		"sub/file": 0o644} {
		info, err := os.Stat(filepath.Join(dir, rel))
		must(t, err)
		if info.Mode() != want || !info.ModTime().Equal(Stamp) {
			t.Errorf("%s: %v, changed at %v", rel, info.Mode(), info.ModTime())
		}
	}
}

func TestCopyFile(t *testing.T) {
	from := filepath.Join(t.TempDir(), "from")
	must(t, os.WriteFile(from, []byte("text"), 0o600))
	link := from + ".link"
	must(t, os.Symlink(from, link))
	for mode, want := range map[fs.FileMode]fs.FileMode{0: 0o600, 0o755: 0o755} {
		to := filepath.Join(t.TempDir(), "deep", "to")
		must(t, CopyFile(link, to, mode))
		info, err := os.Lstat(to)
		must(t, err)
		if data, err := os.ReadFile(to); err != nil || string(data) != "text" || info.Mode() != want {
			t.Errorf("mode %o: got %q with %v, %v", mode, data, info.Mode(), err)
		}
	}
}

// The two rules for owners, side by side.
func TestOwner(t *testing.T) {
	for _, tt := range []struct {
		mode             fs.FileMode
		private, trusted string // the error that each rule gives
	}{
		{0o700, "", ""},
		{0o755, "", ""},
		{0o775, "others can write to it", ""},
		{0o777, "others can write to it", "every user may write to it"},
		{0o777 | fs.ModeSticky, "others can write to it", ""},
	} {
		dir := t.TempDir()
		must(t, os.Chmod(dir, tt.mode))
		info, err := os.Lstat(dir)
		must(t, err)
		check := func(rule string, err error, want string) {
			if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%v: %s: got %v, want %q", tt.mode, rule, err, want)
			}
		}
		check("private", Private(dir, info, os.Getuid()), tt.private)
		check("trusted", Trusted(dir, info), tt.trusted)
		if err := Private(dir, info, os.Getuid()+1); err == nil {
			t.Errorf("%v: another user's directory is private", tt.mode)
		}
	}
}
