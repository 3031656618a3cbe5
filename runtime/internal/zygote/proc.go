package zygote

import (
	"fmt"

	"github.com/pyexec/pyexec/runtime/internal/proc"
	"github.com/pyexec/pyexec/runtime/internal/sys"
)

// size is the address space of the zygote, which must be of one thread.
func (z *Zygote) size() (int64, error) {
	s, err := proc.Read(z.PID())
	if err != nil {
		return 0, fmt.Errorf("zygote: size: %w", err)
	}
	if s.Size == 0 {
		return 0, fmt.Errorf("zygote: size: /proc/%d/status: no VmSize", z.PID())
	}
	return s.Size, single(s.Threads)
}

// Stopped reports whether the zygote is stopped: it does nothing then, and is
// not dead.
func (z *Zygote) Stopped() bool {
	s, err := proc.Read(z.PID())
	return err == nil && s.Stopped() // else gone
}

// Status is what the kernel says of the worker's process now, and the directory of
// /proc with what it holds; ok is false when it is gone, or not to be seen from here.
func (w *Worker) Status() (s proc.Status, dir string, ok bool) {
	pid := w.PID()
	if pid == 0 {
		return proc.Status{}, "", false
	}
	s, dir, err := proc.Look(pid)
	if err != nil {
		return proc.Status{}, "", false
	}
	// While the process is not buried its number means no other.
	w.mu.Lock()
	defer w.mu.Unlock()
	return s, dir, w.pidfd >= 0 && sys.AlivePIDFD(w.pidfd)
}

// Idle is the status of a worker of this zygote before it has a script: what it
// shares with the zygote and what it takes itself. All are alike once the zygote
// has settled, so that one is looked at.
func (z *Zygote) Idle(w *Worker) proc.Status {
	if w.Unrehearsed() {
		s, _, _ := w.Status() // of one that is gone nobody asks
		return s
	}
	z.mu.Lock()
	s := z.idle
	z.mu.Unlock()
	if s.State != 0 {
		return s
	}
	s, _, ok := w.Status()
	if ok {
		z.mu.Lock()
		z.idle = s
		z.mu.Unlock()
	}
	return s
}
