package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pyexec/pyexec/runtime/internal/sys"
)

// probeArg is the argv[0] that makes a re-executed binary try the layers.
const probeArg = "pyexec-probe"

// Probe tries every layer by doing it, in throw-away children of this binary,
// which must call [RunProbe] before main: scheme after scheme, until one is granted.
// It never asks for a version except Landlock's, whose interface is defined that
// way. What is tried with files is tried in a directory made below base.
func Probe(ctx context.Context, base string) (Grants, error) {
	g := Grants{Root: unix.Geteuid() == 0, GVisor: gVisor(), Refused: map[Scheme]map[Layer]string{}}
	for i := range schemes {
		s := &schemes[i]
		if s.root && !g.Root {
			continue
		}
		found, err := probeScheme(ctx, s, base)
		if err != nil {
			return Grants{}, err
		}
		g.Refused[s.name] = found.Refused
		g.Refused[s.name][MemoryCgroup] = "not tried"
		if found.LastCap > 0 {
			g.Left, g.Landlock, g.LastCap = found.Left, found.Landlock, found.LastCap
		}
		if len(s.missing(found.Refused)) == 0 {
			break
		}
	}
	return g, nil
}

// found is what a probe child has to say.
type found struct {
	Refused  map[Layer]string
	Left     []string
	Landlock int
	LastCap  int
}

func probeScheme(ctx context.Context, s *scheme, base string) (found, error) {
	args := []string{probeArg, string(s.name)}
	if s.has(Chroot) {
		dir, remove, err := probeTree(base)
		if err != nil {
			return found{Refused: map[Layer]string{Chroot: err.Error()}}, nil
		}
		defer remove()
		args = append(args, dir)
	}
	f, err := probeChild(ctx, s, args)
	var errno syscall.Errno
	if err == nil || !errors.As(err, &errno) {
		return f, err
	}
	// No child at all: the namespaces are refused as such.
	f.Refused = map[Layer]string{}
	for _, l := range slices.Concat(s.layers, s.welcome()) {
		if l != OwnUID && l != Landlock && l != MemoryCgroup {
			f.Refused[l] = fmt.Sprintf("clone with namespaces: %v", errno)
		}
	}
	return f, nil
}

// probeTree makes a tree like the one that scripts would be shut in. Until it is removed
// base is locked, as another server that starts takes away what is in there and nobody's.
func probeTree(base string) (dir string, remove func(), err error) {
	if err := os.MkdirAll(base, 0o700); err != nil {
		return "", nil, err
	}
	lock, err := os.Open(base)
	if err != nil {
		return "", nil, err
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_SH); err != nil {
		_ = lock.Close()
		return "", nil, &os.PathError{Op: "flock", Path: base, Err: err}
	}
	remove = func() {
		if dir != "" {
			_ = os.RemoveAll(dir) // empty but for a directory
		}
		_ = lock.Close()
	}
	if dir, err = os.MkdirTemp(base, "probe-"); err == nil {
		err = errors.Join(os.Chmod(dir, 0o711), makeDir(dir+"/dev"), os.Mkdir(dir+probeScratch, 0o700))
	}
	if err != nil {
		remove()
	}
	return dir, remove, err
}

// probeScratch is where a run's directory would be in the probe's tree.
const probeScratch = "/run"

func probeChild(ctx context.Context, s *scheme, args []string) (found, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Args, cmd.Env = args, []string{}
	cmd.SysProcAttr = cloneInto(s.clone, s.has(OwnUID))
	cmd.SysProcAttr.Setsid = false // the leader of a session can't leave its process group
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return found{}, fmt.Errorf("sandbox: probe: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return found{}, fmt.Errorf("sandbox: probe: %w", err)
	}
	out, err := io.ReadAll(stdout)
	killed := cmd.Process.Signal(syscall.Signal(0)) // of another uid by now
	if err := errors.Join(err, cmd.Wait()); err != nil {
		return found{}, fmt.Errorf("sandbox: probe: %w%s", opaque{err}, stderr.Bytes())
	}
	var f found
	if err := json.Unmarshal(out, &f); err != nil {
		return found{}, fmt.Errorf("sandbox: probe: %w", err)
	}
	if errors.Is(killed, unix.EPERM) && f.Refused[OwnUID] == "" {
		f.Refused[OwnUID] = "kill: operation not permitted"
	}
	return f, nil
}

// opaque is an error of the child's life, not to be taken for a refused clone.
type opaque struct{ err error }

func (o opaque) Error() string { return o.err.Error() }

