package runtime

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/pool"
	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// Where no tmpfs bounds what a script writes, the server does, whatever the
// script does to hide it, and takes everything away afterwards.
func TestScratchIsBounded(t *testing.T) {
	for _, posture := range refused {
		inPosture(t, posture, func(t *testing.T) {
			r := start(t, func(cfg *Config) { cfg.Limits.TmpBytes = 16 << 20 })
			for _, way := range []string{"visible", "unlinked", "mapped", "reserved", "unreadable", "many", "deep"} {
				t.Run(way, func(t *testing.T) {
					got := execute(t, r, program(t, "attacks/fill"), way)
					if got.Status != FileLimit {
						t.Errorf("%+v", got)
					}
					good(t, r)
				})
			}
			onlyReady(t, r)
		})
	}
}

// Whatever a script leaves is removed, and nothing that it points at.
func TestScratchIsRemoved(t *testing.T) {
	for _, posture := range refused {
		inPosture(t, posture, func(t *testing.T) {
			host := t.TempDir()
			inside := filepath.Join(host, "inside")
			if err := os.WriteFile(inside, []byte("x"), 0o444); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(host, 0o755); err != nil {
				t.Fatal(err)
			}
			before := state(t, host) + state(t, inside)
			r := start(t, nil)
			for range 3 {
				if got := answer(t, r, program(t, "attacks/leftovers"), host); got != `"left"` {
					t.Fatal(got)
				}
			}
			onlyReady(t, r)
			// The last ones are still there when the server ends.
			for range 2 {
				answer(t, r, program(t, "attacks/leftovers"), host)
			}
			dir := runsDir(t, r)
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Lstat(dir); !os.IsNotExist(err) {
				t.Errorf("after Close: %v", err)
			}
			if now := state(t, host) + state(t, inside); now != before {
				t.Errorf("the host's files were %s and are %s", before, now)
			}
		})
	}
}

// runsDir is where the directories of runs are.
func runsDir(t *testing.T, r *Runtime) (dir string) {
	t.Helper()
	eventually(t, "a worker is ready", func() bool {
		r.pool.Ready.Remove(func(w *zygote.Worker) bool {
			dir = filepath.Dir(w.Scratch)
			return false // it stays
		})
		return dir != ""
	})
	return dir
}

// onlyReady waits until no directory is left but those of ready workers, which
// are empty.
func onlyReady(t *testing.T, r *Runtime) {
	t.Helper()
	var used []string
	runs := runsDir(t, r)
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		var err error
		if used, err = filepath.Glob(filepath.Join(runs, "*", "*")); err != nil {
			t.Fatal(err)
		}
		dirs, err := os.ReadDir(runs)
		if err != nil {
			t.Fatal(err)
		}
		if len(used) == 0 && len(dirs) <= r.cfg.Workers+pool.Spares {
			return
		}
	}
	t.Errorf("left behind: %v", used)
}
