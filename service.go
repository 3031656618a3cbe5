package pyexec

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/pyexec/pyexec/funcs"
	"github.com/pyexec/pyexec/internal/gcp"
	"github.com/pyexec/pyexec/runtime"
)

// Service is the whole of it: the runtime with its workers, and the HTTP
// handlers in front. It takes requests from the moment New returns.
type Service struct {
	starting sync.WaitGroup // the start, and what it logs
	log      *slog.Logger
	gate     *gate
	traffic  *traffic
	recorder *recorder
	metrics  *metrics     // nil when they are off
	results  *gcp.Results // nil when replies of events are not published
	// serving answers while the door is open, refusing afterwards.
	serving, refusing http.Handler
	cancel            context.CancelFunc
	close             func() error
}

// New makes a Service. It returns at once: the interpreter is made ready in
// the background, within ctx, while requests already wait for it and /health
// says 503. Ready tells when that is over.
func New(ctx context.Context, cfg Config) (*Service, error) {
	return newService(ctx, cfg, func(ctx context.Context, cfg runtime.Config) (engine, error) {
		return runtime.New(ctx, cfg)
	})
}

// newService is New with the engine to start, for tests.
func newService(ctx context.Context, cfg Config, start func(context.Context, runtime.Config) (engine, error)) (*Service, error) {
	if cfg.BodyBytes <= 0 {
		return nil, fmt.Errorf("service: body limit: %d: must be positive", cfg.BodyBytes)
	}
	if cfg.Log == nil {
		cfg.Log = NewLog(os.Stdout)
	}
	cfg.Runtime.Log = cfg.Log
	ctx, cancel := context.WithCancel(ctx)
	s := &Service{
		log:     cfg.Log,
		gate:    newGate(cfg.Runtime),
		traffic: newTraffic(),
		cancel:  cancel,
	}
	s.close = sync.OnceValue(s.shutDown)
	if err := s.wire(ctx, &cfg); err != nil {
		cancel()
		return nil, err
	}
	s.announce(cfg)
	s.starting.Go(func() { s.start(ctx, cfg.Runtime, start) })
	return s, nil
}

// wire puts the handlers together with what they report to.
func (s *Service) wire(ctx context.Context, cfg *Config) error {
	senders, err := cfg.senders(ctx)
	if err != nil {
		return err
	}
	results, err := cfg.results(ctx)
	if err != nil {
		return err
	}
	s.results = results
	if cfg.MetricsPort != 0 {
		s.metrics = newMetrics(s.gate.Stats, s.dropped)
		cfg.Runtime.Forked = s.metrics.forked
	}
	s.recorder = newRecorder(cfg.Log, s.metrics, cfg.LogPayloads)
	s.recorder.learnProject(ctx, *cfg)
	if s.metrics != nil {
		if err := s.metrics.listen(cfg.Host, cfg.MetricsPort); err != nil {
			return err
		}
	}
	opts := funcs.Options{
		BodyBytes: cfg.BodyBytes, HeldBodyBytes: cfg.heldBodies, HeldReplyBytes: cfg.heldReplies, Log: cfg.Log, Recorder: s.recorder,
		EventsOff: cfg.Events == eventsOff, Hosts: cfg.AllowedHosts, MCP: !cfg.MCPOff, MCPHosts: cfg.MCPHosts, Complete: s.Ready(),
	}
	if senders != nil { // a nil pointer would be one that is asked
		opts.Senders = senders
	}
	if results != nil {
		opts.Results = results
	}
	s.serving = funcs.NewHandler(s.gate, opts)
	s.refusing = funcs.NewHandler(closed{s.gate}, opts)
	return nil
}

// dropped is how many entries the log has lost.
func (s *Service) dropped() int64 {
	n := s.recorder.dropped.Load()
	if held, ok := s.log.Handler().(sink); ok {
		n += held.Dropped()
	}
	return n
}

