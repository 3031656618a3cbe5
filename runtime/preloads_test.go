package runtime

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// hostilePreloads are modules that no interpreter can be forked with, and what is said of
// each beside its name.
var hostilePreloads = []struct{ name, text, says string }{
	{"raises", "raise ValueError('not today')", "ValueError: not today"},
	{"raises-base", "raise KeyboardInterrupt", "KeyboardInterrupt"},
	{"exits", "import sys\nsys.exit(3)", "it ends the interpreter with exit code 3"},
	{"exits-at-once", "import os\nos._exit(7)", "it ends the interpreter: zygote: interpreter ended: exit status 7"},
	{"aborts", "import os\nos.abort()", "it ends the interpreter: zygote: interpreter ended: signal: "},
	{"crashes", "import ctypes\nctypes.string_at(1)", "interpreter ended: signal: segmentation fault"},
	{"kills", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "PermissionError"},
	{"threads", "import threading, time\n" +
		"for _ in range(5):\n    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()",
		"a preloaded module started a thread"},
	{"threads-in-c", "import ctypes\nlibc = ctypes.CDLL(None)\n" +
		"libc.pthread_create(ctypes.byref(ctypes.c_ulong()), None, libc.pause, None)",
		"it started a thread that Python does not know of"},
	{"forks", "import os, time\nif os.fork() == 0:\n    time.sleep(600)", "a preloaded module started a process"},
	{"forks-and-returns", "import os\nos.fork()", "a preloaded module started a process"},
	{"forks-twice", "import os, time\nif os.fork() == 0:\n" +
		"    if os.fork() == 0:\n        time.sleep(600)\n    os._exit(0)",
		"a preloaded module started a process"},
	{"forks-and-ends", "import os, time\nif os.fork() == 0:\n    time.sleep(600)\nos._exit(0)",
		"interpreter ended: exit status 0"},
	{"forks-in-c", "import ctypes\nctypes.CDLL(None).fork()", "a preloaded module started a process"},
	{"prints", "print('Hello from the community')", `it prints when it is imported: "Hello from the community\n"`},
	{"prints-to-stderr", "import sys\nsys.stderr.write('Oh')", `it prints when it is imported: "Oh"`},
	{"prints-in-c", "import ctypes\nctypes.CDLL(None).puts(b'oh')", `it prints when it is imported: "oh\n"`},
	{"prints-much", "import os\nfor _ in range(4096):\n    os.write(1, b'much ' * 512)",
		`it prints when it is imported: "`},
	{"prints-without-end", "while True:\n    print('much ' * 512)", "it is not imported within "},
	{"closes-stderr", "import os\nos.close(2)", "it ends the interpreter"},
	{"replaces-stderr", "import os\nos.dup2(os.open('/', os.O_RDONLY), 2)", "it ends the interpreter"},
	{"closes-all", "import os\nos.closerange(0, 1000)", "it ends the interpreter"},
	{"closes-its-streams", "import sys\nsys.stdout.close()\nsys.stderr = None\nprint_to = 1 / 0", "ZeroDivisionError"},
	{"hangs", "import time\ntime.sleep(600)", "it is not imported within "},
	{"spins", "while True:\n    pass", "it is not imported within "},
	{"grows", "import time\nheld = []\nfor _ in range(100):\n" +
		"    held.append(b'x' * (16 << 20))\n    time.sleep(0.005)\nraise ValueError('nobody stopped it')",
		"memory ran out while it was being started"},
	// Another module than it says is to blame, and the last one may be.
	{"last", "", "a preloaded module started a process"},
}

// importsWithin is what the tests below let an import take.
const importsWithin = 6 * time.Second

// preloading is a directory of packages whose module does something when it is imported.
func preloading(t *testing.T, name, text string) (dir string, preload []string) {
	t.Helper()
	if name != "last" {
		return packageOf(t, "broken", text), []string{"json", "broken", "math"}
	}
	dir = packageOf(t, "innocent", "")
	if err := os.WriteFile(filepath.Join(dir, "broken.py"), []byte("import os\nos.fork()"), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir, []string{"innocent", "broken"}
}

// heldByChildren is how many bytes the interpreters of this process hold.
func heldByChildren() (bytes int64) {
	files, _ := filepath.Glob("/proc/[0-9]*/status")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it is gone
		}
		value := func(name string) (n int64) {
			_, rest, _ := strings.Cut(string(text), name)
			_, _ = fmt.Sscan(rest, &n) // a zombie holds nothing
			return n
		}
		// What is to become an interpreter holds what this process does, for a moment.
		if value("\nPPid:") == int64(os.Getpid()) && strings.HasPrefix(string(text), "Name:\tpython") {
			bytes += value("\nVmRSS:") << 10
		}
	}
	return bytes
}

