package pyexec

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/pyexec/pyexec/funcs"
	"github.com/pyexec/pyexec/internal/gcp"
	"github.com/pyexec/pyexec/runtime"
)

// someRun is a run with every field set; text of the caller's has "secret" in it.
func someRun() *funcs.Run {
	return &funcs.Run{
		ExecutionID: "id-1", Status: "memory_limit", Level: slog.LevelWarn, Problem: "Script exceeded the memory limit of 512 MiB", LimitHit: true,
		Usage:      runtime.Usage{Queue: time.Millisecond, Wall: 20 * time.Millisecond},
		UsedWorker: true, Bill: bill(func() {}),
		Job:   runtime.Job{Script: "secret", Input: json.RawMessage(`"secret"`), Stdin: "secret"},
		Reply: []byte(`{"result":"secret"}`),
		Event: &funcs.Event{ID: "e1", Source: "/s", Type: "t", Subscription: "sub", Attempt: 2, Acknowledged: true, Published: true},
		Request: funcs.Request{Method: "POST", URL: "/events", Protocol: "HTTP/1.1", UserAgent: "ua", RemoteIP: "203.0.113.9", Code: 200,
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
	var out safeBuffer
	r := newRecorder(NewLog(&out), nil, false)
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

// Nothing of the script, its input or its output is in the log unless asked for.
func TestPayloadsAreLoggedOnRequestOnly(t *testing.T) {
	for _, payloads := range []bool{false, true} {
		var out safeBuffer
		newRecorder(NewLog(&out), nil, payloads).Now(someRun())
		if got := strings.Contains(out.String(), "secret"); got != payloads {
			t.Errorf("LOG_PAYLOADS=%v: %s", payloads, &out)
		}
	}
	run := someRun()
	run.Job.Script, run.Reply = "x"+strings.Repeat("é", maxLoggedScript), []byte(strings.Repeat("x", 1<<20))
	var out safeBuffer
	newRecorder(NewLog(&out), nil, true).Now(run)
	if n := len(out.String()); n > 250_000 {
		t.Errorf("an entry of %d bytes: Cloud Logging takes 256 KB", n)
	}
	if !strings.Contains(out.String(), "é… (65537 bytes in all)") {
		t.Error("the script is cut within a character")
	}
}

func TestARunOnATerminal(t *testing.T) {
	var out safeBuffer
	log := slog.New(&lineHandler{out: &lockedWriter{w: &out}})
	run := someRun()
	run.Event.Acknowledged = false
	newRecorder(log, nil, false).Now(run)
	_, got, _ := strings.Cut(out.String(), " ")
	const want = "WARNING: run memory_limit in 20ms, 15ms of processor, 40.0 MiB: Script exceeded the memory limit of 512 MiB; the message will come again\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The entry of a run comes when its cost is known; nobody waits for it but
// who ends the service.
func TestEntriesWaitForTheCost(t *testing.T) {
	var out safeBuffer
	r := newRecorder(NewLog(&out), nil, false)
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
	if err := r.finish(ctx); !errors.Is(err, context.DeadlineExceeded) || out.String() != "" {
		t.Errorf("got %v, %s", err, &out)
	}
	close(buried)
	if err := r.finish(t.Context()); err != nil || !strings.Contains(out.String(), `"cpu_ms":15`) {
		t.Errorf("got %v, %s", err, &out)
	}
	r.Later(someRun()) // at the end it is written at once
	if n := strings.Count(out.String(), "\n"); n != 2 {
		t.Errorf("%d lines", n)
	}
}

// loggingAPI is a Cloud Logging API on the loopback interface.
type loggingAPI struct {
	loggingpb.UnimplementedLoggingServiceV2Server
	mu      sync.Mutex
	entries []*loggingpb.LogEntry
}

func (s *loggingAPI) WriteLogEntries(_ context.Context, r *loggingpb.WriteLogEntriesRequest) (*loggingpb.WriteLogEntriesResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries = append(s.entries, r.Entries...)
	return new(loggingpb.WriteLogEntriesResponse), nil
}

// logsToAPI returns settings by which the log goes to such an API.
func logsToAPI(t *testing.T, settings ...string) (Config, *loggingAPI) {
	t.Helper()
	api := &loggingAPI{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(16 << 20))
	loggingpb.RegisterLoggingServiceV2Server(server, api)
	go func() { _ = server.Serve(listener) }() // ends with Stop
	t.Cleanup(server.Stop)
	cfg, err := parseConfig(append(settings, "LOG_SINK=api", "GOOGLE_CLOUD_PROJECT=p"), roomy)
	if err != nil {
		t.Fatal(err)
	}
	cfg.logOptions = []gcp.Option{
		option.WithEndpoint(listener.Addr().String()), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
	}
	if cfg.Log, err = OpenLog(t.Context(), cfg, io.Discard); err != nil {
		t.Fatal(err)
	}
	return cfg, api
}

// With LOG_SINK=api the entry of a run goes through the API, with the same
// fields, and is there when the service is closed.
func TestLogThroughTheAPI(t *testing.T) {
	cfg, api := logsToAPI(t)
	s, started := at(t, cfg, &fakeEngine{})
	started <- nil
	if w := post(s.Handler(), t.Context()); w.Code != http.StatusOK {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
	if err := s.Drain(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	messages := map[string]*loggingpb.LogEntry{}
	for _, e := range api.entries {
		messages[e.GetJsonPayload().GetFields()["message"].GetStringValue()] = e
	}
	run := messages["run ok"]
	if run == nil || messages["starting"] == nil || messages["ready"] == nil {
		t.Fatalf("got %v", messages)
	}
	if run.HttpRequest.GetRequestUrl() != "/execute" || run.InsertId == "" || run.GetJsonPayload().AsMap()["run"].(map[string]any)["status"] != "ok" {
		t.Errorf("got %v", run)
	}
	if n := s.dropped(); n != 0 {
		t.Errorf("%d entries lost", n)
	}
}

// BenchmarkEntry is the processor time of an entry, after the reply.
func BenchmarkEntry(b *testing.B) {
	r := newRecorder(NewLog(io.Discard), newMetrics(func() runtime.Stats { return runtime.Stats{} }, func() int64 { return 0 }), false)
	run := someRun()
	b.ReportAllocs()
	for b.Loop() {
		one := *run
		r.Now(&one)
	}
}
