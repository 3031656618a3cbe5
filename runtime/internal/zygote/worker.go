package zygote

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"sync"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/proc"
	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// Worker is one confined child of the zygote, good for one run.
type Worker struct {
	// Scratch is the run's own directory where there is no private /tmp.
	Scratch string
	// Idle is what the kernel said of it, or of its like, before it had a script.
	Idle proc.Status

	number      uint64
	uid         uint32
	unrehearsed bool
	ctl         *os.File
	farEnds     []int // of its channels, until the zygote has them

	stdout, stderr capture

	outputLimit, resultLimit, resultDepth, attachedLimit int

	started chan struct{} // closed when pidfd is known, or missed
	exited  chan struct{} // closed when exit and fate are known

	mu       sync.Mutex
	pidfd    int
	pid      int       // found when it is first asked for
	deadline time.Time // of the run, for the server
	killed   bool      // the signal was sent
	done     bool      // Close was called
	cause    cause     // why the server ended the run

	missed error // why there is no pidfd, valid once started is closed
	exit   Exit
	fate   error // nil: the process was reported buried
}

// begin notes that the process exists.
func (w *Worker) begin(pidfd int) {
	w.mu.Lock()
	if w.done {
		// Nobody wants it any more; it must not live on.
		_ = sandbox.KillPIDFD(pidfd)
		sandbox.CloseFD(pidfd)
	} else {
		w.pidfd = pidfd
	}
	w.mu.Unlock()
	close(w.started)
}

// miss notes that the process exists and that nobody can get hold of it. It has
// seen no script, and ends when its channel is closed.
func (w *Worker) miss(why error) {
	w.missed = why
	close(w.started)
}

// end notes that the process is gone, or lost with its zygote.
func (w *Worker) end(exit Exit, fate error) {
	w.exit, w.fate = exit, fate
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
			if w.fate != nil {
				return w.fate
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
		return w.missed
	case <-w.exited:
		return errors.Join(w.fate, errors.New("zygote: worker: died before its first run"))
	case <-time.After(timeout):
		return errors.New("zygote: worker: the zygote does not answer")
	}
}

// firstWorker is the number of the first worker of a zygote.
const firstWorker = 1

// Unrehearsed reports whether the worker was forked before all libraries were
// rehearsed: what they do at first use is left to it.
func (w *Worker) Unrehearsed() bool { return w.unrehearsed }

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
func (w *Worker) Exit() (exit Exit, ok bool) { return w.exit, w.fate == nil }

// kill ends the process. The first cause counts.
func (w *Worker) kill(c cause) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cause == causeNone {
		w.cause = c
	}
	if w.pidfd >= 0 && !w.killed {
		w.killed = true
		_ = sandbox.KillPIDFD(w.pidfd) // its only error is a descriptor of ours gone bad
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
		sandbox.CloseFD(w.pidfd)
		w.pidfd = -1
	}
	w.mu.Unlock()
	w.ctl.Close()
	w.stdout.close()
	w.stderr.close()
}

// closeFarEnds closes this process's copies of what the worker gets.
func (w *Worker) closeFarEnds() {
	sandbox.CloseFD(w.farEnds...)
	w.farEnds = nil
}

// writeRequest sends the one request in the layout of channel.py.
func (w *Worker) writeRequest(r *Request) error {
	given := absent
	if r.Input != nil {
		given = uint32(len(r.Input))
	}
	files := filesSize(r.Files)
	whole := requestHeader + len(r.Script) + len(r.Input) + len(r.Stdin) + files
	b := make([]byte, 0, min(whole, writtenAtOnce))
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.Script)))
	b = binary.BigEndian.AppendUint32(b, given)
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.Stdin)))
	b = binary.BigEndian.AppendUint32(b, uint32(files))
	b = append(b, flag(r.ReturnFiles))
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(r.Timeout.Seconds()))
	out := gather{to: w.ctl, b: b}
	out.text(r.Script)
	out.bytes(r.Input)
	out.text(r.Stdin)
	out.files(r.Files)
	return out.flush()
}

// requestHeader is the size of REQUEST in channel.py.
const requestHeader = 25

func flag(on bool) byte {
	if on {
		return 1
	}
	return 0
}
