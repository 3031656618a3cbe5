package funcs

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/pyexec/pyexec/funcs/jsontext"
)

// reply is the answer to a request before it is written.
type reply struct {
	http        int
	contentType string // "" means JSON, or none where there is no content
	content     content
	retry       bool
	header      http.Header // further headers, nil for most replies
	sent        bool        // written already, as a stream, of which content is the end
	wrote       int64       // bytes of all of a stream
	paced       bool        // written as large content is: the server's deadline may have passed
	waited, ran time.Duration
}

const jsonType = "application/json; charset=utf-8"

// retryAfter is how many seconds callers are told to wait before they repeat a
// request.
const retryAfter = "1"

// largeBytes is the size, before encoding, above which the content of a reply is
// sent in pieces.
const largeBytes = jsontext.PieceBytes

// content is the body of a reply. A result at all its limits can be many times as
// large when it is encoded: a control character becomes six bytes. So only small
// content is put together in memory at once; large content is encoded when it is
// sent, a piece at a time, or when it is held, and that is done once.
type content struct {
	// text is all of small content; of large content that was sent, or that hold
	// found too large, it is the beginning.
	text []byte
	size int64 // of all of it; known for large content once that was sent or held
	raw  int64 // about how many bytes it has before it is encoded
	// encode writes large content that was neither sent nor held yet; else it is
	// nil.
	encode func(*jsontext.Writer)
}

// newContent returns the content that encode writes. raw is its size before
// encoding.
func newContent(raw int64, encode func(*jsontext.Writer)) content {
	if raw > largeBytes {
		return content{raw: raw, encode: encode}
	}
	w := jsontext.NewWriter(make([]byte, 0, roughly(raw)), nil)
	encode(w)
	return textContent(w.Bytes())
}

// textContent is content that is encoded already.
func textContent(text []byte) content { return content{text: text, size: int64(len(text))} }

// roughly estimates how long content of raw bytes is when it is encoded.
func roughly(raw int64) int64 { return raw + raw/8 + 256 }

// large says that the content is still to be encoded, and that its size is not
// known.
func (c *content) large() bool { return c.encode != nil }

// send hands the content to out, a large one in pieces, until out returns an
// error.
func (c *content) send(out func(piece []byte) error) error {
	if !c.large() {
		return out(c.text)
	}
	var err error
	c.pieces(func(piece []byte) error {
		if len(c.text) < largeBytes {
			c.text = append(c.text, piece...)
		}
		if err == nil {
			c.size += int64(len(piece))
			err = out(piece)
		}
		if len(c.text) < largeBytes {
			return nil // whoever has left, the record needs the beginning
		}
		return err
	})
	return err
}

// hold puts large content of at most most bytes together in memory; of larger
// content it only finds out the size. reserve is called before memory is taken for
// n more bytes, for small content once, for all of it. hold returns the error of
// reserve, unless the content is larger than most in any case.
func (c *content) hold(most int64, reserve func(n int64) error) error {
	if !c.large() {
		return reserve(c.size)
	}
	reserved := min(c.raw, most)
	refused := reserve(reserved)
	if refused == nil {
		c.text = make([]byte, 0, roughly(reserved))
	}
	c.pieces(func(piece []byte) error {
		c.size += int64(len(piece))
		if more := c.size - reserved; more > 0 && c.size <= most && refused == nil {
			reserved += more
			refused = reserve(more)
		}
		if c.size <= most && refused == nil || len(c.text) < largeBytes {
			c.text = append(c.text, piece...)
		}
		return nil
	})
	if c.size > most {
		return nil
	}
	return refused
}

// pieces encodes large content for out, piece by piece, until out returns an
// error.
func (c *content) pieces(out func(piece []byte) error) {
	w := jsontext.NewWriter(make([]byte, 0, 2*largeBytes), out)
	c.encode(w)
	_ = w.Flush() // its error is the one that out has returned
	c.encode = nil
}

