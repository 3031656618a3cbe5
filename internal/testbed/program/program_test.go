package program

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// Broken headers are refused: a program with one would prove nothing.
func TestProgramHeaders(t *testing.T) {
	for _, tt := range []struct{ source, says string }{
		{"# Tries.\n# status: killed\n", ""},
		{"# Tries: this and that.\n# result: 1\n", ""},
		{"# Tries.\n# result: 1\n# in podman: result: 2\n# because: so\n", ""},
		{"# status: killed\n", "nothing says"},
		{"# Tries.\n", "neither"},
		{"# Tries.\n# error: x\n", "neither"},
		{"# Tries.\n# result: {\n", "not JSON"},
		{"# Tries.\n# result~: (\n", "missing closing"},
		{"# Tries.\n# result: 1\n# result: 2\n", "twice"},
		{"# Tries.\n# result: 1\n# in podman: result: 2\n", "reason"},
		{"# Tries.\n# result: 1\n# in podman: result: 2\n# result: 3\n", "reason"},
		{"# Tries.\n# in podman: result: 2\n# in docker: result: 3\n# because: so\n# result: 1\n", "reason"},
		{"# Tries.\n# status: ok\n# input: {\n", "not JSON"},
		{"# Tries.\n# each~: E.*\n", ""},
		{"# Tries.\n# contained: 1\n", ""},
		{"# Tries.\n# free: 1\n", "neither"},
		{"# Tries.\n# entries: \"a\": 1, \"b\": 2\n# entries: \"c\": 3\n", ""},
		{"# Tries.\n# entries: \"a\": 1\n# entries: \"a\": 1\n", "twice"},
		{"# Tries.\n# entries: \"a\": 1\n# entries: a: 1\n", "not JSON"},
		{"# Tries.\n# entries: \"a\": 1\n# in podman: entries: \"b\": 1\n# because: so\n", "some places only"},
		{"# Tries.\n# result: 1\n# in nowhere: result: 2\n# because: so\n", "no such place"},
	} {
		_, err := Parse(tt.source+"def main(): pass\n", []string{"podman", "docker"})
		if got := fmt.Sprint(err); tt.says == "" && err != nil || !strings.Contains(got, tt.says) {
			t.Errorf("%q: %v, want %q", tt.source, err, tt.says)
		}
	}
}

// What is expected depends on the place, and on no other.
func TestProgramIn(t *testing.T) {
	p, err := Parse(`# Tries.
# entries: "a": 1, "b": 2
# entries: "c": 3
# in podman: entries: "a": 4
# in podman: entries: "b": 5
# because: two lines have one reason
# in docker: status: killed
# because: so
# input: 6
# in gvisor podman: entries: "b": 7
# because: so
`, []string{"podman", "docker", "gvisor"})
	if err != nil {
		t.Fatal(err)
	}
	for place, want := range map[string]string{
		"":              `map[entries:{"a":1,"b":2,"c":3} input:6]`,
		"podman":        `map[entries:{"a":4,"b":7,"c":3} input:6]`,
		"gvisor":        `map[entries:{"a":1,"b":7,"c":3} input:6]`,
		"docker":        `map[input:6 status:killed]`,
		"podman gvisor": `map[entries:{"a":4,"b":7,"c":3} input:6]`,
	} {
		if got := fmt.Sprint(p.In(strings.Fields(place)...)); got != want {
			t.Errorf("%s: %s, want %s", place, got, want)
		}
	}
}

// Entries and texts are compared one by one, each with a line of its own.
func TestMismatches(t *testing.T) {
	for _, tt := range []struct {
		header, reply string
		wrong         int
	}{
		{`entries: "a": 1, "b": [2, "x"]`, `{"status":"ok","result":{"b":[2,"x"],"a":1}}`, 0},
		{`entries: "a": 1, "b": 2`, `{"status":"ok","result":{"a":1,"b":3}}`, 1},
		{`entries: "a": 1, "b": 2`, `{"status":"ok","result":{"a":1}}`, 1},
		{`entries: "a": null`, `{"status":"ok","result":{}}`, 1},
		{`entries: "a": 1`, `{"status":"ok","result":{"a":1,"b":2,"c":3}}`, 2},
		{`entries: "a": 1`, `{"status":"ok","result":[1]}`, 1},
		{`entries: "a": 1`, `{"status":"killed"}`, 2},
		{`each~: E[A-Z]+`, `{"status":"ok","result":{"f":{"read":"EPERM","write":"EACCES"}}}`, 0},
		{`each~: E[A-Z]+`, `{"status":"ok","result":{"f":{"read":"told","write":null},"g":{"read":3}}}`, 3},
		{`each~: E[A-Z]+`, `{"status":"ok","result":{}}`, 1},
		{`status: killed`, `{"status":"ok"}`, 1},
	} {
		p, err := Parse("# Tries.\n# "+tt.header+"\ndef main(): pass\n", []string{"podman"})
		if err != nil {
			t.Fatal(err)
		}
		var reply map[string]json.RawMessage
		if err := json.Unmarshal([]byte(tt.reply), &reply); err != nil {
			t.Fatal(err)
		}
		if wrong := p.In("podman").Mismatches(reply); len(wrong) != tt.wrong {
			t.Errorf("%q, reply %s: got %q", tt.header, tt.reply, wrong)
		}
	}
}

// A text is compared as a whole, with a text or with an expression.
func TestMatches(t *testing.T) {
	p, err := Parse("# Tries.\n# contained: 1\n# free~: [12]\n", []string{"podman"})
	if err != nil {
		t.Fatal(err)
	}
	want := p.In("podman")
	for _, tt := range []struct {
		name, got string
		same      bool
	}{
		{"contained", "1", true}, {"contained", "12", false}, {"free", "2", true}, {"free", "22", false},
		{"free", "3", false}, {"error", "", false},
	} {
		if want.Matches(tt.name, tt.got) != tt.same {
			t.Errorf("%s: %q: want %t", tt.name, tt.got, tt.same)
		}
	}
	if text, given := want.Says("free"); text != "[12]" || !given {
		t.Errorf("free: %q, %t", text, given)
	}
	if text, given := want.Says("error"); given {
		t.Errorf("error: %q", text)
	}
}
