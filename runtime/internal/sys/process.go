package sys

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// KillPIDFD sends SIGKILL to the process behind a pidfd. Unlike a pid it can't
// come to mean another process. One that is dead already is no error.
func KillPIDFD(pidfd int) error {
	err := unix.PidfdSendSignal(pidfd, unix.SIGKILL, nil, 0)
	if err != nil && err != unix.ESRCH {
		return fmt.Errorf("sys: kill: %w", err)
	}
	return nil
}

// AlivePIDFD reports whether the process behind a pidfd exists: it lives, or its
// parent has not waited for its end yet.
func AlivePIDFD(pidfd int) bool {
	return unix.PidfdSendSignal(pidfd, 0, nil, 0) != unix.ESRCH
}

// EndWithParent makes the process die with the thread that forked it. Not by
// SysProcAttr.Pdeathsig: behind it Go asks for the parent's pid, is told 0 in a
// new PID namespace, takes it for dead and kills itself, from which Linux
// protects the first process of a namespace and gVisor does not.
func EndWithParent() error {
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("sys: prctl PR_SET_PDEATHSIG: %w", err)
	}
	return nil
}

// Exec replaces the process by the program at path, with just this environment. It
// returns only if that is refused.
func Exec(path string, argv, env []string) error {
	if err := syscall.Exec(path, argv, env); err != nil {
		return &os.PathError{Op: "exec", Path: path, Err: err}
	}
	return nil
}

// SignalName is a signal's name as in signal.h, such as "SIGSEGV".
func SignalName(s syscall.Signal) string { return unix.SignalName(s) }

// EndGroup waits until a child of this process has ended, and then kills whatever is
// left of the process group that it leads. It does not reap the child, so that the
// number means nobody else.
func EndGroup(pid int) {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err == unix.EINTR {
			continue
		}
		if err == nil {
			_ = unix.Kill(-pid, unix.SIGKILL) // a group of nobody is as good
		}
		return
	}
}
