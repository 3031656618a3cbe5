package funcs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/pyexec/pyexec/funcs/jsontext"
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
}

var usualPace = pace{keepAlive: 5 * time.Second, stall: 15 * time.Second}

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
// Until a worker has taken the script it answers like any other request.
func (h *handler) stream(r *http.Request, c *call, p *params) (reply, error) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	out := newOutput(c.limits.OutputBytes)
	started := make(chan struct{})
	hooks := runtime.Hooks{Started: func() { close(started) }, Output: out.put}
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
			if e.err != nil { // nothing has run
				return reply{}, e.err
			}
		}
		over <- e
	case <-started:
	}
	to := h.openStream(c)
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
	return reply{http: http.StatusOK, sent: true, content: final.result}, nil
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

// streamBytes is how much output is held for a reader who is slower than the
// script. What goes beyond it is missing from the stream, which says so, and
// is in the final reply all the same.
const streamBytes = 256 << 10

// output holds what a script has written and its reader has not received.
type output struct {
	news  chan struct{} // has a token when there is something to send
	limit int64         // Limits.OutputBytes

	mu      sync.Mutex
	pieces  []piece
	held    int
	omitted [3]int64 // bytes, by stream, since the last time it was taken
	written [3]int64

	tail [3][]byte // the start of a character, by stream; only append uses it
}

// piece is output of one stream between two of the other.
type piece struct {
	stream runtime.Stream
	data   []byte
}

func newOutput(limit int64) *output {
	return &output{news: make(chan struct{}, 1), limit: limit}
}

// put takes a chunk over. It never waits.
func (o *output) put(stream runtime.Stream, chunk []byte) {
	o.mu.Lock()
	o.written[stream] += int64(len(chunk))
	room := streamBytes - o.held
	if o.omitted[stream] > 0 {
		room = 0 // what follows a gap comes after it
	}
	if len(chunk) > room {
		o.omitted[stream] += int64(len(chunk) - room)
		chunk = chunk[:room]
	}
	o.held += len(chunk)
	if last := len(o.pieces) - 1; last >= 0 && o.pieces[last].stream == stream {
		o.pieces[last].data = append(o.pieces[last].data, chunk...)
	} else if len(chunk) > 0 {
		o.pieces = append(o.pieces, piece{stream, append([]byte(nil), chunk...)})
	}
	o.mu.Unlock()
	select {
	case o.news <- struct{}{}:
	default:
	}
}

// append appends what there is to send. A character that is not
// complete waits for its rest, unless the script has ended.
func (o *output) append(b []byte, last bool) []byte {
	o.mu.Lock()
	pieces, omitted, written := o.pieces, o.omitted, o.written
	o.pieces, o.held, o.omitted = nil, 0, [3]int64{}
	o.mu.Unlock()
	for _, p := range pieces {
		text := append(o.tail[p.stream], p.data...)
		whole := len(text) - jsontext.Incomplete(text)
		o.tail[p.stream] = append([]byte(nil), text[whole:]...)
		b = appendOutput(b, p.stream, text[:whole], 0)
	}
	for _, stream := range []runtime.Stream{runtime.Stdout, runtime.Stderr} {
		if last && written[stream] >= o.limit { // as in the reply: see trimCut
			o.tail[stream] = nil
		}
		if last || omitted[stream] > 0 {
			b = appendOutput(b, stream, o.tail[stream], omitted[stream])
			o.tail[stream] = nil
		}
	}
	return b
}

// appendOutput appends output in the form of a stream, unless there is nothing to say.
func appendOutput(b []byte, stream runtime.Stream, text []byte, omitted int64) []byte {
	if len(text) == 0 && omitted == 0 {
		return b
	}
	b = append(append(b, "event: "...), stream.String()...)
	b = jsontext.AppendString(append(b, "\ndata: {\"text\":"...), text)
	if omitted > 0 {
		b = strconv.AppendInt(append(b, `,"omitted_bytes":`...), omitted, 10)
	}
	return append(b, "}\n\n"...)
}
