package zygote

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"sync/atomic"
	"syscall"
	"time"
)

// Series is a worker that answers case after case of one script, in one process.
type Series struct {
	w       *Worker
	request *Request
	frames  frameReader
	unsent  error // why the request could not be written

	stdout, stderr segments

	number       uint32 // of the case that is answered next, from 1
	read, loaded bool   // what the worker has said

	leave func() bool // the context
	tick  *time.Timer
	ended atomic.Bool
}

// SeriesCase is what one case is given; Input is JSON text or nil.
type SeriesCase struct {
	Input []byte
	Stdin string
}

// How often output is read while no answer comes: after a pause that doubles while
// there is none, so that a pipe's buffer is not full for long.
const tickLeast, tickMost = time.Millisecond, 16 * time.Millisecond

// Begin sends a request whose cases follow; its Input and Stdin are not used, and Output
// is not called. The caller must End it, and Close the worker behind that.
func (w *Worker) Begin(ctx context.Context, r Request) *Series {
	mark := make([]byte, 16)
	_, _ = rand.Read(mark) // never fails
	r.Series, r.Input, r.Stdin, r.Output = true, mark, "", nil
	s := &Series{w: w, request: &r}
	s.stdout = segments{fd: w.stdout.fd, limit: w.outputLimit, mark: mark, exceeded: func() { w.kill(Stdout) }}
	s.stderr = segments{fd: w.stderr.fd, limit: w.outputLimit, mark: mark, exceeded: func() { w.kill(Stderr) }}
	s.leave = context.AfterFunc(ctx, func() { w.kill(Canceled) })
	if s.unsent = w.ctl.SetDeadline(time.Now().Add(r.Timeout + grace)); s.unsent == nil {
		s.unsent = w.writeRequest(&r)
	}
	if s.unsent == nil {
		// Whoever sends cases waits for as long as the worker lives.
		s.unsent = w.ctl.SetWriteDeadline(time.Time{})
	}
	pause := tickLeast
	s.tick = time.AfterFunc(time.Hour, func() {
		out, errs := s.stdout.drain(), s.stderr.drain()
		if pause = min(2*pause, tickMost); out || errs {
			pause = tickLeast
		}
		if !s.ended.Load() {
			s.tick.Reset(pause)
		}
	})
	s.tick.Reset(pause)
	return s
}

// Write sends cases. It waits for a worker that does not read until that is killed, or
// the worker closed; an error says that it is of no use to send more. It may be called
// while Answer waits.
func (s *Series) Write(cases []SeriesCase) error {
	out := gather{to: s.w.ctl}
	for _, c := range cases {
		given := absent
		if c.Input != nil {
			given = uint32(len(c.Input))
		}
		out.fits(8)
		out.b = binary.BigEndian.AppendUint32(out.b, given)
		out.b = binary.BigEndian.AppendUint32(out.b, uint32(len(c.Stdin)))
		out.bytes(c.Input)
		out.text(c.Stdin)
	}
	return out.flush()
}

// Loaded reports whether the module level of the script is behind it, as far as it has
// been said. An answer before that would be the same for each case.
func (s *Series) Loaded() bool { return s.loaded }

// Answer waits for the answer to the next case, for as long as the request's Timeout.
// over says that there will be no other one: the worker is dying.
func (s *Series) Answer() (reply *Reply, over bool) {
	w := s.w
	reply = &Reply{}
	s.number++
	s.frames.r, s.frames.room = w.ctl, w.room(s.request, reply)
	w.deadline = time.Now().Add(s.request.Timeout + grace)
	kind, attached, payload, err := s.next()
	if err == nil {
		w.take(reply, kind, payload)
		if kind == frameAttached { // one that can't be taken apart, or a second one
			reply.Broken = "attached"
		}
	} else {
		w.settle(reply, kind, payload, err)
		// A worker that is dead, or late, before it has said that it has the request has
		// run nothing.
		reply.Unread = !s.read && (reply.Cause == causeNone || reply.Cause == Timeout)
	}
	if reply.Value != nil || reply.Fault != nil {
		reply.Attached = attached
	}
	over = err != nil || reply.Broken != "" || reply.Fault != nil && reply.Fault.Over
	s.collect(reply, err)
	return reply, over || reply.Cause != causeNone
}

// collect adds what the case has written.
func (s *Series) collect(reply *Reply, err error) {
	for _, stream := range []struct {
		of    *segments
		to    *[]byte
		cause Cause
	}{{&s.stderr, &reply.Stderr, Stderr}, {&s.stdout, &reply.Stdout, Stdout}} {
		var over bool
		if err != nil {
			s.w.kill(Closed)
			*stream.to, over = stream.of.rest()
		} else {
			*stream.to, over = stream.of.claim(s.number)
		}
		if over {
			s.w.kill(stream.cause)
			reply.exceed(stream.cause)
		}
	}
}

// next reads frames up to an answer.
func (s *Series) next() (kind byte, attached []Attached, payload []byte, err error) {
	if err = s.w.ctl.SetReadDeadline(s.w.deadline); err != nil {
		return 0, nil, nil, err
	}
	for {
		kind, payload, err = s.frames.next(s.frameLimit)
		switch {
		case err == nil && kind == frameRead && !s.read:
			s.read = true
		case err == nil && kind == frameLoaded && s.read && !s.loaded:
			s.loaded = true
		case err == nil && kind == frameAttached && attached == nil:
			var ok bool
			if attached, ok = parseAttached(payload); !ok || attached == nil {
				return kind, nil, nil, nil
			}
		default:
			if !s.read && (errors.Is(err, syscall.ECONNRESET) || err != nil && errors.Is(s.unsent, syscall.EPIPE)) {
				err = errUnread
			}
			return kind, attached, payload, err
		}
	}
}

// frameLimit is the longest payload of a frame.
func (s *Series) frameLimit(kind byte) int {
	if kind == frameRead || kind == frameLoaded {
		return 0
	}
	return s.w.frameLimit(kind)
}

// Exceed ends the worker because its time is up that no case takes.
func (s *Series) Exceed() { s.w.kill(Closed) }

// End kills the worker and reads nothing more of it.
func (s *Series) End() {
	s.leave()
	s.w.kill(Closed)
	s.ended.Store(true)
	s.tick.Stop()
	s.stdout.close()
	s.stderr.close()
}
