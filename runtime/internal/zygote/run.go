package zygote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"syscall"
	"time"
	"unicode/utf8"
)

// Request is one script for one worker. Input is JSON text or nil.
type Request struct {
	Script  string
	Input   []byte
	Stdin   string
	Timeout time.Duration
}

// Reply is what came back. Exactly one of Value, Fault and Broken is set, or
// none where Cause says why the server ended the run or the process died.
type Reply struct {
	Value []byte // JSON text, checked
	Fault *Fault
	// Broken says what was wrong with what the script wrote to the channel.
	Broken string
	// Unread says that the worker died before it had read the request: nothing
	// of the script has run.
	Unread         bool
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
	causeClosed
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
	stop := context.AfterFunc(ctx, func() { w.kill(Canceled) })
	defer stop()
	pump := time.AfterFunc(pumpAfter, func() {
		w.stdout.pump(func() { w.kill(Stdout) })
		w.stderr.pump(func() { w.kill(Stderr) })
	})
	defer pump.Stop()

	reply := &Reply{}
	kind, payload, err := w.exchange(r)
	w.settle(reply, kind, payload, err)
	w.kill(causeClosed)
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

// exchange writes the request and reads one frame.
func (w *Worker) exchange(r *Request) (byte, []byte, error) {
	w.deadline = time.Now().Add(r.Timeout + grace)
	if err := w.ctl.SetDeadline(w.deadline); err != nil {
		return 0, nil, err
	}
	unwritten := w.writeRequest(r)
	kind, payload, err := readFrame(w.ctl, func(kind byte) int {
		if kind == frameValue {
			return w.resultLimit
		}
		return errorLimit
	})
	// A socket that closes with something unread in it resets its peer. No
	// script can bring that about: none runs before all of the request is read.
	if errors.Is(err, syscall.ECONNRESET) || err != nil && errors.Is(unwritten, syscall.EPIPE) {
		err = errUnread
	}
	return kind, payload, err
}

var errUnread = errors.New("zygote: worker: dead before it had read the request")

// settle turns what exchange brought into the reply.
func (w *Worker) settle(reply *Reply, kind byte, payload []byte, err error) {
	w.mu.Lock()
	reply.Cause = w.cause
	w.mu.Unlock()
	if reply.Cause != causeNone {
		return
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		reply.Cause = Timeout
	case errors.Is(err, errUnread):
		reply.Unread = true
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
	r.Value, r.Fault, r.Broken, r.Cause = nil, nil, "", c
}

func floatBits(f float64) uint64 { return math.Float64bits(f) }
