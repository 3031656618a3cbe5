package jsontext

import (
	"bytes"
	"slices"
	"strconv"
)

// Equal reports whether two valid JSON texts in valid UTF-8 stand for the same value.
// Numbers are the same where they are mathematically, to the last digit: 1 and 1.0 and
// 10e-1, but not 0.1 and 0.10000000000000001. The order of members does not matter, and
// of two members of one name the last counts, as in Python. Strings are compared by
// their characters, whichever of them are escaped; half of a surrogate pair, which only
// an escape can say, is one that is like no other.
//
// It takes time in proportion to the texts, however they are nested, and memory of a
// few times their length at most.
func Equal(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	x, y := newComparison(a), newComparison(b)
	return equal(x.enter(0), y.enter(0))
}

// comparison is a text that is compared. spans has, for each array and object in the order in
// which they begin, where it ends: without it what is deeply nested would be scanned
// again at each level.
type comparison struct {
	text  []byte
	spans []span
}

type span struct{ end, after int32 } // after: the index of the first one that is not in it

// node is a value in a text: where it begins, and the index of the first span at or
// after that.
type node struct {
	in       *comparison
	at, span int
}

func newComparison(text []byte) *comparison {
	c := &comparison{text: text}
	var open []int32
	for at := 0; at < len(text); {
		switch text[at] {
		case '"':
			at = stringEnd(text, at)
			continue
		case '{', '[':
			open = append(open, int32(len(c.spans)))
			c.spans = append(c.spans, span{})
		case '}', ']':
			last := open[len(open)-1]
			open = open[:len(open)-1]
			c.spans[last] = span{int32(at + 1), int32(len(c.spans))}
		}
		at++
	}
	return c
}

// enter returns the value at or behind an index, before which there is no span.
func (c *comparison) enter(at int) node {
	s := scanner{c.text, at}
	s.next()
	return node{c, s.at, 0}
}

// end returns the index behind the value, and that of the first span there.
func (n node) end() (at, span int) {
	switch c := n.in.text[n.at]; c {
	case '{', '[':
		s := n.in.spans[n.span]
		return int(s.end), int(s.after)
	}
	s := scanner{n.in.text, n.at}
	s.value()
	return s.at, n.span
}

func (n node) raw() []byte {
	end, _ := n.end()
	return n.in.text[n.at:end]
}

func equal(a, b node) bool {
	kindA, kindB := a.in.text[a.at], b.in.text[b.at]
	switch {
	case isNumber(kindA) && isNumber(kindB):
		return sameNumber(a.raw(), b.raw())
	case kindA != kindB:
		return false
	case kindA == '"':
		return sameString(a.raw(), b.raw())
	case kindA == '[':
		return sameItems(a, b)
	case kindA == '{':
		return sameMembers(a, b)
	}
	return true // null, true and false, by their first letter
}

// walk goes through the items of an array or the members of an object.
type walk struct {
	s    scanner
	in   *comparison
	span int
	end  byte
	more bool
}

func (n node) walk(end byte) walk {
	w := walk{s: scanner{n.in.text, n.at}, in: n.in, span: n.span + 1, end: end}
	w.more = w.s.open(end)
	return w
}

// value returns the value at hand and goes to what follows it.
func (w *walk) value() node {
	n := node{w.in, w.s.at, w.span}
	w.s.at, w.span = n.end()
	w.more = w.s.comma(w.end)
	return n
}

// name returns the name of the member at hand and goes to its value.
func (w *walk) name() []byte {
	name := w.s.value()
	w.s.next() // the colon
	w.s.at++
	w.s.next()
	return name
}

func sameItems(a, b node) bool {
	x, y := a.walk(']'), b.walk(']')
	for x.more && y.more {
		if !equal(x.value(), y.value()) {
			return false
		}
	}
	return x.more == y.more
}

