package sandbox

import (
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// Prepare lists the steps that the zygote takes once, before its first fork.
// What they save is at hand for the steps of every worker.
func (j *Jail) Prepare() []Step {
	if j.Posture == Off {
		return nil
	}
	one := num(1)
	steps := j.without([]Step{{
		Layer: Rlimits, Name: thpDisable, Why: "a check: it is in force here, and no worker can change it",
		Call: unix.SYS_PRCTL, Args: []Arg{num(unix.PR_GET_THP_DISABLE), num(0), num(0), num(0), num(0)}, Want: &one,
	}})
	if j.On[PrivateTmp] || j.On[OwnUID] {
		// Not where the server itself has to look at what a worker holds open
		// in its directory; seccomp and Landlock refuse ptrace there.
		steps = append(steps, Step{
			Layer: Capabilities, Name: "prctl PR_SET_DUMPABLE",
			Why:  "no core, no ptrace by a process of the same uid; inherited by every worker",
			Call: unix.SYS_PRCTL, Args: []Arg{num(unix.PR_SET_DUMPABLE), num(0), num(0), num(0), num(0)},
		})
	}
	if j.On[Landlock] {
		steps = append(steps, j.openPaths()...)
	}
	return steps
}

// Worker lists the steps that a worker takes after the fork, in order. An error
// says that its filter can't be made.
func (j *Jail) Worker(base Base) ([]Step, error) {
	limits := j.Policy.Limits
	steps := []Step{{
		// Not a session: the kernel's scheduler would give each one the share
		// of the whole server.
		Layer: PIDNamespace, Name: "setpgid",
		Why:  "kill(0, …) reaches a whole process group, through PID namespaces too",
		Call: unix.SYS_SETPGID, Args: []Arg{num(0), num(0)},
	}}
	if j.On[PrivateTmp] {
		steps = append(steps, privateTmp(limits)...)
	}
	steps = append(steps, rlimits(limits, base)...)
	if j.Posture == Off {
		// Limits stay: they protect the service from accidents.
		return slices.Concat(steps, ownDirectory(), j.fixedRlimits(), endWithZygote(), descriptors(j.Policy),
			openFiles(limits)), nil
	}
	steps = append(steps, j.identity()...)
	if !j.On[PrivateTmp] {
		steps = append(steps, ownDirectory()...)
	}
	if !j.On[PIDNamespace] {
		steps = append(steps, endWithZygote()...)
	}
	if j.On[Landlock] {
		steps = append(steps, j.restrictFiles()...)
	}
	steps = append(steps, descriptors(j.Policy)...)
	steps = append(steps, openFiles(limits)...)
	filter, err := workerFilter(j.takenBack(), j.On[PIDNamespace], j.addresses(base))
	if err != nil {
		return nil, err
	}
	steps = append(steps, Step{
		Layer: Seccomp, Name: "worker filter", Why: "last: every step before it is a call that it takes back",
		Call: unix.SYS_SECCOMP,
		Args: []Arg{num(unix.SECCOMP_SET_MODE_FILTER), num(unix.SECCOMP_FILTER_FLAG_TSYNC), {Prog: filter}},
	})
	return append(steps, j.checks()...), nil
}

// ownDirectory enters the directory that stands in for a private /tmp.
func ownDirectory() []Step {
	return []Step{{
		Layer: PrivateTmp, Name: "chdir to the run's directory",
		Why:  "by the uid that it belongs to; before Landlock makes it the only writable one",
		Call: unix.SYS_CHDIR, Args: []Arg{ref("scratch")},
	}}
}

// endWithZygote lists the step that stands in for the death of a PID namespace:
// a script that never reads its channel would not notice that the server is gone.
func endWithZygote() []Step {
	return []Step{{
		Layer: PIDNamespace, Name: "prctl PR_SET_PDEATHSIG",
		Why:  "no run outlives the zygote; after the ids, whose change clears it",
		Call: unix.SYS_PRCTL, Args: []Arg{num(unix.PR_SET_PDEATHSIG), num(int(unix.SIGKILL)), num(0), num(0), num(0)},
	}}
}

func privateTmp(l Limits) []Step {
	none := str("none")
	return []Step{
		{
			Layer: MountNamespace, Name: "unshare mount namespace", Why: "so that the next mount is this run's alone",
			Call: unix.SYS_UNSHARE, Args: []Arg{num(unix.CLONE_NEWNS)},
		},
		{
			Layer: PrivateTmp, Name: "mount /tmp", Why: "fresh, bounded in bytes and inodes, gone with the worker",
			Call: unix.SYS_MOUNT, Args: []Arg{none, str("/tmp"), str("tmpfs"),
				num(unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC),
				// Not sticky, which nobody else is there for: what locks files trusts
				// none in such a directory of another owner.
				str(fmt.Sprintf("size=%d,nr_inodes=%d,mode=0777", l.TmpBytes, l.TmpFiles))},
		},
		{
			Layer: PrivateTmp, Name: "chdir /tmp", Why: "the working directory of a script", Call: unix.SYS_CHDIR,
			Args: []Arg{str("/tmp")},
		},
	}
}

// descriptors leaves a worker its result channel and the three standard
// streams. It comes after Landlock, whose rules take inherited descriptors.
func descriptors(p Policy) []Step {
	stdin := p.Stdin
	if stdin == "" {
		stdin = os.DevNull
	}
	return []Step{
		{
			Layer: Descriptors, Name: "close_range", Why: "nothing else of the zygote is the script's business",
			Call: unix.SYS_CLOSE_RANGE, Args: []Arg{num(firstClosed), num(uint32(1<<32 - 1)), num(0)},
		},
		{
			Layer: Descriptors, Name: "close stdin",
			Why:  "one open file shared by all workers: its flags and locks would pass from run to run",
			Call: unix.SYS_CLOSE, Args: []Arg{num(0)},
		},
		{
			Layer: Descriptors, Name: "open stdin", Why: "an empty one of its own, at the lowest free number",
			Call: unix.SYS_OPENAT, Args: []Arg{num(unix.AT_FDCWD), str(stdin), num(unix.O_RDONLY), num(0)},
			Want: &Arg{},
		},
	}
}

// firstClosed is the lowest descriptor that a worker does not keep: below are
// stdin, stdout, stderr and the result channel.
const firstClosed = 4

// identity takes the worker's ids and capabilities away.
func (j *Jail) identity() []Step {
	var steps []Step
	switch {
	case j.On[OwnUID]:
		steps = append(steps,
			Step{
				Layer: OwnUID, Name: "setgroups", Why: "before the ids, while it is permitted",
				Call: unix.SYS_SETGROUPS, Args: []Arg{num(0), num(0)},
			},
			Step{
				Layer: OwnUID, Name: "setresgid", Why: "group before user", Call: unix.SYS_SETRESGID,
				Args: []Arg{ref("uid"), ref("uid"), ref("uid")},
			},
			Step{
				Layer: OwnUID, Name: "setresuid", Why: "a uid that no other live run has", Call: unix.SYS_SETRESUID,
				Args: []Arg{ref("uid"), ref("uid"), ref("uid")},
			},
		)
	case j.On[UserNamespace]:
		steps = []Step{{
			Layer: UserNamespace, Name: "unshare user namespace",
			Why:  "without an id map: nobody, with a thread count of its own",
			Call: unix.SYS_UNSHARE, Args: []Arg{num(unix.CLONE_NEWUSER)},
		}}
	}
	if !j.WatchThreads {
		limits := j.Policy.Limits
		if j.gVisor {
			limits.Threads-- // the main one is counted for the uid that it was forked with
		}
		steps = append(steps, threads(limits))
	}
	steps = append(steps, capset("capset", "all sets empty, whatever the ids were", 0))
	if j.On[OwnUID] && !j.On[PrivateTmp] {
		steps = append(steps, Step{
			Layer: PrivateTmp, Name: "prctl PR_SET_DUMPABLE",
			Why:  "the server looks at what the run holds open, with the run's uid, which nobody else has",
			Call: unix.SYS_PRCTL, Args: []Arg{num(unix.PR_SET_DUMPABLE), num(1), num(0), num(0), num(0)},
		})
	}
	if j.On[MountNamespace] {
		steps = append(steps, Step{
			Layer: Capabilities, Name: "check unshare", Why: "while seccomp would still permit it",
			Call: unix.SYS_UNSHARE, Args: []Arg{num(unix.CLONE_NEWNS)}, Errno: int(unix.EPERM),
		})
	}
	return steps
}
