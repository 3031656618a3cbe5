package funcs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/runtime"
)

func TestPathsAndMethods(t *testing.T) {
	const get = "GET, HEAD"
	tests := []struct {
		method, path string
		status       int
		allow, body  string // body "" is not compared
	}{
		{"POST", "/execute", 200, "", `{"result":4,"stdout":""}`},
		{"GET", "/execute", 405, "POST",
			`{"error":"method: GET: not allowed: /execute takes POST","status":"invalid_request"}`},
		{"HEAD", "/execute", 405, "POST", ``},
		{"OPTIONS", "/execute", 405, "POST",
			`{"error":"method: OPTIONS: not allowed: /execute takes POST","status":"invalid_request"}`},
		{"GET", "/health", 200, "", `{"status":"healthy"}`},
		{"POST", "/health", 405, get,
			`{"error":"method: POST: not allowed: /health takes GET, HEAD","status":"invalid_request"}`},
		{"POST", "/", 405, get,
			`{"error":"method: POST: not allowed: / takes GET, HEAD","status":"invalid_request"}`},
		{"DELETE", "/capabilities", 405, get, ``},
		{"PUT", "/openapi.json", 405, get, ``},
		{"GET", "/", 200, "", ``},
		{"GET", "/capabilities", 200, "", ``},
		{"GET", "/openapi.json", 200, "", ``},
		{"GET", "/run", 404, "", `{"error":"path: /run: not found: see GET /","status":"invalid_request"}`},
		{"POST", "/execute/", 404, "",
			`{"error":"path: /execute/: not found: see GET /","status":"invalid_request"}`},
		{"POST", "/Execute", 404, "", ``},
		{"GET", "//", 404, "", ``},
		{"GET", "/%22%3Cb%3E%ff", 404, "",
			`{"error":"path: /\"<b>�: not found: see GET /","status":"invalid_request"}`},
		{"GET", "/" + strings.Repeat("p", 5000), 404, "",
			`{"error":"path: /` + strings.Repeat("p", 63) +
				`…: not found: see GET /","status":"invalid_request"}`},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+clip(tt.path), func(t *testing.T) {
			w := serve(four(), newRequest(tt.method, tt.path, "application/json", someScript))
			if w.Code != tt.status || w.Header().Get("Allow") != tt.allow {
				t.Errorf("status %d, Allow %q, want %d, %q", w.Code, w.Header().Get("Allow"), tt.status, tt.allow)
			}
			if tt.body != "" && w.Body.String() != tt.body {
				t.Errorf("body\n got %s\nwant %s", w.Body, tt.body)
			}
			wantHeaders(t, w)
		})
	}
}

var idPattern = regexp.MustCompile(`^[0-9a-f]{32}$`)

// wantHeaders checks what every reply carries.
func wantHeaders(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	h := w.Header()
	if !idPattern.MatchString(h.Get("X-Execution-Id")) {
		t.Errorf("X-Execution-Id %q", h.Get("X-Execution-Id"))
	}
	if !strings.HasPrefix(h.Get("Server-Timing"), "queue;dur=0, run;dur=0") {
		t.Errorf("Server-Timing %q", h.Get("Server-Timing"))
	}
	if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", h)
	}
	if h.Get("Content-Type") == "" || h.Get("Content-Length") == "" {
		t.Errorf("headers %v", h)
	}
	if w.Body.Len() > 0 && h.Get("Content-Length") != fmt.Sprint(w.Body.Len()) {
		t.Errorf("Content-Length %s, body of %d bytes", h.Get("Content-Length"), w.Body.Len())
	}
}

// HEAD has the headers of GET, its length included, and no body.
func TestHead(t *testing.T) {
	for _, path := range []string{"/", "/health", "/capabilities", "/openapi.json"} {
		get := serve(four(), newRequest("GET", path, "", ""))
		head := serve(four(), newRequest("HEAD", path, "", ""))
		if head.Code != get.Code || head.Body.Len() != 0 ||
			head.Header().Get("Content-Length") != get.Header().Get("Content-Length") {
			t.Errorf("%s: HEAD %d, %d bytes, %v", path, head.Code, head.Body.Len(), head.Header())
		}
	}
}

