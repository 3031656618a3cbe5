package funcs

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/funcs/web"
	"github.com/pyexec/pyexec/runtime"
)

const someScript = `{"script":"def main(): return 4"}`

const trace = "Traceback (most recent call last):\n  File \"script.py\", line 2, in main\n" +
	"ZeroDivisionError: division by zero\n"

// resultBodies are replies to the byte.
var resultBodies = []struct {
	name   string
	res    runtime.Result
	status int
	body   string
}{
	{"plain", runtime.Result{Status: runtime.OK, Ran: true, Value: []byte(`4`),
		Stdout: []byte("Calculating: 2 + 2\n")},
		200, `{"result":4,"stdout":"Calculating: 2 + 2\n"}`},
	{"stderr where there is any",
		runtime.Result{Status: runtime.OK, Ran: true, Value: []byte(`null`), Stderr: []byte("warning"),
			Figures: [][]byte{[]byte("x")}},
		200, `{"result":null,"stdout":"","figures":[{"type":"image/png","base64":"eA=="}],"stderr":"warning"}`},
	{"numbers keep their form",
		runtime.Result{Status: runtime.OK, Ran: true,
			Value: []byte(`{"b":4.0,"a":18446744073709551617,"c":1e400,"d":-0.0}`)},
		200, `{"result":{"b":4.0,"a":18446744073709551617,"c":1e400,"d":-0.0},"stdout":""}`},
	{"the value is not touched",
		runtime.Result{Status: runtime.OK, Ran: true,
			Value: []byte(`{"a": "<b>&\u2028\ud800", "a": [1, 2]}`)},
		200, `{"result":{"a": "<b>&\u2028\ud800", "a": [1, 2]},"stdout":""}`},
	{"stdout is escaped as far as JSON needs",
		runtime.Result{Status: runtime.OK, Ran: true, Value: []byte(`1`),
			Stdout: []byte("<a href=\"x\">&\\\t\r\n\b\f\x00\x1f\x7f é 😀 \u2028")},
		200, `{"result":1,"stdout":"<a href=\"x\">&\\\t\r\n\b\f\u0000\u001f` + "\x7f é 😀 \u2028" + `"}`},
	{"stdout that is not UTF-8",
		runtime.Result{Status: runtime.OK, Ran: true, Value: []byte(`1`),
			Stdout: []byte("caf\xe9!\xff\xf0\x9f")},
		200, `{"result":1,"stdout":"caf�!���"}`},
	{"main missing",
		runtime.Result{Status: runtime.MainMissing, Error: "Script must contain a 'main()' function"},
		400, `{"error":"Script must contain a 'main()' function","status":"main_missing"}`},
	{"import blocked",
		runtime.Result{Status: runtime.ImportBlocked,
			Error: "Script contains potentially dangerous code: import os"},
		400, `{"error":"Script contains potentially dangerous code: import os","status":"import_blocked"}`},
	{"syntax error",
		runtime.Result{Status: runtime.SyntaxError, Error: "SyntaxError: invalid syntax (line 2)", Line: 2},
		400, `{"error":"SyntaxError: invalid syntax (line 2)","status":"syntax_error","line":2}`},
	{"not JSON",
		runtime.Result{Status: runtime.NotJSON, Ran: true,
			Error: "main() function must return JSON-serializable data, got: object"},
		422, `{"error":"main() function must return JSON-serializable data, got: object",` +
			`"status":"not_json","stdout":"","stderr":""}`},
	{"exception",
		runtime.Result{Status: runtime.ScriptError, Ran: true, Error: "ZeroDivisionError: division by zero",
			Traceback: trace, Line: 2,
			Stdout: []byte("out"), Stderr: []byte("err")},
		422, `{"error":"ZeroDivisionError: division by zero","status":"script_error","stdout":"out",` +
			`"stderr":"err","traceback":"Traceback (most recent call last):\n  File \"script.py\", line ` +
			`2, in main\nZeroDivisionError: division by zero\n","line":2}`},
	{"denied", runtime.Result{Status: runtime.ScriptError, Ran: true,
		Error: "PermissionError: [Errno 1] Operation not permitted", Line: 3,
		Denied: "network access is not available to scripts"},
		422, `{"error":"PermissionError: [Errno 1] Operation not permitted","status":"script_error",` +
			`"stdout":"","stderr":"","line":3,"denied":"network access is not available to scripts"}`},
	{"exited", runtime.Result{Status: runtime.Exited, Ran: true,
		Error: "Script exited with code 3 before main() returned"},
		422, `{"error":"Script exited with code 3 before main() returned","status":"exited","stdout":"",` +
			`"stderr":""}`},
	{"timeout", runtime.Result{Status: runtime.Timeout, Ran: true,
		Error: "Script execution timed out after 30 seconds", Stdout: []byte("so far")},
		422, `{"error":"Script execution timed out after 30 seconds","status":"timeout","stdout":"so ` +
			`far","stderr":""}`},
	{"killed", runtime.Result{Status: runtime.Killed, Ran: true, Error: "Script was killed by SIGSEGV"},
		422, `{"error":"Script was killed by SIGSEGV","status":"killed","stdout":"","stderr":""}`},
}

