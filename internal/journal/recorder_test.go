package journal

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/funcs"
	"github.com/pyexec/pyexec/internal/logline"
	"github.com/pyexec/pyexec/internal/metrics"
	"github.com/pyexec/pyexec/internal/testbed/locked"
	"github.com/pyexec/pyexec/runtime"
)

// someRun is a run with every field set; text of the caller's has "secret" in it.
func someRun() *funcs.Record {
	return &funcs.Record{
		ExecutionID: "id-1", Status: "memory_limit", Level: slog.LevelWarn,
		Problem: "Script exceeded the memory limit of 512 MiB", LimitHit: true,
		Usage:      runtime.Usage{Queue: time.Millisecond, Wall: 20 * time.Millisecond},
		UsedWorker: true, Bill: bill(func() {}),
		Job:   runtime.Job{Script: "secret", Input: json.RawMessage(`"secret"`), Stdin: "secret"},
		Reply: []byte(`{"result":"secret"}`),
		Event: &funcs.Event{ID: "e1", Source: "/s", Type: "t", Subscription: "sub", Attempt: 2, Acknowledged: true,
			Published: true},
		Request: funcs.Request{Method: "POST", URL: "/events", Protocol: "HTTP/1.1", UserAgent: "ua",
			RemoteIP: "203.0.113.9", Code: 200,
			RequestBytes: 33, ResponseBytes: 15, Took: 1500 * time.Microsecond},
		Trace: funcs.Trace{ID: "0af7651916cd43dd8448eb211c80319c", Span: "b7ad6b7169203331", Sampled: true},
	}
}

// bill is what someRun cost, once it has returned.
type bill func()

func (b bill) Wait() (runtime.Usage, bool) {
	b()
	return runtime.Usage{CPU: 15 * time.Millisecond, PeakMemory: 40 << 20}, true
}

func TestEntryOfARun(t *testing.T) {
	var out locked.Buffer
	r := NewRecorder(logline.New(&out), nil, false)
	project := "p"
	r.project.Store(&project)
	r.Now(someRun())
	line := out.String()
	at := strings.Index(line, `"severity"`)
	const want = `"severity":"WARNING","message":"run memory_limit in 20ms, 15ms of processor, 40.0 MiB: Script exceeded the memory limit of 512 MiB",` +
		`"run":{"execution_id":"id-1","status":"memory_limit",` +
		`"script_sha256":"2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b","script_bytes":6,"input_bytes":8,` +
		`"wall_ms":20,"cpu_ms":15,"queue_ms":1,"peak_memory_bytes":41943040,"problem":"Script exceeded the memory limit of 512 MiB","limit_hit":true},` +
		`"event":{"id":"e1","source":"/s","type":"t","subscription":"sub","attempt":2,"acknowledged":true,"published":true},` +
		`"httpRequest":{"requestMethod":"POST","requestUrl":"/events","status":200,"requestSize":"33","responseSize":"15","userAgent":"ua","remoteIp":"203.0.113.9","protocol":"HTTP/1.1","latency":"0.001500s"},` +
		`"logging.googleapis.com/insertId":"id-1","logging.googleapis.com/trace":"projects/p/traces/0af7651916cd43dd8448eb211c80319c",` +
		`"logging.googleapis.com/spanId":"b7ad6b7169203331","logging.googleapis.com/trace_sampled":true}` + "\n"
	if got := line[max(at, 0):]; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// Another environment than the default one is named, with the wait for its start.
func TestEntryNamesTheEnvironment(t *testing.T) {
	for name, want := range map[string]string{"": "", "default": "",
		"data": `"peak_memory_bytes":41943040,"environment":"data","environment_wait_ms":1.5,"problem":`} {
		var out locked.Buffer
		run := someRun()
		run.Environment, run.Usage.Start = name, 1500*time.Microsecond
		run.Bill = started{run.Usage.Start}
		NewRecorder(logline.New(&out), nil, false).Now(run)
		if got := out.String(); !strings.Contains(got, want) || (want == "") == strings.Contains(got, `"environment`) {
			t.Errorf("%q: %s", name, got)
		}
	}
}

// A batch has one entry, with how many of its cases ended how.
func TestEntryOfABatch(t *testing.T) {
	var out locked.Buffer
	run := someRun()
	run.Status, run.Problem, run.LimitHit = "ok", "", false
	run.Cases = &funcs.Cases{Count: 9, Failed: 2, Expected: 5, Passed: 4,
		Statuses: map[string]int64{"timeout": 2, "ok": 7}}
	NewRecorder(logline.New(&out), nil, false).Now(run)
	for _, want := range []string{`"message":"run ok in 20ms, 15ms of processor, 40.0 MiB: 9 cases, 2 failed, 4 of 5 passed"`,
		`"cases":{"count":9,"failed":2,"expected":5,"passed":4,"statuses":{"ok":7,"timeout":2}},"limit_hit":false}`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s, want %s", &out, want)
		}
	}
}

