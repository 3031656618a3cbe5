package sys

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// SocketPair makes a connected pair of Unix sockets of the given kind
// (SOCK_STREAM or SOCK_SEQPACKET). The first end does not block, for use with
// the Go poller; the second does, for a child. Neither survives an exec.
func SocketPair(kind int) (ours, theirs int, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, 0, fmt.Errorf("sandbox: socketpair: %w", err)
	}
	if err := unix.SetNonblock(fds[0], true); err != nil {
		CloseFD(fds[0], fds[1])
		return 0, 0, fmt.Errorf("sandbox: socketpair: %w", err)
	}
	return fds[0], fds[1], nil
}

// Pipe makes a pipe whose read end, ours, does not block.
func Pipe() (ours, theirs int, err error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return 0, 0, fmt.Errorf("sandbox: pipe: %w", err)
	}
	if err := unix.SetNonblock(fds[0], true); err != nil {
		CloseFD(fds[0], fds[1])
		return 0, 0, fmt.Errorf("sandbox: pipe: %w", err)
	}
	return fds[0], fds[1], nil
}

// CloseFD closes descriptors that no os.File owns.
func CloseFD(fds ...int) {
	for _, fd := range fds {
		unix.Close(fd) //nolint:errcheck // nothing is buffered behind these
	}
}

// ReadFD reads what is there without waiting: 0 and no error at the end of
// file, EAGAIN when there is nothing.
func ReadFD(fd int, p []byte) (int, error) {
	for {
		n, err := unix.Read(fd, p)
		if err != unix.EINTR {
			return max(n, 0), err
		}
	}
}

// KillPIDFD sends SIGKILL to the process behind a pidfd. Unlike a pid it can't
// come to mean another process. One that is dead already is no error.
func KillPIDFD(pidfd int) error {
	err := unix.PidfdSendSignal(pidfd, unix.SIGKILL, nil, 0)
	if err != nil && err != unix.ESRCH {
		return fmt.Errorf("sandbox: kill: %w", err)
	}
	return nil
}

// AlivePIDFD reports whether the process behind a pidfd is not buried yet.
func AlivePIDFD(pidfd int) bool {
	return unix.PidfdSendSignal(pidfd, 0, nil, 0) != unix.ESRCH
}

// Unread is how many bytes written to a Unix socket its peer has not read, 0
// where the kernel does not tell.
func Unread(fd uintptr) int {
	n, err := unix.IoctlGetInt(int(fd), unix.SIOCOUTQ)
	if err != nil {
		return 0
	}
	return n
}

// EndWithParent makes the process die with the thread that forked it. Not by
// SysProcAttr.Pdeathsig: behind it Go asks for the parent's pid, is told 0 in a
// new PID namespace, takes it for dead and kills itself, from which Linux
// protects the first process of a namespace and gVisor does not.
func EndWithParent() error {
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("sandbox: prctl PR_SET_PDEATHSIG: %w", err)
	}
	return nil
}

// CloseAbove marks every descriptor from first on to be closed by the next exec.
func CloseAbove(first int) error {
	if err := unix.CloseRange(uint(first), ^uint(0)>>32, unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return fmt.Errorf("sandbox: close_range: %w", err)
	}
	return nil
}

// Exec replaces the process by the interpreter, with just this environment.
func Exec(path string, argv, env []string) error {
	if err := syscall.Exec(path, argv, env); err != nil {
		return &os.PathError{Op: "exec", Path: path, Err: err}
	}
	return nil
}

// SignalName is a signal's name as in signal.h, such as "SIGSEGV".
func SignalName(s syscall.Signal) string { return unix.SignalName(s) }
