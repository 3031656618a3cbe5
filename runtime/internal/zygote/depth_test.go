package zygote

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestDepth(t *testing.T) {
	for text, want := range map[string]int{
		``: 0, `1`: 0, `"[[["`: 0, `[]`: 1, `{"a":[1,{"b":2}],"c":[]}`: 3, `["\"[",[]]`: 2, `"\\"`: 0,
		`["\\",[[]]]`:                3,
		strings.Repeat("[", 100_000): 100_000, `]]]][[`: 0, `"`: 0, `"\`: 0,
	} {
		if got := Depth([]byte(text)); got != want {
			t.Errorf("%.20s: got %d, want %d", text, got, want)
		}
	}
}

func FuzzDepth(f *testing.F) {
	for _, seed := range []string{`[[1],{"a":[]}]`, `"[\"["`, `{"\\":{}}`, `[`, `"\`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got := Depth(text)
		if !json.Valid(text) {
			return // only that it returns
		}
		want, open := 0, 0
		for d := json.NewDecoder(bytes.NewReader(text)); ; {
			token, err := d.Token()
			if err != nil {
				break
			}
			switch token {
			case json.Delim('['), json.Delim('{'):
				open++
				want = max(want, open)
			case json.Delim(']'), json.Delim('}'):
				open--
			}
		}
		if got != want {
			t.Errorf("%s: got %d, want %d", text, got, want)
		}
	})
}
