package metrics

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/funcs"
	"github.com/pyexec/pyexec/runtime"
)

func TestMetrics(t *testing.T) {
	m := New(
		func() runtime.Stats {
			return runtime.Stats{Ready: 3, Busy: 2, Waiting: 1, Restarts: 4, JailMemory: 6, JailPeak: 7}
		},
		func() int64 { return 5 },
	)
	m.Forked(3 * time.Millisecond)
	m.Ran(someRun())
	plain := someRun()
	plain.Event, plain.Status = nil, "ok"
	m.Ran(plain)
	m.Ran(&funcs.Record{Status: "invalid_request"}) // no process was involved
	m.Ran(&funcs.Record{Status: "overloaded", Tool: "run_python"})
	w := httptest.NewRecorder()
	m.handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`pyexec_runs_total{source="event",status="memory_limit"} 1`,
		`pyexec_runs_total{source="http",status="ok"} 1`,
		`pyexec_runs_total{source="http",status="invalid_request"} 1`,
		`pyexec_runs_total{source="mcp",status="overloaded"} 1`,
		"pyexec_run_seconds_count 2", `pyexec_run_seconds_bucket{le="0.025"} 2`,
		`pyexec_run_seconds_bucket{le="0.01"} 0`,
		"pyexec_queue_seconds_count 2",
		"pyexec_fork_seconds_count 1", `pyexec_fork_seconds_bucket{le="0.003"} 1`,
		"pyexec_workers_ready 3", "pyexec_workers_busy 2", "pyexec_queue_length 1",
		"pyexec_jail_memory_bytes 6", "pyexec_jail_memory_peak_bytes 7",
		"pyexec_interpreter_restarts_total 4", "pyexec_log_entries_dropped_total 5",
	} {
		if !strings.Contains(w.Body.String(), "\n"+want+"\n") {
			t.Errorf("%s is missing", want)
		}
	}
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		t.Errorf("got %d %v", w.Code, w.Header())
	}
	w = httptest.NewRecorder()
	m.handler().ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 404 {
		t.Errorf("/: got %d", w.Code)
	}
}

// someRun is a run of an event, with the figures that are counted.
func someRun() *funcs.Record {
	return &funcs.Record{
		Status: "memory_limit", Event: &funcs.Event{ID: "e1"},
		Usage:      runtime.Usage{Queue: time.Millisecond, Wall: 20 * time.Millisecond},
		UsedWorker: true,
	}
}
