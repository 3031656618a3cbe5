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
			return runtime.Stats{Installs: runtime.InstallStats{On: true, Alive: 15, Installed: 16, Failed: 17,
				Fetched: 18, Cached: 19}, Ready: 3, Busy: 2, Waiting: 1, Restarts: 4, JailMemory: 6, JailPeak: 7,
				Environments: []runtime.EnvironmentStats{{Name: "default", Up: true, Runs: 8},
					{Name: "data", Ready: 9, Runs: 10, Starts: 11, Ends: 12, Failures: 13, Restarts: 14}}}
		},
		func() int64 { return 5 },
	)
	m.Forked(3 * time.Millisecond)
	m.Ran(someRun())
	plain := someRun()
	plain.Event, plain.Status = nil, "ok"
	plain.Environment, plain.Usage.Start = "data", 300*time.Millisecond
	m.Ran(plain)
	plain.Environment = "installed:0123456789ab"
	m.Ran(plain)
	m.Ran(&funcs.Record{Status: "invalid_request"}) // no process was involved
	m.Ran(&funcs.Record{Status: "overloaded", Tool: "run_python"})
	m.Ran(&funcs.Record{Status: "ok", Cases: &funcs.Cases{Statuses: map[string]int64{"ok": 7, "timeout": 2}}})
	w := httptest.NewRecorder()
	m.handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`pyexec_runs_total{source="event",status="memory_limit"} 1`,
		`pyexec_runs_total{source="http",status="ok"} 3`,
		`pyexec_cases_total{source="http",status="ok"} 7`, `pyexec_cases_total{source="http",status="timeout"} 2`,
		`pyexec_runs_total{source="http",status="invalid_request"} 1`,
		`pyexec_runs_total{source="mcp",status="overloaded"} 1`,
		"pyexec_run_seconds_count 3", `pyexec_run_seconds_bucket{le="0.025"} 3`,
		`pyexec_run_seconds_bucket{le="0.01"} 0`,
		"pyexec_queue_seconds_count 3",
		"pyexec_fork_seconds_count 1", `pyexec_fork_seconds_bucket{le="0.003"} 1`,
		"pyexec_workers_ready 3", "pyexec_workers_busy 2", "pyexec_queue_length 1",
		"pyexec_jail_memory_bytes 6", "pyexec_jail_memory_peak_bytes 7",
		`pyexec_environment_up{environment="default"} 1`, `pyexec_environment_up{environment="data"} 0`,
		`pyexec_environment_workers_ready{environment="data"} 9`,
		`pyexec_environment_runs_total{environment="default"} 8`,
		`pyexec_environment_runs_total{environment="data"} 10`,
		`pyexec_environment_starts_total{environment="data"} 11`,
		`pyexec_environment_ends_total{environment="data"} 12`,
		`pyexec_environment_start_failures_total{environment="data"} 13`,
		`pyexec_environment_restarts_total{environment="data"} 14`,
		`pyexec_environment_wait_seconds_bucket{environment="data",le="0.5"} 1`,
		`pyexec_environment_wait_seconds_bucket{environment="installed",le="0.5"} 1`,
		"pyexec_environment_installed 15", "pyexec_environment_installs_total 16",
		"pyexec_environment_install_failures_total 17", "pyexec_environment_install_fetched_bytes_total 18",
		"pyexec_environment_cache_bytes 19",
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
