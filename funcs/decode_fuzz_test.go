package funcs

import (
	"encoding/base64"
	"encoding/json"
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
		if d := req.job.Timeout; d != 0 && (d < minTimeout || d > limits.Timeout) {
			t.Errorf("timeout %v", d)
		}
		if !utf8.ValidString(req.job.Script) || len(req.job.Script) > 1000 || runtime.Depth(req.job.Input) > 10 {
			t.Errorf("bounds: %+v", req)
		}
	})
}
