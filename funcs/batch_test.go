package funcs

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/runtime"
)

// serveBatch serves a request with the bounds of the defaults.
func serveBatch(r Runner, req *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	handlerWith(r, Options{
		BodyBytes: testBodyBytes, BatchCases: 10_000, BatchTime: time.Minute, MCP: true, Results: nowhere{},
	}).ServeHTTP(w, req)
	return w
}

// echo answers a case with its input, having printed its stdin; an input that is a word ends
// as it says.
func echo() *fakeRunner {
	run := func(_ context.Context, job runtime.Job, _ runtime.Hooks) (runtime.Result, error) {
		switch string(job.Input) {
		case `"raise"`:
			return runtime.Result{Status: runtime.ScriptError, Error: "ValueError: x", Ran: true, Line: 3}, nil
		case `"missing"`:
			return runtime.Result{Status: runtime.MainMissing, Error: "Script must contain a 'main()' function",
				Ran: true}, nil
		case `"overloaded"`:
			return runtime.Result{}, runtime.ErrOverloaded
		case `"forged"`:
			return runtime.Result{Status: runtime.OK, Value: []byte("[1,\r\n2]"), Ran: true}, nil
		}
		value := []byte(job.Input)
		if value == nil {
			value = []byte("null")
		}
		return runtime.Result{Status: runtime.OK, Value: value, Stdout: []byte(job.Stdin), Ran: true}, nil
	}
	return &fakeRunner{info: testInfo(), run: run}
}

const raised = `{"error":"ValueError: x","status":"script_error","stdout":"","stderr":"","line":3`

// batches are requests and the entries that they get.
var batches = []struct {
	name, members string
	entries       []string
	summary       string
}{
	{"inputs", `"inputs":[1, {"a": 2.0} ,null]`,
		[]string{`{"result":1,"stdout":""}`, `{"result":{"a": 2.0},"stdout":""}`, `{"result":null,"stdout":""}`},
		`"summary":{"count":3,"failed":0}`},
	{"a failure among them", `"inputs":[1,"raise",2],"isolation":"run"`,
		[]string{`{"result":1,"stdout":""}`, raised + `}`, `{"result":2,"stdout":""}`}, `"summary":{"count":3,"failed":1}`},
	{"expected", `"inputs":[1,[2],"raise",null],"expected":[1.0,[3],"raise",null]`,
		[]string{`{"result":1,"stdout":"","passed":true}`, `{"result":[2],"stdout":"","passed":false}`,
			raised + `,"passed":false}`, `{"result":null,"stdout":"","passed":true}`},
		`"summary":{"count":4,"failed":1,"expected":4,"passed":2}`},
	{"cases", `"cases":[{},{"input":1,"stdin":"a \r\nb\n\n","expected_stdout":"a\nb"},` +
		`{"stdin":"a","expected_stdout":"b"},{"input":1,"stdin":"a","expected":2,"expected_stdout":"a"}]`,
		[]string{`{"result":null,"stdout":""}`, `{"result":1,"stdout":"a \r\nb\n\n","passed":true}`,
			`{"result":null,"stdout":"a","passed":false}`, `{"result":1,"stdout":"a","passed":false}`},
		`"summary":{"count":4,"failed":0,"expected":3,"passed":1}`},
	{"a later one without main", `"inputs":[1,"missing"]`,
		[]string{`{"result":1,"stdout":""}`,
			`{"error":"Script must contain a 'main()' function","status":"main_missing","stdout":"","stderr":""}`},
		`"summary":{"count":2,"failed":1}`},
	{"forged line ends", `"inputs":["forged"]`, []string{"{\"result\":[1,\r\n2],\"stdout\":\"\"}"},
		`"summary":{"count":1,"failed":0}`},
}

// A batch has an entry for each case in order, each what a run of it alone is told; as one
// object, and as lines.
func TestBatches(t *testing.T) {
	for _, tt := range batches {
		t.Run(tt.name, func(t *testing.T) {
			body := `{"script":"x",` + tt.members + `}`
			w := serveBatch(echo(), newRequest("POST", "/execute", "", body))
			want(t, w, 200, `{"results":[`+strings.Join(tt.entries, ",")+`],`+tt.summary+`}`)
			r := newRequest("POST", "/execute", "", body)
			r.Header.Set("Accept", linesType)
			w = serveBatch(echo(), r)
			lines := append(append([]string{}, tt.entries...), "{"+tt.summary+"}")
			for i := range lines {
				lines[i] = strings.ReplaceAll(lines[i], "\r\n2", "  2")
			}
			want(t, w, 200, strings.Join(lines, "\n")+"\n")
			if got := w.Header().Get("Content-Type"); got != linesType {
				t.Error(got)
			}
		})
	}
}

