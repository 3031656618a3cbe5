package python_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed/locked"
	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/runtime/internal/python"
)

// snapshot records what lstat says of everything below dir.
func snapshot(t testing.TB, dir string) map[string]string {
	t.Helper()
	seen := map[string]string{}
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		st := fi.Sys().(*syscall.Stat_t)
		seen[path] = strings.Join([]string{fi.Mode().String(), fi.ModTime().String(),
			time.Unix(st.Ctim.Unix()).String()}, " ")
		return nil
	}))
	return seen
}

func TestSecondStartTouchesNothing(t *testing.T) {
	cache := sharedCache(t)
	before := snapshot(t, cache)
	var log locked.Buffer
	p, err := python.Bundled(t.Context(), cache, logger(&log))
	must(t, err)
	must(t, p.Verify(true))
	after := snapshot(t, cache)
	for path, was := range before {
		if is := after[path]; is != was {
			t.Errorf("%s: was %s, is %s", path, was, is)
		}
	}
	if len(after) != len(before) {
		t.Errorf("%d paths, were %d", len(after), len(before))
	}
	if log.String() != "" {
		t.Errorf("logged %s", log.String())
	}
}

// A tree that is part of an image is used as it is: no lock, nothing written.
func TestReadOnlyCache(t *testing.T) {
	cache := linkTree(t, sharedCache(t))
	must(t, os.Chmod(cache, 0o555))
	t.Cleanup(func() { os.Chmod(cache, 0o755) })
	bundled(t, cache)
	if _, err := os.Lstat(filepath.Join(cache, "python.lock")); err == nil {
		t.Error("a lock file was made")
	}
}

func TestCacheByAnotherName(t *testing.T) {
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(sharedCache(t), link))
	if got, want := bundled(t, link).Home, bundled(t, sharedCache(t)).Home; got != want {
		t.Errorf("Home is %s, want %s", got, want)
	}
}

// Four starts at the same moment, two of them in other processes.
func TestConcurrentStarts(t *testing.T) {
	t.Parallel()
	need.Time(t, "unpacks the interpreter")
	cache := filepath.Join(t.TempDir(), "cache")
	var (
		wg    sync.WaitGroup
		log   locked.Buffer
		homes [4]string
	)
	for i := range homes {
		wg.Go(func() {
			if i%2 == 0 {
				p, err := python.Bundled(t.Context(), cache, logger(&log))
				if err != nil {
					t.Error(err)
					return
				}
				homes[i] = p.Home
				return
			}
			cmd := child(t, "bundled", cache)
			cmd.Stderr = &log
			out, err := cmd.Output()
			if err != nil {
				t.Error(err)
			}
			homes[i] = string(bytes.TrimSpace(out))
		})
	}
	wg.Wait()
	for _, h := range homes {
		if h != homes[0] || h == "" {
			t.Fatalf("homes %q\n%s", homes, log.String())
		}
	}
	for _, line := range []string{"unpacking CPython 3.11.11 (first start only)", "unpacked CPython 3.11.11"} {
		if n := strings.Count(log.String(), line); n != 1 {
			t.Errorf("logged %d times: %s\n%s", n, line, log.String())
		}
	}
	must(t, bundled(t, cache).Verify(true))
	wantOnly(t, cache, filepath.Base(filepath.Dir(homes[0])), "python.lock")
}

// wantOnly fails if there is anything else in dir.
func wantOnly(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	var found []string
	for _, e := range entries {
		found = append(found, e.Name())
	}
	if strings.Join(found, " ") != strings.Join(names, " ") {
		t.Errorf("%s holds %q, want %q", dir, found, names)
	}
}

// A process killed half-way leaves nothing that passes for a tree, and the
// next one clears up. Nor does anything else that has the name of one pass.
func TestKilledUnpack(t *testing.T) {
	t.Parallel()
	need.Time(t, "unpacks the interpreter")
	cache := filepath.Join(t.TempDir(), "cache")
	cmd := child(t, "bundled", cache)
	must(t, cmd.Start())
	half := filepath.Join(cache, "staging-*", "tree", "prefix", "lib", "python3.11", "abc.py")
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if found, _ := filepath.Glob(half); found != nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("nothing is being unpacked")
		}
	}
	must(t, cmd.Process.Kill())
	if err := cmd.Wait(); err == nil {
		t.Fatal("done before it could be killed")
	}
	if found, _ := filepath.Glob(filepath.Join(cache, "staging-*")); len(found) != 1 {
		t.Fatalf("staging directories: %q", found)
	}
	if found, _ := filepath.Glob(filepath.Join(cache, "python-*")); found != nil {
		t.Fatalf("there is %q", found)
	}
	name := filepath.Base(filepath.Dir(bundled(t, sharedCache(t)).Home))
	must(t, os.WriteFile(filepath.Join(cache, name), nil, 0o644))
	p := bundled(t, cache)
	must(t, p.Verify(true))
	wantOnly(t, cache, filepath.Base(filepath.Dir(p.Home)), "python.lock")
}

func TestCancelled(t *testing.T) {
	cache := filepath.Join(t.TempDir(), "cache")
	_, err := python.Bundled(cancelled(t), cache, slog.New(slog.DiscardHandler))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	wantOnly(t, cache, "python.lock")
}

// cancelled is a context that lets a start look at what is there and clear it
// up, but not unpack.
func cancelled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// Who waits for another process can be told to stop.
func TestCancelledWaiting(t *testing.T) {
	cache := t.TempDir()
	f, err := os.Create(filepath.Join(cache, "python.lock"))
	must(t, err)
	defer f.Close()
	must(t, syscall.Flock(int(f.Fd()), syscall.LOCK_EX))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	var log locked.Buffer
	_, err = python.Bundled(ctx, cache, logger(&log))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(log.String(), "another process is unpacking") {
		t.Errorf("logged %q", log.String())
	}
}

// The recipe names the version of the module that the interpreter comes from.
func TestRecipeNamesTheModule(t *testing.T) {
	gomod, err := os.ReadFile("../../../go.mod")
	must(t, err)
	if line := "github.com/kluctl/go-embed-python " + python.EmbeddedModule; !strings.Contains(string(gomod), line) {
		t.Errorf("go.mod does not say %s", line)
	}
}

func BenchmarkSecondStart(b *testing.B) {
	cache := sharedCache(b)
	bundled(b, cache)
	for b.Loop() {
		bundled(b, cache)
	}
}

func BenchmarkFirstStart(b *testing.B) {
	for b.Loop() {
		bundled(b, filepath.Join(b.TempDir(), "cache"))
	}
}

func BenchmarkVerifyFull(b *testing.B) {
	p := bundled(b, sharedCache(b))
	for b.Loop() {
		must(b, p.Verify(true))
	}
}

func BenchmarkLibraries(b *testing.B) {
	p := bundled(b, sharedCache(b))
	for b.Loop() {
		if err := python.FindLibraries(p); err != nil {
			b.Fatal(err)
		}
	}
}