func sameMembers(a, b node) bool {
	x, y := membersOf(a), membersOf(b)
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if !sameString(x[i].name(a.in), y[i].name(b.in)) || !equal(x[i].value(a.in), y[i].value(b.in)) {
			return false
		}
	}
	return true
}

// member is a member of an object: where its quoted name is, and its value. There may be
// one for each five bytes of text.
type member struct{ from, to, at, span int32 }

func (m member) name(in *comparison) []byte { return in.text[m.from:m.to] }
func (m member) value(in *comparison) node  { return node{in, int(m.at), int(m.span)} }

// membersOf returns the members of an object sorted by name, the last of each name.
func membersOf(n node) []member {
	count := 0
	for w := n.walk('}'); w.more; count++ {
		w.name()
		w.value()
	}
	list := make([]member, 0, count)
	for w := n.walk('}'); w.more; {
		from := w.s.at
		to := from + len(w.name())
		value := w.value()
		list = append(list, member{int32(from), int32(to), int32(value.at), int32(value.span)})
	}
	slices.SortStableFunc(list, func(a, b member) int { return compareStrings(a.name(n.in), b.name(n.in)) })
	kept := list[:0]
	for i, m := range list {
		if i+1 == len(list) || !sameString(m.name(n.in), list[i+1].name(n.in)) {
			kept = append(kept, m)
		}
	}
	return kept
}

// unquoted is what a quoted string stands for, for comparison only: half of a surrogate
// pair, which no UTF-8 can hold, is the three bytes that its number would be in UTF-8. No
// valid text has these, so that it is the same as itself and as nothing else.
func unquoted(quoted []byte) []byte {
	if escapeless(quoted) {
		return quoted[1 : len(quoted)-1]
	}
	text, _ := decode(quoted, func(to []byte, r rune) []byte {
		return append(to, 0xe0|byte(r>>12), 0x80|byte(r>>6)&0x3f, 0x80|byte(r)&0x3f)
	})
	return text
}

func sameString(a, b []byte) bool {
	return bytes.Equal(a, b) || (!escapeless(a) || !escapeless(b)) && bytes.Equal(unquoted(a), unquoted(b))
}

func compareStrings(a, b []byte) int { return bytes.Compare(unquoted(a), unquoted(b)) }

func isNumber(c byte) bool { return c == '-' || c >= '0' && c <= '9' }

func sameNumber(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	x, y := newDecimal(a), newDecimal(b)
	return x.negative == y.negative && x.exponent == y.exponent && bytes.Equal(x.digits, y.digits) &&
		bytes.Equal(x.beyond, y.beyond)
}

// largestPower is the largest exponent that is counted with.
const largestPower = 1 << 62

// decimal is a number: 0.digits × 10^exponent, without zeros at either end of digits.
type decimal struct {
	negative bool
	digits   []byte
	exponent int64
	beyond   []byte // the exponent as it was sent, where it is too large to count with
}

func newDecimal(text []byte) decimal {
	var d decimal
	if text[0] == '-' {
		d.negative, text = true, text[1:]
	}
	mantissa, power := text, []byte(nil)
	if at := bytes.IndexAny(text, "eE"); at >= 0 {
		mantissa, power = text[:at], text[at+1:]
	}
	whole, fraction, _ := bytes.Cut(mantissa, []byte("."))
	d.exponent = int64(len(whole))
	d.digits = whole
	if len(fraction) > 0 {
		d.digits = append(append(make([]byte, 0, len(whole)+len(fraction)), whole...), fraction...)
	}
	before := len(d.digits)
	d.digits = bytes.TrimLeft(d.digits, "0")
	d.exponent -= int64(before - len(d.digits))
	d.digits = bytes.TrimRight(d.digits, "0")
	if len(d.digits) == 0 {
		return decimal{} // zero has no sign and no exponent
	}
	if len(power) > 0 {
		n, err := strconv.ParseInt(string(power), 10, 64)
		if err != nil || n > largestPower || n < -largestPower {
			d.beyond = power
			return d
		}
		d.exponent += n
	}
	return d
}