// started is what a run cost that has waited for its environment.
type started struct{ wait time.Duration }

func (s started) Wait() (runtime.Usage, bool) {
	return runtime.Usage{PeakMemory: 40 << 20, Start: s.wait}, true
}

// Nothing of the script, its input or its output is in the log unless asked for.
func TestPayloadsAreLoggedOnRequestOnly(t *testing.T) {
	for _, payloads := range []bool{false, true} {
		var out locked.Buffer
		NewRecorder(logline.New(&out), nil, payloads).Now(someRun())
		if got := strings.Contains(out.String(), "secret"); got != payloads {
			t.Errorf("LOG_PAYLOADS=%v: %s", payloads, &out)
		}
	}
	run := someRun()
	run.Job.Script, run.Reply = "x"+strings.Repeat("é", maxLoggedScript), []byte(strings.Repeat("x", 1<<20))
	var out locked.Buffer
	NewRecorder(logline.New(&out), nil, true).Now(run)
	if n := len(out.String()); n > 250_000 {
		t.Errorf("an entry of %d bytes: Cloud Logging takes 256 KB", n)
	}
	if !strings.Contains(out.String(), "é… (65537 bytes in all)") {
		t.Error("the script is cut within a character")
	}
}

func TestARunOnATerminal(t *testing.T) {
	var out locked.Buffer
	log := logline.NewTerminal(&out)
	run := someRun()
	run.Event.Acknowledged = false
	NewRecorder(log, nil, false).Now(run)
	_, got, _ := strings.Cut(out.String(), " ")
	const want = "WARNING: run memory_limit in 20ms, 15ms of processor, 40.0 MiB: Script exceeded the memory " +
		"limit of 512 MiB; the message will come again\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The entry of a run comes when its cost is known; nobody waits for it but Finish.
func TestEntriesWaitForTheCost(t *testing.T) {
	var out locked.Buffer
	r := NewRecorder(logline.New(&out), nil, false)
	buried := make(chan struct{})
	run := someRun()
	run.Bill = bill(func() {
		if run.Job.Script != "" || run.Job.Input != nil || run.Reply != nil {
			t.Error("an entry that waits holds what the caller has sent")
		}
		<-buried
	})
	r.Later(run)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := r.Finish(ctx); !errors.Is(err, context.DeadlineExceeded) || out.String() != "" {
		t.Errorf("got %v, %s", err, &out)
	}
	close(buried)
	if err := r.Finish(t.Context()); err != nil || !strings.Contains(out.String(), `"cpu_ms":15`) {
		t.Errorf("got %v, %s", err, &out)
	}
	r.Later(someRun()) // at the end it is written at once
	if n := strings.Count(out.String(), "\n"); n != 2 {
		t.Errorf("%d lines", n)
	}
}

// BenchmarkEntry is the processor time of an entry, after the reply.
func BenchmarkEntry(b *testing.B) {
	r := NewRecorder(logline.New(io.Discard),
		metrics.New(func() runtime.Stats { return runtime.Stats{} }, func() int64 { return 0 }), false)
	run := someRun()
	b.ReportAllocs()
	for b.Loop() {
		one := *run
		r.Now(&one)
	}
}