// A request in lines gets the same entries as one with cases.
func TestBatchInLines(t *testing.T) {
	head := `{"script":"x","isolation":"run","report":false}`
	for _, end := range []string{"\n", "\r\n", "\n\n \n"} {
		body := "\ufeff" + head + end + `{"input":1,"expected":1}` + end + ` {"stdin":"a"} ` + end + `{"input":"raise"}`
		entries := `{"result":1,"stdout":"","passed":true}` + "\n" + `{"result":null,"stdout":"a"}` + "\n" + raised + "}\n"
		w := serveBatch(echo(), newRequest("POST", "/execute", "Application/X-NDJSON; charset=utf-8", body))
		want(t, w, 200, entries+`{"summary":{"count":3,"failed":1,"expected":1,"passed":1}}`+"\n")
		// A line that can't be read ends the reply, once those before it are answered.
		w = serveBatch(echo(), newRequest("POST", "/execute", linesType, body+"\n{\n{}"))
		number := 4 + 3*strings.Count(end, "\n") - 2
		want(t, w, 200, entries+fmt.Sprintf(`{"error":"line %d: must be valid JSON: unexpected end of JSON input (byte 1)",`+
			`"status":"invalid_request","answered":3}`+"\n", number))
	}
}

// What is true of the script, and not of a case, is answered as for a single run.
func TestBatchOfABadScript(t *testing.T) {
	const missing = `{"error":"Script must contain a 'main()' function","status":"main_missing","stdout":"","stderr":""}`
	for _, accept := range []string{"", linesType} {
		runner := echo()
		r := newRequest("POST", "/execute", "", `{"script":"x","inputs":["missing","missing"]}`)
		r.Header.Set("Accept", accept)
		want(t, serveBatch(runner, r), 400, missing)
		if len(runner.jobs) != 1 {
			t.Errorf("%d cases were run", len(runner.jobs))
		}
		syntax := returning(runtime.Result{Status: runtime.SyntaxError, Error: "SyntaxError: x", Line: 1})
		r = newRequest("POST", "/execute", "", `{"script":"x","inputs":[1,2]}`)
		r.Header.Set("Accept", accept)
		want(t, serveBatch(syntax, r), 400, `{"error":"SyntaxError: x","status":"syntax_error","line":1}`)
	}
}

// What ends a batch in the middle says so, with what there is where a retry would do no better.
func TestBatchesThatBreakOff(t *testing.T) {
	const busy = `{"error":"too many requests are waiting: try again shortly","status":"overloaded"`
	for _, tt := range []struct {
		name, inputs, accept string
		status               int
		body                 string
	}{
		{"at once", `["overloaded"]`, "", 429, busy + "}"},
		{"at once, lines", `["overloaded"]`, linesType, 429, busy + "}"},
		{"later", `[1,"overloaded"]`, "", 429, busy + "}"},
		{"later, lines", `[1,"overloaded"]`, linesType, 200, `{"result":1,"stdout":""}` + "\n" + busy + `,"answered":1}` + "\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRequest("POST", "/execute", "", `{"script":"x","inputs":`+tt.inputs+`}`)
			r.Header.Set("Accept", tt.accept)
			want(t, serveBatch(echo(), r), tt.status, tt.body)
		})
	}
}

// Results that are too large together end the batch, with those that fit; as lines they all come.
func TestBatchResultsAreBounded(t *testing.T) {
	runner := echo()
	runner.info.Limits.ResultBytes = 100
	large := `"` + strings.Repeat("x", 50) + `"`
	body := `{"script":"x","inputs":[` + large + "," + large + `]}`
	one := `{"result":` + large + `,"stdout":""}`
	want(t, serveBatch(runner, newRequest("POST", "/execute", "", body)), 422, `{"results":[`+one+`],`+
		`"error":"The results of all cases together are larger than 100 bytes, 1 of them fit","status":"result_limit",`+
		`"hint":"Send fewer cases at once, or send Accept: application/x-ndjson, which has the results streamed; `+
		`the operator can raise EXEC_RESULT_BYTES."}`)
	r := newRequest("POST", "/execute", "", body)
	r.Header.Set("Accept", linesType)
	want(t, serveBatch(runner, r), 200, one+"\n"+one+"\n"+`{"summary":{"count":2,"failed":0}}`+"\n")
}

