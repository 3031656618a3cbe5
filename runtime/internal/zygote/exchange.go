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

	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// Request is one script for one worker. Input is JSON text or nil.
type Request struct {
	Script  string
	Input   []byte
	Stdin   string
	Timeout time.Duration
	// Files are written into the working directory by the worker. Their names
	// must be checked already.
	Files []File
	// ReturnFiles asks for what is new or changed there afterwards.
	ReturnFiles bool
	// Output, where it is not nil, is given what the script writes as it comes,
	// descriptor 1 or 2, never twice at once.
	Output func(fd int, chunk []byte)
	// Room, where it is not nil, is asked before memory is taken for a large
	// part of the answer, of n bytes. It may wait. An error ends the run.
	Room func(n int) error
}

// File is a file of the caller's.
type File struct {
	Name string
	Data []byte
}

// Attached is something that came with an answer. It is as hostile as the rest.
type Attached struct {
	Kind AttachedKind
	Name string // of the file, or the MIME type
	Data []byte // the contents, or why it was left out
}

// AttachedKind says what came, by the letter of attached.py.
type AttachedKind byte

// What can come with an answer.
const (
	AttachedFile    AttachedKind = 'f'
	AttachedFigure  AttachedKind = 'p' // PNG
	AttachedText    AttachedKind = 't' // a form of the value that is text
	AttachedBinary  AttachedKind = 'b' // a form of the value that is not
	AttachedOmitted AttachedKind = 'o'
)

func (k AttachedKind) known() bool {
	switch k {
	case AttachedFile, AttachedFigure, AttachedText, AttachedBinary, AttachedOmitted:
		return true
	}
	return false
}

// Reply is what came back. Exactly one of Value, Fault and Broken is set, or
// none where Cause says why the server ended the run or the process died.
type Reply struct {
	Value []byte // JSON text, checked
	Fault *Fault
	// Attached is what came with either of them.
	Attached []Attached
	// Broken says what was wrong with what the script wrote to the channel.
	Broken string
	// Unread says that the worker came to its end, or to the deadline, before it
	// had read the request: nothing of the script has run.
	Unread bool
	// Refused is the error of Room.
	Refused        error
	Stdout, Stderr []byte
	Cause          Cause
}

// Fault is why a script has no value, as its worker tells it. All of it is
// hostile text.
type Fault struct {
	Status    string `json:"status"`
	Error     string `json:"error"`
	Ran       bool   `json:"ran"`
	Traceback string `json:"traceback"`
	Line      int    `json:"line"`
	Denied    string `json:"denied"`
	Limit     string `json:"limit"`
	Way       string `json:"way"` // to make JSON of the result
}

// Cause is why the server ended a run before there was an answer.
type Cause = cause

type cause int

// The causes. None means that the worker answered or died of itself.
const (
	causeNone cause = iota
	Timeout         // the wall clock ran out
	Canceled        // the caller went away
	Stdout          // stdout over its limit
	Stderr          // stderr over its limit
	Files           // the run's directory over its limit
	Threads         // more threads than allowed, where the kernel does not count them
	Memory          // more memory than allowed, of a kind that no rlimit counts
	Pressure        // the machine's memory ran out, and no run held more
	Stopped         // somebody else has stopped the process
	Closed          // the server wants nothing more of it
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
		err = conn.Control(func(fd uintptr) { some = sandbox.Unread(fd) > 0 })
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
	case kind == frameValue:
		reply.Value, reply.Fault = w.check(payload)
		if reply.Value == nil && reply.Fault == nil {
			reply.Broken = "result"
		}
	case kind == frameError:
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

// Depth is how deeply arrays and objects are nested in a JSON text. It does
// not check the text.
func Depth(text []byte) int {
	depth, deepest := 0, 0
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted:
			if c == '\\' {
				i++
			} else if c == '"' {
				quoted = false
			}
		case c == '"':
			quoted = true
		case c == '[' || c == '{':
			depth++
			deepest = max(deepest, depth)
		case c == ']' || c == '}':
			depth--
		}
	}
	return deepest
}

// exceed makes an output limit the outcome.
func (r *Reply) exceed(c Cause) {
	r.Value, r.Fault, r.Attached, r.Broken, r.Refused, r.Cause = nil, nil, nil, "", nil, c
}
