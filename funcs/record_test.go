package funcs

import (
	"context"
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
		{"failure", someScript, "script_error",
			returning(runtime.Result{Status: runtime.ScriptError, Error: "secret"}), notice, ""},
		{"limit", someScript, "timeout",
			returning(runtime.Result{Status: runtime.Timeout, Error: "took too long"}), slog.LevelWarn,
			"took too long"},
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
			if run.Status != tt.status || run.Level != tt.level || !strings.HasPrefix(run.Problem, tt.problem) ||
				tt.problem == "" && run.Problem != "" || run.Event != nil {
				t.Errorf("got %+v", run)
			}
			if run.ExecutionID != w.Header().Get("X-Execution-Id") || string(run.Reply) != w.Body.String() {
				t.Errorf("got %s %s", run.ExecutionID, run.Reply)
			}
			want := Request{Method: "POST", URL: "/execute", Protocol: "HTTP/1.1", UserAgent: "tester",
				RemoteIP: "203.0.113.9", Code: w.Code,
				RequestBytes: int64(len(tt.body)), ResponseBytes: int64(w.Body.Len()),
				Began: run.Request.Began, Took: run.Request.Took}
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
	r.run = func(ctx context.Context, _ runtime.Job, _ runtime.Hooks) (runtime.Result, error) {
		select {
		case <-time.After(time.Millisecond):
			return runtime.Result{Status: runtime.OK, Value: []byte("4")}, nil
		case <-ctx.Done():
			return runtime.Result{}, context.Cause(ctx)
		}
	}
	server := httptest.NewServer(handlerWith(r,
		Options{BodyBytes: testBodyBytes, Log: slog.New(slog.DiscardHandler), Recorder: m}))
	defer server.Close()
	address := server.Listener.Addr().String()
	const head = "POST /events HTTP/1.1\r\nHost: x\r\nContent-Type: " +
		"application/cloudevents+json\r\nContent-Length: 1000\r\n\r\n"
	const whole = "POST /events HTTP/1.1\r\nHost: x\r\nCe-Id: 1\r\nCe-Specversion: 1.0\r\nCe-Type: " +
		"t\r\nCe-Source: /s\r\nContent-Length: 35\r\n\r\n" + `{"script":"def main(): return 2+2"}`
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
