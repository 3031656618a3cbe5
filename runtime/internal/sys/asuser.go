package sys

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// AsUser runs do with the file system ids uid, on a thread of its own: to look
// at a run's files and at what it holds open with the rights of nobody but the
// run. do must not start goroutines that look at files. It returns whether the
// ids could be had; without them do is not run.
func AsUser(uid uint32, do func()) error {
	done := make(chan error, 1)
	go func() {
		// Not unlocked if the ids can't be put back: the thread ends then.
		runtime.LockOSThread()
		home, group := unix.Geteuid(), unix.Getegid()
		if err := setFSIDs(int(uid), int(uid)); err != nil {
			done <- err
			return
		}
		do()
		if setFSIDs(home, group) == nil {
			runtime.UnlockOSThread()
		}
		done <- nil
	}()
	return <-done
}

// setFSIDs sets the ids that the kernel judges this thread's access to files by.
func setFSIDs(uid, gid int) error {
	for _, id := range []struct {
		name string
		call uintptr
		to   int
	}{{"setfsgid", unix.SYS_SETFSGID, gid}, {"setfsuid", unix.SYS_SETFSUID, uid}} {
		// The call returns the id of before and never an error; to ask for no
		// valid id tells the present one.
		unix.RawSyscall(id.call, uintptr(id.to), 0, 0) //nolint:errcheck // the next line looks
		now, _, errno := unix.RawSyscall(id.call, ^uintptr(0), 0, 0)
		if errno != 0 {
			return fmt.Errorf("sys: %s: %w", id.name, errno)
		}
		if int32(now) != int32(id.to) {
			return fmt.Errorf("sys: %s: %d: operation not permitted", id.name, id.to)
		}
	}
	return nil
}
