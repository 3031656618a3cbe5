package sandbox

import (
	"encoding/binary"
	"path"

	"golang.org/x/sys/unix"
)

// stage is a directory that every Linux has, on which the new root is mounted
// while it is built. In the jail's own mount namespace nobody needs it.
const stage = "/proc"

// Launch lists the steps of the launch stage up to the exec of the interpreter.
// They build the jail.
func (j *Jail) Launch() ([]Step, error) {
	if j.Posture == Off {
		return nil, nil
	}
	steps := j.without(killedFirst())
	if j.On[PrivateRoot] {
		steps = append(steps, privateRoot(j.Policy)...)
	}
	if j.On[Chroot] {
		steps = append(steps, chroot(j.Policy)...)
	}
	if j.On[UTSNamespace] {
		host := "sandbox"
		steps = append(steps, Step{
			Layer: UTSNamespace, Name: "sethostname", Why: "the host's name tells a script where it runs",
			Call: unix.SYS_SETHOSTNAME, Args: []Arg{str(host), num(len(host))},
		})
	}
	if j.On[Capabilities] {
		steps = append(steps, keepCapabilities(&j.Plan)...)
	}
	steps = append(steps, j.fixedRlimits()...)
	steps = append(steps, j.without([]Step{noHugePages})...)
	steps = append(steps, Step{
		Layer: NoNewPrivs, Name: "prctl PR_SET_NO_NEW_PRIVS",
		Why:  "before seccomp, which needs it without privilege; inherited by every worker",
		Call: unix.SYS_PRCTL, Args: []Arg{num(unix.PR_SET_NO_NEW_PRIVS), num(1), num(0), num(0), num(0)},
	})
	filter, err := baseFilter()
	if err != nil {
		return nil, err
	}
	return append(steps, Step{
		Layer: Seccomp, Name: "base filter", Why: "last before exec; inherited, so that a worker only adds a short filter",
		Call: unix.SYS_SECCOMP, Args: []Arg{num(unix.SECCOMP_SET_MODE_FILTER), num(0), {Prog: filter}},
	}), nil
}

// OOMScoreFD is where the zygote finds its own oom_score_adj, open for writing,
// in all jails that can have it.
const OOMScoreFD = 19

// killedFirst lists the steps that make the kernel end what is in the jail before
// the server when memory runs out: it goes by resident size, and what a script
// holds need not be resident. The zygote raises the figure further for each fork.
func killedFirst() []Step {
	step := func(call uintptr, save, why string, args ...Arg) Step {
		return Step{Layer: Rlimits, Name: oomScore, Why: why, Call: call, Args: args, Save: save}
	}
	return []Step{
		step(unix.SYS_OPENAT, oomScore, "while there is a /proc", num(unix.AT_FDCWD), str("/proc/self/oom_score_adj"), num(unix.O_WRONLY|unix.O_CLOEXEC), num(0)),
		step(unix.SYS_WRITE, "", "after the workers and before the server", ref(oomScore), str("500"), num(3)),
		step(unix.SYS_DUP3, "", "for the zygote, which has no /proc", ref(oomScore), num(OOMScoreFD), num(0)),
	}
}

// noHugePages is the step without which a script that has one small page of a
// huge one mapped holds all of it. No advice brings them back.
var noHugePages = Step{
	Layer: Rlimits, Name: thpDisable, Why: "RLIMIT_AS counts what is mapped; inherited by every worker",
	Call: unix.SYS_PRCTL, Args: []Arg{num(unix.PR_SET_THP_DISABLE), num(1), num(0), num(0), num(0)},
}

// Names of steps that some kernels do not take, see optional.
const (
	oomScore   = "oom_score_adj"
	thpDisable = "prctl PR_SET_THP_DISABLE"
)