// A batch that takes longer than it may ends with what there is.
func TestBatchTime(t *testing.T) {
	for _, accept := range []string{"", linesType} {
		runner := echo()
		quick := runner.run
		runner.run = func(ctx context.Context, job runtime.Job, hooks runtime.Hooks) (runtime.Result, error) {
			if string(job.Input) == "2" {
				<-ctx.Done()
				return runtime.Result{}, ctx.Err()
			}
			return quick(ctx, job, hooks)
		}
		h := handlerWith(runner, Options{BodyBytes: testBodyBytes, BatchTime: 50 * time.Millisecond})
		w := httptest.NewRecorder()
		r := newRequest("POST", "/execute", "", `{"script":"x","inputs":[1,2,3]}`)
		r.Header.Set("Accept", accept)
		h.ServeHTTP(w, r)
		const late = `"error":"The batch did not end within 0.05 seconds: 1 of its cases were answered","status":"timeout",` +
			`"hint":"Send fewer cases at once; the operator can raise EXEC_BATCH_TIME."`
		if accept == "" {
			want(t, w, 422, `{"results":[{"result":1,"stdout":""}],`+late+"}")
		} else {
			want(t, w, 200, `{"result":1,"stdout":""}`+"\n{"+late+`,"answered":1}`+"\n")
		}
	}
}

// By way of an event and of a tool it is one reply, too.
func TestBatchElsewhere(t *testing.T) {
	const reply = `{"results":[{"result":1,"stdout":""},` + raised + `}],"summary":{"count":2,"failed":1}}`
	m := &memo{}
	want(t, deliver(echo(), m, `{"script":"x","inputs":[1,"raise"]}`), 200, `{"status":"ok"}`)
	if len(m.published) != 1 || m.published[0].reply != reply || m.published[0].attributes["status"] != "ok" {
		t.Errorf("%+v", m.published)
	}
	w := serveBatch(echo(), newRequest("POST", "/mcp", "application/json", `{"jsonrpc":"2.0","id":1,"method":"tools/call",`+
		`"params":{"name":"run_python","arguments":{"script":"x","inputs":[1,"raise"]}}}`))
	if !strings.Contains(w.Body.String(), `"structuredContent":`+reply) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A batch leaves one entry, with how its cases ended.
func TestBatchIsRecorded(t *testing.T) {
	m := &memo{}
	serveWith(echo(), m, newRequest("POST", "/execute", "", `{"script":"x","inputs":[1,"raise",2],"expected":[1,1,1]}`))
	if len(m.runs) != 1 {
		t.Fatalf("%d records", len(m.runs))
	}
	rec := m.runs[0]
	if got := fmt.Sprint(rec.Status, *rec.Cases); got != "ok{3 1 3 1 map[ok:2 script_error:1]}" {
		t.Error(got)
	}
}

// What is recorded as the size of a stream is all that was written, not its end.
func TestStreamsAreMeasured(t *testing.T) {
	lines := `{"script":"x"}` + "\n" + strings.Repeat(`{"input":"some text"}`+"\n", 100)
	asLines := newRequest("POST", "/execute", "", `{"script":"x","inputs":[1,2,3]}`)
	asLines.Header.Set("Accept", linesType)
	for name, req := range map[string]*http.Request{
		"lines": newRequest("POST", "/execute", linesType, lines), "inputs": asLines,
		"broken off": newRequest("POST", "/execute", linesType, lines+"{"), "events": streamRequest(someScript),
		"refused": newRequest("POST", "/execute", linesType, "{}"),
	} {
		t.Run(name, func(t *testing.T) {
			m := &memo{}
			runner := echo()
			if name == "events" {
				runner = streaming(fine, nil, func(_ context.Context, put func(runtime.Stream, []byte)) {
					put(runtime.Stdout, []byte("some text"))
				})
			}
			w := serveWith(runner, m, req)
			if got, all := m.runs[0].Request.ResponseBytes, int64(w.Body.Len()); got != all || all == 0 {
				t.Errorf("recorded %d of %d bytes", got, all)
			}
		})
	}
}
