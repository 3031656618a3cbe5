package gcp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/api/option"
	ltype "google.golang.org/genproto/googleapis/logging/type"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	grpcstatus "google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/pyexec/pyexec/internal/logline"
)

// loggingServer is the Cloud Logging API in this process. answer decides how a
// request is answered; nil accepts everything.
type loggingServer struct {
	loggingpb.UnimplementedLoggingServiceV2Server
	answer func(context.Context, *loggingpb.WriteLogEntriesRequest) error

	mu       sync.Mutex
	requests []*loggingpb.WriteLogEntriesRequest
	entries  []*loggingpb.LogEntry
}

func (s *loggingServer) WriteLogEntries(ctx context.Context,
	r *loggingpb.WriteLogEntriesRequest) (*loggingpb.WriteLogEntriesResponse, error) {
	if s.answer != nil {
		if err := s.answer(ctx, r); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r)
	for _, e := range r.Entries {
		if e.LogName == "" { // else the library's, about itself
			s.entries = append(s.entries, e)
		}
	}
	return new(loggingpb.WriteLogEntriesResponse), nil
}

func (s *loggingServer) got() []*loggingpb.LogEntry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.entries
}

// serve starts s and returns a sink that writes to it.
func serve(t testing.TB, s *loggingServer, cfg SinkConfig) *Sink {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(grpc.MaxRecvMsgSize(16 << 20))
	loggingpb.RegisterLoggingServiceV2Server(server, s)
	go func() { _ = server.Serve(listener) }() // ends with Stop
	t.Cleanup(server.Stop)
	cfg.Project, cfg.Log = "p", "pyexec/run"
	sink, err := NewSink(t.Context(), cfg,
		option.WithEndpoint("passthrough:logging"), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
		option.WithGRPCDialOption(grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn,
			error) {
			return listener.DialContext(ctx)
		})))
	if err != nil {
		t.Fatal(err)
	}
	return sink
}

// logTo makes a log of JSON lines with the names of the agent.
func logTo(s *Sink) *slog.Logger {
	return slog.New(slog.NewJSONHandler(s,
		&slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			switch {
			case len(groups) > 0:
			case a.Key == slog.MessageKey:
				a.Key = logline.KeyMessage
			case a.Key == slog.LevelKey:
				return slog.String(logline.KeySeverity,
					map[slog.Level]string{slog.LevelInfo: "INFO",
						slog.LevelWarn: "WARNING"}[a.Value.Any().(slog.Level)])
			}
			return a
		}}))
}

func closed(t testing.TB, s *Sink) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Error(err)
	}
}

func TestEntriesHaveTheFieldsOfTheAgent(t *testing.T) {
	server := &loggingServer{}
	sink := serve(t, server, SinkConfig{})
	log := logTo(sink)
	log.Warn("run timeout",
		slog.Group("run", "status", "timeout", "cpu_ms", 1.5, "bytes", int64(7), "limit_hit", true),
		slog.Group(logline.KeyHTTPRequest, "requestMethod", "POST", "requestUrl", "/events", "status", 200,
			"requestSize", "33",
			"responseSize", "15", "userAgent", "curl", "remoteIp", "203.0.113.9", "protocol", "HTTP/1.1", "latency",
			"0.001500s"),
		logline.KeyTrace, "projects/p/traces/0af7651916cd43dd8448eb211c80319c", logline.KeySpan, "b7ad6b7169203331",
		logline.KeyTraceSampled, true,
		logline.KeyInsertID, "id-1",
		"cause", errors.New("why\xff"), "took", time.Millisecond, "list", []int{1, 2})
	closed(t, sink)
	if len(server.requests) != 1 || len(server.entries) != 1 {
		t.Fatalf("%d requests, %d entries", len(server.requests), len(server.entries))
	}
	r, e := server.requests[0], server.entries[0]
	if r.LogName != "projects/p/logs/pyexec%2Frun" || r.Resource.Type != "global" ||
		r.Resource.Labels["project_id"] != "p" || !r.PartialSuccess {
		t.Errorf("request %s %v", r.LogName, r.Resource)
	}
	if e.Severity != ltype.LogSeverity_WARNING || e.Trace != "projects/p/traces/0af7651916cd43dd8448eb211c80319c" ||
		e.SpanId != "b7ad6b7169203331" ||
		!e.TraceSampled || e.InsertId != "id-1" || time.Since(e.Timestamp.AsTime()) > time.Minute {
		t.Errorf("entry %v", e)
	}
	h := e.HttpRequest
	if h.RequestMethod != "POST" || h.RequestUrl != "/events" || h.Status != 200 || h.RequestSize != 33 ||
		h.ResponseSize != 15 ||
		h.UserAgent != "curl" || h.RemoteIp != "203.0.113.9" || h.Protocol != "HTTP/1.1" ||
		h.Latency.AsDuration() != 1500*time.Microsecond {
		t.Errorf("httpRequest %v", h)
	}
	got := e.GetJsonPayload().AsMap()
	want := map[string]any{
		"message": "run timeout", "cause": "why\ufffd", "took": 1e6, "list": []any{1.0, 2.0},
		"run": map[string]any{"status": "timeout", "cpu_ms": 1.5, "bytes": 7.0, "limit_hit": true},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("payload\n got %v\nwant %v", got, want)
	}
}