// bounded gives a machine so much memory for all interpreters.
func bounded(cfg *Config, bytes int64) {
	cfg.MemoryReserve = 16 << 20
	cfg.MemoryLeft = func() (int64, bool) { return bytes - heldByChildren(), true }
	cfg.importWithin = importsWithin
}

// An environment that can't be forked is refused with the name of the module whose doing
// that is. The others serve, and nothing of it is left.
func TestHostilePreloads(t *testing.T) {
	for _, posture := range []sandbox.Posture{sandbox.Full, sandbox.Container} {
		inPosture(t, posture, func(t *testing.T) {
			adoptOrphans(t)
			r := start(t, func(cfg *Config) {
				bounded(cfg, 400<<20)
				for _, p := range hostilePreloads {
					e := Environment{Name: p.name}
					e.Packages, e.Preload = preloading(t, p.name, p.text)
					cfg.Environments = append(cfg.Environments, e)
				}
				noisy := packageOf(t, "noisy", "import logging, warnings\nwarnings.warn('it is old')\n"+
					"logging.getLogger('noisy').warning('it is odd')\nlogging.lastResort = None\n")
				cfg.Environments = append(cfg.Environments,
					Environment{Name: "noisy", Packages: noisy, Preload: []string{"noisy"}})
			})
			for _, p := range hostilePreloads {
				got, err := r.Run(t.Context(), Job{Script: versionOfThing, Environment: p.name}, Hooks{})
				if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), `environment "`+p.name+`": `) ||
					!strings.Contains(err.Error(), "PRELOAD: broken: ") || !strings.Contains(err.Error(), p.says) {
					t.Errorf("%s: %+v, %v", p.name, got, err)
				}
				if got := answer(t, r, versionOfThing, nil); got != `"none"` {
					t.Errorf("%s: the default one: %s", p.name, got)
				}
			}
			for _, s := range r.Stats().Environments[1:] {
				if s.Up || s.Starts != 0 {
					t.Errorf("%+v", s)
				}
			}
			// What is for those who write packages is no printing, and comes to no reply.
			got, err := r.Run(t.Context(), Job{Script: "import noisy, warnings\ndef main():\n" +
				"    return warnings.showwarning.__module__", Environment: "noisy"}, Hooks{})
			if err != nil || string(got.Value) != `"warnings"` || len(got.Stdout)+len(got.Stderr) > 0 {
				t.Errorf("noisy: %+v, %v", got, err)
			}
			onlyInterpreters(t, 2)
		})
	}
}

// adoptOrphans makes what interpreters have forked children of this process when these are
// gone.
func adoptOrphans(t *testing.T) {
	t.Helper()
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
}

// onlyInterpreters waits until so many children of this process live.
func onlyInterpreters(t *testing.T, want int) {
	t.Helper()
	var left []string
	eventually(t, "nothing is left of those that did not start", func() bool {
		left = nil
		files, _ := filepath.Glob("/proc/[0-9]*/stat")
		for _, file := range files {
			text, err := os.ReadFile(file)
			_, rest, _ := strings.Cut(string(text), ") ")
			if f := strings.Fields(rest); err == nil && len(f) > 3 && f[1] == fmt.Sprint(os.Getpid()) && f[0] != "Z" {
				left = append(left, string(text))
			}
		}
		return len(left) == want
	})
}

// The start of a server whose default environment is like that is refused with the same
// words.
func TestHostilePreloadOfTheDefaultEnvironment(t *testing.T) {
	for _, posture := range []sandbox.Posture{sandbox.Full} {
		inPosture(t, posture, func(t *testing.T) {
			adoptOrphans(t)
			for _, p := range hostilePreloads {
				cfg := hostConfig()
				bounded(&cfg, 300<<20)
				cfg.Packages, cfg.Preload = preloading(t, p.name, p.text)
				r, err := New(context.Background(), cfg)
				if err == nil || !strings.Contains(err.Error(), "PRELOAD: broken: ") ||
					!strings.Contains(err.Error(), p.says) {
					t.Errorf("%s: %v", p.name, err)
				}
				if err == nil {
					t.Error(r.Close())
				}
			}
			onlyInterpreters(t, 0)
		})
	}
}
