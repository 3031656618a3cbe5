package zygote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/pyexec/pyexec/runtime/internal/sys"
)

// grace is what a worker gets beyond its own alarm to say where it was.
const grace = 100 * time.Millisecond

// pumpAfter is when output begins to be read while the script runs. Most runs
// are over by then and their output is in the pipe's buffer: reading it once at
// the end saves two goroutines and their wake-ups.
const pumpAfter = 2 * time.Millisecond

// Run sends the request and waits for the answer, the limit, or the end of
// ctx. The worker is dying when Run returns; the caller must still Close it.
func (w *Worker) Run(ctx context.Context, r *Request) *Reply {
	w.stdout.limit, w.stderr.limit = w.outputLimit, w.outputLimit
	if r.Output != nil {
		w.stream(r.Output)
	}
	stop := context.AfterFunc(ctx, func() { w.kill(Canceled) })
	defer stop()
	pump := time.AfterFunc(pumpAfter, func() {
		w.stdout.pump(func() { w.kill(Stdout) })
		w.stderr.pump(func() { w.kill(Stderr) })
	})
	defer pump.Stop()

	reply := &Reply{}
	w.exchange(r, reply)
	w.kill(Closed)
	var over bool
	if reply.Stdout, over = w.stdout.finish(); over {
		w.kill(Stdout)
		reply.exceed(Stdout)
	}
	if reply.Stderr, over = w.stderr.finish(); over {
		reply.exceed(Stderr)
	}
	return reply
}

// stream hands on what is read of the output, one chunk at a time.
func (w *Worker) stream(output func(fd int, chunk []byte)) {
	var one sync.Mutex
	for i, c := range []*capture{&w.stdout, &w.stderr} {
		c.sink = func(chunk []byte) {
			one.Lock()
			defer one.Unlock()
			output(i+1, chunk)
		}
	}
}

// exchange writes the request and reads the answer into reply: one frame, or
// two when something is attached.
func (w *Worker) exchange(r *Request, reply *Reply) {
	w.deadline = time.Now().Add(r.Timeout + grace)
	if err := w.ctl.SetDeadline(w.deadline); err != nil {
		w.settle(reply, 0, nil, err)
		return
	}
	unwritten := w.writeRequest(r)
	frames := frameReader{r: w.ctl, room: w.room(r, reply)}
	kind, payload, err := frames.next(w.frameLimit)
	if kind == frameAttached && err == nil {
		attached, ok := parseAttached(payload)
		if !ok {
			reply.Broken = "attached"
			return
		}
		kind, payload, err = frames.next(w.frameLimit)
		defer func() {
			if reply.Value != nil || reply.Fault != nil {
				reply.Attached = attached
			}
		}()
	}
	// A socket that closes with something unread in it resets its peer. No
	// script can bring that about: none runs before all of the request is read.
	if errors.Is(err, syscall.ECONNRESET) || err != nil && errors.Is(unwritten, syscall.EPIPE) {
		err = errUnread
	}
	w.settle(reply, kind, payload, err)
}

// unread reports whether some of the request was never read by the worker.
func (w *Worker) unread() (some bool) {
	conn, err := w.ctl.SyscallConn()
	if err == nil {
		err = conn.Control(func(fd uintptr) { some = sys.Unread(fd) > 0 })
	}
	return some && err == nil
}

// room asks r.Room. What it waits is not the run's time.
func (w *Worker) room(r *Request, reply *Reply) func(int) error {
	if r.Room == nil {
		return nil
	}
	return func(n int) error {
		began := time.Now()
		if reply.Refused = r.Room(n); reply.Refused != nil {
			return reply.Refused
		}
		w.deadline = w.deadline.Add(time.Since(began))
		return w.ctl.SetDeadline(w.deadline)
	}
}

// frameLimit is the longest payload of an answer's frame.
func (w *Worker) frameLimit(kind byte) int {
	switch kind {
	case frameValue:
		return w.resultLimit
	case frameAttached:
		return w.attachedLimit
	}
	return errorLimit
}

var errUnread = errors.New("zygote: worker: dead before it had read the request")

// settle turns what exchange brought into the reply.
func (w *Worker) settle(reply *Reply, kind byte, payload []byte, err error) {
	w.mu.Lock()
	reply.Cause = w.cause
	w.mu.Unlock()
	reply.Unread = errors.Is(err, errUnread)
	if reply.Cause != causeNone {
		return
	}
	switch {
	case reply.Refused != nil, reply.Unread:
	case errors.Is(err, os.ErrDeadlineExceeded):
		reply.Cause, reply.Unread = Timeout, w.unread()
	case errors.Is(err, errTooLong):
		reply.Broken = "result"
		if kind == frameValue {
			reply.Fault, reply.Broken = &Fault{Status: "result_limit", Error: "bytes", Ran: true}, ""
		}
	case err != nil:
		w.awaitDeath(reply)
	default:
		w.take(reply, kind, payload)
	}
}

// take turns a frame that came whole into the reply.
func (w *Worker) take(reply *Reply, kind byte, payload []byte) {
	switch kind {
	case frameValue:
		reply.Value, reply.Fault = w.check(payload)
		if reply.Value == nil && reply.Fault == nil {
			reply.Broken = "result"
		}
	case frameError:
		fault := new(Fault)
		if json.Unmarshal(payload, fault) != nil || fault.Status == "" {
			reply.Broken = "error"
			return
		}
		reply.Fault = fault
	default:
		reply.Broken = fmt.Sprintf("frame %q", kind)
	}
}

// awaitDeath is for a channel that ended without a frame: the process is dead,
// or it has closed the channel and lives on, which ends like any other run.
func (w *Worker) awaitDeath(reply *Reply) {
	late := time.NewTimer(time.Until(w.deadline))
	defer late.Stop()
	select {
	case <-w.exited:
	case <-late.C:
		w.kill(Timeout)
	}
	w.mu.Lock()
	reply.Cause = w.cause
	w.mu.Unlock()
}

// check admits a value only if it is JSON of bounded depth.
func (w *Worker) check(payload []byte) ([]byte, *Fault) {
	if Depth(payload) > w.resultDepth {
		return nil, &Fault{Status: "result_limit", Error: "depth", Ran: true}
	}
	// json.Valid does not mind bytes that are not UTF-8 in a string.
	if !json.Valid(payload) || !utf8.Valid(payload) {
		return nil, nil
	}
	return payload, nil
}
