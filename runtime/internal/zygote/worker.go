package zygote

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/proc"
	"github.com/pyexec/pyexec/runtime/internal/sandbox"
	"github.com/pyexec/pyexec/runtime/internal/sys"
)

// Worker is one confined child of the zygote, good for one run.
type Worker struct {
	// Scratch is the run's own directory where there is no private /tmp.
	Scratch string
	// Idle is what the kernel said of it, or of its like, before it had a script.
	Idle proc.Status

	number  uint64
	uid     uint32
	ctl     *os.File
	farEnds []int // of its channels, until the zygote has them

	stdout, stderr capture

	outputLimit, resultLimit, resultDepth, attachedLimit int

	started chan struct{} // closed when pidfd or unheld is known
	exited  chan struct{} // closed when exit and lost are known

	mu       sync.Mutex
	pidfd    int
	pid      int       // found when it is first asked for
	deadline time.Time // of the run, for the server
	killed   bool      // the signal was sent
	done     bool      // Close was called
	cause    cause     // why the server ended the run

	unheld error // why there is no pidfd, valid once started is closed
	exit   Exit
	lost   error // why nobody knows how it ended; nil: that was reported
}

// begin notes that the process exists.
func (w *Worker) begin(pidfd int) {
	w.mu.Lock()
	if w.done {
		// Nobody wants it any more; it must not live on.
		_ = sys.KillPIDFD(pidfd)
		sys.CloseFD(pidfd)
	} else {
		w.pidfd = pidfd
	}
	w.mu.Unlock()
	close(w.started)
}

// beginUnheld notes that the process exists and that nobody can get hold of it. It has
// seen no script, and ends when its channel is closed.
func (w *Worker) beginUnheld(why error) {
	w.unheld = why
	close(w.started)
}

// end notes that the process is gone, or lost with its zygote.
func (w *Worker) end(exit Exit, lost error) {
	w.exit, w.lost = exit, lost
	close(w.exited)
}

// Ready waits until the worker has confined itself and runs nothing but our
// own code. A layer that was refused is returned as a *sandbox.Refusal. On an
// error the caller must Close.
func (w *Worker) Ready(timeout time.Duration) error {
	if err := w.ctl.SetReadDeadline(time.Now().Add(timeout)); err != nil {
		return fmt.Errorf("zygote: worker: %w", err)
	}
	frames := frameReader{r: w.ctl}
	kind, payload, err := frames.next(func(byte) int { return refusalLimit })
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("zygote: worker: not ready: %w", err)
	}
	if err != nil {
		select {
		case <-w.exited:
			if w.lost != nil {
				return w.lost
			}
		case <-time.After(timeout):
		}
		return fmt.Errorf("zygote: worker: %w", err)
	}
	if kind == frameRefused {
		refusal := new(sandbox.Refusal)
		if err := json.Unmarshal(payload, refusal); err != nil {
			return fmt.Errorf("zygote: worker: refusal: %w", err)
		}
		return refusal
	}
	if kind != frameReady {
		return fmt.Errorf("zygote: worker: not ready: %s", payload)
	}
	select {
	case <-w.started:
		return w.unheld
	case <-w.exited:
		return errors.Join(w.lost, errors.New("zygote: worker: died before its first run"))
	case <-time.After(timeout):
		return errors.New("zygote: worker: the zygote does not answer")
	}
}

// Alive reports whether the process is not known to be gone.
func (w *Worker) Alive() bool {
	select {
	case <-w.exited:
		return false
	default:
		return true
	}
}

// Exited is closed when the worker's process is gone.
func (w *Worker) Exited() <-chan struct{} { return w.exited }

// Exit is how the process ended, only valid once Exited is closed; ok is false
// when nobody knows because the zygote died too.
func (w *Worker) Exit() (exit Exit, ok bool) { return w.exit, w.lost == nil }

// kill ends the process. The first cause counts.
func (w *Worker) kill(c cause) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cause == causeNone {
		w.cause = c
	}
	if w.pidfd >= 0 && !w.killed {
		w.killed = true
		_ = sys.KillPIDFD(w.pidfd) // its only error is a descriptor of ours gone bad
	}
}

// Exceed ends the run because the server saw it over a limit.
func (w *Worker) Exceed(c Cause) { w.kill(c) }

// UID is the uid that the server gave the worker, 0 when it has none of its own.
func (w *Worker) UID() uint32 { return w.uid }

// PID is the process id of the worker, 0 when it is not known or no more.
func (w *Worker) PID() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pidfd < 0 {
		return 0
	}
	if w.pid == 0 {
		w.pid = proc.PID(w.pidfd)
	}
	return w.pid
}

// Close kills the worker and gives back what it held in this process.
func (w *Worker) Close() {
	w.kill(Closed)
	w.mu.Lock()
	if w.done {
		w.mu.Unlock()
		return
	}
	w.done = true
	if w.pidfd >= 0 {
		sys.CloseFD(w.pidfd)
		w.pidfd = -1
	}
	w.mu.Unlock()
	w.ctl.Close()
	w.stdout.close()
	w.stderr.close()
}

// closeFarEnds closes this process's copies of what the worker gets.
func (w *Worker) closeFarEnds() {
	sys.CloseFD(w.farEnds...)
	w.farEnds = nil
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
	// While nobody has waited for the process its number means no other.
	w.mu.Lock()
	defer w.mu.Unlock()
	return s, dir, w.pidfd >= 0 && sys.AlivePIDFD(w.pidfd)
}
