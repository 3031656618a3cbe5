package jsontext

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// Whatever the bytes, the string is valid JSON and reads back as the bytes
// with U+FFFD for each that is not UTF-8.
func FuzzAppendString(f *testing.F) {
	for _, seed := range []string{"", "a", "\x00\"\\/\x7f", "é😀\u2028", "\xff", "a\xc3", "\xf0\x9f\x98",
		"\xed\xa0\x80", "\xc0\xaf", "\ufffd"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got := AppendString(nil, in)
		if string(got) != string(AppendString(nil, string(in))) {
			t.Error("bytes and string differ")
		}
		var back string
		if err := json.Unmarshal(got, &back); err != nil || !utf8.Valid(got) {
			t.Fatalf("%q: %v", got, err)
		}
		var clean strings.Builder
		for _, r := range string(in) { // range yields U+FFFD for each such byte
			clean.WriteRune(r)
		}
		if back != clean.String() {
			t.Errorf("%q came back as %q", in, back)
		}
	})
}

// The start of a character is up to three bytes, at the very end.
func TestIncomplete(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "a": 0, "é": 0, "😀": 0, "a\xc3": 1, "\xe2\x82": 2, "a\xf0\x9f\x98": 3, "\x80": 0, "\xff": 0,
		"\xc3a":            0,
		"\x80\x80\x80\x80": 0,
	} {
		if got := Incomplete([]byte(text)); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
}
