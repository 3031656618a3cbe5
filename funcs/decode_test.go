package funcs

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/runtime"
)

var (
	crlfScript = "def main():\r\n    return 'é'\r\n"
	longScript = strings.Repeat("#", 1<<20)
)

// wellFormed are requests and what they become.
var wellFormed = []struct {
	name, contentType, body string
	want                    runtime.Job
}{
	{"script only", "application/json", `{"script":"x"}`, runtime.Job{Script: "x"}},
	{"no type", "", `{"script":"x"}`, runtime.Job{Script: "x"}},
	{"charset", `application/json; charset="UTF-8"`, `{"script":"x"}`, runtime.Job{Script: "x"}},
	{"charset without dash, other case", "Application/JSON;charset=utf8", `{"script":"x"}`,
		runtime.Job{Script: "x"}},
	{"byte order mark", "application/json", "\ufeff" + `{"script":"x"}`, runtime.Job{Script: "x"}},
	{"mark inside the script too", "application/json", "\ufeff" + `{"script":"\ufeffx\ufeff"}`,
		runtime.Job{Script: "x\ufeff"}},
	{"space everywhere", "application/json", " \r\n{ \"script\" :\t\"x\" , \"input\" : [ 1 ] \n} \r\n",
		runtime.Job{Script: "x", Input: []byte("[ 1 ]")}},
	{"CRLF stays", "application/json", `{"script":` + strconv.Quote(crlfScript) + `}`,
		runtime.Job{Script: crlfScript}},
	{"every escape", "application/json", `{"script":"\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00é😀"}`,
		runtime.Job{Script: "\"\\/\b\f\n\r\tAé😀é😀"}},
	{"escaped key", "application/json", `{"scr\u0069pt":"x"}`, runtime.Job{Script: "x"}},
	{"input null is an argument", "application/json", `{"script":"x","input":null}`,
		runtime.Job{Script: "x", Input: []byte("null")}},
	{"input keeps its numbers and order", "application/json",
		`{"input":{"b":4.0,"a":[18446744073709551617,1E5]},"script":"x"}`,
		runtime.Job{Script: "x", Input: []byte(`{"b":4.0,"a":[18446744073709551617,1E5]}`)}},
	{"input keeps odd strings", "application/json", `{"script":"x","input":"]}\"\\\ud800"}`,
		runtime.Job{Script: "x", Input: []byte(`"]}\"\\\ud800"`)}},
	{"input at the depth limit", "application/json", `{"script":"x","input":` + nest(100) + `}`,
		runtime.Job{Script: "x", Input: []byte(nest(100))}},
	{"stdin", "application/json", `{"script":"x","stdin":"a\nb"}`, runtime.Job{Script: "x", Stdin: "a\nb"}},
	{"smallest timeout", "application/json", `{"script":"x","timeout":0.05}`,
		runtime.Job{Script: "x", Timeout: 50 * time.Millisecond}},
	{"largest timeout", "application/json", `{"script":"x","timeout":3e1}`,
		runtime.Job{Script: "x", Timeout: 30 * time.Second}},
	{"timeout in decimals", "application/json", `{"script":"x","timeout":1.1}`,
		runtime.Job{Script: "x", Timeout: 1100 * time.Millisecond}},
	{"report false", "application/json", `{"script":"x","report":false}`, runtime.Job{Script: "x"}},
	{"largest script", "application/json", `{"script":"` + longScript + `"}`, runtime.Job{Script: longScript}},
	{"Windows PowerShell's ConvertTo-Json", "application/json; charset=utf-8",
		"{\r\n    \"input\":  {\r\n                  \"name\":  \"Ada\"\r\n              },\r\n    " +
			"\"script\":  \"def main(x):\\r\\n    return x[\\u0027name\\u0027] \\u003c \\u0027B\\u0027\"\r\n}",
		runtime.Job{Script: "def main(x):\r\n    return x['name'] < 'B'",
			Input: []byte("{\r\n                  \"name\":  \"Ada\"\r\n              }")}},
	{"PowerShell 7's ConvertTo-Json", "application/json",
		"{\n  \"script\": \"def main():\\n    return 'B'\",\n  \"timeout\": 5\n}",
		runtime.Job{Script: "def main():\n    return 'B'", Timeout: 5 * time.Second}},
}

