package runtime

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/pool"
	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// thing is a directory of packages with one, whose module says its version.
func thing(t *testing.T, version string) string {
	t.Helper()
	dir := packageOf(t, "thing", "VERSION = '"+version+"'\n")
	info := filepath.Join(dir, "thing-"+version+".dist-info")
	if err := os.Mkdir(info, 0o755); err != nil {
		t.Fatal(err)
	}
	text := "Metadata-Version: 2.4\nName: thing\nVersion: " + version + "\n"
	if err := os.WriteFile(filepath.Join(info, "METADATA"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// twoThings adds two environments with different versions of one package.
func twoThings(t *testing.T) func(*Config) {
	one, two := thing(t, "1.5"), thing(t, "2.0")
	return func(cfg *Config) {
		cfg.Environments = []Environment{
			{Name: "one", Packages: one}, {Name: "two", Packages: two, Preload: []string{"thing"}, AtOnce: true},
		}
	}
}

const versionOfThing = `
def main():
    try:
        import thing
    except ModuleNotFoundError:
        return "none"
    return thing.VERSION
`

// header is a script that says what it needs.
func header(needs string) string {
	return "# /// script\n# " + strings.ReplaceAll(needs, "\n", "\n# ") + "\n# ///\n" + versionOfThing
}

// Each environment has its own packages and none of the others', at the same time,
// in every posture.
func TestEnvironments(t *testing.T) {
	want := map[string]string{"": `"none"`, DefaultEnvironment: `"none"`, "one": `"1.5"`, "two": `"2.0"`}
	for _, posture := range postures {
		inPosture(t, posture, func(t *testing.T) {
			r := start(t, twoThings(t))
			var runs sync.WaitGroup
			for range 10 {
				for name, version := range want {
					runs.Go(func() {
						got, err := r.Run(t.Context(), Job{Script: versionOfThing, Environment: name}, Hooks{})
						ran := name
						if name == "" {
							ran = DefaultEnvironment
						}
						if err != nil || string(got.Value) != version || got.Environment != ran {
							t.Errorf("%q: %+v, %v", name, got, err)
						}
					})
				}
			}
			runs.Wait()
			// Nor can one be looked into from another.
			spy := fmt.Sprintf("import pathlib\ndef main():\n    try:\n        return list(map(str, "+
				"pathlib.Path(%q).iterdir()))\n    except OSError as e:\n        return type(e).__name__\n",
				r.cfg.Environments[1].Packages)
			got, err := r.Run(t.Context(), Job{Script: spy, Environment: "one"}, Hooks{})
			if err != nil || string(got.Value) != `"FileNotFoundError"` && string(got.Value) != `"PermissionError"` {
				t.Errorf("one sees of two: %+v, %v", got, err)
			}
		})
	}
}

// A cold environment is started by the first run that asks for it, which says so.
func TestColdEnvironment(t *testing.T) {
	r := start(t, twoThings(t))
	for i := range 2 {
		got, err := r.Run(t.Context(), Job{Script: versionOfThing, Environment: "one"}, Hooks{})
		if err != nil || string(got.Value) != `"1.5"` {
			t.Fatalf("%+v, %v", got, err)
		}
		if bill, _ := got.Bill.Wait(); bill.Start != got.Usage.Start {
			t.Errorf("run %d: %v is billed", i, bill.Start)
		}
		if cold := got.Usage.Start > 0; cold != (i == 0) || got.Usage.Start > got.Usage.Queue {
			t.Errorf("run %d: it has waited %v for the start, and %v in all", i, got.Usage.Start, got.Usage.Queue)
		}
	}
	eventually(t, "the others are there", func() bool {
		s := r.Stats().Environments
		return s[0].Up && s[1].Up && s[2].Up && s[1].Starts == 1 && s[1].Runs == 2 && s[2].Runs == 0
	})
	all := r.Info().Packages // the interpreter's own
	want := []EnvironmentInfo{
		{Name: "default", Packages: all}, {Name: "one", Packages: append([]string{"thing 1.5"}, all...)},
		{Name: "two", Packages: append([]string{"thing 2.0"}, all...), Preloaded: []string{"thing"}},
	}
	for i, info := range r.Info().Environments {
		if info.PythonVersion != r.Info().PythonVersion ||
			info.Name != want[i].Name || fmt.Sprint(info.Packages) != fmt.Sprint(want[i].Packages) ||
			fmt.Sprint(info.Preloaded) != fmt.Sprint(want[i].Preloaded) {
			t.Errorf("%+v, want %+v", info, want[i])
		}
	}
}

// What a script says it needs chooses where the request does not.
func TestChoice(t *testing.T) {
	r := start(t, twoThings(t))
	for _, tt := range []struct {
		what, script, name string
		status             Status
		value, ran         string // and the environment
		line               int
		says               string // the error, or what is unmet
	}{
		{"nothing", versionOfThing, "", OK, `"none"`, "default", 0, ""},
		{"what all have", header(`requires-python = ">=3.11"`), "", OK, `"none"`, "default", 0, ""},
		{"any version", header(`dependencies = ["thing"]`), "", OK, `"1.5"`, "one", 0, ""},
		{"a later one", header(`dependencies = ["thing>=2"]`), "", OK, `"2.0"`, "two", 0, ""},
		{"by name", header(`dependencies = ["thing>=2"]`), "two", OK, `"2.0"`, "two", 0, ""},
		{"another by name", header(`dependencies = ["thing>=2"]`), "one", OK, `"1.5"`, "one", 0,
			"thing>=2: 1.5 is installed (line 2)"},
		{"the default by name", header(`dependencies = ["thing>=2"]`), "default", OK, `"none"`, "default", 0,
			"thing>=2: not installed (line 2)"},
		{"too late", header("dependencies = [\n 'Thing>=1',\n 'thing>=3',\n 'other']"), "", EnvironmentMissing, "", "",
			4,
			`No environment has what the script asks for. The nearest is "one", which lacks: thing>=3: 1.5 is ` +
				`installed (line 4); other: not installed (line 5)`},
		{"another Python", header(`requires-python = "<3"`), "", EnvironmentMissing, "", "", 2,
			`The nearest is "default", which lacks: requires-python <3: Python is 3.`},
		{"no such name", versionOfThing, "three", EnvironmentMissing, "", "", 0,
			`There is no environment "three", only default, one, two`},
		{"malformed", header("dependencies = [\n 'thing>>2']"), "", SyntaxError, "", "", 3,
			"The comment # /// script is not valid: dependencies: "},
		{"malformed, by name", header("dependencies = [\n 'thing>>2']"), "two", OK, `"2.0"`, "two", 0,
			"metadata of the script: line 3: dependencies: "},
		{"what only looks like one", "# /// script\n" + versionOfThing, "", OK, `"none"`, "default", 0, ""},
	} {
		got, err := r.Run(t.Context(), Job{Script: tt.script, Environment: tt.name}, Hooks{})
		if err != nil {
			t.Fatal(err)
		}
		if got.Status != tt.status || string(got.Value) != tt.value || got.Environment != tt.ran ||
			got.Line != tt.line || !strings.Contains(got.Error+got.Unmet, tt.says) ||
			(tt.says == "") != (got.Error+got.Unmet == "") {
			t.Errorf("%s: %+v", tt.what, got)
		}
		if got.Status != OK && (got.Ran || got.Bill != nil || got.Hint == "") {
			t.Errorf("%s: %+v", tt.what, got)
		}
	}
	// One that fails for what the environment lacks is told so.
	lacking := Job{Script: header(`dependencies = ["thing"]`) + "import thing\n", Environment: "default"}
	got, err := r.Run(t.Context(), lacking, Hooks{})
	if want := `The environment "default", which the request names, lacks what the script asks for: thing: not ` +
		`installed (line 2). Without environment in the request one is looked for that has it.`; err != nil || got.Status != ScriptError || got.Hint != want {
		t.Errorf("%+v, %v", got, err)
	}
	// One that says what it needs says all of it.
	got = execute(t, r, header(`requires-python = ">=3.11"`)+"import thing\n", nil)
	if want := `Add "thing" to dependencies in the comment # /// script.`; got.Hint != want {
		t.Errorf("%+v", got)
	}
	// A script without a header is told where its module is.
	got = execute(t, r, "import thing\ndef main(): pass", nil)
	if want := `The environment "one" has it: send "environment": "one".`; got.Hint != want {
		t.Errorf("%+v", got)
	}
}

// interpreterOf is the process that the workers of an environment are forked from.
func interpreterOf(t *testing.T, r *Runtime, name string) (parent int) {
	t.Helper()
	e := r.all.named(name)
	eventually(t, "a worker is ready", func() bool {
		parent = parentOfWorkers(e)
		return parent > 1
	})
	return parent
}

// parentOfWorkers is the same, 0 while no worker waits.
func parentOfWorkers(e *environment) (parent int) {
	e.mu.Lock()
	p := e.pool
	e.mu.Unlock()
	if p == nil {
		return 0
	}
	p.Ready.Remove(func(w *zygote.Worker) bool {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.PID()))
		_, rest, _ := strings.Cut(string(text), "PPid:")
		if err == nil {
			_, err = fmt.Sscan(rest, &parent)
		}
		if err != nil {
			parent = 0
		}
		return false // it stays
	})
	return parent
}

// One that dies is started again; the others notice nothing, and no answer is of
// another environment.
func TestEnvironmentDies(t *testing.T) {
	r := start(t, func(cfg *Config) {
		twoThings(t)(cfg)
		cfg.Workers = 4
	})
	stop, lost := make(chan struct{}), atomic.Int64{}
	var runs sync.WaitGroup
	for name, want := range map[string]string{"": `"none"`, "one": `"1.5"`, "two": `"2.0"`} {
		runs.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				got, err := r.Run(t.Context(), Job{Script: versionOfThing, Environment: name}, Hooks{})
				switch {
				case errors.Is(err, ErrUnavailable) && name == "one":
					lost.Add(1)
				case err != nil || string(got.Value) != want:
					t.Errorf("%q: %+v, %v", name, got, err)
				}
			}
		})
	}
	for range 3 {
		pid := interpreterOf(t, r, "one")
		before := r.Stats().Environments[1]
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, "it is started again and serves", func() bool {
			now := r.Stats().Environments[1]
			return now.Restarts > before.Restarts && now.Runs > before.Runs+10
		})
	}
	close(stop)
	runs.Wait()
	s := r.Stats().Environments
	if s[0].Restarts != 0 || s[2].Restarts != 0 {
		t.Errorf("others were started again: %+v", s)
	}
	t.Logf("%d runs were lost with their interpreters; %+v", lost.Load(), s)
}