// Bodies of runs, to the byte: the order of the keys and the absence of some
// are part of the contract.
func TestResultBodies(t *testing.T) {
	check := func(name string, res runtime.Result, status int, body string) {
		t.Run(name, func(t *testing.T) {
			w := post(returning(res), someScript)
			want(t, w, status, body)
			if got := w.Header().Get("Content-Type"); got != "application/json; charset=utf-8" {
				t.Errorf("Content-Type %q", got)
			}
		})
	}
	for _, tt := range resultBodies {
		check(tt.name, tt.res, tt.status, tt.body)
	}
	for _, s := range []runtime.Status{
		runtime.CPULimit, runtime.MemoryLimit, runtime.OutputLimit, runtime.ResultLimit, runtime.FileLimit,
	} {
		check(string(s), runtime.Result{Status: s, Ran: true, Error: "limit of 1 MiB"},
			422, `{"error":"limit of 1 MiB","status":"`+string(s)+`","stdout":"","stderr":""}`)
	}
}

func TestOutputCutInsideACharacter(t *testing.T) {
	runner := returning(runtime.Result{Status: runtime.OutputLimit, Ran: true, Error: "e",
		Stdout: []byte("abcd\xf0\x9f\x98"), Stderr: []byte("ab\xf0\x9f")})
	runner.info.Limits.OutputBytes = 7
	want(t, post(runner, someScript), 422,
		`{"error":"e","status":"output_limit","stdout":"abcd","stderr":"ab��"}`)

	for in, out := range map[string]string{"1234567": "1234567", "12345\xc3\xa9": "12345é",
		"1234567\xa9": "1234567�", "\x80\x80\x80\x80\x80\x80\x80": "�������"} {
		runner := returning(runtime.Result{Status: runtime.OK, Ran: true, Value: []byte("1"), Stdout: []byte(in)})
		runner.info.Limits.OutputBytes = 7
		want(t, post(runner, someScript), 200, `{"result":1,"stdout":"`+out+`"}`)
	}
}

func TestReport(t *testing.T) {
	res := runtime.Result{
		Status: runtime.OK, Ran: true, Value: []byte(`[1]`), Stderr: []byte("note"),
		Usage: runtime.Usage{Queue: 1500 * time.Microsecond, Wall: 12345678 * time.Nanosecond,
			CPU: 2 * time.Millisecond, PeakMemory: 20 << 20},
	}
	const limits = `"cpu_seconds":30,"memory_bytes":536870912,"tmp_bytes":67108864,"tmp_files":1024,` +
		`"output_bytes":1048576,` +
		`"result_bytes":8388608,"result_depth":100,"script_bytes":1048576,"return_files":64,` +
		`"return_bytes":8388608,"open_files":64,"threads":16}`
	const isolation = `"isolation":{"landlock":false,"seccomp":true}}`

	runner := returning(res)
	w := post(runner, `{"script":"def main(): return [1]","report":true,"timeout":2.5}`)
	id := w.Header().Get("X-Execution-Id")
	want(t, w, 200,
		`{"result":[1],"stdout":"","stderr":"note","report":{"execution_id":"`+id+`","status":"ok",`+
			`"wall_ms":12.345,"cpu_ms":2,`+
			`"peak_memory_bytes":20971520,"peak_tmp_bytes":0,"queue_ms":1.5,`+
			`"limits":{"timeout_seconds":2.5,`+limits+`,`+isolation+`}`)
	if job := runner.job(t); !job.Usage || job.Timeout != 2500*time.Millisecond {
		t.Errorf("job %+v", job)
	}
	if got := w.Header().Get("Server-Timing"); got != "queue;dur=1.5, run;dur=12.345" {
		t.Errorf("Server-Timing %q", got)
	}

	res.Status, res.Value, res.Error = runtime.Exited, nil, "Script exited with code 0 before main() returned"
	w = post(returning(res), `{"script":"exit()","report":true}`)
	id = w.Header().Get("X-Execution-Id")
	want(t, w, 422,
		`{"error":"Script exited with code 0 before main() returned","status":"exited","stdout":"",`+
			`"stderr":"note",`+
			`"report":{"execution_id":"`+id+`","status":"exited","wall_ms":12.345,"cpu_ms":2,`+
			`"peak_memory_bytes":20971520,"peak_tmp_bytes":0,"queue_ms":1.5,`+
			`"limits":{"timeout_seconds":30,`+limits+`,`+isolation+`}`)
}

