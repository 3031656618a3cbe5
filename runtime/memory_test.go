package runtime

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// The server sees how much a run holds: without RLIMIT_AS, which would stop it
// sooner, a script ends at its limit all the same, with the figure.
func TestMemoryIsWatched(t *testing.T) {
	for _, posture := range postures {
		inPosture(t, posture, func(t *testing.T) {
			for _, how := range []string{"private", "by a thread", "shared"} {
				if how != "private" && strings.HasPrefix(string(posture), "gVisor") {
					// It tells neither shared pages from others, nor what is left of a process
					// whose first thread has ended.
					continue
				}
				w := without(baseFilter, stepsOf(sandbox.Rlimits, "RLIMIT_AS"))
				r := startWeak(t, w, func(cfg *Config) { cfg.Limits.MemoryBytes = 64 << 20 })
				read(t, arranged, "memory").attack(t, r, how)
				good(t, r)
			}
		})
	}
}

// Pages of the interpreter that a script writes to count as the script's.
func TestCopiesAreWatched(t *testing.T) {
	const script = `import bulk, time
def main(write):
    held = bytearray(50 << 20)
    if write:
        for at in range(0, len(bulk.held), 4096):
            bulk.held[at] = 2
    time.sleep(0.5)
    return len(held) + len(bulk.held) >> 20`
	for _, posture := range onLinux {
		inPosture(t, posture, func(t *testing.T) {
			if posture == sandbox.Container && !mayTrace(t) {
				need.Unmet(t, "root without CAP_SYS_PTRACE is not shown what another user's process has copied")
			}
			r := start(t, func(cfg *Config) {
				cfg.Limits.MemoryBytes = 64 << 20
				cfg.Packages = packageOf(t, "bulk",
					"held = bytearray(60 << 20)\nfor at in range(0, len(held), 4096):\n    held[at] = 1\n")
				cfg.Preload = []string{"bulk"}
			})
			if got := answer(t, r, script, false); got != "110" {
				t.Errorf("without a copy: %s", got)
			}
			if got := execute(t, r, script, true); got.Status != MemoryLimit ||
				!strings.Contains(got.Error, ": it held ") {
				t.Errorf("with one: %+v", got)
			}
		})
	}
}

// mayTrace says whether this process has CAP_SYS_PTRACE.
func mayTrace(t *testing.T) bool {
	t.Helper()
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if err := unix.Capget(&head, &sets[0]); err != nil {
		t.Fatal(err)
	}
	return sets[0].Effective&(1<<unix.CAP_SYS_PTRACE) != 0
}

