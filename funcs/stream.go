package funcs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/pyexec/pyexec/runtime"
)

// pace is the timing of streams.
type pace struct {
	// keepAlive is how often something is sent while a script is silent, so that
	// proxies do not take the connection for dead.
	keepAlive time.Duration
	// stall is how long one write may take. Who does not read for that long is
	// gone: the run is killed.
	stall time.Duration
}

var usualPace = pace{keepAlive: 5 * time.Second, stall: 15 * time.Second}

const streamType = "text/event-stream"

// errGone is a reader who left in the middle of a stream, or stopped reading.
var errGone = errors.New("stream: reader is gone")

// ended is what performing a request came to.
type ended struct {
	o    *outcome
	body message
	err  error
}

// stream is execute for a caller who wants to see the output as it is written.
// Until a worker has taken the script it answers like any other request.
func (h *handler) stream(r *http.Request, c *call, req *request) (reply, error) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	out := newOutput(h.runner.Info().Limits.OutputBytes)
	started := make(chan struct{})
	req.hooks = runtime.Hooks{Started: func() { close(started) }, Output: out.put}
	over := make(chan ended, 1)
	go func() {
		o, body, err := h.performSafely(ctx, req, c)
		over <- ended{o, body, err}
	}()
	select {
	case e := <-over:
		select {
		case <-started:
		default:
			if e.err != nil { // nothing has run
				return reply{}, e.err
			}
		}
		over <- e
	case <-started:
	}
	events := h.openEvents(c)
	final, err := events.follow(out, over)
	if err != nil {
		cancel()
		if final == nil {
			<-over // the run uses what is ours until then
		}
		return reply{}, fmt.Errorf("%w: %w", errGone, err)
	}
	if final.err != nil && r.Context().Err() != nil {
		return reply{}, errGone
	}
	kind := "result"
	if final.err != nil {
		o, text := explain(final.err)
		c.run.end(o, text, final.err)
		final.o, final.body = o, message{text: appendRefusal(nil, o, text, hintOf(final.err))}
	}
	if final.o.of != runtime.OK {
		kind = "error"
	}
	size, err := events.last(kind, &final.body)
	if err != nil {
		return reply{}, fmt.Errorf("%w: %w", errGone, err)
	}
	return reply{http: http.StatusOK, sent: true, body: final.body.text, large: final.body.encode, size: size}, nil
}

// openEvents sends the head of a stream.
func (h *handler) openEvents(c *call) *eventWriter {
	header := c.w.Header()
	setCommon(header, streamType, c.id)
	header.Set("X-Accel-Buffering", "no") // to proxies: pass it on as it comes
	timing := appendMillis([]byte("queue;dur="), time.Since(c.run.Request.Began))
	header.Set("Server-Timing", string(timing))
	c.w.WriteHeader(http.StatusOK)
	return &eventWriter{pacedWriter: h.pacedWriter(c.w)}
}

// eventWriter writes events to one reader.
type eventWriter struct {
	pacedWriter
	buf []byte
}

// follow hands on what the script writes until the run is over. final is nil
// when the reader was gone before.
func (e *eventWriter) follow(out *output, over <-chan ended) (final *ended, err error) {
	if err := e.flush(); err != nil {
		return nil, err
	}
	alive := time.NewTicker(e.pace.keepAlive)
	defer alive.Stop()
	for {
		select {
		case <-out.news:
			e.buf = out.appendEvents(e.buf[:0], false)
		case <-alive.C:
			e.buf = append(e.buf[:0], ": keep-alive\n\n"...)
		case f := <-over:
			e.buf = out.appendEvents(e.buf[:0], true)
			return &f, e.send()
		}
		if err := e.send(); err != nil {
			return nil, err
		}
	}
}

// last writes the event that ends the stream, and returns how long body is.
func (e *eventWriter) last(kind string, body *message) (int64, error) {
	e.buf = append(append(append(e.buf[:0], "event: "...), kind...), "\ndata: "...)
	broken := false
	size, err := body.send(func(piece []byte) error {
		// A script that forges its result can put line ends between its tokens.
		for len(piece) > 0 {
			line := piece
			if end := bytes.IndexAny(piece, "\r\n"); end >= 0 {
				line = piece[:end]
			}
			if len(line) > 0 && broken {
				e.buf = append(e.buf, "\ndata: "...)
				broken = false
			}
			e.buf = append(e.buf, line...)
			if piece = piece[len(line):]; len(piece) > 0 {
				piece, broken = piece[1:], true
			}
		}
		return e.sendFull()
	})
	if err != nil {
		return size, err
	}
	e.buf = append(e.buf, "\n\n"...)
	if err := e.send(); err != nil {
		return size, err
	}
	return size, e.done()
}

// sendFull sends what is in buf if it is as much as is sent at once.
func (e *eventWriter) sendFull() error {
	if len(e.buf) < writeBytes {
		return nil
	}
	err := e.send()
	e.buf = e.buf[:0]
	return err
}

// send writes what is in buf.
func (e *eventWriter) send() error { return e.write(e.buf) }