// The examples of the documentation go through the handler unchanged: their
// requests decode to what they say, and the bodies that this package writes
// itself are the documented ones.
func TestDocumentedExamples(t *testing.T) {
	for _, e := range web.Examples() {
		t.Run(e.Name, func(t *testing.T) {
			runner := documented(e)
			w := post(runner, string(e.Request))
			want(t, w, e.Status, string(e.Response))
			if strings.Contains(string(e.Response), `"invalid_request"`) {
				return
			}
			if job := runner.jobs[0]; job.Script != e.Script {
				t.Errorf("script %q, want %q", job.Script, e.Script)
			}
		})
	}
}

// documented makes a runner that answers as the example says a run ends.
func documented(e web.Example) *fakeRunner {
	var request struct{ Inputs, Cases []json.RawMessage }
	var batch struct{ Results []json.RawMessage }
	if err := errors.Join(json.Unmarshal(e.Request, &request), json.Unmarshal(e.Response, &batch)); err != nil {
		panic(err)
	}
	if batch.Results == nil {
		return returning(documentedResult(e.Response))
	}
	run := func(_ context.Context, job runtime.Job, _ runtime.Hooks) (runtime.Result, error) {
		at := slices.IndexFunc(append(request.Inputs, request.Cases...), func(one json.RawMessage) bool {
			var c struct{ Stdin string }
			_ = json.Unmarshal(one, &c) // an input is none
			return string(one) == string(job.Input) || c.Stdin != "" && c.Stdin == job.Stdin
		})
		return documentedResult(batch.Results[at]), nil
	}
	return &fakeRunner{info: testInfo(), run: run}
}

// documentedResult is the result that a reply tells of.
func documentedResult(reply []byte) runtime.Result {
	var body struct {
		Result                  json.RawMessage
		Error, Status           string
		Stdout, Stderr          string
		Traceback, Denied, Hint string
		Line                    int
	}
	if err := json.Unmarshal(reply, &body); err != nil {
		panic(err)
	}
	res := runtime.Result{
		Status: runtime.Status(body.Status), Value: body.Result, Error: body.Error, Stdout: []byte(body.Stdout),
		Stderr:    []byte(body.Stderr),
		Traceback: body.Traceback, Denied: body.Denied, Hint: body.Hint, Line: body.Line,
		Ran: strings.Contains(string(reply), `"stdout"`),
	}
	if body.Error == "" {
		res.Status = runtime.OK
	}
	return res
}

// A request may arrive before the service knows its own layers: the report has
// those that held when the script ran.
func TestReportOfARunThatWaitedForTheStart(t *testing.T) {
	runner := four()
	known := runner.info
	runner.info = runtime.Info{Limits: known.Limits}
	runner.run = func(context.Context, runtime.Job, runtime.Hooks) (runtime.Result, error) {
		runner.info = known
		return runtime.Result{Status: runtime.OK, Ran: true, Value: []byte("4")}, nil
	}
	if w := post(runner, `{"script":"x","report":true}`); !strings.Contains(w.Body.String(), `"seccomp":true`) {
		t.Errorf("%s", w.Body)
	}
}
