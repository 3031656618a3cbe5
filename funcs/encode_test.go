package funcs

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// Whatever the bytes, the string is valid JSON and reads back as the bytes
// with U+FFFD for each that is not UTF-8.
func FuzzAppendString(f *testing.F) {
	for _, seed := range []string{"", "a", "\x00\"\\/\x7f", "é😀\u2028", "\xff", "a\xc3", "\xf0\x9f\x98", "\xed\xa0\x80", "\xc0\xaf", "\ufffd"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got := appendString(nil, in)
		if string(got) != string(appendString(nil, string(in))) {
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

func TestTrimCut(t *testing.T) {
	for in, out := range map[string]string{
		"":             "",
		"abc":          "abc",
		"ab\xc3":       "ab",
		"a\xe2\x82":    "a",
		"\xf0\x9f\x98": "",
		"é":            "é",
		"€":            "€",
		"abc\x80\x80":  "abc\x80\x80",
		"abc\xff":      "abc\xff",
		"\x80":         "\x80",
	} {
		if got := string(trimCut([]byte(in), int64(len(in)))); got != out {
			t.Errorf("trimCut(%q) = %q, want %q", in, got, out)
		}
		if got := string(trimCut([]byte(in), int64(len(in))+1)); got != in {
			t.Errorf("trimCut(%q) below the limit = %q", in, got)
		}
	}
}
