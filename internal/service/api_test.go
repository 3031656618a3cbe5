package service

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/internal/gcp"
	"github.com/pyexec/pyexec/internal/journal"
)

// loggingAPI is a Cloud Logging API on the loopback interface.
type loggingAPI struct {
	loggingpb.UnimplementedLoggingServiceV2Server
	mu      sync.Mutex
	entries []*loggingpb.LogEntry
}

func (s *loggingAPI) WriteLogEntries(_ context.Context,
	r *loggingpb.WriteLogEntriesRequest) (*loggingpb.WriteLogEntriesResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries = append(s.entries, r.Entries...)
	return new(loggingpb.WriteLogEntriesResponse), nil
}

// logsToAPI returns settings by which the log goes to such an API, and that log.
func logsToAPI(t *testing.T, settings ...string) (config.Config, *slog.Logger, *loggingAPI) {
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
	cfg, err := config.Parse(append(settings, "LOG_SINK=api", "GOOGLE_CLOUD_PROJECT=p"), roomy)
	if err != nil {
		t.Fatal(err)
	}
	client := []gcp.Option{
		option.WithEndpoint(listener.Addr().String()), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
	}
	log, err := journal.Open(t.Context(),
		journal.Destination{API: cfg.LogAPI, Project: cfg.Project, Client: client}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return cfg, log, api
}

// With LOG_SINK=api the entry of a run goes through the API, with the same
// fields, and is there when the service is closed.
func TestLogThroughTheAPI(t *testing.T) {
	cfg, log, api := logsToAPI(t)
	s, started := logging(t, cfg, log, &fakeEngine{})
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
	if run.HttpRequest.GetRequestUrl() != "/execute" || run.InsertId == "" ||
		run.GetJsonPayload().AsMap()["run"].(map[string]any)["status"] != "ok" {
		t.Errorf("got %v", run)
	}
	if n := s.dropped(); n != 0 {
		t.Errorf("%d entries lost", n)
	}
}