// beginning is the start of content that was sent or held, all of it where that is
// small.
func (c *content) beginning() []byte {
	if c.raw == 0 || len(c.text) < 2*largeBytes {
		return c.text
	}
	return bytes.Clone(c.text[:largeBytes]) // a copy, which does not keep the rest in memory
}

// write sends rep with the headers every reply carries.
func (h *handler) write(w http.ResponseWriter, r *http.Request, id string, rep *reply) {
	header := w.Header()
	for name, values := range rep.header {
		if name == "Vary" { // which says what it depends on, beside the origin
			values = append(header[name], values...)
		}
		header[name] = values
	}
	body := &rep.content
	if rep.contentType == "" && (body.large() || body.size > 0) {
		rep.contentType = jsonType
	}
	setCommon(header, rep.contentType, id)
	if !body.large() && rep.http != http.StatusNotModified { // a 304 has no content to measure
		header.Set("Content-Length", strconv.FormatInt(body.size, 10))
	}
	timing := make([]byte, 0, 48)
	timing = appendMillis(append(timing, "queue;dur="...), rep.waited)
	timing = appendMillis(append(timing, ", run;dur="...), rep.ran)
	header.Set("Server-Timing", string(timing))
	if rep.retry {
		header.Set("Retry-After", retryAfter)
	}
	w.WriteHeader(rep.http)
	switch {
	case body.large(), rep.paced:
		h.writeLarge(w, body)
	case r.Method != http.MethodHead:
		// An error here means that the client left: there is nobody to tell.
		_, _ = w.Write(body.text)
	}
}

// writeLarge sends large content while it is encoded. As with a stream, a client
// that takes too long for one piece is cut off.
func (h *handler) writeLarge(w http.ResponseWriter, body *content) {
	out := h.pacedWriter(w)
	err := body.send(out.write)
	if err == nil {
		err = out.done()
	}
	if err != nil {
		// A plain return would end the body as if it were complete.
		abandon(w)
	}
}

// setCommon sets what every reply carries, a stream too.
func setCommon(header http.Header, contentType, id string) {
	if contentType != "" { // else there is no content
		header.Set("Content-Type", contentType)
	}
	header.Set("X-Content-Type-Options", "nosniff")
	if header.Get("Cache-Control") == "" {
		header.Set("Cache-Control", "no-store")
	}
	header.Set("X-Execution-Id", id)
}

// abandon ends the connection without a reply. A plain return would make the server
// send an empty 200, which a client that has only closed its sending side would
// take for an answer.
func abandon(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil { // else it is HTTP/2, where the stream is gone already
		_ = conn.Close()
	}
}

// writeBytes is the most that is written at once.
const writeBytes = 64 << 10

// pacedWriter writes to a client as long as the client reads: the deadline starts
// anew with each write, and a client that lets it pass is cut off.
type pacedWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	pace    pace
	sent    int64 // bytes
}

func (h *handler) pacedWriter(w http.ResponseWriter) pacedWriter {
	return pacedWriter{w: w, control: http.NewResponseController(w), pace: h.pace}
}

// write sends p, writeBytes at a time: it may be many megabytes.
func (w *pacedWriter) write(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	for part := range slices.Chunk(p, writeBytes) {
		if err := w.extend(); err != nil {
			return err
		}
		n, err := w.w.Write(part)
		w.sent += int64(n)
		if err != nil {
			return err
		}
	}
	return w.flush()
}

// extend starts the deadline anew.
func (w *pacedWriter) extend() error {
	return ignoreUnsupported(w.control.SetWriteDeadline(time.Now().Add(w.pace.stall)))
}

func (w *pacedWriter) flush() error { return ignoreUnsupported(w.control.Flush()) }

// done removes the deadline: the connection may be used again.
func (w *pacedWriter) done() error { return ignoreUnsupported(w.control.SetWriteDeadline(time.Time{})) }

// ignoreUnsupported drops the error of writers that are no connections: they have
// no deadline.
func ignoreUnsupported(err error) error {
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}
