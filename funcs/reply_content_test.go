package funcs

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/pyexec/pyexec/funcs/jsontext"
)

// encoded is large content of n bytes, and how often it was encoded.
func encoded(n int) (content, *int) {
	times := new(int)
	return newContent(largeBytes+1, func(w *jsontext.Writer) {
		*times++
		for range n {
			w.Raw([]byte("x"))
		}
	}), times
}

// Large content is encoded once, whatever is done with it, and its size is known
// afterwards.
func TestContentIsEncodedOnce(t *testing.T) {
	const size = 5 * largeBytes
	free := func(int64) error { return nil }
	for name, do := range map[string]func(c *content) error{
		"sent":            func(c *content) error { return c.send(func([]byte) error { return nil }) },
		"held":            func(c *content) error { return c.hold(size, free) },
		"too large":       func(c *content) error { return c.hold(size-1, free) },
		"not to be kept":  func(c *content) error { return c.hold(0, free) },
		"sent to nobody":  func(c *content) error { return ignore(c.send(func([]byte) error { return errGone })) },
		"held, then sent": func(c *content) error { return errors.Join(c.hold(size, free), c.send(free1)) },
	} {
		c, times := encoded(size)
		if err := do(&c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if *times != 1 || c.large() || c.size != size && name != "sent to nobody" {
			t.Errorf("%s: encoded %d times, %d bytes", name, *times, c.size)
		}
		if got := len(c.beginning()); got < largeBytes || got > 2*largeBytes {
			t.Errorf("%s: a beginning of %d bytes", name, got)
		}
		if whole := name == "held" || name == "held, then sent"; whole != (len(c.text) == size) ||
			len(c.text) > size {
			t.Errorf("%s: %d bytes are held", name, len(c.text))
		}
	}
}

func ignore(error) error { return nil }

func free1([]byte) error { return nil }

// Memory is reserved before content is held, to the byte. Where it is refused, hold
// returns the error only if the size would have done.
func TestContentIsReserved(t *testing.T) {
	const size = 5 * largeBytes
	full := errors.New("full")
	for _, tt := range []struct {
		most, room int64
		err        error
		text       int
	}{
		{size, size, nil, size},
		{size + 1, size, nil, size},
		{size, size - 1, full, size - largeBytes},
		{size, 0, full, largeBytes},
		{size - 1, size, nil, size - largeBytes},
		{size - 1, 0, nil, largeBytes},
	} {
		t.Run(fmt.Sprintf("%d of %d", tt.room, tt.most), func(t *testing.T) {
			c, _ := encoded(size)
			var reserved int64
			err := c.hold(tt.most, func(n int64) error {
				if reserved+n > tt.room {
					return full
				}
				reserved += n
				return nil
			})
			if err != tt.err || c.size != size || reserved > tt.room || len(c.text) != tt.text {
				t.Errorf("%v: %d bytes, %d held, %d reserved", err, c.size, len(c.text), reserved)
			}
			if int64(len(c.text)) > max(reserved, 2*largeBytes) ||
				err == nil && c.size <= tt.most && reserved != size {
				t.Errorf("%d bytes held, %d reserved", len(c.text), reserved)
			}
		})
	}
}

// Small content is here from the start.
func TestSmallContent(t *testing.T) {
	c := newContent(1, func(w *jsontext.Writer) { w.String("x") })
	var sent []byte
	err := c.send(func(piece []byte) error { sent = append(sent, piece...); return nil })
	if err != nil || c.large() || c.size != 3 || string(sent) != `"x"` || !bytes.Equal(c.beginning(), sent) {
		t.Errorf("%v: %d bytes, sent %s", err, c.size, sent)
	}
	full := errors.New("full")
	if err := c.hold(3, func(n int64) error { return full }); err != full {
		t.Errorf("reserved: %v", err)
	}
}