// announce logs the settings in force, and what is doubtful about them.
func (s *Service) announce(cfg Config) {
	s.log.Info("starting", slog.Group("settings", cfg.attrs()...))
	for _, w := range cfg.Warnings {
		s.log.Warn(w)
	}
	if cfg.Events == eventsOn && cfg.ResultsTopic != "" && cfg.EventsAudience == "" {
		s.log.Warn("EVENTS=on: whoever may call this service can publish results of any event to RESULTS_TOPIC")
	}
	if cfg.Runtime.SandboxOff {
		s.log.Warn("SANDBOX=off: scripts run without confinement, with the rights of this server; only for scripts you trust")
	}
}

func (s *Service) start(ctx context.Context, cfg runtime.Config, start func(context.Context, runtime.Config) (engine, error)) {
	began := time.Now()
	e, err := start(ctx, cfg)
	took := time.Since(began)
	s.gate.open(e, err) // whoever reads "ready" in the log can rely on it
	if err != nil {
		return
	}
	info := e.Info()
	s.log.Info("ready",
		"took", took.Round(time.Millisecond).String(),
		"python", info.PythonVersion,
		"workers", info.Workers,
		"posture", info.Posture,
		isolation(info))
	switch {
	case info.Posture == "container" && !info.Isolation["landlock"]:
		s.log.Warn("no namespaces and no Landlock here: a chroot alone hides the host's files; what else is missing and what stands in for it is under isolation")
	case info.Posture == "landlock":
		s.log.Warn("no namespaces here: Landlock alone hides the host's files; what else is missing and what stands in for it is under isolation")
	}
}

// isolation is the report of layers: on or off, and what there is to know.
func isolation(info runtime.Info) slog.Attr {
	layers := make([]any, 0, len(info.Isolation))
	for _, name := range slices.Sorted(maps.Keys(info.Isolation)) {
		state := "on"
		if !info.Isolation[name] {
			state = "off"
		}
		if note := info.LayerNotes[name]; note != "" {
			state += ": " + note
		}
		layers = append(layers, slog.String(name, state))
	}
	return slog.Group("isolation", layers...)
}

// Handler serves the HTTP API. Once Drain was called, requests that arrive
// are answered with 503 and their connections closed.
func (s *Service) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.traffic.enter() {
			w.Header().Set("Connection", "close")
			s.refusing.ServeHTTP(w, r)
			return
		}
		defer s.traffic.leave()
		s.serving.ServeHTTP(w, r)
	})
}

// EventHandler serves events, as /events of Handler does, whatever the path.
func (s *Service) EventHandler() http.Handler {
	handler := s.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		event := *r
		event.URL = &url.URL{Path: "/events"}
		handler.ServeHTTP(w, &event)
	})
}

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
	idle := s.traffic.shut()
	if n := s.traffic.count(); n > 0 {
		s.log.Info("draining", "requests", n)
	}
	select {
	case <-idle:
		return s.recorder.finish(ctx) // while the interpreter can still tell what runs cost
	case <-ctx.Done():
		return fmt.Errorf("drain: %d requests in flight: %w", s.traffic.count(), ctx.Err())
	}
}

// Close ends the interpreter and every run, whose requests are answered with
// 503. It also ends a start that is still under way, and waits for it. Then it
// writes what the log holds back. Further calls do nothing more.
func (s *Service) Close() error { return s.close() }

func (s *Service) shutDown() error {
	s.cancel()
	<-s.gate.done
	s.starting.Wait() // for what it still has to log
	var errs []error
	if s.gate.err == nil { // else nothing was started
		errs = append(errs, s.gate.engine.Close())
	}
	// What was cut off just now is answered and noted in a moment.
	ctx, cancel := context.WithTimeout(context.Background(), flushWithin)
	defer cancel()
	if s.traffic.count() > 0 {
		select {
		case <-s.traffic.shut():
		case <-ctx.Done():
		}
	}
	errs = append(errs, s.recorder.finish(ctx), s.metrics.close(ctx))
	if s.results != nil {
		errs = append(errs, s.results.Close())
	}
	errs = append(errs, closeLog(s.log))
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	return nil
}
