package runtime

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// here is the posture of this process: what it was made for, or what its user
// is granted on a machine like CI.
func here() sandbox.Posture {
	if p := os.Getenv(postureVar); p != "" {
		return sandbox.Posture(p)
	}
	if os.Geteuid() == 0 {
		return sandbox.Full
	}
	return sandbox.User
}

// inPosture runs do as a subtest in a process of that posture: this one, or
// this test once more in a child with other credentials or fewer rights.
func inPosture(t *testing.T, posture sandbox.Posture, do func(t *testing.T)) {
	t.Helper()
	t.Run(string(posture), func(t *testing.T) {
		if here() == posture {
			do(t)
			return
		}
		if os.Getenv(postureVar) != "" {
			t.Skip("another process runs it")
		}
		if os.Geteuid() != 0 && (slices.Contains(asRoot, posture) || slices.Contains(inGVisor, posture)) {
			need.Elsewhere(t, "only root has this posture; CI runs the tests as root, too")
		}
		if RaceDetector {
			need.Elsewhere(t, "the server is the same in each posture; CI runs them without the race detector")
		}
		need.Time(t, "starts an interpreter")
		again(t, posture)
	})
}

// again runs the current test in a child of another posture.
func again(t *testing.T, posture sandbox.Posture) {
	t.Helper()
	var pattern []string
	for part := range strings.SplitSeq(t.Name(), "/") {
		pattern = append(pattern, "^"+part+"$")
	}
	cmd := command(t, posture, "-test.v", "-test.count=1", "-test.run="+strings.Join(pattern, "/"))
	cmd.Dir = "/"
	cmd.Env = append(cmd.Environ(), postureVar+"="+string(posture))
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	switch {
	case err != nil:
		t.Errorf("%v\n%s", err, out)
	case strings.Contains(string(out), "--- SKIP: "+t.Name()+" ("):
		_, why, _ := strings.Cut(string(out), need.Skipped)
		why, _, _ = strings.Cut(why, "\n")
		need.Elsewhere(t, "%s", why) // on CI the child has failed if it must not be so
	case !strings.Contains(string(out), "--- PASS: "+t.Name()):
		t.Errorf("nothing was run:\n%s", out)
	}
}

// hostConfig is the service's default, without the courtesy check of imports:
// the programs of these tests are after the kernel.
func hostConfig() Config {
	return Config{
		Limits: Limits{
			Timeout: 20 * time.Second, CPU: 20 * time.Second,
			MemoryBytes: 512 << 20, TmpBytes: 64 << 20, TmpFiles: 1024,
			OutputBytes: 1 << 20, ResultBytes: 8 << 20, ResultDepth: 256, ScriptBytes: 1 << 20,
			ReturnFiles: 64, ReturnBytes: 8 << 20, OpenFiles: 64, Threads: 64,
		},
		Workers: 2, Queue: 64,
		PythonHome: ownPython(),
		CacheDir:   filepath.Join(os.TempDir(), fmt.Sprintf("pyexec-test-cache-%d", os.Getuid())),
		Log:        slog.New(slog.DiscardHandler),
	}
}

// start makes a runtime in the posture of this process.
func start(t *testing.T, change func(*Config)) *Runtime {
	t.Helper()
	return started(t, New, change)
}

// startWeak is start with a jail that lacks something.
func startWeak(t *testing.T, w weakness, change func(*Config)) *Runtime {
	t.Helper()
	weak := func(ctx context.Context, cfg Config) (*Runtime, error) { return newWeak(ctx, cfg, w) }
	return started(t, weak, change)
}

func started(t *testing.T, begin func(context.Context, Config) (*Runtime, error), change func(*Config)) *Runtime {
	t.Helper()
	need.Time(t, "starts an interpreter")
	cfg := hostConfig()
	if change != nil {
		change(&cfg)
	}
	r, err := begin(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	if got := r.Info().Posture; got != string(named(here())) {
		need.Unmet(t, "this machine grants posture %s instead of %s: %v", got, named(here()), r.Info().LayerNotes)
	}
	return r
}

// execute runs a script; a Go error fails the test.
func execute(t *testing.T, r *Runtime, script string, input any) Result {
	t.Helper()
	return executeIn(t, r, "", script, input)
}

// executeIn is execute in an environment.
func executeIn(t *testing.T, r *Runtime, environment, script string, input any) Result {
	t.Helper()
	job := Job{Script: script, Environment: environment}
	if input != nil {
		text, err := json.Marshal(input)
		if err != nil {
			t.Fatal(err)
		}
		job.Input = text
	}
	result, err := r.Run(t.Context(), job, Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// answer is what a program's main returned, as JSON, or how else it ended.
func answer(t *testing.T, r *Runtime, script string, input any) string {
	t.Helper()
	result := execute(t, r, script, input)
	if result.Status != OK {
		return fmt.Sprintf("%s: %s %s", result.Status, result.Error, result.Traceback)
	}
	return string(result.Value)
}
