package jsontext

import (
	"encoding/base64"
	"slices"
	"strconv"
)

// PieceBytes is about how long the pieces are that a Writer hands on.
const PieceBytes = 64 << 10

// Writer puts JSON together and hands it on piece by piece. All that is written to
// it must make one JSON text: it checks nothing.
type Writer struct {
	b   []byte             // what is not handed on yet
	out func([]byte) error // nil: all of it stays in b
	err error              // of out; nothing more is handed on then
}

// NewWriter makes a Writer that appends to b. It hands pieces on to out, which
// must not keep them; where out is nil, all of it stays in memory, for Bytes.
func NewWriter(b []byte, out func([]byte) error) *Writer { return &Writer{b: b, out: out} }

// Bytes is the text that is not handed on yet.
func (w *Writer) Bytes() []byte { return w.b }

// Flush hands on what is left, and returns the first error of out.
func (w *Writer) Flush() error {
	if w.out != nil {
		w.hand(w.b)
		w.b = w.b[:0]
	}
	return w.err
}

// Literal adds JSON of ours as it is.
func (w *Writer) Literal(s string) { w.b = append(w.b, s...) }

// Raw adds JSON of any length as it is.
func (w *Writer) Raw(p []byte) {
	if w.out == nil || len(p) < PieceBytes {
		w.b = append(w.b, p...)
		w.full()
		return
	}
	_ = w.Flush() // kept in err
	for piece := range slices.Chunk(p, PieceBytes) {
		w.hand(piece)
	}
}

// Int adds a number.
func (w *Writer) Int(n int64) { w.b = strconv.AppendInt(w.b, n, 10) }

// String adds s as AppendString does.
func (w *Writer) String(s string) { writeString(w, s) }

// Text is String for bytes.
func (w *Writer) Text(p []byte) { writeString(w, p) }

// Base64 adds data as a JSON string, in the standard encoding with padding.
func (w *Writer) Base64(data []byte) {
	const step = PieceBytes / 4 * 3 // whole groups of three
	w.b = append(w.b, '"')
	for piece := range slices.Chunk(data, step) {
		if w.err != nil {
			break
		}
		w.b = base64.StdEncoding.AppendEncode(w.b, piece)
		w.full()
	}
	w.b = append(w.b, '"')
}

func writeString[T string | []byte](w *Writer, s T) {
	const step = PieceBytes / 4
	w.b = append(w.b, '"')
	for len(s) > step {
		if w.err != nil {
			return
		}
		n := step
		var end [4]byte // of this step, which must not cut a character
		n -= Incomplete(end[:copy(end[:], s[n-len(end):n])])
		w.b = appendEscaped(w.b, s[:n])
		w.full()
		s = s[n:]
	}
	w.b = append(appendEscaped(w.b, s), '"')
	w.full()
}

// full hands the text on once it is as long as a piece.
func (w *Writer) full() {
	if w.out != nil && len(w.b) >= PieceBytes {
		_ = w.Flush() // kept in err
	}
}

func (w *Writer) hand(p []byte) {
	if w.err == nil && len(p) > 0 {
		w.err = w.out(p)
	}
}
