package funcs

import "testing"

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
