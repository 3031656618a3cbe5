package funcs

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/pyexec/pyexec/runtime"
)

// memo records what a handler does, in order.
type memo struct {
	mu        sync.Mutex
	steps     []string
	runs      []*Record
	published []published
	refuse    error // of Publish
	maxBytes  int
}

type published struct {
	reply      string
	attributes map[string]string
}

func (m *memo) Later(run *Record) { m.note("later", run) }
func (m *memo) Now(run *Record)   { m.note("log", run) }

func (m *memo) note(step string, run *Record) {
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
	body := `{"subscription":"projects/p/subscriptions/s","deliveryAttempt":3,"message":{"messageId":"m1",` +
		`"data":"` +
		base64.StdEncoding.EncodeToString([]byte(data)) + `"}}`
	return serveWith(r, m, newRequest("POST", "/events", "application/json", body))
}

func serveWith(r Runner, m *memo, req *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	opts := Options{BodyBytes: testBodyBytes, Log: slog.New(slog.DiscardHandler), Recorder: m}
	if m.maxBytes >= 0 {
		opts.Results = m
	}
	h := handlerWith(r, opts)
	h.ServeHTTP(w, req)
	return w
}

// ran makes a runner whose runs come to s.
func ran(s runtime.Status) *fakeRunner {
	res := runtime.Result{Status: s, Ran: true, Error: "because"}
	if s == runtime.OK {
		res.Value = []byte("4")
	}
	return returning(res)
}

// eventOutcomes are all outcomes that there are.
var eventOutcomes = []struct {
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
	{"script too large", four(), `{"script":"` + strings.Repeat("#", 1<<20+1) + `"}`, 200, "invalid_request",
		slog.LevelError},
	{"message too large", four(), `{"script":"x"` + strings.Repeat(" ", testBodyBytes) + `}`, 200,
		"invalid_request", slog.LevelError},
	{"no data", four(), "", 200, "invalid_request", slog.LevelError},

	{"overloaded", failing(runtime.ErrOverloaded), someScript, 429, "overloaded", slog.LevelWarn},
	{"unavailable", failing(runtime.ErrUnavailable), someScript, 503, "unavailable", slog.LevelWarn},
	{"our fault", failing(errors.New("secret detail")), someScript, 500, "internal_error", slog.LevelError},
}

