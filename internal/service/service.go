// Package service puts the parts together: the runtime with its workers, the HTTP
// handlers in front, the log, the metrics and the clients of Google Cloud behind.
//
//	service.go  New, Drain, Close: the life of a Service
//	wire.go     which part reports to which
//	start.go    the start in the background, and what it logs
//	gate.go     where runs wait until the interpreter is there
//	events.go   who may send events, and where their results go
//	running.go  how a program that listens learns of runs
//	hosted.go   the one Service of a process whose main is not ours
package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"

	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/internal/gcp"
	"github.com/pyexec/pyexec/internal/inflight"
	"github.com/pyexec/pyexec/internal/journal"
	"github.com/pyexec/pyexec/internal/metrics"
	"github.com/pyexec/pyexec/runtime"
)

// Service is the whole of it: the runtime with its workers, and the HTTP
// handlers in front. It takes requests from the moment New returns.
type Service struct {
	starting sync.WaitGroup // the start, and what it logs
	log      *slog.Logger
	gate     *gate
	requests *inflight.Counter
	recorder *journal.Recorder
	metrics  *metrics.Metrics // nil when they are off
	results  *gcp.Results     // nil when replies of events are not published
	handler  http.Handler
	cancel   context.CancelFunc
	close    func() error
}

// New makes a Service. It returns at once: the interpreter is made ready in
// the background, within ctx, while requests already wait for it and /health
// says 503. Ready tells when that is over. The Service closes log.
func New(ctx context.Context, cfg config.Config, log *slog.Logger) (*Service, error) {
	return newService(ctx, cfg, log, atHome)
}

// OpenLog returns the logger that cfg asks for, see journal.Open. w is told of
// entries that the Cloud Logging API does not take.
func OpenLog(ctx context.Context, cfg config.Config, w io.Writer) (*slog.Logger, error) {
	return journal.Open(ctx,
		journal.Destination{API: cfg.LogAPI, Project: cfg.Project, Revision: gcp.Revision(cfg.Revision)}, w)
}

// outside holds the things that a Service reaches beyond itself; tests put others
// there.
type outside struct {
	start   func(context.Context, runtime.Config) (engine, error)
	results []gcp.Option      // how the client of the results topic is made
	keys    http.RoundTripper // the way to the keys of Google's tokens
	// onlyEvents says that nothing but events is served.
	onlyEvents bool
}

// atHome is the outside of every service but those of tests.
var atHome = outside{start: func(ctx context.Context, cfg runtime.Config) (engine,
	error) {
	return runtime.New(ctx, cfg)
}}

// newService is New with its outside.
func newService(ctx context.Context, cfg config.Config, log *slog.Logger, out outside) (*Service, error) {
	if cfg.BodyBytes <= 0 {
		return nil, fmt.Errorf("service: body limit: %d: must be positive", cfg.BodyBytes)
	}
	cfg.Runtime.Log = log
	ctx, cancel := context.WithCancel(ctx)
	s := &Service{
		log:      log,
		gate:     newGate(cfg.Runtime),
		requests: inflight.New(),
		cancel:   cancel,
	}
	s.close = sync.OnceValue(s.shutDown)
	if err := s.wire(ctx, &cfg, out); err != nil {
		cancel()
		return nil, err
	}
	s.announce(cfg)
	s.starting.Go(func() { s.start(ctx, cfg.Runtime, out.start) })
	return s, nil
}

// Handler serves the HTTP API. Once Drain was called, requests that arrive
// are answered with 503 and their connections closed.
func (s *Service) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.requests.Enter() {
			w.Header().Set("Connection", "close")
			s.handler.ServeHTTP(w, r.WithContext(late(r.Context())))
			return
		}
		defer s.requests.Leave()
		s.handler.ServeHTTP(w, r)
	})
}

// Stats is how the service is at one moment; zero before the start is over.
func (s *Service) Stats() runtime.Stats { return s.gate.Stats() }

// Ready is closed when the start is over, well or not: see Err.
func (s *Service) Ready() <-chan struct{} { return s.gate.done }

// Err is why the start failed. It is nil before Ready is closed.
func (s *Service) Err() error {
	select {
	case <-s.gate.done:
		return s.gate.err
	default:
		return nil
	}
}

// Drain refuses new requests from now on and waits until those in flight are
// answered, or ctx ends.
func (s *Service) Drain(ctx context.Context) error {
	s.gate.shut.Store(true)
	idle := s.requests.Shut()
	if n := s.requests.Count(); n > 0 {
		s.log.Info("draining", "requests", n)
	}
	select {
	case <-idle:
		return s.recorder.Finish(ctx) // while the interpreter can still tell what runs cost
	case <-ctx.Done():
		return fmt.Errorf("drain: %d requests in flight: %w", s.requests.Count(), ctx.Err())
	}
}

// Close ends the interpreter and every run, whose requests are answered with
// 503. It also ends a start that is still under way, and waits for it. Then it
// writes what the log holds back. Further calls do nothing more.
func (s *Service) Close() error { return s.close() }

func (s *Service) shutDown() error {
	s.cancel()
	<-s.gate.done
	s.starting.Wait() // for the entries that it still logs
	var errs []error
	if s.gate.err == nil { // else nothing was started
		errs = append(errs, s.gate.engine.Close())
	}
	// Runs that were cut off just now are answered and noted in a moment.
	ctx, cancel := context.WithTimeout(context.Background(), journal.FlushWithin)
	defer cancel()
	if s.requests.Count() > 0 {
		select {
		case <-s.requests.Shut():
		case <-ctx.Done():
		}
	}
	errs = append(errs, s.recorder.Finish(ctx), s.metrics.Close(ctx))
	if s.results != nil {
		errs = append(errs, s.results.Close())
	}
	errs = append(errs, journal.Close(s.log))
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	return nil
}
