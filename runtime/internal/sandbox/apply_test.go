package sandbox

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pyexec/pyexec/runtime/internal/sys"
)

// Calls that change nothing, so that the test process can make them.
var (
	works = Step{Layer: UTSNamespace, Name: "getpid", Call: unix.SYS_GETPID}
	fails = Step{Layer: PrivateTmp, Name: "close", Call: unix.SYS_CLOSE, Args: []Arg{num(-1)}}
)

func with(s Step, change func(*Step)) Step {
	change(&s)
	return s
}

func TestApply(t *testing.T) {
	pid, zero := num(os.Getpid()), num(0)
	refused := func(e unix.Errno) *Refusal { return &Refusal{Layer: fails.Layer, Step: fails.Name, Errno: e} }
	for _, tt := range []struct {
		name  string
		steps []Step
		want  *Refusal
	}{
		{"nothing", nil, nil},
		{"granted", []Step{works, works}, nil},
		{"refused", []Step{works, fails, works}, refused(unix.EBADF)},
		{"the first refusal counts", []Step{fails, with(fails, func(s *Step) { s.Name = "later" })},
			refused(unix.EBADF)},
		{"a check that is refused as it must be", []Step{with(fails, func(s *Step) { s.Errno = int(unix.EBADF) })},
			nil},
		{"a check that is refused otherwise", []Step{with(fails, func(s *Step) { s.Errno = int(unix.EPERM) })},
			refused(unix.EBADF)},
		{"a check that is not refused", []Step{with(works, func(s *Step) { s.Errno = int(unix.EPERM) })},
			&Refusal{Layer: works.Layer, Step: works.Name, Errno: unix.ENOTRECOVERABLE}},
		{"a check that returns what it must", []Step{with(works, func(s *Step) { s.Want = &pid })}, nil},
		{"a check that returns something else", []Step{with(works, func(s *Step) { s.Want = &zero })},
			&Refusal{Layer: works.Layer, Step: works.Name, Errno: unix.ENOTRECOVERABLE}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Apply(tt.steps, map[string]int64{}); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// What one step saved, later ones refer to: as an argument, inside a buffer,
// and as what must come out.
func TestApplyValues(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	dir := t.TempDir()
	dup := ref("dup")
	pollfd := make([]byte, 8)
	steps := []Step{
		{Name: "open", Call: unix.SYS_OPENAT,
			Args: []Arg{num(unix.AT_FDCWD), str(dir), num(unix.O_RDONLY | unix.O_CLOEXEC), num(0)}, Save: "dir"},
		{Name: "mkdirat", Call: unix.SYS_MKDIRAT, Args: []Arg{ref("dir"), str("made"), num(0o700)}},
		{Name: "fcntl", Call: unix.SYS_FCNTL, Args: []Arg{ref("dir"), num(unix.F_DUPFD_CLOEXEC), num(0)},
			Save: "dup"},
		{Name: "ppoll", Call: unix.SYS_PPOLL,
			Args: []Arg{{Buf: pollfd, Ref: "dup"}, num(1), buf(make([]byte, 16)), {}, {}}, Want: &Arg{}},
		{Name: "dup3", Call: unix.SYS_DUP3, Args: []Arg{ref("dir"), ref("dup"), num(unix.O_CLOEXEC)}, Want: &dup},
	}
	// The lists travel as JSON; what arrives must be the same list.
	wire, err := json.Marshal(steps)
	if err != nil {
		t.Fatal(err)
	}
	var arrived []Step
	if err := json.Unmarshal(wire, &arrived); err != nil {
		t.Fatal(err)
	}
	values := map[string]int64{}
	if r := Apply(arrived, values); r != nil {
		t.Fatal(r)
	}
	sys.CloseFD(int(values["dir"]), int(values["dup"]))
	if _, err := os.Stat(dir + "/made"); err != nil {
		t.Error(err)
	}
	if string(pollfd) != strings.Repeat("\x00", 8) {
		t.Error("the list itself was written to")
	}
}

func TestRefusal(t *testing.T) {
	var err error = &Refusal{Layer: Landlock, Step: "restrict_self", Errno: unix.EPERM}
	if got, want := err.Error(), "sandbox: layer landlock: restrict_self: operation not permitted"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !errors.Is(err, unix.EPERM) || !errors.Is(err, os.ErrPermission) {
		t.Error("the cause is lost")
	}
	wire, jsonErr := json.Marshal(err)
	if want := `{"layer":"landlock","step":"restrict_self","errno":1}`; jsonErr != nil || string(wire) != want {
		t.Errorf("%s, want %s", wire, want)
	}
}