// Many entries go in few requests, in order, and Close writes all that is left.
func TestEntriesAreBatched(t *testing.T) {
	const n = 1800
	server := &loggingServer{}
	sink := serve(t, server, SinkConfig{})
	log := logTo(sink)
	for i := range n {
		log.Info(fmt.Sprint(i))
	}
	closed(t, sink)
	if len(server.entries) != n || len(server.requests) > n/20 || sink.Dropped() != 0 {
		t.Fatalf("%d entries in %d requests, %d lost", len(server.entries), len(server.requests), sink.Dropped())
	}
	for i, e := range server.entries {
		if got := e.GetJsonPayload().AsMap()["message"]; got != fmt.Sprint(i) {
			t.Fatalf("entry %d says %v", i, got)
		}
	}
	log.Info("too late")
	if sink.Dropped() != 1 {
		t.Errorf("%d lost after the end", sink.Dropped())
	}
}

// An entry that nobody follows is written soon, without a Close.
func TestALonelyEntryIsWritten(t *testing.T) {
	server := &loggingServer{}
	sink := serve(t, server, SinkConfig{Delay: 10 * time.Millisecond})
	defer closed(t, sink)
	logTo(sink).Info("alone")
	for until := time.Now().Add(10 * time.Second); len(server.got()) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("not written")
		}
	}
}

// An API that does not answer makes nobody wait: entries that do not fit are
// counted, and Close gives up in time.
func TestAPIThatStalls(t *testing.T) {
	server := &loggingServer{answer: func(ctx context.Context, _ *loggingpb.WriteLogEntriesRequest) error {
		<-ctx.Done()
		return ctx.Err()
	}}
	var told int64
	sink := serve(t, server,
		SinkConfig{Delay: time.Millisecond, Entries: 100, Lost: func(n int64, _ error) { told += n }})
	log := logTo(sink)
	began := time.Now()
	const n = 5000
	for range n {
		log.Info("x")
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("%d entries took %v", n, took)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := sink.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("close: %v", err)
	}
	if got := sink.Dropped(); got != n || told != n {
		t.Errorf("%d lost, %d told, want %d", got, told, n)
	}
}

// A request that is not answered in time is given up, and the next one goes
// through.
func TestAPIThatStallsOnce(t *testing.T) {
	stalled := make(chan struct{}, 1)
	stalled <- struct{}{}
	server := &loggingServer{answer: func(ctx context.Context, _ *loggingpb.WriteLogEntriesRequest) error {
		select {
		case <-stalled:
			<-ctx.Done()
			return ctx.Err()
		default:
			return nil
		}
	}}
	sink := serve(t, server, SinkConfig{Delay: time.Millisecond, WriteWithin: time.Second})
	log := logTo(sink)
	log.Info("lost")
	for until := time.Now().Add(10 * time.Second); sink.Dropped() == 0 && time.Now().Before(until); {
		time.Sleep(time.Millisecond)
	}
	log.Info("kept")
	closed(t, sink)
	if sink.Dropped() != 1 || len(server.entries) != 1 ||
		server.entries[0].GetJsonPayload().AsMap()["message"] != "kept" {
		t.Errorf("%d lost, got %v", sink.Dropped(), server.entries)
	}
}