// What a well-formed request becomes.
func TestJobs(t *testing.T) {
	for _, tt := range wellFormed {
		t.Run(tt.name, func(t *testing.T) {
			runner := four()
			w := serve(runner, newRequest("POST", "/execute", tt.contentType, tt.body))
			want(t, w, 200, `{"result":4,"stdout":""}`)
			got := runner.job(t)
			if got.Script != tt.want.Script || string(got.Input) != string(tt.want.Input) ||
				(got.Input == nil) != (tt.want.Input == nil) ||
				got.Stdin != tt.want.Stdin || got.Timeout != tt.want.Timeout || got.Usage {
				t.Errorf("job\n got %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func nest(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

const (
	fieldsText = ": a request has only script, input, stdin, files, timeout, report, return_files, entry, " +
		"spread, convert, env, args, environment, inputs, cases, expected, isolation"
	timeoutText  = "timeout must be a number of seconds from 0.05 to 30"
	entryText    = "entry must be the name of a function, or null to run the script as a program"
	spreadText   = "input must be an object where spread is true: its members are the keyword arguments"
	mustBeObject = "request body must be a JSON object"
)

var deep = strings.Repeat("[", 100_000)

// illFormed are requests that are refused, and the sentence that says so.
var illFormed = []struct {
	name, body string
	status     int
	text       string // of the error; with … at its end, how it begins
}{
	{"empty", "", 400, mustBeObject + ": it is empty"},
	{"space", " \r\n", 400, mustBeObject + ": it is empty"},
	{"mark only", "\ufeff", 400, mustBeObject + ": it is empty"},
	{"array", `[{"script":"x"}]`, 400, mustBeObject + " with the field script"},
	{"string", `"script"`, 400, mustBeObject + " with the field script"},
	{"null", `null`, 400, mustBeObject + " with the field script"},
	{"cut off", `{"script":"x"`, 400,
		"request body must be valid JSON: unexpected end of JSON input (byte 13)"},
	{"trailing data", `{"script":"x"} {}`, 400,
		"request body must be valid JSON: invalid character '{' after top-level value (byte 16)"},
	{"comment", `{"script":"x"} // done`, 400, "request body must be valid JSON: …"},
	{"raw newline in a string", "{\"script\":\"x\ny\"}", 400, "request body must be valid JSON: …"},
	{"form", `script=def+main()`, 400, "request body must be valid JSON: …"},
	{"NaN", `{"script":"x","input":NaN}`, 400,
		"request body must be valid JSON, which has no NaN and no Infinity (byte 23)"},
	{"Infinity", `{"script":"x","input":[Infinity]}`, 400,
		"request body must be valid JSON, which has no NaN and no Infinity (byte 24)"},
	{"minus Infinity", `{"script":"x","input":-Infinity}`, 400,
		"request body must be valid JSON, which has no NaN and no Infinity (byte 24)"},
	{"spaces", strings.Repeat(" ", 100), 400, "request body must be valid JSON: …"},
	{"Latin-1", "{\"script\":\"caf\xe9\"}", 400,
		"request body must be UTF-8: byte 0xE9 at offset 14 is not; encode the text as UTF-8 before " +
			"sending it"},
	{"UTF-16", "\xff\xfe{\x00", 400, "request body must be UTF-8: byte 0xFF at offset 0 is not; …"},
	{"cut character", "{\"script\":\"caf\xc3", 400,
		"request body must be UTF-8: byte 0xC3 at offset 14 is not; …"},
	{"unknown field", `{"script":"x","time_out":1}`, 400, `unknown field "time_out"` + fieldsText},
	{"other case", `{"Script":"x"}`, 400, `unknown field "Script"` + fieldsText},
	{"empty name", `{"":1}`, 400, `unknown field ""` + fieldsText},
	{"a long name is cut", `{"` + strings.Repeat("n", 1000) + `":1}`, 400,
		`unknown field "` + strings.Repeat("n", 64) + `…"` + fieldsText},
	{"duplicate", `{"script":"x","script":"y"}`, 400, "script must be given once"},
	{"duplicate in disguise", `{"input":1,"script":"x","inp\u0075t":2}`, 400, "input must be given once"},
	{"no script", `{"input":1}`, 400,
		"script is missing: it must be a string of Python source that defines main()"},
	{"empty object", `{}`, 400, "script is missing: …"},
	{"script null", `{"script":null}`, 400, "script must be a string"},
	{"script number", `{"script":1}`, 400, "script must be a string"},
	{"script list", `{"script":["x"]}`, 400, "script must be a string"},
	{"script empty", `{"script":""}`, 400, "script must not be empty: …"},
	{"script blank", `{"script":" \r\n\t"}`, 400, "script must not be empty: …"},
	{"script mark only", `{"script":"\ufeff"}`, 400, "script must not be empty: …"},
	{"script surrogate", `{"script":"\ud800"}`, 400, "script must be Unicode text: …"},
	{"script surrogates the wrong way round", `{"script":"\ude00\ud83d"}`, 400,
		"script must be Unicode text: …"},
	{"files no object", `{"script":"x","files":[]}`, 400, "files must be an object…"},
	{"files null", `{"script":"x","files":null}`, 400, "files must be an object…"},
	{"file a number", `{"script":"x","files":{"a":1}}`, 400,
		`files: "a": must be a string of Unicode text, or …`},
	{"file an empty object", `{"script":"x","files":{"a":{}}}`, 400, `files: "a": must be …`},
	{"file of another coding", `{"script":"x","files":{"a":{"hex":"00"}}}`, 400, `files: "a": must be …`},
	{"file base64 and more", `{"script":"x","files":{"a":{"base64":"aGk=","x":1}}}`, 400,
		`files: "a": must be …`},
	{"file base64 a number", `{"script":"x","files":{"a":{"base64":1}}}`, 400, `files: "a": must be …`},
	{"file no base64", `{"script":"x","files":{"a":{"base64":"aGk"}}}`, 400, `files: "a": must be …`},
	{"file surrogate", `{"script":"x","files":{"a":"\ud800"}}`, 400, `files: "a": must be …`},
	{"files too many", `{"script":"x","files":{` + many(1024) + `}}`, 400,
		"files: must be at most 1023 files and directories, got 1024"},
	{"file name surrogate", `{"script":"x","files":{"\ud800":""}}`, 400,
		`files: "�": name must be Unicode text`},
	{"file up", `{"script":"x","files":{"a/../../b":""}}`, 400,
		`files: "a/../../b": must not contain . or ..`},
	{"file absolute", `{"script":"x","files":{"/etc/passwd":""}}`, 400,
		`files: "/etc/passwd": must be relative to the working directory`},
	{"file NUL", `{"script":"x","files":{"a\u0000":""}}`, 400, `files: "a\x00": must be UTF-8 without NUL`},
	{"file twice", `{"script":"x","files":{"a":"","\u0061":""}}`, 400, `files: "a": must be given once`},
	{"return_files no flag", `{"script":"x","return_files":1}`, 400, "return_files must be true or false"},
	{"entry empty", `{"script":"x","entry":""}`, 400, entryText},
	{"entry number", `{"script":"x","entry":5}`, 400, entryText},
	{"entry false", `{"script":"x","entry":false}`, 400, entryText},
	{"entry dotted", `{"script":"x","entry":"a.b"}`, 400, entryText},
	{"entry a call", `{"script":"x","entry":"main()"}`, 400, entryText},
	{"entry begins with a digit", `{"script":"x","entry":"1a"}`, 400, entryText},
	{"entry surrogate", `{"script":"x","entry":"\ud800"}`, 400, entryText},
	{"entry long", `{"script":"x","entry":"` + strings.Repeat("a", 256) + `"}`, 400,
		"entry must be at most 255 bytes"},
	{"spread number", `{"script":"x","spread":1}`, 400, "spread must be true or false"},
	{"spread without input", `{"script":"x","spread":true}`, 400, spreadText},
	{"spread of an array", `{"script":"x","spread":true,"input":[1]}`, 400, spreadText},
	{"spread of null", `{"script":"x","input":null,"spread":true}`, 400, spreadText},
	{"spread of a program", `{"script":"x","entry":null,"spread":true,"input":{}}`, 400,
		"spread must be false where entry is null: …"},
	{"input of a program", `{"script":"x","entry":null,"input":null}`, 400,
		"input must be left out where entry is null: …"},
	{"convert null", `{"script":"x","convert":null}`, 400, "convert must be true or false"},
	{"env null", `{"script":"x","env":null}`, 400, "env must be an object of names and texts"},
	{"env array", `{"script":"x","env":["A=1"]}`, 400, "env must be an object of names and texts"},
	{"env number", `{"script":"x","env":{"A":1}}`, 400, `env: "A": must be a string of Unicode text`},
	{"env name empty", `{"script":"x","env":{"":"1"}}`, 400, `env: "": a name must not be empty, …`},
	{"env name with =", `{"script":"x","env":{"A=B":"1"}}`, 400, `env: "A=B": a name must …`},
	{"env name with NUL", `{"script":"x","env":{"A\u0000":"1"}}`, 400, `env: "A\x00": a name must …`},
	{"env value with NUL", `{"script":"x","env":{"A":"\u0000"}}`, 400, `env: "A": a value must have no NUL`},
	{"env name surrogate", `{"script":"x","env":{"\ud800":"1"}}`, 400, `env: "�": name must be Unicode text`},
	{"env value surrogate", `{"script":"x","env":{"A":"\ud800"}}`, 400,
		`env: "A": must be a string of Unicode text`},
	{"env twice", `{"script":"x","env":{"A":"1","\u0041":"2"}}`, 400, `env: "A" must be given once`},
	{"env many", `{"script":"x","env":{` + many(257) + `}}`, 400, "env must have at most 256 variables"},
	{"env large", `{"script":"x","env":{"A":"` + strings.Repeat("x", 64<<10) + `"}}`, 400,
		"env must be at most 65536 bytes in all, got 65537"},
	{"args object", `{"script":"x","args":{}}`, 400, "args must be an array of strings"},
	{"args number", `{"script":"x","args":["a",1]}`, 400, "args: item 1 must be a string of Unicode text"},
	{"args surrogate", `{"script":"x","args":["\udc00"]}`, 400, "args: item 0 must be a string of Unicode text"},
	{"args NUL", `{"script":"x","args":["\u0000"]}`, 400, "args: item 0 must have no NUL"},
	{"args many", `{"script":"x","args":["a"` + strings.Repeat(`,"a"`, 1024) + `]}`, 400,
		"args must be at most 1024"},
	{"args large", `{"script":"x","args":["` + strings.Repeat("x", 64<<10+1) + `"]}`, 400,
		"args must be at most 65536 bytes in all, got 65537"},
	{"environment null", `{"script":"x","environment":null}`, 400,
		"environment must be the name of one: GET /capabilities lists them"},
	{"environment empty", `{"script":"x","environment":""}`, 400,
		"environment must be the name of one: GET /capabilities lists them"},
	{"environment twice", `{"script":"x","environment":"a","environment":"a"}`, 400, "environment must be given once"},
	{"script surrogate then escape", `{"script":"\ud800\n"}`, 400, "script must be Unicode text: …"},
	{"stdin surrogate", `{"script":"x","stdin":"\udfff"}`, 400, "stdin must be Unicode text: …"},
	{"script too large", `{"script":"` + strings.Repeat("#", 1<<20+1) + `"}`, 413,
		"script must be at most 1048576 bytes, got 1048577"},
	{"stdin null", `{"script":"x","stdin":null}`, 400, "stdin must be a string"},
	{"stdin object", `{"script":"x","stdin":{}}`, 400, "stdin must be a string"},
	{"timeout small", `{"script":"x","timeout":0.049}`, 400, timeoutText},
	{"timeout large", `{"script":"x","timeout":30.001}`, 400, timeoutText},
	{"timeout negative", `{"script":"x","timeout":-1}`, 400, timeoutText},
	{"timeout huge", `{"script":"x","timeout":1e999}`, 400, timeoutText},
	{"timeout string", `{"script":"x","timeout":"5"}`, 400, timeoutText},
	{"timeout null", `{"script":"x","timeout":null}`, 400, timeoutText},
	{"timeout true", `{"script":"x","timeout":true}`, 400, timeoutText},
	{"timeout list", `{"script":"x","timeout":[5]}`, 400, timeoutText},
	{"report null", `{"script":"x","report":null}`, 400, "report must be true or false"},
	{"report number", `{"script":"x","report":1}`, 400, "report must be true or false"},
	{"report string", `{"script":"x","report":"true"}`, 400, "report must be true or false"},
	{"input too deep", `{"script":"x","input":` + nest(101) + `}`, 400,
		"input must be nested at most 100 levels deep"},
	{"input too deep in objects", `{"input":` + strings.Repeat(`{"a":[`, 51) + strings.Repeat("]}", 51) + `}`,
		400, "input must be nested at most 100 levels deep"},
	{"brackets", deep, 400, "request body must be nested at most 100 levels deep"},
	{"brackets closed", nest(100_000), 400, "request body must be nested at most 100 levels deep"},
	{"brackets in input", `{"script":"x","input":` + nest(100_000) + `}`, 400,
		"request body must be nested at most 100 levels deep"},
	{"brackets in script", `{"script":` + deep, 400, "request body must be nested at most 100 levels deep"},
	{"objects", strings.Repeat(`{"a":`, 100_000), 400, "request body must be nested at most 100 levels deep"},
	{"brackets in a string are text", `{"script":"x","stdin":1,"input":"` + deep + `"}`, 400,
		"stdin must be a string"},
}

// What is refused, and the sentence that says so.
func TestRefusals(t *testing.T) {
	for _, tt := range illFormed {
		t.Run(tt.name, func(t *testing.T) {
			runner := four()
			w := post(runner, tt.body)
			wantRefusal(t, w, tt.status, tt.text)
			if len(runner.jobs) != 0 {
				t.Error("it was run all the same")
			}
		})
	}
}

// many is members of files, each without contents.
func many(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`"%d":""`, i)
	}
	return strings.Join(list, ",")
}

// wantRefusal checks for invalid_request with that text. A text that ends in
// … is how it begins.
func wantRefusal(t *testing.T, w *httptest.ResponseRecorder, status int, text string) {
	t.Helper()
	var body struct{ Error, Status, Hint string }
	dec := json.NewDecoder(w.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&body); err != nil {
		t.Fatalf("reply: %v", err)
	}
	start, open := strings.CutSuffix(text, "…")
	if w.Code != status || body.Status != "invalid_request" ||
		(body.Error != text && (!open || !strings.HasPrefix(body.Error, start))) {
		t.Errorf("\n got %d %s %q\nwant %d invalid_request %q", w.Code, body.Status, body.Error, status, text)
	}
	setting, ends := "", ""
	switch {
	case strings.HasPrefix(text, "inputs must be left out where entry"),
		strings.HasPrefix(text, "expected must be left out where entry"):
		ends = "and leave expected and isolation out."
	case strings.HasSuffix(text, "got lines of JSON"), strings.HasSuffix(text, "got application/ndjson"):
		ends = linesTypeHint
	case status == http.StatusRequestEntityTooLarge && strings.HasPrefix(text, "script"):
		setting = "EXEC_SCRIPT_BYTES"
	case status == http.StatusRequestEntityTooLarge:
		setting = "EXEC_BODY_BYTES"
	case strings.Contains(text, "s must be at most 10000, got"):
		setting = "EXEC_BATCH_CASES"
	case strings.HasPrefix(text, "files: must be at most"):
		setting = "EXEC_TMP_MB and EXEC_TMP_FILES"
	case strings.Contains(text, "must be nested at most") && !strings.HasPrefix(text, "files"):
		setting = "EXEC_RESULT_DEPTH"
	}
	if setting != "" {
		ends = "; the operator can raise " + setting + "."
	}
	if !strings.HasSuffix(body.Hint, ends) || ends == "" && body.Hint != "" {
		t.Errorf("%q: hint %q, want one that ends in %q", body.Error, body.Hint, ends)
	}
}