// packageOf is a directory of packages with one module.
func packageOf(t *testing.T, name, text string) string {
	t.Helper()
	dir := t.TempDir()
	for parent := dir; parent != os.TempDir() && parent != "/"; parent = filepath.Dir(parent) {
		if err := os.Chmod(parent, 0o755); err != nil { // for the uid of a run
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, name+".py"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Page tables count, too.
func TestPageTablesAreWatched(t *testing.T) {
	inPosture(t, here(), func(t *testing.T) {
		r := startWeak(t, weakness{edit: anyAddress}, func(cfg *Config) { cfg.Limits.MemoryBytes = 256 << 20 })
		read(t, arranged, "page_tables").attack(t, r, nil)
	})
}

// The peak is what the run held itself, by the machine's figures, and /tmp is
// apart.
func TestPeakMemory(t *testing.T) {
	const script = `import mmap, time
def main(how):
    mib = 1 << 20
    if how == "heap":
        held = bytearray(100 * mib)
    elif how == "private mapping":
        held = mmap.mmap(-1, 100 * mib)
        for at in range(0, 100 * mib, 4096):
            held[at] = 1
    elif how == "tmp":
        with open("held", "wb") as f:
            for _ in range(40):
                f.write(bytes(mib))
    time.sleep(0.3)
    return how`
	for _, posture := range postures {
		inPosture(t, posture, func(t *testing.T) {
			r := start(t, nil)
			for how, want := range map[string][2]float64{"nothing": {0, 0}, "heap": {100, 0},
				"private mapping": {100, 0}, "tmp": {1, 40}} {
				res, err := r.Run(t.Context(), Job{Script: script, Input: fmt.Appendf(nil, "%q", how), Usage: true},
					Hooks{})
				if err != nil || res.Status != OK {
					t.Fatalf("%s: %+v %v", how, res, err)
				}
				peak, tmp := float64(res.Usage.PeakMemory)/(1<<20), float64(res.Usage.PeakTmp)/(1<<20)
				if peak < want[0]*0.95-1 || peak > want[0]*1.05+4 {
					t.Errorf("%s: peak %.1f MiB, want %v", how, peak, want[0])
				}
				if res.Usage.PeakTmp >= 0 && (tmp < want[1]*0.95 || tmp > want[1]*1.05+1) {
					t.Errorf("%s: /tmp %.1f MiB, want %v", how, tmp, want[1])
				}
			}
		})
	}
}

// When the memory of the machine runs out the run that holds most ends, and is
// told whose memory it was. The other does not notice.
func TestPressure(t *testing.T) {
	const script = `import time
def main(mib):
    held = bytearray(mib << 20)
    print("held")
    time.sleep(4)
    return mib`
	inPosture(t, here(), func(t *testing.T) {
		var short atomic.Bool
		var holding, asked atomic.Int64
		r := start(t, func(cfg *Config) {
			cfg.MemoryReserve = 100
			cfg.MemoryLeft = func() (int64, bool) {
				asked.Add(1)
				if short.Swap(false) {
					return 99, true
				}
				return 100, true
			}
		})
		run := func(mib string) <-chan Result {
			ended := make(chan Result, 1)
			go func() {
				got, err := r.Run(t.Context(), Job{Script: script, Input: []byte(mib)}, Hooks{
					Output: func(Stream, []byte) { holding.Add(1) },
				})
				if err != nil {
					t.Error(err)
				}
				ended <- got
			}()
			return ended
		}
		small, large := run("10"), run("50")
		eventually(t, "both hold what they want", func() bool { return holding.Load() == 2 })
		// The memory that is left is read whenever one of them is looked at, every
		// 20 ms at most.
		before := asked.Load()
		eventually(t, "both are seen to", func() bool { return asked.Load() > before+10 })
		short.Store(true)
		if got := <-large; got.Status != MemoryLimit ||
			!strings.HasPrefix(got.Error, "Script was ended because the memory of the machine ran out: it held 5") ||
			!strings.Contains(got.Hint, "Try again") {
			t.Errorf("the larger one: %+v", got)
		}
		if got := <-small; string(got.Value) != "10" {
			t.Errorf("the smaller one: %+v", got)
		}
	})
}

// The kernel's choice when memory runs out: a worker first, the zygote next.
func TestKilledFirst(t *testing.T) {
	for _, posture := range onLinux {
		inPosture(t, posture, func(t *testing.T) {
			r := start(t, nil)
			score := func(pid int) string {
				text, err := os.ReadFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid))
				if err != nil {
					t.Fatal(err)
				}
				return string(bytes.TrimSpace(text))
			}
			// While it forks the zygote itself is what its child is to be.
			eventually(t, "the zygote has a score of its own", func() bool {
				return score(zygotePID(t, r)) == "500"
			})
			if worker, server := score(idlePID(t, r)), score(os.Getpid()); worker != "1000" || server == "500" ||
				server == "1000" {
				t.Errorf("worker %s, server %s", worker, server)
			}
		})
	}
}

// Where runs share a disk the operator is told at start that it is too small.
func TestDiskTooSmall(t *testing.T) {
	for _, posture := range []sandbox.Posture{sandbox.Container, sandbox.LandlockOnly} {
		inPosture(t, posture, func(t *testing.T) {
			for _, tt := range []struct {
				tmp   int64
				warns bool
			}{{64 << 20, false}, {1 << 50, true}} {
				var log bytes.Buffer
				r := start(t, func(cfg *Config) {
					cfg.Limits.TmpBytes = tt.tmp
					cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
				})
				if err := r.Close(); err != nil { // nobody writes any more
					t.Error(err)
				}
				if warned := strings.Contains(log.String(), "less room than all runs may take"); warned != tt.warns {
					t.Errorf("%d bytes each: %s", tt.tmp, &log)
				}
			}
		})
	}
}

// The server sees its runs in every posture; where it can't, or can't see how much
// memory is left, the report and the log say so.
func TestWatchIsReported(t *testing.T) {
	for _, posture := range postures {
		inPosture(t, posture, func(t *testing.T) {
			for known, want := range map[bool]string{true: "", false: "says how much memory is left"} {
				r := start(t, func(cfg *Config) { cfg.MemoryLeft = func() (int64, bool) { return 1 << 40, known } })
				note := r.Info().LayerNotes[string(sandbox.Rlimits)]
				if strings.Contains(note, "/proc does not show the server") ||
					strings.Contains(note, "says how much") != !known || !strings.Contains(note, want) {
					t.Errorf("known %v: %q", known, note)
				}
			}
		})
	}
	if note := unwatched(Config{}, true, true); !strings.Contains(note, "address space alone") {
		t.Errorf("blind: %q", note)
	}
	if note := unwatched(Config{}, false, true); !strings.Contains(note, "CAP_SYS_PTRACE") {
		t.Errorf("copies: %q", note)
	}
}
