package runtime

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/runtime/internal/cgroup"
	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// grouped is a runtime whose jails have a control group. Where none is granted the
// test is skipped, in CI too: what runs it there is not alone in its group.
func grouped(t *testing.T, change func(*Config)) *Runtime {
	t.Helper()
	r := start(t, func(cfg *Config) {
		cfg.JailBytes = 1 << 30
		if change != nil {
			change(cfg)
		}
	})
	if info := r.Info(); !info.Isolation["memory_cgroup"] {
		need.Elsewhere(t, "no control group here: %s", info.LayerNotes["memory_cgroup"])
	}
	return r
}

// groupOf is the version 2 group of a process.
func groupOf(t *testing.T, pid int) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, group, _ := strings.Cut(string(text), "0::")
	return strings.TrimSpace(group)
}

// The report says of control groups what opening them has come to, and a server
// that is to have none says so.
func TestGroupIsReported(t *testing.T) {
	for name, jail := range map[string]int64{"wanted": 1 << 30, "not wanted": 0} {
		want := "switched off; " + sandbox.NoGroup
		if jail > 0 {
			p, err := cgroup.Open(t.Context())
			if err == nil {
				want = p.Note()
				if err := p.Close(); err != nil {
					t.Error(err)
				}
			} else {
				want = err.Error() + "; " + sandbox.NoGroup
			}
		}
		r := start(t, func(cfg *Config) { cfg.JailBytes = jail })
		info, on := r.Info(), !strings.HasSuffix(want, sandbox.NoGroup)
		if got, known := info.Isolation["memory_cgroup"]; got != on || !known ||
			info.LayerNotes["memory_cgroup"] != want {
			t.Errorf("%s: on %v, %q, want %v, %q", name, got, info.LayerNotes["memory_cgroup"], on, want)
		}
		cfg := hostConfig()
		cfg.JailBytes = jail
		if err := r.Close(); err != nil { // which may hold this process's group
			t.Error(err)
		}
		found, err := Examine(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if l := found.Layers[0]; l.Name != "memory_cgroup" || l.On != on || l.Note != want {
			t.Errorf("%s: %+v", name, l)
		}
	}
}

// A jail that lost its group is not reported to have one.
func TestLostGroupIsReported(t *testing.T) {
	at := Info{Isolation: map[string]bool{"memory_cgroup": true, "seccomp": true}, LayerNotes: map[string]string{}}
	if got := withoutGroup(at, ""); !got.Isolation["memory_cgroup"] {
		t.Errorf("before: %+v", got)
	}
	got, note := withoutGroup(at, "mkdir: no space"), "mkdir: no space; "
	if got.Isolation["memory_cgroup"] || !got.Isolation["seccomp"] ||
		!strings.HasPrefix(got.LayerNotes["memory_cgroup"], note) {
		t.Errorf("after: %+v", got)
	}
	if !at.Isolation["memory_cgroup"] {
		t.Errorf("%+v", at)
	}
}

// What the kernel holds for a run is bounded by the group of its jail, and by
// nothing else: the same program is free without. Nobody is blamed but the fault
// is told, and the next run is well. A process that is to be in another posture
// would not be alone in its group: RUNTIME_TEST_POSTURE says what this one is in.
func TestJailIsBounded(t *testing.T) {
	limits := func(jail int64) func(*Config) {
		return func(cfg *Config) { cfg.Workers, cfg.Limits.OpenFiles, cfg.JailBytes = 1, 512, jail }
	}
	text := program(t, "attacks/kernel_memory")
	r := grouped(t, limits(32<<20))
	if got, err := r.Run(t.Context(), Job{Script: text}, Hooks{}); !errors.Is(err, ErrUnavailable) ||
		!strings.Contains(err.Error(), "all runs together held too much") {
		t.Errorf("in a group: %+v, %v", got, err)
	}
	good(t, r)
	if s := r.Stats(); s.Restarts != 0 || s.JailPeak < 24<<20 || s.JailMemory <= 0 {
		t.Errorf("%+v", s)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if got := answer(t, start(t, limits(0)), text, nil); got != `"full"` {
		t.Errorf("without: %s", got)
	}
}

// All runs at once, each near its limits, are no reason for the kernel to kill.
// Beside what they may hold the jail has only 2 MiB for each, a part of its real share.
func TestJailHoldsWhatItsRunsMay(t *testing.T) {
	const script = `import time
def main():
    held = bytearray(120 << 20)
    with open("held", "wb") as f:
        for _ in range(31):
            f.write(bytes(1 << 20))
    time.sleep(0.5)
    return len(held)`
	r := grouped(t, func(cfg *Config) {
		cfg.Limits.MemoryBytes, cfg.Limits.TmpBytes = 128<<20, 32<<20
		cfg.JailBytes = int64(cfg.Workers) * (cfg.Limits.MemoryBytes + cfg.Limits.TmpBytes + 2<<20)
	})
	var runs sync.WaitGroup
	for range 3 * r.cfg.Workers {
		runs.Go(func() {
			if got := answer(t, r, script, nil); got != "125829120" {
				t.Error(got)
			}
		})
	}
	runs.Wait()
	if s := r.Stats(); s.JailPeak < 2*150<<20 || r.groups.Killed() != 0 {
		t.Errorf("%+v, %d killed", s, r.groups.Killed())
	}
}

// Every jail has a group of its own, which goes with it.
func TestEachJailHasItsGroup(t *testing.T) {
	before := groupOf(t, os.Getpid())
	r := grouped(t, nil)
	pid := zygotePID(t, r)
	first := groupOf(t, pid)
	if worker, server := groupOf(t, idlePID(t, r)), groupOf(t, os.Getpid()); worker != first || server == first {
		t.Errorf("zygote %s, worker %s, server %s", first, worker, server)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "another interpreter", func() bool { return r.Stats().Restarts == 1 && r.Health() == nil })
	good(t, r)
	second := groupOf(t, zygotePID(t, r))
	if second == first || !strings.Contains(second, "-jail-") {
		t.Errorf("first %s, then %s", first, second)
	}
	const mount = "/sys/fs/cgroup"
	if _, err := os.Stat(mount + second); err != nil {
		t.Errorf("groups are elsewhere: %v", err)
	}
	eventually(t, "the first group is gone", func() bool {
		_, err := os.Stat(mount + first)
		return errors.Is(err, os.ErrNotExist)
	})
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(mount + second); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the second group is left: %v", err)
	}
	if after := groupOf(t, os.Getpid()); after != before {
		t.Errorf("this process was in %s, is in %s", before, after)
	}
}

// Where groups can't be made any more the runs go on without, and it is said.
func TestGroupsRunOut(t *testing.T) {
	r := grouped(t, nil)
	pid := zygotePID(t, r)
	jail := groupOf(t, pid)
	most := "/sys/fs/cgroup" + jail[:strings.LastIndex(jail, "/")] + "/cgroup.max.descendants"
	if err := os.WriteFile(most, []byte("1"), 0); err != nil {
		need.Elsewhere(t, "the group of this process is not ours to limit: %v", err)
	}
	t.Cleanup(func() {
		if err := os.WriteFile(most, []byte("max"), 0); err != nil {
			t.Error(err)
		}
	})
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "another interpreter", func() bool { return r.Stats().Restarts == 1 && r.Health() == nil })
	good(t, r)
	info := r.Info()
	if info.Isolation["memory_cgroup"] || !strings.Contains(info.LayerNotes["memory_cgroup"], "jail-2: mkdir: ") {
		t.Errorf("%v, %q", info.Isolation["memory_cgroup"], info.LayerNotes["memory_cgroup"])
	}
	if s := r.Stats(); s.JailMemory != 0 {
		t.Errorf("%+v", s)
	}
}
