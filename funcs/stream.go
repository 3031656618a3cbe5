package funcs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/pyexec/pyexec/runtime"
)

// pace is the timing of streams.
type pace struct {
	// keepAlive is how often something is sent while a script is silent, so that
	// proxies do not take the connection for dead.
	keepAlive time.Duration
	// stall is how long one write may take. A reader that takes nothing for that
	// long has left: its run is killed.
	stall time.Duration
	// idle is how long a sender of lines may send nothing while no case is under way.
	idle time.Duration
}

var usualPace = pace{keepAlive: 5 * time.Second, stall: 15 * time.Second, idle: time.Minute}

const streamType = "text/event-stream"

// errGone is a reader who left in the middle of a stream, or stopped reading.
var errGone = errors.New("stream: reader is gone")

// performed is the outcome of a request that was performed.
type performed struct {
	o      *outcome
	result content
	err    error
}

// stream is execute for a caller who wants to see the output as it is written.
// Until a worker has taken the script, or packages are being installed for it, it answers
// like any other request.
func (h *handler) stream(r *http.Request, c *call, p *params) (reply, error) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	out := newOutput(c.limits.OutputBytes)
	started := make(chan struct{})
	begin := sync.OnceFunc(func() { close(started) })
	hooks := runtime.Hooks{Started: begin, Output: out.put, Environment: func(p runtime.Progress) {
		out.putEvent(environmentEvent(p))
		begin()
	}}
	over := make(chan performed, 1)
	go func() {
		o, result, err := h.performSafely(ctx, c, p, hooks)
		over <- performed{o, result, err}
	}()
	select {
	case e := <-over:
		select {
		case <-started:
		default:
			if e.err != nil { // nothing has run, nor was anything told
				return reply{}, e.err
			}
		}
		over <- e
	case <-started:
	}
	to := h.openStream(c)
	defer func() { c.record.Request.ResponseBytes = to.sent }()
	final, err := to.follow(out, over)
	if err != nil {
		cancel()
		if final == nil {
			<-over // until then the run writes to out and c
		}
		return reply{}, fmt.Errorf("%w: %w", errGone, err)
	}
	if final.err != nil && r.Context().Err() != nil {
		return reply{}, errGone
	}
	if final.err != nil {
		final.o, _, final.result = c.failed(final.err)
	}
	kind := "result"
	if final.o.of != runtime.OK {
		kind = "error"
	}
	if err := to.last(kind, &final.result); err != nil {
		return reply{}, fmt.Errorf("%w: %w", errGone, err)
	}
	return reply{http: http.StatusOK, sent: true, wrote: to.sent, content: final.result}, nil
}

// openStream sends the head of a stream.
func (h *handler) openStream(c *call) *streamWriter {
	header := c.w.Header()
	setCommon(header, streamType, c.id)
	header.Set("X-Accel-Buffering", "no") // to proxies: pass it on as it comes
	timing := appendMillis([]byte("queue;dur="), time.Since(c.record.Request.Began))
	header.Set("Server-Timing", string(timing))
	c.w.WriteHeader(http.StatusOK)
	return &streamWriter{pacedWriter: h.pacedWriter(c.w)}
}

// streamWriter writes a stream of text/event-stream to one reader.
type streamWriter struct {
	pacedWriter
	buf []byte
}

// follow hands on what the script writes until the run is over. final is nil
// when the reader was gone before.
func (s *streamWriter) follow(out *output, over <-chan performed) (final *performed, err error) {
	if err := s.flush(); err != nil {
		return nil, err
	}
	alive := time.NewTicker(s.pace.keepAlive)
	defer alive.Stop()
	for {
		select {
		case <-out.news:
			s.buf = out.append(s.buf[:0], false)
		case <-alive.C:
			s.buf = append(s.buf[:0], ": keep-alive\n\n"...)
		case f := <-over:
			s.buf = out.append(s.buf[:0], true)
			return &f, s.send()
		}
		if err := s.send(); err != nil {
			return nil, err
		}
	}
}

// last writes what ends the stream, with the content as its data.
func (s *streamWriter) last(kind string, result *content) error {
	s.buf = append(append(append(s.buf[:0], "event: "...), kind...), "\ndata: "...)
	broken := false
	err := result.send(func(piece []byte) error {
		// A script that forges its result can put line ends between its tokens.
		for len(piece) > 0 {
			line := piece
			if end := bytes.IndexAny(piece, "\r\n"); end >= 0 {
				line = piece[:end]
			}
			if len(line) > 0 && broken {
				s.buf = append(s.buf, "\ndata: "...)
				broken = false
			}
			s.buf = append(s.buf, line...)
			if piece = piece[len(line):]; len(piece) > 0 {
				piece, broken = piece[1:], true
			}
		}
		return s.sendFull()
	})
	if err != nil {
		return err
	}
	s.buf = append(s.buf, "\n\n"...)
	if err := s.send(); err != nil {
		return err
	}
	return s.done()
}

// sendFull sends what is in buf if it is as much as is sent at once.
func (s *streamWriter) sendFull() error {
	if len(s.buf) < writeBytes {
		return nil
	}
	err := s.send()
	s.buf = s.buf[:0]
	return err
}

// send writes what is in buf.
func (s *streamWriter) send() error { return s.write(s.buf) }
