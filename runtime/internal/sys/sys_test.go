package sys

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// sleeperVar makes the test binary the process that TestPIDFD kills.
const sleeperVar = "SYS_TEST_SLEEPER"

func TestMain(m *testing.M) {
	if os.Getenv(sleeperVar) != "" {
		time.Sleep(time.Minute)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// flagsOf are a descriptor's own flags and those of its open file.
func flagsOf(t *testing.T, fd int) (own, file int) {
	t.Helper()
	own, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	if err != nil {
		t.Fatal(err)
	}
	file, err = unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil {
		t.Fatal(err)
	}
	return own, file
}

// pairOf demands of a pair that neither end survives an exec, and that only the
// first does not block.
func pairOf(t *testing.T, ours, theirs int, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { CloseFD(ours) })
	for fd, nonblock := range map[int]bool{ours: true, theirs: false} {
		own, file := flagsOf(t, fd)
		if own&unix.FD_CLOEXEC == 0 || (file&unix.O_NONBLOCK != 0) != nonblock {
			t.Errorf("descriptor %d: flags %#x, %#x", fd, own, file)
		}
	}
}

func TestPipe(t *testing.T) {
	ours, theirs, err := Pipe()
	pairOf(t, ours, theirs, err)
	buf := make([]byte, 8)
	if n, err := ReadFD(ours, buf); n != 0 || err != unix.EAGAIN {
		t.Errorf("an empty pipe: %d, %v", n, err)
	}
	if _, err := unix.Write(theirs, []byte("abc")); err != nil {
		t.Fatal(err)
	}
	if n, err := ReadFD(ours, buf); string(buf[:n]) != "abc" || err != nil {
		t.Errorf("got %q, %v", buf[:n], err)
	}
	CloseFD(theirs)
	if n, err := ReadFD(ours, buf); n != 0 || err != nil {
		t.Errorf("the end: %d, %v", n, err)
	}
}

func TestSocketPair(t *testing.T) {
	ours, theirs, err := SocketPair(unix.SOCK_STREAM)
	pairOf(t, ours, theirs, err)
	defer CloseFD(theirs)
	if n := Unread(uintptr(ours)); n != 0 {
		t.Errorf("nothing was written, and %d bytes are unread", n)
	}
	if _, err := unix.Write(ours, []byte("abc")); err != nil {
		t.Fatal(err)
	}
	if n := Unread(uintptr(ours)); n == 0 {
		t.Error("nobody has read, and nothing is unread")
	}
	if n, err := unix.Read(theirs, make([]byte, 8)); n != 3 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if n := Unread(uintptr(ours)); n != 0 {
		t.Errorf("all is read, and %d bytes are unread", n)
	}
}

func TestPIDFD(t *testing.T) {
	pidfd := -1
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(cmd.Environ(), sleeperVar+"=yes")
	cmd.SysProcAttr = &syscall.SysProcAttr{PidFD: &pidfd}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer CloseFD(pidfd)
	if !AlivePIDFD(pidfd) {
		t.Error("it is taken for dead")
	}
	if err := KillPIDFD(pidfd); err != nil {
		t.Error(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("it ended with %v", err)
	}
	if AlivePIDFD(pidfd) {
		t.Error("it is taken for alive")
	}
	if err := KillPIDFD(pidfd); err != nil {
		t.Errorf("one that is dead already: %v", err)
	}
}

func TestAsUser(t *testing.T) {
	dir := t.TempDir()
	other := uint32(os.Geteuid()) + 1
	ran := false
	err := AsUser(other, func() { ran = true })
	if os.Geteuid() != 0 {
		if err == nil || ran {
			t.Errorf("another's ids: %v, it ran: %v", err, ran)
		}
		return
	}
	if err != nil || !ran {
		t.Fatalf("%v, it ran: %v", err, ran)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	var asOther, asSelf error
	if err := AsUser(other, func() { _, asOther = os.ReadDir(dir) }); err != nil {
		t.Fatal(err)
	}
	if err := AsUser(uint32(os.Geteuid()), func() { _, asSelf = os.ReadDir(dir) }); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(asOther, os.ErrPermission) || asSelf != nil {
		t.Errorf("as another: %v, as oneself: %v", asOther, asSelf)
	}
}
