package sys

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// SocketPair makes a connected pair of Unix sockets of the given kind
// (SOCK_STREAM or SOCK_SEQPACKET). The first end does not block, for use with
// the Go poller; the second does, for a child. Neither survives an exec.
func SocketPair(kind int) (ours, theirs int, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, 0, fmt.Errorf("sys: socketpair: %w", err)
	}
	if err := unix.SetNonblock(fds[0], true); err != nil {
		CloseFD(fds[0], fds[1])
		return 0, 0, fmt.Errorf("sys: socketpair: %w", err)
	}
	return fds[0], fds[1], nil
}

// Pipe makes a pipe whose read end, ours, does not block.
func Pipe() (ours, theirs int, err error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return 0, 0, fmt.Errorf("sys: pipe: %w", err)
	}
	if err := unix.SetNonblock(fds[0], true); err != nil {
		CloseFD(fds[0], fds[1])
		return 0, 0, fmt.Errorf("sys: pipe: %w", err)
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

// Unread is how many bytes written to a Unix socket its peer has not read, 0
// where the kernel does not tell.
func Unread(fd uintptr) int {
	n, err := unix.IoctlGetInt(int(fd), unix.SIOCOUTQ)
	if err != nil {
		return 0
	}
	return n
}

// CloseAbove marks every descriptor from first on to be closed by the next exec.
func CloseAbove(first int) error {
	if err := unix.CloseRange(uint(first), ^uint(0)>>32, unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return fmt.Errorf("sys: close_range: %w", err)
	}
	return nil
}