// privateRoot builds the root that holds nothing but the policy's binds.
func privateRoot(p Policy) []Step {
	mount := func(why, source, target, fstype string, flags uintptr, data string) Step {
		return Step{
			Layer: PrivateRoot, Name: "mount " + target, Why: why,
			Call: unix.SYS_MOUNT, Args: []Arg{str(source), str(target), str(fstype), num(flags), str(data)},
		}
	}
	steps := []Step{
		{
			Layer: MountNamespace, Name: "make mounts private", Why: "before any other mount, so that none reaches the host",
			Call: unix.SYS_MOUNT, Args: []Arg{str("none"), str("/"), str("none"), num(unix.MS_REC | unix.MS_PRIVATE), str("none")},
		},
		mount("the new root", "tmpfs", stage, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "size=1m,nr_inodes=4096,mode=0755"),
	}
	made := map[string]bool{"/": true}
	var mkdir func(dir string)
	mkdir = func(dir string) {
		if made[dir] {
			return
		}
		mkdir(path.Dir(dir))
		made[dir] = true
		steps = append(steps, Step{
			Layer: PrivateRoot, Name: "mkdir " + dir, Why: "a mount point",
			Call: unix.SYS_MKDIRAT, Args: []Arg{num(unix.AT_FDCWD), str(stage + dir), num(0o755)},
		})
	}
	mkdir("/tmp")
	bind := func(b Bind, flags uintptr) {
		target := stage + b.Target
		if b.Dir {
			mkdir(b.Target)
		} else {
			mkdir(path.Dir(b.Target))
			steps = append(steps, Step{
				Layer: PrivateRoot, Name: "create " + b.Target, Why: "a mount point",
				Call: unix.SYS_MKNODAT, Args: []Arg{num(unix.AT_FDCWD), str(target), num(unix.S_IFREG | 0o444), num(0)},
			})
		}
		steps = append(steps,
			mount("what a script may see", b.Source, target, "none", unix.MS_BIND, "none"),
			mount("a bind mount takes flags only when remounted", "none", target, "none", unix.MS_REMOUNT|unix.MS_BIND|flags|b.Locked, "none"))
	}
	for _, b := range p.Binds {
		bind(b, unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV)
	}
	for _, d := range p.Devices {
		// Read-only is the node, with its times, which whoever may write to the
		// device could set. The device takes what is written all the same.
		bind(Bind{Source: d, Target: d}, unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NOEXEC)
	}
	return append(steps,
		Step{Layer: PrivateRoot, Name: "chdir", Why: "pivot_root(\".\", \".\") needs no directory for the old root", Call: unix.SYS_CHDIR, Args: []Arg{str(stage)}},
		Step{Layer: PrivateRoot, Name: "pivot_root", Why: "unlike chroot it leaves no way back", Call: unix.SYS_PIVOT_ROOT, Args: []Arg{str("."), str(".")}},
		Step{Layer: PrivateRoot, Name: "umount old root", Why: "the host's files are gone from here on", Call: unix.SYS_UMOUNT2, Args: []Arg{str("."), num(unix.MNT_DETACH)}},
		Step{Layer: PrivateRoot, Name: "chdir /", Why: "an absolute working directory in the new root", Call: unix.SYS_CHDIR, Args: []Arg{str("/")}},
		mount("when all mount points are made", "none", "/", "none", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV, "none"),
	)
}

// chroot makes the tree that the server has laid out the root.
func chroot(p Policy) []Step {
	return []Step{
		{Layer: Chroot, Name: "chroot", Why: "where nothing may be mounted; there is no way back without CAP_SYS_CHROOT", Call: unix.SYS_CHROOT, Args: []Arg{str(p.Root)}},
		{Layer: Chroot, Name: "chdir /", Why: "a working directory outside would be the way back", Call: unix.SYS_CHDIR, Args: []Arg{str("/")}},
	}
}

// zygoteCaps is what forking and confining workers takes.
func zygoteCaps(plan *Plan) []int {
	caps := []int{unix.CAP_SETUID, unix.CAP_SETGID}
	if plan.On[MountNamespace] {
		return append(caps, unix.CAP_SYS_ADMIN, unix.CAP_SETPCAP) // unshare, setns, mount
	}
	// The signal of a parent's death is one from the parent: without this it
	// does not reach another uid.
	return append(caps, unix.CAP_KILL)
}

// keepCapabilities leaves the zygote what it needs and nobody a way to get
// more: exec by root grants what is inheritable or in the bounding set, so the
// former is cut down to zygoteCaps and the latter emptied, once for all workers.
func keepCapabilities(plan *Plan) []Step {
	var kept uint64
	for _, c := range zygoteCaps(plan) {
		kept |= 1 << c
	}
	// The kernel takes nothing as inheritable that has left the bounding set.
	set := kept | 1<<unix.CAP_SETPCAP
	steps := []Step{capset("capset of the zygote", "what forking and confining takes, handed on by exec as inheritable; before the bounding set is empty", set)}
	for c := range plan.lastCap + 1 {
		steps = append(steps, Step{
			Layer: Capabilities, Name: "prctl PR_CAPBSET_DROP", Why: "no exec can bring it back",
			Call: unix.SYS_PRCTL, Args: []Arg{num(unix.PR_CAPBSET_DROP), num(c), num(0), num(0), num(0)},
		})
	}
	if set != kept {
		steps = append(steps, capset("capset of the zygote, less SETPCAP", "only dropping took it", kept))
	}
	return steps
}

// capset makes all three sets of a process the given one.
func capset(name, why string, set uint64) Step {
	header := make([]byte, 8) // version, pid 0
	binary.NativeEndian.PutUint32(header, unix.LINUX_CAPABILITY_VERSION_3)
	var data []byte // effective, permitted, inheritable: low words, then high words
	for _, word := range []uint32{uint32(set), uint32(set >> 32)} {
		for range 3 {
			data = binary.NativeEndian.AppendUint32(data, word)
		}
	}
	return Step{Layer: Capabilities, Name: name, Why: why, Call: unix.SYS_CAPSET, Args: []Arg{buf(header), buf(data)}}
}
