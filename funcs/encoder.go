package funcs

import (
	"encoding/base64"
	"errors"
	"slices"
)

// A reply at all its limits is many times as large encoded as it came: a
// control character becomes six bytes. So only a small one is put together in
// memory; a large one is encoded while it is sent, a piece at a time.

// largeBytes is how long a piece is, and from which size on, before it is
// encoded, a reply is sent in pieces.
const largeBytes = 64 << 10

// encoder puts a body together, for out, piece by piece.
type encoder struct {
	b    []byte             // what is not handed on yet
	out  func([]byte) error // must not keep what it is given; nil: all of it stays in b
	sent int64              // handed on
	err  error              // of out; nothing more is handed on then
}

// flush hands on what is there.
func (e *encoder) flush() {
	e.hand(e.b)
	e.b = e.b[:0]
}

func (e *encoder) hand(p []byte) {
	if e.err == nil && len(p) > 0 {
		e.err = e.out(p)
		e.sent += int64(len(p))
	}
}

// full hands on what is there when it has become a piece.
func (e *encoder) full() {
	if e.out != nil && len(e.b) >= largeBytes {
		e.flush()
	}
}

// raw adds p as it is.
func (e *encoder) raw(p []byte) {
	if e.out == nil || len(p) < largeBytes {
		e.b = append(e.b, p...)
		e.full()
		return
	}
	e.flush()
	for piece := range slices.Chunk(p, largeBytes) {
		e.hand(piece)
	}
}

// encodeString adds s as appendString does.
func encodeString[T string | []byte](e *encoder, s T) {
	const step = largeBytes / 4
	e.b = append(e.b, '"')
	for len(s) > step {
		if e.err != nil {
			return
		}
		n := step
		var end [4]byte // of this step, which must not cut a character
		n -= incomplete(end[:copy(end[:], s[n-len(end):n])])
		e.b = appendEscaped(e.b, s[:n])
		e.full()
		s = s[n:]
	}
	e.b = append(appendEscaped(e.b, s), '"')
	e.full()
}

// base64 adds data as a JSON string.
func (e *encoder) base64(data []byte) {
	const step = largeBytes / 4 * 3 // whole groups of three
	e.b = append(e.b, '"')
	for piece := range slices.Chunk(data, step) {
		if e.err != nil {
			break
		}
		e.b = base64.StdEncoding.AppendEncode(e.b, piece)
		e.full()
	}
	e.b = append(e.b, '"')
}

// message is the body of a reply.
type message struct {
	text   []byte         // all of it, unless it is large
	encode func(*encoder) // makes a large one, the same each time; else nil
}

// newMessage is the message that encode makes. raw is its size before that.
func newMessage(raw int64, encode func(*encoder)) message {
	if raw > largeBytes {
		return message{encode: encode}
	}
	e := encoder{b: make([]byte, 0, raw+raw/8+256)}
	encode(&e)
	return message{text: e.b}
}

// send hands the message to out, a large one in pieces, and returns how much.
func (m *message) send(out func([]byte) error) (int64, error) {
	if m.encode == nil {
		return int64(len(m.text)), out(m.text)
	}
	e := encoder{b: make([]byte, 0, 2*largeBytes), out: out}
	m.encode(&e)
	e.flush()
	return e.sent, e.err
}

// size is how long the message is.
func (m *message) size() int64 {
	if m.encode == nil {
		return int64(len(m.text))
	}
	n, _ := m.send(func([]byte) error { return nil }) // which can't fail
	return n
}

// bytes is the message in one piece. Its size should be known to be bearable.
func (m *message) bytes() []byte {
	if m.encode == nil {
		return m.text
	}
	e := encoder{b: make([]byte, 0, m.size())}
	m.encode(&e)
	return e.b
}

// beginning is the start of the message, all of a small one.
func (m *message) beginning() []byte {
	if m.encode == nil {
		return m.text
	}
	var start []byte
	_, _ = m.send(func(piece []byte) error {
		if start = append(start, piece...); len(start) >= largeBytes {
			return errEnough
		}
		return nil
	})
	return start
}

var errEnough = errors.New("that is enough")
