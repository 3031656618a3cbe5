package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// probeArg is the argv[0] that makes a re-executed binary try the layers.
const probeArg = "pyexec-probe"

// Probe tries every layer by doing it, in throw-away children of this binary,
// which must call [RunProbe] before main. It never asks for a version except
// Landlock's, whose interface is defined that way.
func Probe(ctx context.Context) (Grants, error) {
	root := unix.Geteuid() == 0
	flags := uintptr(jailNamespaces)
	if !root {
		flags |= unix.CLONE_NEWUSER
	}
	g, err := probeChild(ctx, flags, root)
	if err == nil {
		return g, nil
	}
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return Grants{}, err
	}
	// The namespaces are refused as such: see what is left without them.
	g, err = probeChild(ctx, 0, root)
	if err != nil {
		return Grants{}, err
	}
	why := fmt.Sprintf("clone with namespaces: %v", errno)
	for _, l := range append(slices.Clone(namespaced), UserNamespace) {
		if g.Refused[l] == "" {
			g.Refused[l] = why
		}
	}
	return g, nil
}

func probeChild(ctx context.Context, flags uintptr, root bool) (Grants, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Args = []string{probeArg}
	cmd.Env = []string{}
	if root {
		cmd.Args = append(cmd.Args, "root")
	}
	if flags != 0 {
		cmd.Args = append(cmd.Args, "namespaces")
	}
	cmd.SysProcAttr = Clone(flags)
	cmd.SysProcAttr.Setsid = false // who leads a session can't take the step of leaving its process group
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return Grants{}, fmt.Errorf("sandbox: probe: %w%s", err, stderr.Bytes())
	}
	var g Grants
	if err := json.Unmarshal(out, &g); err != nil {
		return Grants{}, fmt.Errorf("sandbox: probe: %w", err)
	}
	return g, nil
}

// Clone is how a child is put into the namespaces of flags. In a user
// namespace the caller is its root and nobody else exists.
func Clone(flags uintptr) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Cloneflags: flags, Setsid: true, Pdeathsig: syscall.SIGKILL}
	if flags&unix.CLONE_NEWUSER != 0 {
		attr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	return attr
}

// RunProbe turns the process into a probe child if that is what argv[0] says.
// It must be called from an init function, where the main goroutine still owns
// the main thread: the layers hold per thread.
func RunProbe() {
	if len(os.Args) == 0 || os.Args[0] != probeArg {
		return
	}
	runtime.LockOSThread()
	g := try(slices.Contains(os.Args, "root"), slices.Contains(os.Args, "namespaces"))
	if err := json.NewEncoder(os.Stdout).Encode(g); err != nil {
		unix.Exit(1)
	}
	unix.Exit(0) // nothing is to be tidied up, and nobody to wait for
}

// try carries out the very steps that the jail and a worker take, noting the
// first refusal of each layer and going on.
func try(root, namespaces bool) Grants {
	g := Grants{Root: root, Refused: map[Layer]string{}, Landlock: landlockABI(), LastCap: lastCap()}
	if g.Landlock == 0 {
		g.Refused[Landlock] = "landlock_create_ruleset: function not implemented or disabled"
	}
	plan := &Plan{Posture: "probe", On: map[Layer]bool{Capabilities: true, Landlock: g.Landlock > 0}, lastCap: g.LastCap}
	if namespaces {
		plan.turnOn(PrivateRoot, PrivateTmp, UTSNamespace, PIDNamespace)
		plan.PIDNamespace = true
	}
	if root {
		plan.turnOn(OwnUID)
	}
	limits := Limits{BaseBytes: 1 << 40, MemoryBytes: 1, CPUSeconds: 60, TmpBytes: 1 << 20, TmpFiles: 16, OpenFiles: 256, Threads: 256}
	policy := Policy{Devices: []string{"/dev/null"}, Limits: limits}
	launch, err := jail(policy, plan)
	if err != nil {
		g.Refused[Seccomp] = err.Error()
		return g
	}
	worker, err := Confine(policy, plan, g.Landlock)
	if err != nil {
		g.Refused[Seccomp] = err.Error()
		return g
	}
	if namespaces {
		launch = append(launch, Step{ // what the zygote does before each fork
			Layer: PIDNamespace, Name: "unshare PID namespace",
			Call: unix.SYS_UNSHARE, Args: []Arg{num(unix.CLONE_NEWPID)},
		})
	}
	g.note(slices.Concat(launch, Prepare(policy, plan), worker), map[string]int64{"uid": LastUID})
	return g
}

// note carries out steps, keeps the first refusal of each layer and goes on.
func (g Grants) note(steps []Step, values map[string]int64) {
	for _, s := range steps {
		// The descriptors of a probe are its own affair: it has to report.
		if g.Refused[s.Layer] != "" || s.Layer == Descriptors {
			continue
		}
		if len(s.Args) > 0 && s.Args[0].Ref == "scratch" {
			s.Args = []Arg{str("/dev")} // any directory but the root, which Landlock must hide
		}
		if r := apply(&s, values); r != nil {
			g.Refused[s.Layer] = fmt.Sprintf("%s: %v", r.Step, r.Errno)
		}
	}
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