// RunProbe turns the process into a probe child if that is what argv[0] says.
// It must be called from an init function, where the main goroutine still owns
// the main thread: the layers hold per thread.
func RunProbe() {
	if len(os.Args) == 0 || os.Args[0] != probeArg {
		return
	}
	runtime.LockOSThread()
	if sys.EndWithParent() != nil {
		unix.Exit(1)
	}
	at := slices.IndexFunc(schemes, func(s scheme) bool { return len(os.Args) > 1 && string(s.name) == os.Args[1] })
	if at < 0 {
		unix.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(try(&schemes[at], slices.Clone(os.Args[2:]))); err != nil {
		unix.Exit(1)
	}
	unix.Exit(0) // nothing is to be tidied up, and nobody to wait for
}

// try carries out the very steps that the jail and a worker take in scheme s,
// noting the first refusal of each layer and going on.
func try(s *scheme, tree []string) found {
	f := found{Refused: map[Layer]string{}, Landlock: landlockABI(), LastCap: lastCap()}
	if f.Landlock == 0 {
		f.Refused[Landlock] = "landlock_create_ruleset: function not implemented or disabled"
	}
	refused := map[Scheme]map[Layer]string{s.name: f.Refused}
	grants := Grants{Landlock: f.Landlock, LastCap: f.LastCap, Refused: refused}
	plan := newPlan(s, grants)
	plan.probing = true
	policy, base := probePolicy()
	var before []Step
	if plan.On[Chroot] && len(tree) > 0 {
		policy.Root, policy.Devices = tree[0], nil
		before = []Step{{
			Layer: OwnUID, Name: "chown of a run's directory", Call: unix.SYS_FCHOWNAT,
			Args: []Arg{num(unix.AT_FDCWD), str(tree[0] + probeScratch), num(LastUID), num(LastUID), num(0)},
		}}
	}
	jail := Jail{Plan: *plan, Policy: policy}
	launch, err := jail.Launch()
	if err != nil {
		f.Refused[Seccomp] = err.Error()
		return f
	}
	worker, err := jail.Worker(base)
	if err != nil {
		f.Refused[Seccomp] = err.Error()
		return f
	}
	if jail.On[PIDNamespace] {
		launch = append(launch, Step{ // what the zygote does before each fork
			Layer: PIDNamespace, Name: "unshare PID namespace",
			Call: unix.SYS_UNSHARE, Args: []Arg{num(unix.CLONE_NEWPID)},
		})
	}
	f.note(slices.Concat(before, launch, jail.Prepare(), worker), map[string]int64{"uid": LastUID})
	return f
}

// probePolicy has limits no higher than those that this process was given, which
// nobody in a jail may raise: whether what a run is to have is within them shows
// when the first worker is made, and is no matter of another scheme.
func probePolicy() (Policy, Base) {
	atMost := func(resource int, most int64) int64 {
		var r unix.Rlimit
		if err := unix.Getrlimit(resource, &r); err == nil && r.Max < uint64(most) {
			return int64(r.Max)
		}
		return most
	}
	limits := Limits{
		MemoryBytes: 1, CPUSeconds: atMost(unix.RLIMIT_CPU, 60),
		TmpBytes: atMost(unix.RLIMIT_FSIZE, 1<<20), TmpFiles: 16,
		OpenFiles: atMost(unix.RLIMIT_NOFILE, 256), Threads: atMost(unix.RLIMIT_NPROC, 256),
	}
	return Policy{Devices: []string{"/dev/null"}, Limits: limits}, Base{Bytes: atMost(unix.RLIMIT_AS, 1<<40) - 1}
}

// note carries out steps, keeps the first refusal of each layer and goes on.
func (f *found) note(steps []Step, values map[string]int64) {
	for _, s := range steps {
		// A probe keeps its descriptors: it has to report.
		if f.Refused[s.Layer] != "" || s.Layer == Descriptors {
			continue
		}
		if len(s.Args) > 0 && s.Args[0].Ref == "scratch" {
			s.Args = []Arg{str("/dev")} // any directory but the root, which Landlock must hide
			if f.Refused[Chroot] == "" && values["chroot"] == 1 {
				s.Args = []Arg{str(probeScratch)}
			}
		}
		r := apply(&s, values)
		switch {
		case r == nil:
			if s.Call == unix.SYS_CHROOT {
				values["chroot"] = 1
			}
		case optional[s.Name] != "":
			if !slices.Contains(f.Left, s.Name) {
				f.Left = append(f.Left, s.Name)
			}
		case r.Errno == unix.EINVAL && s.Call == unix.SYS_UNSHARE:
			// This child has threads, which a zygote and a worker have not; what
			// is to be unshared was granted to the clone that made it.
		default:
			f.Refused[s.Layer] = fmt.Sprintf("%s: %v", r.Step, r.Errno)
		}
	}
}

// gVisor reports whether the kernel says that it is gVisor's.
func gVisor() bool {
	version, err := os.ReadFile("/proc/version")
	return err == nil && bytes.Contains(version, []byte("-gvisor"))
}

// lastCap is the highest capability that the kernel knows.
func lastCap() int {
	for c := range 64 {
		if _, _, errno := unix.RawSyscall(unix.SYS_PRCTL, unix.PR_CAPBSET_READ, uintptr(c), 0); errno != 0 {
			return c - 1
		}
	}
	return 63
}

// landlockABI is the version of the Landlock interface, 0 without Landlock.
func landlockABI() int {
	v, _, errno := unix.RawSyscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return int(v)
}
