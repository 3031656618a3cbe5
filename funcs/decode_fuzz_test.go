package funcs

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pyexec/pyexec/runtime"
)

// seeds are requests, and what is nearly one.
var seeds = []string{
	someScript, `{"script":"x","input":[1,{"a":"]"}],"stdin":"a","timeout":5,"report":true}`, "\ufeff{}",
	`{"script":"\ud83d\ude00\ud800"}`,
	`{"scr\u0069pt":"x","script":"y"}`, `[[[[`, `{"a":{"b":[}]}`, "\xff", `{"script":"x"}x`,
	`{"script" : "x" , "input" : null }`, `{"timeout":1e999}`, `{"input":"\\"}`, `null`, `0`,
	`{"script":"x","files":{"a":"text","b/c":{"base64":"aGk="},"d":{ "base64" : "" }},"return_files":true}`,
	`{"script":"x","entry":null,"args":[ "a" , "b" ],"env":{"A":"b","C":""},"convert":true}`,
	`{"script":"x","entry":"f","spread":true,"input":{"a":1},"args":[]}`, `{"script":"x","env":{"A=":"\u0000"}}`,
	`{"script":"x","files":{"a":{"base64":"aGk=","b":1}}}`, `{"script":"x","files":{"a":{}}}`,
}

// What is accepted, encoding/json reads the same way.
func FuzzDecode(f *testing.F) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	limits := testInfo().Limits
	limits.ScriptBytes, limits.ResultDepth = 1000, 10
	f.Fuzz(func(t *testing.T, body []byte) {
		if !utf8.Valid(body) {
			return // refused before it is parsed
		}
		req, err := parse(body, &limits)
		var loose map[string]json.RawMessage
		looseErr := json.Unmarshal(body, &loose)
		if err != nil {
			if err.Error() == "" || !utf8.ValidString(err.Error()) {
				t.Errorf("error text %q", err)
			}
			return
		}
		// What is accepted, encoding/json reads the same way.
		if looseErr != nil {
			t.Fatalf("accepted, but encoding/json: %v", looseErr)
		}
		var script, stdin string
		json.Unmarshal(loose["script"], &script)
		json.Unmarshal(loose["stdin"], &stdin)
		if req.job.Script != strings.TrimPrefix(script, "\ufeff") || req.job.Stdin != stdin ||
			string(req.job.Input) != string(loose["input"]) {
			t.Errorf("%q: got %+v", body, req)
		}
		var files map[string]any
		json.Unmarshal(loose["files"], &files)
		if len(files) != len(req.job.Files) {
			t.Errorf("%d files, and encoding/json has %d", len(req.job.Files), len(files))
		}
		for _, f := range req.job.Files {
			want, _ := files[f.Name].(string)
			if coded, ok := files[f.Name].(map[string]any); ok {
				data, err := base64.StdEncoding.DecodeString(coded["base64"].(string))
				if want = string(data); err != nil {
					t.Error(err)
				}
			}
			if string(f.Data) != want || strings.HasPrefix(f.Name, "/") ||
				strings.Contains("/"+f.Name+"/", "/../") {
				t.Errorf("file %q: %q, want %q", f.Name, f.Data, want)
			}
		}
		if req.checkOptions() == nil {
			checkFuzzed(t, &req.job.Options, loose)
		}
		if d := req.job.Timeout; d != 0 && (d < minTimeout || d > limits.Timeout) {
			t.Errorf("timeout %v", d)
		}
		if !utf8.ValidString(req.job.Script) || len(req.job.Script) > 1000 || runtime.Depth(req.job.Input) > 10 {
			t.Errorf("bounds: %+v", req)
		}
	})
}

// checkFuzzed compares options with what encoding/json reads, and with their bounds.
func checkFuzzed(t *testing.T, got *runtime.Options, loose map[string]json.RawMessage) {
	t.Helper()
	var want runtime.Options
	for name, into := range map[string]any{"entry": &want.Entry, "spread": &want.Spread, "convert": &want.Convert,
		"env": &want.Env, "args": &want.Args} {
		if loose[name] != nil {
			json.Unmarshal(loose[name], into)
		}
	}
	want.Program = string(loose["entry"]) == "null"
	if got.Entry != want.Entry || got.Program != want.Program || got.Spread != want.Spread ||
		got.Convert != want.Convert || !maps.Equal(got.Env, want.Env) || !slices.Equal(got.Args, want.Args) {
		t.Errorf("options: got %+v, want %+v", got, want)
	}
	for name, value := range got.Env {
		if name == "" || strings.ContainsAny(name, "=\x00") || strings.Contains(value, "\x00") {
			t.Errorf("variable %q=%q", name, value)
		}
	}
	if len(got.Env) > runtime.EnvCount || len(got.Args) > runtime.ArgsCount ||
		strings.ContainsAny(got.Entry, " .=\x00") {
		t.Errorf("bounds: %+v", got)
	}
}