func TestExecutionIDIsOurs(t *testing.T) {
	req := newRequest("POST", "/execute", "", someScript)
	req.Header.Set("X-Execution-Id", strings.Repeat("0", 32))
	m := &memo{}
	w := serveWith(four(), m, req)
	id := w.Header().Get("X-Execution-Id")
	if id == strings.Repeat("0", 32) || len(m.runs) != 1 || m.runs[0].ExecutionID != id {
		t.Errorf("id %q, recorded %v", id, m.runs)
	}
	if next := serve(four(), newRequest("GET", "/health", "", "")).Header().Get("X-Execution-Id"); next == id {
		t.Error("an id came twice")
	}
}

func TestHealth(t *testing.T) {
	runner := four()
	want(t, serve(runner, newRequest("GET", "/health", "", "")), 200, `{"status":"healthy"}`)
	runner.health = errors.New(`interpreter: "3.11": not up`)
	w := serve(runner, newRequest("GET", "/health", "", ""))
	want(t, w, 503, `{"status":"unhealthy","error":"interpreter: \"3.11\": not up"}`)
	if w.Header().Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q", w.Header().Get("Retry-After"))
	}
}

// What the runner returns as an error: two are told apart, the rest is one
// sentence to the caller and one line in the log.
func TestRunnerErrors(t *testing.T) {
	tests := []struct {
		err           error
		status        int
		retry, body   string
		logged        string
		caller, panic bool
	}{
		{err: runtime.ErrOverloaded, status: 429, retry: "1",
			body: `{"error":"too many requests are waiting: try again shortly","status":"overloaded"}`},
		{err: fmt.Errorf("admit: %w", runtime.ErrOverloaded), status: 429, retry: "1",
			body: `{"error":"too many requests are waiting: try again shortly","status":"overloaded"}`},
		{err: fmt.Errorf("zygote: /secret: %w", runtime.ErrUnavailable), status: 503, retry: "1",
			body: `{"error":"the service cannot run scripts right now: try again shortly","status":"unavailable"}`},
		{err: errors.New("read /secret: broken pipe"), status: 500,
			body:   `{"error":"the service could not handle this request","status":"internal_error"}`,
			logged: "read /secret: broken pipe"},
		{err: fmt.Errorf("worker: %w", context.Canceled), status: 500,
			body:   `{"error":"the service could not handle this request","status":"internal_error"}`,
			logged: "worker: context canceled"},
		{err: context.DeadlineExceeded, status: 500,
			body:   `{"error":"the service could not handle this request","status":"internal_error"}`,
			logged: "deadline exceeded"},
		{panic: true, status: 500,
			body:   `{"error":"the service could not handle this request","status":"internal_error"}`,
			logged: "panic: oh"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.err), func(t *testing.T) {
			runner := failing(tt.err)
			if tt.panic {
				runner = panicking("oh")
			}
			log, text := logged()
			m := &memo{}
			w := httptest.NewRecorder()
			h := handlerWith(runner, Options{BodyBytes: 1000, Log: log, Recorder: m})
			h.ServeHTTP(w, newRequest("POST", "/execute", "", someScript))
			want(t, w, tt.status, tt.body)
			wantHeaders(t, w)
			if w.Header().Get("Retry-After") != tt.retry {
				t.Errorf("Retry-After %q", w.Header().Get("Retry-After"))
			}
			if text.Len() > 0 || len(m.runs) != 1 { // the record tells of it, and nothing else
				t.Fatalf("%d records, logged %s", len(m.runs), text)
			}
			rec := m.runs[0]
			if tt.logged == "" {
				if rec.Level >= slog.LevelError || rec.Problem != "" {
					t.Errorf("recorded %+v", rec)
				}
				return
			}
			if rec.Level != slog.LevelError || strings.Count(rec.Problem, tt.logged) != 1 ||
				rec.ExecutionID != w.Header().Get("X-Execution-Id") {
				t.Errorf("recorded %+v", rec)
			}
		})
	}
}

// A result that makes no sense is the service's fault, not the script's.
func TestBrokenResults(t *testing.T) {
	for _, res := range []runtime.Result{{}, {Status: runtime.OK, Ran: true}, {Status: "invalid"},
		{Status: "no_such_word", Ran: true}} {
		want(t, post(returning(res), someScript), 500,
			`{"error":"the service could not handle this request","status":"internal_error"}`)
	}
}

func TestOptionsThatMustBeGiven(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	for name, opts := range map[string]Options{
		"BodyBytes": {Log: log, Recorder: nowhere{}},
		"Log":       {BodyBytes: 1, Recorder: nowhere{}},
		"Recorder":  {BodyBytes: 1, Log: log},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("without %s: no panic", name)
				}
			}()
			NewHandler(four(), opts)
		}()
	}
}
