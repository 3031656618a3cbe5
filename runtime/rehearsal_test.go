package runtime

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/pool"
)

// pyplot stands in for matplotlib: it counts how often it was rehearsed.
const pyplot = `
saved = 0

class Anything:
    def __getattr__(self, name):
        return lambda *args, **more: None
    def savefig(self, file):
        global saved
        saved += 1
        %s

def subplots():
    return Anything(), Anything()

def close(fig):
    pass
`

// withPyplot is a configuration with that as its only package.
func withPyplot(t *testing.T, atSave string) Config {
	t.Helper()
	cfg := testConfig(t)
	cfg.Packages = t.TempDir()
	dir := filepath.Join(cfg.Packages, "matplotlib")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"__init__.py": "",
		"pyplot.py": strings.Replace(pyplot, "%s", atSave, 1)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cfg.Preload = append(cfg.Preload, "matplotlib.pyplot")
	return cfg
}

// The first worker does not wait for the rehearsals. It is ended once others are
// there, so that no later run has it.
func TestFirstWorkerIsAStopgap(t *testing.T) {
	var forks atomic.Int64
	cfg := withPyplot(t, "pass")
	cfg.Forked = func(time.Duration) { forks.Add(1) }
	r, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	eventually(t, "one more than there are places was forked", func() bool {
		return forks.Load() == int64(cfg.Workers+pool.Spares+1) && r.Stats().Ready == cfg.Workers+pool.Spares
	})
	res, err := r.Run(t.Context(), Job{Script: "from matplotlib import pyplot\ndef main(): return pyplot.saved"},
		Hooks{})
	if err != nil || string(res.Value) != "2" {
		t.Errorf("rehearsed %s times, %v %s: want 2", res.Value, err, res.Error)
	}
}

// A library that starts a thread when it is first used ends the interpreter
// before it forks again: a fork would lose the thread.
func TestRehearsalRefusesThreads(t *testing.T) {
	for name, start := range map[string]string{
		"of Python": "import _thread, time; _thread.start_new_thread(time.sleep, (60,))",
		"of C": "import ctypes; libc = ctypes.CDLL(None); " +
			"libc.pthread_create(ctypes.create_string_buffer(8), None, ctypes.cast(libc.sleep, ctypes.c_void_p), " +
			"ctypes.c_void_p(60))",
	} {
		t.Run(name, func(t *testing.T) {
			r, err := New(t.Context(), withPyplot(t, start))
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			eventually(t, "the interpreter is given up", func() bool { return r.Stats().Restarts > 0 })
		})
	}
}
