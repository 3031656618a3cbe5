package sandbox

import (
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/runtime/internal/sandbox/sandboxtest"
)

// checksOf are the checks among a worker's steps.
func checksOf(t *testing.T, g Grants) []Step {
	t.Helper()
	_, _, worker := listsOf(t, jailFor(t, g))
	var out []Step
	for _, s := range worker {
		if strings.HasPrefix(s.Name, "check") {
			out = append(out, s)
		}
	}
	return out
}

// In a process without any layer every check is refused, each by itself and
// with the name of its layer. A child for each: to succeed is to change.
func TestChecksFailWithoutTheirLayer(t *testing.T) {
	if !isRoot() {
		need.Elsewhere(t, "an ordinary user is refused some of what the checks look for; CI runs the tests as "+
			"root, too")
	}
	seen := map[Layer]bool{}
	for _, s := range checksOf(t, refusedBy(true, 7, "")) {
		t.Run(string(s.Layer)+" "+s.Name, func(t *testing.T) {
			seen[s.Layer] = true
			if s.Call == unix.SYS_UNSHARE && sandboxtest.Denied() {
				need.Unmet(t, "namespaces are refused here by others")
			}
			if s.Call == unix.SYS_UNSHARE && s.Layer == Seccomp {
				// The Go runtime has threads, to which the kernel grants no user namespace.
				s.Args = []Arg{num(0)}
			}
			var out told
			child(t, "steps", nil, task{Steps: []Step{s}, Values: map[string]int64{"uid": LastUID}}, &out)
			if out.Refusal == nil || out.Refusal.Layer != s.Layer || out.Refusal.Step != s.Name {
				t.Errorf("got %v", out.Refusal)
			}
		})
	}
	for _, l := range []Layer{NoNewPrivs, Seccomp, Landlock, PIDNamespace, Capabilities, OwnUID} {
		if !seen[l] {
			t.Errorf("nothing checks %s", l)
		}
	}
}

// Limits that the launch stage and a worker set are the ones in force, and what
// was lowered stays so.
func TestRlimitsInTheKernel(t *testing.T) {
	base := Base{Bytes: 1 << 40}
	limits := Limits{MemoryBytes: 1 << 20, CPUSeconds: 9, TmpBytes: 1 << 20, TmpFiles: 16, OpenFiles: 40,
		Threads: 200}
	raise := func(resource int, value int64) Step {
		limit := rlimit("", resource, value, "").Args[2]
		return call("raise", unix.SYS_PRLIMIT64, num(0), num(resource), limit, num(0))
	}
	steps := append((&Jail{Policy: Policy{Limits: limits}}).fixedRlimits(),
		slices.Concat(rlimits(limits, base), openFiles(limits), []Step{threads(limits)})...)
	cases := []struct {
		name     string
		resource int
		value    int64
	}{
		{"RLIMIT_AS", unix.RLIMIT_AS, base.Bytes + limits.MemoryBytes},
		{"RLIMIT_CPU", unix.RLIMIT_CPU, limits.CPUSeconds},
		{"RLIMIT_FSIZE", unix.RLIMIT_FSIZE, limits.TmpBytes},
		{"RLIMIT_NOFILE", unix.RLIMIT_NOFILE, limits.OpenFiles},
		{"RLIMIT_CORE", unix.RLIMIT_CORE, 0},
		{"RLIMIT_MEMLOCK", unix.RLIMIT_MEMLOCK, 0},
		{"RLIMIT_MSGQUEUE", unix.RLIMIT_MSGQUEUE, 0},
		{"RLIMIT_NPROC", unix.RLIMIT_NPROC, limits.Threads},
	}
	var tries []Step
	for _, c := range cases {
		tries = append(tries, raise(c.resource, c.value+1), raise(c.resource, c.value))
	}
	var attr *syscall.SysProcAttr
	if isRoot() {
		attr = asNobody() // root may raise its limits
	}
	got := do(t, attr, task{Steps: steps, Tries: tries})
	for i, c := range cases {
		if got.Errno[2*i] != unix.EPERM || got.Errno[2*i+1] != 0 {
			t.Errorf("%s: one more than the limit: %v, the limit itself: %v",
				c.name, got.Errno[2*i], got.Errno[2*i+1])
		}
	}
}

func TestNewBind(t *testing.T) {
	_, err := NewBind("/does/not/exist", "/x", true)
	if err == nil || !strings.Contains(err.Error(), "/does/not/exist") {
		t.Errorf("got %v", err)
	}
	b, err := NewBind(t.TempDir(), "/python", true)
	if err != nil {
		t.Fatal(err)
	}
	if b.Target != "/python" || !b.Dir || b.Locked&unix.MS_RDONLY != 0 {
		t.Errorf("%+v", b)
	}
	mounts, err := os.ReadFile("/proc/mounts")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		fields := strings.Fields(line)
		if !slices.Contains(strings.Split(fields[3], ","), "noexec") {
			continue
		}
		if _, err := NewBind(fields[1], "/x", true); err == nil || !strings.Contains(err.Error(), fields[1]) {
			t.Errorf("from %s, which forbids execution: %v", fields[1], err)
		}
		return
	}
	t.Log("no file system here forbids execution")
}
