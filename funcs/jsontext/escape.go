package jsontext

import "unicode/utf8"

// plain says of an ASCII byte whether it stands for itself in a JSON string.
var plain = func() (t [utf8.RuneSelf]bool) {
	for c := range t {
		t[c] = c >= ' ' && c != '"' && c != '\\'
	}
	return t
}()

// AppendString appends s as a JSON string. Only what JSON requires is
// escaped; each byte that is not UTF-8 becomes U+FFFD.
func AppendString[T string | []byte](b []byte, s T) []byte {
	return append(appendEscaped(append(b, '"'), s), '"')
}

// appendEscaped appends s as it is between the quotes of a JSON string.
func appendEscaped[T string | []byte](b []byte, s T) []byte {
	const hex = "0123456789abcdef"
	start := 0 // of what is not yet copied
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if plain[c] {
				i++
				continue
			}
			b = append(b, s[start:i]...)
			switch c {
			case '"', '\\':
				b = append(b, '\\', c)
			case '\n':
				b = append(b, `\n`...)
			case '\r':
				b = append(b, `\r`...)
			case '\t':
				b = append(b, `\t`...)
			case '\b':
				b = append(b, `\b`...)
			case '\f':
				b = append(b, `\f`...)
			default:
				b = append(b, `\u00`...)
				b = append(b, hex[c>>4], hex[c&15])
			}
			i++
			start = i
			continue
		}
		size := runeLen(s[i:min(len(s), i+utf8.UTFMax)])
		if size > 0 {
			i += size
			continue
		}
		b = append(b, s[start:i]...)
		b = utf8.AppendRune(b, utf8.RuneError)
		i++
		start = i
	}
	return append(b, s[start:]...)
}

// runeLen returns the length of the character s starts with, 0 when it starts
// with a byte that is not UTF-8. s is at most four bytes long.
func runeLen[T string | []byte](s T) int {
	var p [utf8.UTFMax]byte
	r, size := utf8.DecodeRune(p[:copy(p[:], s)])
	if r == utf8.RuneError && size <= 1 {
		return 0
	}
	return size
}

// Incomplete is the length in bytes of the start of a character at the end of
// text, 0 where text ends with a whole one or with something else.
func Incomplete(text []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if start := text[len(text)-n:]; utf8.RuneStart(start[0]) {
			if utf8.FullRune(start) {
				return 0
			}
			return n
		}
	}
	return 0
}
