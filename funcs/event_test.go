package funcs

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pyexec/pyexec/runtime"
)

// memo records what a handler does, in order.
type memo struct {
	mu        sync.Mutex
	steps     []string
	runs      []*Run
	published []published
	refuse    error // of Publish
	maxBytes  int
}

type published struct {
	reply      string
	attributes map[string]string
}

func (m *memo) Later(run *Run) { m.note("later", run) }
func (m *memo) Now(run *Run)   { m.note("log", run) }

func (m *memo) note(step string, run *Run) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.steps, m.runs = append(m.steps, step), append(m.runs, run)
}

func (m *memo) Publish(_ context.Context, reply []byte, attributes map[string]string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refuse != nil {
		return m.refuse
	}
	m.steps, m.published = append(m.steps, "publish"), append(m.published, published{string(reply), attributes})
	return nil
}

func (m *memo) MaxBytes() int {
	if m.maxBytes == 0 {
		return 1 << 20
	}
	return m.maxBytes
}

// deliver posts a message as a push subscription does and returns the answer.
func deliver(r Runner, m *memo, data string) *httptest.ResponseRecorder {
	body := `{"subscription":"projects/p/subscriptions/s","deliveryAttempt":3,"message":{"messageId":"m1","data":"` +
		base64.StdEncoding.EncodeToString([]byte(data)) + `"}}`
	return serveWith(r, m, newRequest("POST", "/events", "application/json", body))
}

func serveWith(r Runner, m *memo, req *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	opts := Options{BodyBytes: testBodyBytes, Log: slog.New(slog.DiscardHandler), Recorder: m}
	if m.maxBytes >= 0 {
		opts.Results = m
	}
	h := NewHandler(r, opts)
	h.ServeHTTP(w, req)
	return w
}

// The table of acknowledgements, row by row: every outcome there is.
func TestOutcomesOfEvents(t *testing.T) {
	ran := func(s runtime.Status) *fakeRunner {
		res := runtime.Result{Status: s, Ran: true, Error: "because"}
		if s == runtime.OK {
			res.Value = []byte("4")
		}
		return returning(res)
	}
	for _, tt := range []struct {
		name   string
		runner *fakeRunner
		data   string
		code   int
		status string // logged and published
		level  slog.Level
	}{
		{"ok", ran(runtime.OK), someScript, 200, "ok", slog.LevelInfo},
		{"no main", ran(runtime.MainMissing), someScript, 200, "main_missing", notice},
		{"import", ran(runtime.ImportBlocked), someScript, 200, "import_blocked", notice},
		{"syntax", ran(runtime.SyntaxError), someScript, 200, "syntax_error", notice},
		{"not JSON", ran(runtime.NotJSON), someScript, 200, "not_json", notice},
		{"exception", ran(runtime.ScriptError), someScript, 200, "script_error", notice},
		{"exit", ran(runtime.Exited), someScript, 200, "exited", notice},
		{"timeout", ran(runtime.Timeout), someScript, 200, "timeout", slog.LevelWarn},
		{"cpu", ran(runtime.CPULimit), someScript, 200, "cpu_limit", slog.LevelWarn},
		{"memory", ran(runtime.MemoryLimit), someScript, 200, "memory_limit", slog.LevelWarn},
		{"output", ran(runtime.OutputLimit), someScript, 200, "output_limit", slog.LevelWarn},
		{"result", ran(runtime.ResultLimit), someScript, 200, "result_limit", slog.LevelWarn},
		{"files", ran(runtime.FileLimit), someScript, 200, "file_limit", slog.LevelWarn},
		{"signal", ran(runtime.Killed), someScript, 200, "killed", slog.LevelWarn},

		{"no JSON", four(), "{", 200, "invalid_request", slog.LevelError},
		{"unknown field", four(), `{"script":"x","Script":"y"}`, 200, "invalid_request", slog.LevelError},
		{"not UTF-8", four(), "{\"script\":\"\xff\"}", 200, "invalid_request", slog.LevelError},
		{"script too large", four(), `{"script":"` + strings.Repeat("#", 1<<20+1) + `"}`, 200, "invalid_request", slog.LevelError},
		{"message too large", four(), strings.Repeat(" ", testBodyBytes+1), 200, "invalid_request", slog.LevelError},
		{"no data", four(), "", 200, "invalid_request", slog.LevelError},

		{"overloaded", failing(runtime.ErrOverloaded), someScript, 429, "overloaded", slog.LevelWarn},
		{"unavailable", failing(runtime.ErrUnavailable), someScript, 503, "unavailable", slog.LevelWarn},
		{"our fault", failing(errors.New("secret detail")), someScript, 500, "internal_error", slog.LevelError},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := &memo{}
			w := deliver(tt.runner, m, tt.data)
			if w.Code != tt.code || strings.Contains(w.Body.String(), "secret") {
				t.Errorf("answered %d %s, want %d", w.Code, w.Body, tt.code)
			}
			if retry := w.Header().Get("Retry-After") != ""; retry != (tt.code == 429 || tt.code == 503) {
				t.Errorf("Retry-After: %v", retry)
			}
			steps := "publish log"
			if tt.code != 200 {
				steps = "log"
			}
			if got := strings.Join(m.steps, " "); got != steps {
				t.Fatalf("did %q, want %q", got, steps)
			}
			run := m.runs[0]
			if run.Status != tt.status || run.Level != tt.level || run.Request.Code != tt.code ||
				run.Event.ID != "m1" || run.Event.Attempt != 3 || run.Event.Subscription != "projects/p/subscriptions/s" ||
				run.Event.Acknowledged != (tt.code == 200) || run.Event.Published != (tt.code == 200) {
				t.Errorf("logged as %+v, %+v", run, run.Event)
			}
			if run.LimitHit != strings.HasSuffix(tt.status, "_limit") && tt.status != "timeout" {
				t.Errorf("a limit was hit: %v", run.LimitHit)
			}
			if tt.code == 200 {
				p := m.published[0]
				if p.attributes["event_id"] != "m1" || p.attributes["status"] != tt.status || p.attributes["execution_id"] != w.Header().Get("X-Execution-Id") {
					t.Errorf("attributes %v", p.attributes)
				}
				if tt.status == "ok" && p.reply != `{"result":4,"stdout":""}` || tt.status != "ok" && !strings.Contains(p.reply, `"status":"`+tt.status+`"`) {
					t.Errorf("published %s", p.reply)
				}
			}
		})
	}
}

