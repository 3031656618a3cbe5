package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pyexec/pyexec/runtime/internal/sandbox/sandboxtest"
)

// childVar makes a re-executed test binary do one of childModes: what these
// tests try can't be taken back, so that no process of the tests does it.
const childVar = "SANDBOX_TEST_CHILD"

var childModes = map[string]func() error{
	"steps":   childSteps,
	"probe":   childProbe,
	"denied":  childDenied,
	"limited": childLimited,
}

func init() { RunProbe() }

func TestMain(m *testing.M) {
	if mode := os.Getenv(childVar); mode != "" {
		if err := childModes[mode](); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		unix.Exit(0) // without the second that the race detector waits
	}
	os.Exit(m.Run())
}

// task is what a child does: carry out Steps like the launch stage, then make
// each call of Tries and say what came of it.
type task struct {
	Steps, Tries []Step
	Values       map[string]int64
}

// told is what a child has to say. Errno has an entry for every try, 0 when the
// call succeeded, Value what it returned.
type told struct {
	Refusal *Refusal
	Errno   []syscall.Errno
	Value   []int64
}

func childSteps() error {
	runtime.LockOSThread()
	var work task
	if err := json.NewDecoder(os.Stdin).Decode(&work); err != nil {
		return err
	}
	var out told
	out.Refusal = Apply(work.Steps, work.Values)
	for i := range work.Tries {
		if out.Refusal != nil {
			break
		}
		value, errno := try1(&work.Tries[i], work.Values)
		out.Value, out.Errno = append(out.Value, value), append(out.Errno, errno)
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

// try1 makes one call and judges nothing.
func try1(s *Step, values map[string]int64) (int64, syscall.Errno) {
	plain := *s
	plain.Errno, plain.Want, plain.Save = 0, nil, "value"
	if r := apply(&plain, values); r != nil {
		return -1, r.Errno
	}
	return values["value"], 0
}

func childProbe() error {
	base, err := os.MkdirTemp("", "probe")
	if err != nil {
		return err
	}
	defer os.RemoveAll(base)
	g, err := Probe(context.Background(), base)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(g)
}

func childDenied() error {
	if err := sandboxtest.DenyNamespaces(); err != nil {
		return err
	}
	return childProbe()
}

// childLimited was given little by whoever started it, and cannot change that.
func childLimited() error {
	limits := map[int]uint64{unix.RLIMIT_AS: 8 << 30, unix.RLIMIT_CPU: 45, unix.RLIMIT_FSIZE: 512 << 10,
		unix.RLIMIT_NOFILE: 100}
	if isRoot() { // with an ordinary user counts whatever else it runs
		limits[unix.RLIMIT_NPROC] = 100
	}
	for resource, most := range limits {
		if err := unix.Setrlimit(resource, &unix.Rlimit{Cur: most, Max: most}); err != nil {
			return err
		}
	}
	return childProbe()
}

// child runs this binary in one of childModes, with attr, and decodes what it
// says into out.
func child(t *testing.T, mode string, attr *syscall.SysProcAttr, in, out any) {
	t.Helper()
	input, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), childVar+"="+mode)
	cmd.Stdin = bytes.NewReader(input)
	cmd.SysProcAttr = attr
	var stderr strings.Builder
	cmd.Stderr = &stderr
	answer, err := cmd.Output()
	if err != nil {
		t.Fatalf("child %s: %v\n%s", mode, err, stderr.String())
	}
	if err := json.Unmarshal(answer, out); err != nil {
		t.Fatalf("child %s: %v\n%s", mode, err, answer)
	}
}

// do carries out a task in a child. A refused step fails the test.
func do(t *testing.T, attr *syscall.SysProcAttr, work task) told {
	t.Helper()
	if work.Values == nil {
		work.Values = map[string]int64{}
	}
	var out told
	child(t, "steps", attr, work, &out)
	if out.Refusal != nil {
		t.Fatal(out.Refusal)
	}
	return out
}

// isRoot says whether the tests run as root.
func isRoot() bool { return unix.Geteuid() == 0 }

// asNobody are the credentials of an ordinary user.
func asNobody() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
}