// The table of acknowledgements, row by row: every outcome there is.
func TestOutcomesOfEvents(t *testing.T) {
	for _, tt := range eventOutcomes {
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
				run.Event.ID != "m1" || run.Event.Attempt != 3 ||
				run.Event.Subscription != "projects/p/subscriptions/s" ||
				run.Event.Acknowledged != (tt.code == 200) || run.Event.Published != (tt.code == 200) {
				t.Errorf("logged as %+v, %+v", run, run.Event)
			}
			if run.LimitHit != strings.HasSuffix(tt.status, "_limit") && tt.status != "timeout" {
				t.Errorf("a limit was hit: %v", run.LimitHit)
			}
			if tt.code == 200 {
				p := m.published[0]
				if p.attributes["event_id"] != "m1" || p.attributes["status"] != tt.status ||
					p.attributes["execution_id"] != w.Header().Get("X-Execution-Id") {
					t.Errorf("attributes %v", p.attributes)
				}
				if tt.status == "ok" && p.reply != `{"result":4,"stdout":""}` ||
					tt.status != "ok" && !strings.Contains(p.reply, `"status":"`+tt.status+`"`) {
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
	if run := m.runs[0]; run.Level != slog.LevelError || run.Status != "ok" ||
		!strings.Contains(run.Problem, "topic is gone") || run.Event.Acknowledged || run.Event.Published {
		t.Errorf("logged as %+v, %+v", run, run.Event)
	}
}

func TestAReplyTooLargeForTheTopic(t *testing.T) {
	m := &memo{maxBytes: 300}
	res := runtime.Result{Status: runtime.OK, Value: []byte(`"` + strings.Repeat("x", 300) + `"`)}
	if w := deliver(returning(res), m, someScript); w.Code != 200 ||
		w.Body.String() != `{"status":"result_limit"}` {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	const want = `{"error":"The reply of 325 bytes is larger than the 300 bytes that fit into a message of ` +
		`the results topic","status":"result_limit"}`
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
	if w.Code != 200 || w.Body.String() != `{"status":"ok"}` || len(m.published) != 0 ||
		strings.Join(m.steps, " ") != "log" {
		t.Errorf("answered %d %s after %v", w.Code, w.Body, m.steps)
	}
	if got := string(m.runs[0].Reply); got != `{"result":4,"stdout":""}` {
		t.Errorf("the log has the reply %s", got)
	}
}

// A message on which the SDK or the run panics counts as the service's fault.
func TestAPanicBringsTheEventBack(t *testing.T) {
	m := &memo{}
	r := four()
	r.run = func(context.Context, runtime.Job, runtime.Hooks) (runtime.Result, error) { panic("oops") }
	if w := deliver(r, m, someScript); w.Code != 500 {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	if run := m.runs[0]; run.Level != slog.LevelError || !strings.Contains(run.Problem, "oops") ||
		run.Event.ID != "m1" {
		t.Errorf("logged as %+v", run)
	}
}

// An id that is longer than the value of an attribute may be is refused for good:
// what is published about it fits. The longest id that fits runs. The rest of a
// message is bounded, too.
func TestEventsOfUnusualSize(t *testing.T) {
	for _, tt := range []struct{ id, answer, published string }{
		{strings.Repeat("é", maxAttribute/2), `{"status":"ok"}`, strings.Repeat("é", maxAttribute/2)},
		{"I" + strings.Repeat("é", maxAttribute/2),
			`{"status":"invalid_request","error":"id of the message must be at most 1024 bytes, got 1025"}`,
			"I" + strings.Repeat("é", maxAttribute/2-1)},
	} {
		m := &memo{}
		body := `{"message":{"messageId":"` + tt.id + `","data":"` +
			base64.StdEncoding.EncodeToString([]byte(someScript)) + `"}}`
		if w := serveWith(four(), m, newRequest("POST", "/events", "application/json", body)); w.Code != 200 ||
			w.Body.String() != tt.answer || len(m.published) != 1 {
			t.Fatalf("answered %d %s", w.Code, w.Body)
		}
		if id := m.published[0].attributes["event_id"]; id != tt.published {
			t.Errorf("an event_id of %d bytes", len(id))
		}
	}
	m := &memo{}
	body := `{"message":{"messageId":"1","attributes":{"a":"` + strings.Repeat("x", 2*testBodyBytes) +
		`"},"data":""}}`
	if w := serveWith(four(), m, newRequest("POST", "/events", "application/json", body)); w.Code != 200 ||
		!strings.Contains(w.Body.String(), "request body must be at most 11446952 bytes") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}

// A message that is compressed is no request, and is told so.
func TestEventsAreNotCompressed(t *testing.T) {
	m := &memo{}
	r := newRequest("POST", "/events", "application/json", "\x1f\x8b")
	r.Header.Set("Content-Encoding", "br")
	if w := serveWith(four(), m, r); w.Code != 200 ||
		!strings.Contains(w.Body.String(), "Content-Encoding must be absent, identity or gzip, got br") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}

// A fault after the record is handed over is logged, and the record left alone.
func TestARecorderThatPanics(t *testing.T) {
	log, text := logged()
	r := newRequest("POST", "/events", "application/json", bodies["/events"])
	w := httptest.NewRecorder()
	handlerWith(four(), Options{BodyBytes: testBodyBytes, Log: log, Recorder: panicky{}}).ServeHTTP(w, r)
	if w.Code != 500 || strings.Count(text.String(), "panic: no disk") != 1 {
		t.Errorf("answered %d %s, logged %s", w.Code, w.Body, text)
	}
}

// panicky is a Recorder that can't note anything.
type panicky struct{}

func (panicky) Later(*Record) { panic("noted twice") }
func (panicky) Now(*Record)   { panic("no disk") }
