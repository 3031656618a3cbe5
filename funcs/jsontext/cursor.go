package jsontext

// Cursor hands out the items of a valid JSON array one by one.
type Cursor struct {
	s    scanner
	more bool
}

// NewCursor returns a Cursor at the first item of a valid JSON array, which it keeps.
func NewCursor(array []byte) *Cursor {
	c := &Cursor{s: scanner{text: array}}
	c.s.next()
	c.more = c.s.open(']')
	return c
}

// Next returns the text of the next item, without space around it, which aliases the
// array. ok is false after the last.
func (c *Cursor) Next() (item []byte, ok bool) {
	if !c.more {
		return nil, false
	}
	item = c.s.value()
	c.more = c.s.comma(']')
	return item, true
}
