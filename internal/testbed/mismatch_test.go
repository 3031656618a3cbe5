package testbed_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed"
)

// statusCode is the HTTP code of a status that a script can bring about.
func statusCode(status string) int {
	switch status {
	case "ok":
		return 200
	case "import_blocked", "syntax_error", "main_missing":
		return 400
	}
	return 422
}

// mismatches compares a reply with what is wanted.
func mismatches(want map[string]string, code int, reply map[string]json.RawMessage) (wrong []string) {
	status := text(reply["status"])
	if code == 200 {
		status = "ok"
	}
	wanted := want["status"]
	if wanted == "" {
		wanted = "ok"
	}
	if !slices.Contains(strings.Split(wanted, "|"), status) || code != statusCode(status) {
		wrong = append(wrong, fmt.Sprintf("status %s with code %d, want %s", status, code, wanted))
	}
	for name, value := range want {
		plain, pattern := strings.CutSuffix(name, "~")
		switch plain {
		case "result", "error", "denied", "stdout", "stderr":
		default:
			continue
		}
		got := text(reply[plain])
		same := got == value
		if plain == "result" {
			got = string(reply[plain])
			same = !pattern && sameJSON(got, value)
		}
		if pattern {
			same = regexp.MustCompile(`\A(?s:` + value + `)\z`).MatchString(got)
		}
		if !same {
			wrong = append(wrong, fmt.Sprintf("%s %.1500s\nwant %s", plain, got, value))
		}
	}
	if _, denied := reply["denied"]; denied && want["denied"] == "" && want["denied~"] == "" {
		wrong = append(wrong, "denied "+text(reply["denied"])+", and nothing is expected")
	}
	return wrong
}

// text is a JSON string's value, or what is not one as it is.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return string(raw)
	}
	return s
}

func sameJSON(a, b string) bool {
	decode := func(s string) (v any, err error) {
		d := json.NewDecoder(bytes.NewReader([]byte(s)))
		d.UseNumber()
		return v, d.Decode(&v)
	}
	x, errX := decode(a)
	y, errY := decode(b)
	return errX == nil && errY == nil && reflect.DeepEqual(x, y)
}

func TestMismatches(t *testing.T) {
	for _, tt := range []struct {
		header, reply string
		code          int
		wrong         int
	}{
		{"result: {\"a\": 1}", `{"result":{"a":1}}`, 200, 0},
		{"result: 1", `{"result":2}`, 200, 1},
		{"result: 1", `{"result":1.0}`, 200, 1},
		{"result: 1", `{"status":"script_error"}`, 422, 2},
		{"result~: [12]", `{"result":2}`, 200, 0},
		{"result~: [12]", `{"result":22}`, 200, 1},
		{"status: killed|timeout", `{"status":"timeout"}`, 422, 0},
		{"status: killed|timeout", `{"status":"exited"}`, 422, 1},
		{"status: import_blocked", `{"status":"import_blocked"}`, 422, 1},
		{"status: script_error\n# error: no", `{"status":"script_error","error":"no way"}`, 422, 1},
		{"status: script_error\n# error~: no.*", `{"status":"script_error","error":"no way"}`, 422, 0},
		{"status: script_error", `{"status":"script_error","denied":"x"}`, 422, 1},
		{"status: script_error\n# denied: x", `{"status":"script_error","denied":"x"}`, 422, 0},
		{"status: script_error\n# denied: x", `{"status":"script_error"}`, 422, 1},
	} {
		p, err := parseProgram("p", "# Tries.\n# "+tt.header+"\ndef main(): pass\n")
		if err != nil {
			t.Fatal(err)
		}
		var reply map[string]json.RawMessage
		if err := json.Unmarshal([]byte(tt.reply), &reply); err != nil {
			t.Fatal(err)
		}
		if wrong := mismatches(p.in("podman"), tt.code, reply); len(wrong) != tt.wrong {
			t.Errorf("%q, reply %d %s: got %q", tt.header, tt.code, tt.reply, wrong)
		}
	}
}

// A server that resembles another set-up than its own has less.
func TestLess(t *testing.T) {
	for found, want := range map[string]bool{"plain-root": false, "docker": true, "plain-user": true} {
		if err := less(testbed.PlainRoot.Name, found); (err != nil) != want {
			t.Errorf("%s: %v", found, err)
		}
	}
}
