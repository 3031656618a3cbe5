package runtime

import (
	"context"
	_ "embed"
	"encoding/json"
	"testing"
)

//go:embed testdata/home/script.py
var homeScript string

// A script has a file, modules beside it and a home, whatever confines it, and
// nothing of it comes back that it has not made.
func TestHome(t *testing.T) {
	job := Job{Script: homeScript, Stdin: "in", ReturnFiles: true, Files: []File{
		{Name: "helper.py", Data: []byte("def fail():\n    raise ValueError('in helper')\n")},
		{Name: "pkg/__init__.py"}, {Name: "pkg/sub.py", Data: []byte("value = 6\n")},
	}}
	yes := []any{true, true, true}
	want := map[string]any{
		"file": yes, "home": yes, "modules": []any{6, 1, true},
		"user": []any{"user", "user", "user"}, "host": []any{},
		"text": []any{"utf-8", "utf-8"}, "streams": "in",
		"traceback": "Traceback (most recent call last):\n" +
			"  File \"script.py\", line 24, in caught\n    helper.fail()\n" +
			"  File \"HERE/helper.py\", line 2, in fail\n    raise ValueError('in helper')\nValueError: in helper\n",
		"time": []any{
			[]any{"UTC", "2024-07-03 09:46:40"},
			[]any{"CET", "2024-07-03 11:46:40"},
			[]any{"EST", "2024-07-03 05:46:40"},
		},
	}
	for _, posture := range postures {
		inPosture(t, posture, func(t *testing.T) {
			r := start(t, nil)
			result, err := r.Run(context.Background(), job, Hooks{})
			if err != nil || result.Status != OK {
				t.Fatalf("%v, %s %s %s", err, result.Status, result.Error, result.Traceback)
			}
			same(t, string(result.Value), want)
			if string(result.Stdout) != "one\ntwo\nthree\n" {
				t.Errorf("stdout %q", result.Stdout)
			}
			if len(result.Files) != 1 || result.Files[0].Name != "made.py" {
				t.Errorf("files %v", result.Files)
			}
		})
	}
}

// same compares what a program returned with what it must, entry by entry.
func same(t *testing.T, got string, want map[string]any) {
	t.Helper()
	var came map[string]json.RawMessage
	if err := json.Unmarshal([]byte(got), &came); err != nil {
		t.Fatalf("%v: %s", err, got)
	}
	for name, w := range want {
		text, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		if string(came[name]) != string(text) {
			t.Errorf("%s: %s, want %s", name, came[name], text)
		}
		delete(came, name)
	}
	for name, text := range came {
		t.Errorf("%s: %s, and nothing is expected", name, text)
	}
}
