package jsontext

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"
)

// The scanner reads what encoding/json reads: the same members in the same order,
// each value as it was written, each name as it is meant.
func FuzzMembers(f *testing.F) {
	for _, seed := range []string{
		`{}`, ` { "a" : 1 , "b":[4.0,{"c":null}]}`, `{"a":"]}\"\\\ud800","a":""}`,
		`{"\u0000\ud83d\ude00":"<>&"} `, `[1]`, `"x"`, ` 0`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !json.Valid(text) || !utf8.Valid(text) {
			return // not what it is for
		}
		if got, want := Kind(text), bytes.TrimSpace(text)[0]; got != want {
			t.Fatalf("kind %c of %s", got, text)
		}
		if Kind(text) != '{' {
			return
		}
		dec := json.NewDecoder(bytes.NewReader(text))
		if _, err := dec.Token(); err != nil {
			t.Fatal(err)
		}
		for quoted, value := range Members(text) {
			name, err := dec.Token()
			if err != nil {
				t.Fatalf("%s: %s is too much: %v", text, quoted, err)
			}
			if got, _ := Unquote(quoted); got != name {
				t.Errorf("%s: name %q, want %q", text, got, name)
			}
			var want json.RawMessage
			if err := dec.Decode(&want); err != nil || !bytes.Equal(value, want) {
				t.Errorf("%s: value %s, want %s, %v", text, value, want, err)
			}
		}
		if dec.More() {
			t.Errorf("%s: members are missing", text)
		}
	})
}

// Items are those that encoding/json reads, each as it was written.
func FuzzItems(f *testing.F) {
	for _, seed := range []string{`[]`, ` [ 1 , "a]" , {"b":[4.0]} ,[[]],null ] `, `["\\",""]`, `{}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !json.Valid(text) || Kind(text) != '[' {
			return // not what it is for
		}
		var want []json.RawMessage
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		n := 0
		for value := range Items(text) {
			if n == len(want) || !bytes.Equal(value, want[n]) {
				t.Fatalf("%s: item %d is %s", text, n, value)
			}
			n++
		}
		if n != len(want) {
			t.Errorf("%s: %d items, want %d", text, n, len(want))
		}
	})
}

// An escape that is half of a pair is reported.
func TestUnquote(t *testing.T) {
	for quoted, want := range map[string]string{
		`""`: "", `"aé"`: "aé", `"\"\\\/\b\f\n\r\t\u0041\ud83d\ude00"`: "\"\\/\b\f\n\r\tA😀",
		`"\ud800"`: "\ufffd", `"\ude00\ud83d"`: "\ufffd\ufffd", `"\ud83dx"`: "\ufffdx",
	} {
		got, ok := Unquote([]byte(quoted))
		if whole := !bytes.Contains([]byte(want), []byte("\ufffd")); got != want || ok != whole {
			t.Errorf("%s: got %q, %v", quoted, got, ok)
		}
	}
}

// The walk may end early.
func TestMembersEndsEarly(t *testing.T) {
	n := 0
	for range Members([]byte(`{"a":1,"b":2}`)) {
		n++
		break
	}
	if n != 1 {
		t.Errorf("%d members", n)
	}
}
