package runtime

import (
	"fmt"
	"runtime"
	"syscall"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// unexplained returns an error for a run whose end the service did not bring about
// and that nothing the script did can explain. Scripts can't send SIGKILL, or a
// signal that stops, to anybody, not even to themselves: seccomp refuses that in
// every posture.
func (r *Runtime) unexplained(
	e *environment, reply *zygote.Reply, exit *zygote.Exit, seen holding,
) error {
	switch {
	case reply.Cause == zygote.Stopped:
		return r.notTheScript("the run was stopped by somebody else")
	case reply.Cause == zygote.Closed:
		return fmt.Errorf("%w: shutting down", ErrUnavailable)
	case !silent(reply) || r.cfg.SandboxOff:
		return nil
	}
	if status := syscall.WaitStatus(exit.Status); !status.Signaled() || status.Signal() != syscall.SIGKILL {
		return nil
	}
	if r.overCPU(exit, seen) {
		return nil
	}
	// Both are asked: a kill in a jail counts for the machine, too.
	if jail, machine := e.jailKilled(), r.oomKilled(); jail {
		return r.notTheScript("the kernel killed the run because all runs together held too much, and it was " +
			"within its limit")
	} else if machine {
		return r.notTheScript("the kernel killed the run because memory ran out, and it was within its limit")
	}
	return r.notTheScript("the run was killed by somebody else")
}

// notTheScript logs a fault that the caller is not to blame for, and returns it as
// an error.
func (r *Runtime) notTheScript(why string) error {
	r.cfg.Log.Error("run not finished", "error", why)
	return fmt.Errorf("%w: %s", ErrUnavailable, why)
}

// overCPU reports whether the kernel ended a process for its processor time.
func (r *Runtime) overCPU(exit *zygote.Exit, seen holding) bool {
	status, limit := syscall.WaitStatus(exit.Status), r.cfg.Limits.CPU
	if !status.Signaled() || status.Signal() != syscall.SIGKILL {
		return status.Signaled() && status.Signal() == syscall.SIGXCPU
	}
	// The kernel counts samples at every tick of the clock against the limit, and
	// reports the time that it has measured. So half of the limit is enough; and
	// where the samples may have reached it, a small part: a thread that is awake
	// only at each tick is charged thirty times what it uses.
	used := time.Duration(exit.CPUMicros) * time.Microsecond
	sampled := seen.wall * time.Duration(min(int(r.cfg.Limits.Threads), runtime.NumCPU()))
	return used >= limit/2 || sampled+time.Second >= limit && used >= limit/64
}

// jailKilled reports whether the kernel has killed because the jail was full since
// this was asked last.
func (e *environment) jailKilled() bool {
	n := e.setup.Load().groups.Killed()
	return n > e.jailKills.Swap(n)
}

// oomKilled reports whether the kernel has killed for want of memory since this
// was asked last.
func (r *Runtime) oomKilled() bool {
	if r.cfg.OOMKills == nil {
		return false
	}
	n, ok := r.cfg.OOMKills()
	return ok && n > r.oomKills.Swap(n)
}
