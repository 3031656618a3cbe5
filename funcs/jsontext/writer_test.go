package jsontext

import (
	"bytes"
	"encoding/base64"
	"errors"
	"testing"
)

// Text written in pieces is the same as in one, and no piece is much longer than it
// should be.
func FuzzWriter(f *testing.F) {
	f.Add([]byte("aé€😀\x01\"\xff"), 20_000)
	f.Add([]byte("\xf0\x9f"), 70_000)
	f.Add([]byte{}, 1)
	f.Fuzz(func(t *testing.T, text []byte, times int) {
		if times < 0 || times > 1<<18 || len(text)*times > 1<<18 {
			return
		}
		text = bytes.Repeat(text, times)
		write := func(w *Writer) {
			w.Literal("[")
			w.Text(text)
			w.Literal(",")
			w.String(string(text))
			w.Literal(",")
			w.Base64(text)
			w.Literal(",")
			w.Int(int64(times))
			w.Literal(",")
			w.Raw(AppendString(nil, text))
			w.Literal("]")
		}
		whole := NewWriter(nil, nil)
		write(whole)
		var joined []byte
		pieces := NewWriter(nil, func(p []byte) error {
			if len(p) > 3*PieceBytes {
				t.Errorf("a piece of %d bytes", len(p))
			}
			joined = append(joined, p...)
			return nil
		})
		write(pieces)
		if err := pieces.Flush(); err != nil || !bytes.Equal(joined, whole.Bytes()) {
			t.Errorf("%v: %d bytes in pieces, %d in one", err, len(joined), len(whole.Bytes()))
		}
		quoted := base64.StdEncoding.EncodeToString(text)
		if want := AppendString(AppendString([]byte("["), text), ""); !bytes.HasPrefix(joined,
			want[:len(want)-2]) ||
			!bytes.Contains(joined, []byte(quoted)) {
			t.Errorf("got %.100s", joined)
		}
	})
}

// After an error nothing more is handed on, and little is encoded.
func TestWriterStopsAtAnError(t *testing.T) {
	calls, broken := 0, errors.New("broken")
	w := NewWriter(nil, func([]byte) error { calls++; return broken })
	w.Text(make([]byte, 10*PieceBytes))
	w.Base64(make([]byte, 10*PieceBytes))
	w.Raw(make([]byte, 10*PieceBytes))
	if err := w.Flush(); err != broken || calls != 1 {
		t.Errorf("%v after %d pieces", err, calls)
	}
}
