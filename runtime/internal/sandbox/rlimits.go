package sandbox

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// rlimit sets the soft and the hard limit, so that the kernel acts at once and
// a script can only lower it.
func rlimit(name string, resource int, value int64, why string) Step {
	b := make([]byte, 16)
	binary.NativeEndian.PutUint64(b, uint64(value))
	binary.NativeEndian.PutUint64(b[8:], uint64(value))
	return Step{
		Layer: Rlimits, Name: name, Why: why,
		Call: unix.SYS_PRLIMIT64, Args: []Arg{num(0), num(resource), buf(b), num(0)},
	}
}

// fixedRlimits are the limits that the zygote can live with too: set once by
// the launch stage, inherited by every worker.
func (j *Jail) fixedRlimits() []Step {
	return j.without([]Step{
		rlimit("RLIMIT_FSIZE", unix.RLIMIT_FSIZE, j.Policy.Limits.TmpBytes,
			"no single file larger than /tmp, sparse ones too"),
		rlimit("RLIMIT_CORE", unix.RLIMIT_CORE, 0, "no core files"),
		rlimit("RLIMIT_MEMLOCK", unix.RLIMIT_MEMLOCK, 0, "no pinned memory"),
		rlimit("RLIMIT_MSGQUEUE", unix.RLIMIT_MSGQUEUE, 0, "no POSIX queues"),
		rlimit("RLIMIT_SIGPENDING", unix.RLIMIT_SIGPENDING, pendingSignals, "each that waits is kernel memory"),
	})
}

// pendingSignals is how many real-time signals may wait. The others need no room.
const pendingSignals = 256

// rlimits bounds what one worker may use.
func rlimits(l Limits, base Base) []Step {
	return []Step{
		rlimit("RLIMIT_AS", unix.RLIMIT_AS, base.Bytes+l.MemoryBytes,
			"counts from zero: the interpreter's own size and the script's allowance"),
		rlimit("RLIMIT_CPU", unix.RLIMIT_CPU, l.CPUSeconds,
			"SIGKILL: as init of its PID namespace a worker would not feel SIGXCPU"),
	}
}

// threads bounds the threads of one worker. The kernel counts per uid and user
// namespace, so there is such a limit only where those are the worker's own; it
// comes after them, because a new user namespace takes over its maker's limit
// as the bound of all that its maker runs.
func threads(l Limits) Step {
	return rlimit("RLIMIT_NPROC", unix.RLIMIT_NPROC, l.Threads, "threads; processes are refused by seccomp")
}

// openFiles bounds the descriptors of a worker, once those of the zygote are
// closed: it has one for each worker, so that there may be more than the limit.
func openFiles(l Limits) []Step {
	return []Step{rlimit("RLIMIT_NOFILE", unix.RLIMIT_NOFILE, l.OpenFiles,
		"socket buffers and pipes are kernel memory that nothing else counts")}
}

// noHugePages is the step without which a script that has one small page of a
// huge one mapped holds all of it. No advice brings them back.
var noHugePages = Step{
	Layer: Rlimits, Name: thpDisable, Why: "RLIMIT_AS counts what is mapped; inherited by every worker",
	Call: unix.SYS_PRCTL, Args: []Arg{num(unix.PR_SET_THP_DISABLE), num(1), num(0), num(0), num(0)},
}

// killedFirst lists the steps that make the kernel end what is in the jail before
// the server when memory runs out: it goes by resident size, and what a script
// holds need not be resident. The zygote raises the figure further for each fork.
func killedFirst() []Step {
	step := func(call uintptr, save, why string, args ...Arg) Step {
		return Step{Layer: Rlimits, Name: oomScore, Why: why, Call: call, Args: args, Save: save}
	}
	return []Step{
		step(unix.SYS_OPENAT, oomScore, "while there is a /proc", num(unix.AT_FDCWD),
			str("/proc/self/oom_score_adj"), num(unix.O_WRONLY|unix.O_CLOEXEC), num(0)),
		step(unix.SYS_WRITE, "", "after the workers and before the server", ref(oomScore), str("500"), num(3)),
		step(unix.SYS_DUP3, "", "for the zygote, which has no /proc", ref(oomScore), num(OOMScoreFD), num(0)),
	}
}

// OOMScoreFD is where the zygote finds its own oom_score_adj, open for writing,
// in all jails that can have it.
const OOMScoreFD = 19

// Names of steps that some kernels do not take, see optional.
const (
	oomScore   = "oom_score_adj"
	thpDisable = "prctl PR_SET_THP_DISABLE"
)

// optional are the rlimits that something else stands in for, so that a kernel
// that does not take them loses nothing.
var optional = map[string]string{
	"RLIMIT_MSGQUEUE":   "not known here; seccomp refuses every call for POSIX queues",
	"RLIMIT_SIGPENDING": "not known here; the server watches what a run holds",
	thpDisable:          "not known here; seccomp refuses the advice to make huge pages",
	oomScore:            "can't be raised here: when memory runs out the kernel goes by size alone",
}
