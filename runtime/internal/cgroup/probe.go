package cgroup

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// probeArg is the argv[0] that makes a re-executed binary a child that takes memory.
const probeArg = "pyexec-hold"

// holdWithin is how long such a child may take.
const holdWithin = 10 * time.Second

// hold clones the child straight into the group, as a jail will be.
func (linux) hold(ctx context.Context, dir string, bytes int64) error {
	group, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer group.Close()
	ctx, cancel := context.WithTimeout(ctx, holdWithin)
	defer cancel()
	// The parent-death signal is of the thread that forked.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Args, cmd.Env, cmd.Dir = []string{probeArg, strconv.FormatInt(bytes, 10)}, []string{}, "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{
		UseCgroupFD: true, CgroupFD: int(group.Fd()), Pdeathsig: syscall.SIGKILL, Setsid: true,
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	var ended *exec.ExitError
	err = cmd.Wait()
	if errors.As(err, &ended) && ended.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
		return nil // the group's counter tells whether the kernel did it
	}
	return err
}

// RunProbe turns the process into a child that takes memory if that is what
// argv[0] says; then it does not return. It must be called from an init function,
// before anything else is begun.
func RunProbe() {
	if len(os.Args) != 2 || os.Args[0] != probeArg {
		return
	}
	bytes, err := strconv.ParseInt(os.Args[1], 10, 64)
	if err != nil {
		os.Exit(1)
	}
	// Where a group above is full, too, the kernel is to choose this process and
	// not the server.
	if err := (linux{}).write("/proc/self/oom_score_adj", "1000"); err != nil {
		os.Exit(1)
	}
	held := make([]byte, bytes)
	for at := 0; at < len(held); at += os.Getpagesize() {
		held[at] = 1
	}
	runtime.KeepAlive(held)
	os.Exit(0)
}