func TestARefusedPublicationBringsTheEventBack(t *testing.T) {
	m := &memo{refuse: errors.New("topic is gone")}
	w := deliver(four(), m, someScript)
	if w.Code != 503 || w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "gone") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	if run := m.runs[0]; run.Level != slog.LevelError || run.Status != "ok" || !strings.Contains(run.Problem, "topic is gone") || run.Event.Acknowledged || run.Event.Published {
		t.Errorf("logged as %+v, %+v", run, run.Event)
	}
}

func TestAReplyTooLargeForTheTopic(t *testing.T) {
	m := &memo{maxBytes: 300}
	res := runtime.Result{Status: runtime.OK, Value: []byte(`"` + strings.Repeat("x", 300) + `"`)}
	if w := deliver(returning(res), m, someScript); w.Code != 200 || w.Body.String() != `{"status":"result_limit"}` {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	const want = `{"error":"The reply of 325 bytes is larger than the 300 bytes that fit into a message of the results topic","status":"result_limit"}`
	if p := m.published; len(p) != 1 || p[0].reply != want || p[0].attributes["status"] != "result_limit" {
		t.Errorf("published %v", p)
	}
	if run := m.runs[0]; !run.LimitHit || run.Status != "result_limit" || run.Level != slog.LevelWarn {
		t.Errorf("logged as %+v", run)
	}
}

func TestEventsWithoutATopicAreLogged(t *testing.T) {
	m := &memo{maxBytes: -1}
	w := deliver(four(), m, someScript)
	if w.Code != 200 || w.Body.String() != `{"status":"ok"}` || len(m.published) != 0 || strings.Join(m.steps, " ") != "log" {
		t.Errorf("answered %d %s after %v", w.Code, w.Body, m.steps)
	}
	if got := string(m.runs[0].Reply); got != `{"result":4,"stdout":""}` {
		t.Errorf("the log has the reply %s", got)
	}
}

// A message that the SDK or the run panics on is ours to answer for.
func TestAPanicBringsTheEventBack(t *testing.T) {
	m := &memo{}
	r := four()
	r.run = func(context.Context, runtime.Job) (runtime.Result, error) { panic("oops") }
	if w := deliver(r, m, someScript); w.Code != 500 {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	if run := m.runs[0]; run.Level != slog.LevelError || !strings.Contains(run.Problem, "oops") || run.Event.ID != "m1" {
		t.Errorf("logged as %+v", run)
	}
}

// TestRunsAreRecorded is about /execute: everything that was asked to run is
// told of once, after the reply.
func TestRunsAreRecorded(t *testing.T) {
	for _, tt := range []struct {
		name, body, status string
		runner             *fakeRunner
		level              slog.Level
		problem            string
	}{
		{"success", someScript, "ok", four(), slog.LevelInfo, ""},
		{"failure", someScript, "script_error", returning(runtime.Result{Status: runtime.ScriptError, Error: "secret"}), notice, ""},
		{"limit", someScript, "timeout", returning(runtime.Result{Status: runtime.Timeout, Error: "took too long"}), slog.LevelWarn, "took too long"},
		{"refused", `{}`, "invalid_request", four(), notice, "script is missing"},
		{"fault", someScript, "internal_error", failing(errors.New("detail")), slog.LevelError, "detail"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := &memo{}
			req := newRequest("POST", "/execute", "application/json", tt.body)
			req.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
			req.Header.Set("User-Agent", "tester")
			req.Header.Set("X-Forwarded-For", "6.6.6.6, 203.0.113.9")
			w := serveWith(tt.runner, m, req)
			if len(m.runs) != 1 || m.steps[0] != "later" {
				t.Fatalf("steps %v", m.steps)
			}
			run := m.runs[0]
			if run.Status != tt.status || run.Level != tt.level || !strings.HasPrefix(run.Problem, tt.problem) || tt.problem == "" && run.Problem != "" || run.Event != nil {
				t.Errorf("got %+v", run)
			}
			if run.ExecutionID != w.Header().Get("X-Execution-Id") || string(run.Reply) != w.Body.String() {
				t.Errorf("got %s %s", run.ExecutionID, run.Reply)
			}
			want := Request{Method: "POST", URL: "/execute", Protocol: "HTTP/1.1", UserAgent: "tester", RemoteIP: "203.0.113.9", Code: w.Code,
				RequestBytes: int64(len(tt.body)), ResponseBytes: int64(w.Body.Len()), Began: run.Request.Began, Took: run.Request.Took}
			if run.Request != want || run.Request.Took <= 0 {
				t.Errorf("got %+v, want %+v", run.Request, want)
			}
			if run.Trace != (Trace{"0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", true}) {
				t.Errorf("got %+v", run.Trace)
			}
		})
	}
	m := &memo{}
	serveWith(four(), m, newRequest("GET", "/health", "", ""))
	if len(m.runs) != 0 {
		t.Errorf("/health was taken for a run")
	}
}

// Thousands of clients that disconnect in the middle of a request must leave
// nothing behind: the framework's own receiver of events stops answering.
func TestClientsThatDisconnect(t *testing.T) {
	m := &memo{maxBytes: -1}
	r := four()
	r.run = func(ctx context.Context, _ runtime.Job) (runtime.Result, error) {
		select {
		case <-time.After(time.Millisecond):
			return runtime.Result{Status: runtime.OK, Value: []byte("4")}, nil
		case <-ctx.Done():
			return runtime.Result{}, context.Cause(ctx)
		}
	}
	server := httptest.NewServer(NewHandler(r, Options{BodyBytes: testBodyBytes, Log: slog.New(slog.DiscardHandler), Recorder: m}))
	defer server.Close()
	address := server.Listener.Addr().String()
	const head = "POST /events HTTP/1.1\r\nHost: x\r\nContent-Type: application/cloudevents+json\r\nContent-Length: 1000\r\n\r\n"
	const whole = "POST /events HTTP/1.1\r\nHost: x\r\nCe-Id: 1\r\nCe-Specversion: 1.0\r\nCe-Type: t\r\nCe-Source: /s\r\nContent-Length: 35\r\n\r\n" + `{"script":"def main(): return 2+2"}`
	aborted := []string{head[:20], head, head + `{"specversion":"1.0","data":{`, whole[:len(whole)-1], whole}
	var clients sync.WaitGroup
	for range 10 {
		clients.Go(func() {
			for i := range 400 {
				conn, err := net.Dial("tcp", address)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = conn.Write([]byte(aborted[i%len(aborted)])) // the server may be quicker
				if i%2 == 0 {
					_ = conn.(*net.TCPConn).SetLinger(0) // a reset
				}
				_ = conn.Close()
			}
		})
	}
	clients.Wait()
	client := &http.Client{Timeout: 10 * time.Second}
	for i := range 20 {
		resp, err := client.Post(server.URL+"/events", "application/json", strings.NewReader(someScript))
		if err != nil {
			t.Fatalf("request %d after 4000 that were aborted: %v", i, err)
		}
		resp.Body.Close()
		if resp.StatusCode != 200 {
			t.Errorf("request %d: got %s", i, resp.Status)
		}
	}
}

func TestTraceOf(t *testing.T) {
	const trace, span = "0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7"
	for _, tt := range []struct {
		parent, cloud string
		want          Trace
	}{
		{"", "", Trace{}},
		{"00-" + trace + "-" + span + "-01", "", Trace{trace, span, true}},
		{"00-" + trace + "-" + span + "-00", "", Trace{trace, span, false}},
		{"01-" + trace + "-" + span + "-03-more", "", Trace{trace, span, true}},
		{"00-" + trace + "-" + span + "-01-more", "", Trace{}},
		{"ff-" + trace + "-" + span + "-01", "", Trace{}},
		{"00-" + strings.ToUpper(trace) + "-" + span + "-01", "", Trace{}},
		{"00-" + strings.Repeat("0", 32) + "-" + span + "-01", "", Trace{}},
		{"00-" + trace + "-" + strings.Repeat("0", 16) + "-01", "", Trace{}},
		{"nonsense", trace + "/1;o=1", Trace{trace, "0000000000000001", true}},
		{"", trace + "/18446744073709551615;o=0", Trace{trace, "ffffffffffffffff", false}},
		{"", trace, Trace{trace, "", false}},
		{"", trace + "/x", Trace{trace, "", false}},
		{"", strings.ToUpper(trace) + "/0;o=1", Trace{trace, "", true}},
		{"", trace[1:] + "/1;o=1", Trace{}},
	} {
		h := http.Header{"Traceparent": {tt.parent}, "X-Cloud-Trace-Context": {tt.cloud}}
		if got := traceOf(h); got != tt.want {
			t.Errorf("%q, %q: got %+v, want %+v", tt.parent, tt.cloud, got, tt.want)
		}
	}
}
