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
		Layer: Seccomp, Name: "base filter",
		Why:  "last before exec; inherited, so that a worker only adds a short filter",
		Call: unix.SYS_SECCOMP, Args: []Arg{num(unix.SECCOMP_SET_MODE_FILTER), num(0), {Prog: filter}},
	}), nil
}

// privateRoot builds the root that holds nothing but the policy's binds.
func privateRoot(p Policy) []Step {
	r := rootSteps{made: map[string]bool{"/": true}}
	r.add(
		Step{
			Layer: MountNamespace, Name: "make mounts private",
			Why:  "before any other mount, so that none reaches the host",
			Call: unix.SYS_MOUNT,
			Args: []Arg{str("none"), str("/"), str("none"), num(unix.MS_REC | unix.MS_PRIVATE), str("none")},
		},
		mount("the new root", "tmpfs", stage, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV,
			"size=1m,nr_inodes=4096,mode=0755"),
	)
	r.mkdir("/tmp")
	for _, b := range p.Binds {
		r.bind(b, unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV)
	}
	for _, d := range p.Devices {
		// Read-only is the node, with its times, which whoever may write to the
		// device could set. The device takes what is written all the same.
		r.bind(Bind{Source: d, Target: d}, unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NOEXEC)
	}
	chdir := func(name, why, to string) Step {
		return Step{Layer: PrivateRoot, Name: name, Why: why, Call: unix.SYS_CHDIR, Args: []Arg{str(to)}}
	}
	r.add(
		chdir("chdir", "pivot_root(\".\", \".\") needs no directory for the old root", stage),
		Step{
			Layer: PrivateRoot, Name: "pivot_root", Why: "unlike chroot it leaves no way back",
			Call: unix.SYS_PIVOT_ROOT, Args: []Arg{str("."), str(".")},
		},
		Step{
			Layer: PrivateRoot, Name: "umount old root", Why: "the host's files are gone from here on",
			Call: unix.SYS_UMOUNT2, Args: []Arg{str("."), num(unix.MNT_DETACH)},
		},
		chdir("chdir /", "an absolute working directory in the new root", "/"),
		mount("when all mount points are made", "none", "/", "none",
			unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV, "none"),
	)
	return r.steps
}

// rootSteps are the steps that build a private root, as far as they are listed.
type rootSteps struct {
	steps []Step
	made  map[string]bool // the directories that are there
}

func (r *rootSteps) add(steps ...Step) { r.steps = append(r.steps, steps...) }

// mkdir makes a directory of the new root, and those above it.
func (r *rootSteps) mkdir(dir string) {
	if r.made[dir] {
		return
	}
	r.mkdir(path.Dir(dir))
	r.made[dir] = true
	r.add(Step{
		Layer: PrivateRoot, Name: "mkdir " + dir, Why: "a mount point",
		Call: unix.SYS_MKDIRAT, Args: []Arg{num(unix.AT_FDCWD), str(stage + dir), num(0o755)},
	})
}

// bind makes a mount point and mounts what a script may see.
func (r *rootSteps) bind(b Bind, flags uintptr) {
	target := stage + b.Target
	if b.Dir {
		r.mkdir(b.Target)
	} else {
		r.mkdir(path.Dir(b.Target))
		r.add(Step{
			Layer: PrivateRoot, Name: "create " + b.Target, Why: "a mount point", Call: unix.SYS_MKNODAT,
			Args: []Arg{num(unix.AT_FDCWD), str(target), num(unix.S_IFREG | 0o444), num(0)},
		})
	}
	r.add(
		mount("what a script may see", b.Source, target, "none", unix.MS_BIND, "none"),
		mount("a bind mount takes flags only when remounted", "none", target, "none",
			unix.MS_REMOUNT|unix.MS_BIND|flags|b.Locked, "none"))
}

func mount(why, source, target, fstype string, flags uintptr, data string) Step {
	return Step{
		Layer: PrivateRoot, Name: "mount " + target, Why: why,
		Call: unix.SYS_MOUNT, Args: []Arg{str(source), str(target), str(fstype), num(flags), str(data)},
	}
}

// chroot makes the tree that the server has laid out the root.
func chroot(p Policy) []Step {
	return []Step{
		{
			Layer: Chroot, Name: "chroot",
			Why:  "where nothing may be mounted; there is no way back without CAP_SYS_CHROOT",
			Call: unix.SYS_CHROOT, Args: []Arg{str(p.Root)},
		},
		{
			Layer: Chroot, Name: "chdir /", Why: "a working directory outside would be the way back",
			Call: unix.SYS_CHDIR, Args: []Arg{str("/")},
		},
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
	steps := []Step{capset("capset of the zygote", "what forking and confining takes, handed on by exec as "+
		"inheritable; before the bounding set is empty", set)}
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