// Entries that the API refuses are counted, all of a request or the part that it
// names; a request that it refuses for a moment is repeated.
func TestAPIThatRefuses(t *testing.T) {
	refusal := grpcstatus.New(codes.PermissionDenied, "no right to write")
	partial, err := grpcstatus.New(codes.InvalidArgument, "some").WithDetails(&loggingpb.WriteLogEntriesPartialErrors{
		LogEntryErrors: map[int32]*status.Status{1: {Code: int32(codes.InvalidArgument)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		fail  error
		times int
		lost  int64
	}{
		{"all", refusal.Err(), 1, 3},
		{"one of three", partial.Err(), 1, 1},
		{"for a moment", grpcstatus.Error(codes.Unavailable, "later"), 2, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var mu sync.Mutex
			left := tt.times
			server := &loggingServer{answer: func(context.Context, *loggingpb.WriteLogEntriesRequest) error {
				mu.Lock()
				defer mu.Unlock()
				if left--; left >= 0 {
					return tt.fail
				}
				return nil
			}}
			var why error
			var told int64
			sink := serve(t, server, SinkConfig{Lost: func(n int64, err error) { told, why = told+n, err }})
			log := logTo(sink)
			for i := range 3 {
				log.Info(fmt.Sprint(i))
			}
			closed(t, sink)
			if sink.Dropped() != tt.lost || told != tt.lost {
				t.Errorf("%d lost, %d told, want %d", sink.Dropped(), told, tt.lost)
			}
			if tt.lost == 3 && (why == nil || !strings.Contains(why.Error(), "no right to write")) {
				t.Errorf("because of %v", why)
			}
			if tt.lost == 0 && len(server.entries) != 3 {
				t.Errorf("%d entries arrived", len(server.entries))
			}
		})
	}
}

// A line that is no entry of a log is an error and counts as lost.
func TestWhatIsNoEntry(t *testing.T) {
	var told []string
	server := &loggingServer{}
	sink := serve(t, server,
		SinkConfig{LostEvery: time.Nanosecond,
			Lost: func(n int64, why error) { told = append(told, fmt.Sprint(n, " ", why)) }})
	for _, line := range []string{"text", `["list"]`, ""} {
		if n, err := sink.Write([]byte(line)); err == nil || n != 0 {
			t.Errorf("%q: %d bytes written", line, n)
		}
	}
	logTo(sink).Info("kept")
	closed(t, sink)
	if len(server.entries) != 1 || sink.Dropped() != 3 || len(told) != 1 || !strings.HasPrefix(told[0],
		"3 log line: ") {
		t.Errorf("%d entries, %d lost, told %q", len(server.entries), sink.Dropped(), told)
	}
	if err := sink.Close(t.Context()); err != nil {
		t.Errorf("closed again: %v", err)
	}
}

// Many write while the sink is closed: each entry is either there or counted.
func TestCloseUnderLoad(t *testing.T) {
	server := &loggingServer{}
	sink := serve(t, server, SinkConfig{Delay: time.Millisecond})
	const writers, each = 8, 500
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			log := logTo(sink)
			for range each {
				log.Info("x")
			}
		})
	}
	for len(server.got()) == 0 {
		time.Sleep(time.Millisecond)
	}
	closed(t, sink)
	all.Wait()
	if got := int64(len(server.entries)) + sink.Dropped(); got != writers*each {
		t.Errorf("%d written and %d lost of %d", len(server.entries), sink.Dropped(), writers*each)
	}
}

func BenchmarkWrite(b *testing.B) {
	sink := serve(b, &loggingServer{}, SinkConfig{Entries: 1 << 40, Bytes: 1 << 50})
	line := []byte(`{"time":"2026-01-01T00:00:00.000000001Z","severity":"INFO","message":"run ok","run":{"execution_id":"id-1","status":"ok","wall_ms":20,` +
		`"script_sha256":"2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b","cpu_ms":15,"queue_ms":1,"peak_memory_bytes":41943040,"limit_hit":false},` +
		`"httpRequest":{"requestMethod":"POST","requestUrl":"/execute","status":200,"requestSize":"33","responseSize":"15","userAgent":"ua","remoteIp":"203.0.113.9",` +
		`"protocol":"HTTP/1.1","latency":"0.001500s"},"logging.googleapis.com/insertId":"id-1"}` + "\n")
	for b.Loop() {
		if _, err := sink.Write(line); err != nil {
			b.Fatal(err)
		}
	}
	closed(b, sink)
}
