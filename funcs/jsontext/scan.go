package jsontext

import (
	"bytes"
	"iter"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Kind is the byte that a valid JSON text begins with after space: '{' for an
// object, '"' for a string.
func Kind(text []byte) byte {
	s := scanner{text: text}
	return s.next()
}

// Members are the members of a valid JSON object in their order: the name as it
// is quoted, and the text of the value without space around it. Both alias
// object.
func Members(object []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		s := scanner{text: object}
		s.next()
		for more := s.open('}'); more; more = s.comma('}') {
			name := s.value()
			s.next() // the colon
			s.at++
			s.next()
			if !yield(name, s.value()) {
				return
			}
		}
	}
}

// Items are the texts of what is in a valid JSON array, in their order and without
// space around them. They alias array.
func Items(array []byte) iter.Seq[[]byte] {
	return func(yield func(value []byte) bool) {
		s := scanner{text: array}
		s.next()
		for more := s.open(']'); more; more = s.comma(']') {
			if !yield(s.value()) {
				return
			}
		}
	}
}

// scanner walks JSON that is known to be valid. On anything else its methods
// may panic or answer nonsense.
type scanner struct {
	text []byte
	at   int
}

// next skips space and returns the byte it stops at, without passing it.
func (s *scanner) next() byte {
	for {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return c
		}
	}
}

// open enters the object or array at hand, which ends with that byte, and says
// whether there is something in it.
func (s *scanner) open(end byte) bool {
	s.at++
	return s.next() != end
}

// comma passes what follows a value and says whether another one does.
func (s *scanner) comma(end byte) bool {
	if s.next() == end {
		return false
	}
	s.at++
	s.next()
	return true
}

// value passes the value at hand and returns its text.
func (s *scanner) value() []byte {
	start := s.at
	switch s.text[s.at] {
	case '"':
		s.at = stringEnd(s.text, s.at)
	case '{', '[':
		for open := 0; ; {
			switch s.text[s.at] {
			case '"':
				s.at = stringEnd(s.text, s.at)
				continue
			case '{', '[':
				open++
			case '}', ']':
				open--
			}
			s.at++
			if open == 0 {
				break
			}
		}
	default:
		if n := bytes.IndexAny(s.text[s.at:], ",}] \t\n\r"); n >= 0 {
			s.at += n
		} else {
			s.at = len(s.text)
		}
	}
	return s.text[start:s.at]
}

// stringEnd returns the index after the string that starts at index at.
func stringEnd(text []byte, at int) int {
	for at++; text[at] != '"'; at++ {
		if text[at] == '\\' {
			at++
		}
	}
	return at + 1
}

// escapes are the short ones: the byte after the backslash → what it means.
var escapes = [256]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// Unquote returns what a valid JSON string in valid UTF-8 stands for. ok is
// false when an escape is half of a surrogate pair, which no UTF-8 can hold;
// it is U+FFFD in s then.
func Unquote(quoted []byte) (s string, ok bool) {
	if escapeless(quoted) {
		return string(quoted[1 : len(quoted)-1]), true
	}
	out, ok := decode(quoted, func(to []byte, _ rune) []byte { return utf8.AppendRune(to, utf8.RuneError) })
	return string(out), ok
}

func escapeless(quoted []byte) bool { return bytes.IndexByte(quoted, '\\') < 0 }

// decode returns what a string stands for, with what half appends for each half of a
// surrogate pair; ok is false when there is one.
func decode(quoted []byte, half func(to []byte, r rune) []byte) (out []byte, ok bool) {
	in := quoted[1 : len(quoted)-1]
	out = make([]byte, 0, len(in))
	i := bytes.IndexByte(in, '\\')
	for ok = true; i >= 0; i = bytes.IndexByte(in, '\\') {
		out = append(out, in[:i]...)
		c := in[i+1]
		in = in[i+2:]
		if c != 'u' {
			out = append(out, escapes[c])
			continue
		}
		r := hex4(in)
		in = in[4:]
		if utf16.IsSurrogate(r) {
			low := rune(-1)
			if len(in) >= 6 && in[0] == '\\' && in[1] == 'u' {
				low = hex4(in[2:])
			}
			whole := utf16.DecodeRune(r, low)
			if whole == utf8.RuneError {
				out, ok = half(out, r), false
				continue
			}
			in, r = in[6:], whole
		}
		out = utf8.AppendRune(out, r)
	}
	return append(out, in...), ok
}

// hex4 reads the four digits of a \u escape.
func hex4(digits []byte) rune {
	n, _ := strconv.ParseUint(string(digits[:4]), 16, 16) // valid by contract
	return rune(n)
}
