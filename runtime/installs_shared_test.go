package runtime

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed/wheeltest"
)

// However many ask for a set, in whatever words, it is installed once.
func TestOneInstallationForAll(t *testing.T) {
	x := wheeltest.NewIndex(t, wheelOf("thing", "1.0"))
	r := start(t, installing(t, x, func(cfg *Config) { cfg.Queue = 64 }))
	scripts := []string{header(`dependencies = ["thing"]`), header(`dependencies = ["Thing>=1", "thing"]`),
		header("requires-python = '>=3'\ndependencies = ['thing==1.0']")}
	var runs sync.WaitGroup
	for i := range 12 {
		runs.Go(func() {
			got, err := r.Run(t.Context(), Job{Script: scripts[i%len(scripts)]}, Hooks{})
			if err != nil || string(got.Value) != `"1.0"` {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	runs.Wait()
	s := r.Stats()
	if n := x.Asked(".whl"); s.Installs.Installed != 1 || s.Installs.Alive != 1 || n > len(scripts) || s.Waiting != 0 {
		t.Errorf("%+v; %d wheels were fetched", s, n)
	}
}

// held has an index wait with wheels until the test lets it go on.
func held(t *testing.T, x *wheeltest.Index) (reached chan struct{}, goOn func()) {
	t.Helper()
	reached, on := make(chan struct{}, 100), make(chan struct{})
	x.Before(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, ".whl") {
			reached <- struct{}{}
			select {
			case <-on:
			case <-r.Context().Done():
			}
		}
		return false
	})
	once := sync.OnceFunc(func() { close(on) })
	t.Cleanup(once)
	return reached, once
}

// Who leaves does not end an installation for others; when all have left it ends, and
// leaves nothing.
func TestCallersLeaveAnInstallation(t *testing.T) {
	x := wheeltest.NewIndex(t, wheelOf("thing", "1.0"))
	reached, goOn := held(t, x)
	r := start(t, installing(t, x))
	ask := func(ctx context.Context) chan error {
		over := make(chan error, 1)
		go func() {
			got, err := r.Run(ctx, Job{Script: header(`dependencies = ["thing"]`)}, Hooks{})
			if err == nil && string(got.Value) != `"1.0"` {
				err = fmt.Errorf("%+v", got)
			}
			over <- err
		}()
		return over
	}
	first, leaveFirst := context.WithCancel(t.Context())
	gone := ask(first)
	<-reached
	leaveFirst()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	eventually(t, "it ends with the only one who waited", func() bool {
		in := r.all.installs
		in.mu.Lock()
		defer in.mu.Unlock()
		return len(in.flights) == 0
	})
	leavesNothing(t, r)
	second, leaveSecond := context.WithCancel(t.Context())
	gone, stays := ask(second), ask(t.Context())
	<-reached
	eventually(t, "both wait", func() bool { return r.Stats().Waiting == 2 })
	leaveSecond()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	goOn()
	if err := <-stays; err != nil {
		t.Error(err)
	}
	if s := r.Stats().Installs; s.Installed != 1 || s.Failed != 0 {
		t.Errorf("%+v", s)
	}
}

// An installation that takes too long is ended; others than the one whose turn it is not
// are turned away when too many wait.
func TestSlowInstallations(t *testing.T) {
	x := wheeltest.NewIndex(t)
	for i := range installsWaiting + 1 {
		w := wheelOf(fmt.Sprintf("thing%d", i), "1.0")
		x.Add(w.File(), w.Bytes(t))
	}
	_, _ = held(t, x)
	r := start(t, installing(t, x, func(cfg *Config) { cfg.Install.Within, cfg.Queue = 3*time.Second, 100 }))
	var runs sync.WaitGroup
	for i := range installsWaiting {
		runs.Go(func() {
			_, err := r.Run(t.Context(), Job{Script: header(fmt.Sprintf(`dependencies = ["thing%d"]`, i))}, Hooks{})
			down, ok := errors.AsType[*EnvironmentError](err)
			if !ok || !errors.Is(down.Cause, errSlow) {
				t.Error(err)
			}
		})
	}
	eventually(t, "all wait", func() bool {
		r.all.installs.mu.Lock()
		defer r.all.installs.mu.Unlock()
		return len(r.all.installs.flights) == installsWaiting
	})
	_, err := r.Run(t.Context(), Job{Script: header(fmt.Sprintf(`dependencies = ["thing%d"]`, installsWaiting))}, Hooks{})
	if !errors.Is(err, ErrOverloaded) {
		t.Error(err)
	}
	runs.Wait()
	leavesNothing(t, r)
}

// restarted starts another runtime with the cache of one that is closed.
func restarted(t *testing.T, r *Runtime, change func(*Config)) *Runtime {
	t.Helper()
	install, index := r.cfg.Install, r.cfg.Index
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return start(t, func(cfg *Config) {
		cfg.Install, cfg.Index = install, index
		if change != nil {
			change(cfg)
		}
	})
}

// What was installed is found again, without the index; what was changed since is not
// believed, and installed anew.
func TestInstalledSetsLast(t *testing.T) {
	x := wheeltest.NewIndex(t, wheelOf("thing", "1.0"))
	r := start(t, installing(t, x))
	run := func(installed int64) {
		t.Helper()
		got, err := r.Run(t.Context(), Job{Script: header(`dependencies = ["thing"]`)}, Hooks{})
		if s := r.Stats().Installs; err != nil || string(got.Value) != `"1.0"` || s.Installed != installed {
			t.Fatalf("%+v, %v; %+v", got, err, s)
		}
	}
	run(1)
	dirs, err := filepath.Glob(filepath.Join(r.cfg.Install.Dir, "[0-9a-f]*", "packages"))
	if err != nil || len(dirs) != 1 {
		t.Fatal(dirs, err)
	}
	asked := x.Asked("")
	r = restarted(t, r, nil)
	run(0)
	if x.Asked("") != asked {
		t.Error("the index was asked again")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dirs[0], "thing.py"), []byte("VERSION = '1.1'\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r = restarted(t, r, nil)
	run(1)
}

// A cache that is somebody else's, or that others can write to, stops the start.
func TestForeignCache(t *testing.T) {
	x := wheeltest.NewIndex(t)
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	cfg := hostConfig()
	installing(t, x)(&cfg)
	cfg.Install.Dir = dir
	r, err := New(t.Context(), cfg)
	if err == nil {
		r.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "cache of environments: "+dir+": others can write to it") {
		t.Error(err)
	}
}

// The cache keeps what was used last, and never removes what is in use.
func TestEviction(t *testing.T) {
	x := wheeltest.NewIndex(t)
	for _, name := range []string{"one", "two", "three", "four"} {
		w := wheelOf(name, "1.0")
		w.Files = append(w.Files, [2]string{name + ".bin", noise(5 << 20)})
		x.Add(w.File(), w.Bytes(t))
	}
	r := start(t, installing(t, x, func(cfg *Config) { cfg.Install.Bytes = 17 << 20 }))
	run := func(name string, more string) (Result, error) {
		return r.Run(t.Context(), Job{Script: "# /// script\n# dependencies = ['" + name + "']\n# ///\n" +
			"import time, " + name + "\ndef main():\n    " + more + "\n    return " + name + ".VERSION\n"}, Hooks{})
	}
	ok := func(name string) {
		t.Helper()
		if got, err := run(name, "pass"); err != nil || string(got.Value) != `"1.0"` {
			t.Fatalf("%s: %+v, %v", name, got, err)
		}
		if s := r.Stats().Installs; s.Cached > r.cfg.Install.Bytes {
			t.Errorf("%s: %+v", name, s)
		}
	}
	ok("one")
	ok("two")
	ok("one") // two is the one that was not used for the longest time
	ok("three")
	installed := r.Stats().Installs.Installed
	ok("one")
	if r.Stats().Installs.Installed != installed {
		t.Error("what was used last was removed")
	}
	ok("two")
	if r.Stats().Installs.Installed != installed+1 {
		t.Error("what was not used for the longest time is there")
	}
	// All that fit are in use: there is no room for another, which is no fault of it.
	var runs sync.WaitGroup
	began := make(chan struct{}, 3)
	for _, name := range []string{"one", "two"} {
		ok(name)
	}
	for _, name := range []string{"one", "two"} {
		script := "# /// script\n# dependencies = ['" + name + "']\n# ///\nimport time\ndef main():\n" +
			"    time.sleep(4)\n    import " + name + "\n    return " + name + ".VERSION\n"
		runs.Go(func() {
			got, err := r.Run(t.Context(), Job{Script: script}, Hooks{Started: func() { began <- struct{}{} }})
			if err != nil || string(got.Value) != `"1.0"` {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		})
		<-began
	}
	if got, err := run("four", "pass"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("%+v, %v", got, err)
	}
	runs.Wait()
}

// There are never more interpreters of installed sets than are allowed.
func TestInstalledAlive(t *testing.T) {
	x := wheeltest.NewIndex(t)
	r := start(t, installing(t, x))
	r.all.installs.alive = 3
	for i := range 5 {
		name := fmt.Sprintf("thing%d", i)
		w := wheelOf(name, "1.0")
		x.Add(w.File(), w.Bytes(t))
		got, err := r.Run(t.Context(), Job{Script: "# /// script\n# dependencies = ['" + name + "']\n# ///\n" +
			"def main():\n    import " + name + "\n    return 1\n"}, Hooks{})
		if err != nil || got.Status != OK {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	if s := r.Stats().Installs; s.Alive != 3 || s.Installed != 5 {
		t.Errorf("%+v", s)
	}
	// The first one is started again from the cache.
	asked := x.Asked("")
	got, err := r.Run(t.Context(), Job{Script: "# /// script\n# dependencies = ['thing0']\n# ///\nimport thing0\n" +
		"def main(): pass\n"}, Hooks{})
	if err != nil || got.Status != OK || x.Asked("") != asked {
		t.Errorf("%+v, %v", got, err)
	}
}