// An environment keeps few workers, and has as many as there are places while they are
// asked for.
func TestFewWorkersAreKept(t *testing.T) {
	r := start(t, func(cfg *Config) {
		cfg.Workers = 5
		cfg.Environments = []Environment{{Name: "plain"}}
	})
	const meet = "import time\ndef main():\n    time.sleep(19)\n"
	for range 2 {
		ctx, leave := context.WithCancel(t.Context())
		var begun, runs sync.WaitGroup
		for range r.cfg.Workers {
			begun.Add(1)
			runs.Go(func() {
				_, err := r.Run(ctx, Job{Script: meet, Environment: "plain"}, Hooks{Started: begun.Done})
				if !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
		}
		begun.Wait() // so that all have a worker at the same time
		leave()
		runs.Wait()
		eventually(t, "few are left", func() bool {
			e := r.Stats().Environments[1]
			return e.Ready == pool.Spares && e.Holders == 0
		})
	}
}

// When memory is short the environment that was not used for the longest time is ended,
// never one that is in use, and started again when it is asked for.
func TestLeastUsedIsEnded(t *testing.T) {
	var left atomic.Int64
	left.Store(1 << 40)
	r := start(t, func(cfg *Config) {
		twoThings(t)(cfg)
		cfg.Environments[1].AtOnce = false
		cfg.Environments = append(cfg.Environments, Environment{Name: "plain"})
		cfg.MemoryLeft = func() (int64, bool) { return left.Load(), true }
		cfg.MemoryReserve = 1 << 20
		cfg.Workers = 4
	})
	up := func(want string) {
		t.Helper()
		eventually(t, want, func() bool {
			var names []string
			for _, e := range r.Stats().Environments {
				if e.Up {
					names = append(names, e.Name)
				}
			}
			return strings.Join(names, " ") == want
		})
	}
	for _, name := range []string{"one", "two"} {
		if got, err := r.Run(t.Context(), Job{Script: versionOfThing, Environment: name}, Hooks{}); err != nil {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	up("default one two")
	// A run is in the one that was used last of all, and the start of another one needs
	// room: only the other may go, and that is too little.
	held, begun := make(chan error, 1), make(chan struct{})
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		_, err := r.Run(ctx, Job{Script: "import time\ndef main(): time.sleep(19)", Environment: "one"},
			Hooks{Started: func() { close(begun) }})
		held <- err
	}()
	<-begun
	left.Store(1 << 20)
	got, err := r.Run(t.Context(), Job{Script: versionOfThing, Environment: "plain"}, Hooks{})
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), `environment "plain": memory is short: it needs about `) {
		t.Errorf("%+v, %v", got, err)
	}
	up("default one")
	leave()
	if err := <-held; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	left.Store(1 << 40)
	got, err = r.Run(t.Context(), Job{Script: versionOfThing, Environment: "two"}, Hooks{})
	if err != nil || string(got.Value) != `"2.0"` || got.Usage.Start == 0 {
		t.Errorf("%+v, %v", got, err)
	}
	up("default one two")
	if s := r.Stats().Environments; s[1].Ends != 0 || s[2].Ends != 1 || s[2].Starts != 2 || s[3].Failures != 1 {
		t.Errorf("%+v", s)
	}
	// A run that is looked at finds that memory is short: what nobody uses goes before
	// the run does.
	left.Store(0)
	go func() {
		eventually(t, "they are ended", func() bool {
			s := r.Stats().Environments
			return s[1].Ends == 1 && s[2].Ends == 2
		})
		left.Store(1 << 40)
	}()
	got, err = r.Run(t.Context(), Job{Script: "import time\ndef main(): time.sleep(1); return 1"}, Hooks{})
	if err != nil || got.Status != OK {
		t.Errorf("%+v, %v", got, err)
	}
	up("default")
}

// An environment that can't be started says why, and is not tried again with each run;
// the others serve.
func TestBrokenEnvironments(t *testing.T) {
	r := start(t, func(cfg *Config) {
		for name, text := range map[string]string{
			"raises":  "raise ValueError('not today')",
			"threads": "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
			"exits":   "import sys\nsys.exit(3)",
			"kills":   "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
		} {
			cfg.Environments = append(cfg.Environments,
				Environment{Name: name, Packages: packageOf(t, "broken", text), Preload: []string{"broken"}})
		}
		cfg.Environments = append(cfg.Environments, Environment{Name: "absent", Packages: "/nowhere"})
	})
	for _, name := range []string{"raises", "threads", "exits", "kills", "absent"} {
		for i := range 3 {
			began := time.Now()
			got, err := r.Run(t.Context(), Job{Script: versionOfThing, Environment: name}, Hooks{})
			if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), `environment "`+name+`": `) ||
				!strings.Contains(err.Error(), "PRELOAD: broken: ") && name != "absent" {
				t.Errorf("%s, run %d: %+v, %v after %v", name, i, got, err, time.Since(began))
			}
			if i == 0 {
				t.Log(err)
			}
		}
		if got := answer(t, r, versionOfThing, nil); got != `"none"` {
			t.Errorf("%s: the default one: %s", name, got)
		}
	}
	// What none of the others has the one that can't be looked at may have.
	for needs, want := range map[string]error{`dependencies = ["tzdata"]`: nil, `dependencies = ["x"]`: ErrUnavailable} {
		if got, err := r.Run(t.Context(), Job{Script: header(needs)}, Hooks{}); !errors.Is(err, want) {
			t.Errorf("%s: %+v, %v", needs, got, err)
		}
	}
	for _, s := range r.Stats().Environments[1:] {
		if s.Up || s.Failures < 1 || s.Starts != 0 {
			t.Errorf("%+v", s)
		}
	}
}

// What was not there at the start is found when it is asked for later, by name or by need.
func TestEnvironmentRecovers(t *testing.T) {
	dirs := []string{thing(t, "1.5"), thing(t, "2.0")}
	late := []string{dirs[0] + "-late", dirs[1] + "-late"}
	r := start(t, func(cfg *Config) {
		cfg.Environments = []Environment{
			{Name: "one", Packages: late[0], AtOnce: true}, {Name: "two", Packages: late[1]},
		}
	})
	jobs := []Job{{Script: versionOfThing, Environment: "one"}, {Script: header(`dependencies = ["thing>=2"]`)}}
	for i, job := range jobs {
		if got, err := r.Run(t.Context(), job, Hooks{}); !errors.Is(err, ErrUnavailable) {
			t.Errorf("before: %+v, %v", got, err)
		}
		if err := os.CopyFS(late[i], os.DirFS(dirs[i])); err != nil {
			t.Fatal(err)
		}
		eventually(t, "it runs", func() bool {
			got, err := r.Run(t.Context(), job, Hooks{})
			return err == nil && string(got.Value) == []string{`"1.5"`, `"2.0"`}[i]
		})
	}
}
