package pyexec

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/pyexec/pyexec/funcs"
	"github.com/pyexec/pyexec/runtime"
)

// Service is the whole of it: the runtime with its workers, and the HTTP
// handlers in front. It takes requests from the moment New returns.
type Service struct {
	log     *slog.Logger
	gate    *gate
	traffic *traffic
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
	g := newGate(cfg.Runtime)
	opts := funcs.Options{BodyBytes: cfg.BodyBytes, Log: cfg.Log}
	ctx, cancel := context.WithCancel(ctx)
	s := &Service{
		log:      cfg.Log,
		gate:     g,
		traffic:  newTraffic(),
		serving:  funcs.NewHandler(g, opts),
		refusing: funcs.NewHandler(closed{g}, opts),
		cancel:   cancel,
	}
	s.close = sync.OnceValue(s.shutDown)
	s.announce(cfg)
	go s.start(ctx, cfg.Runtime, start)
	return s, nil
}

// announce logs the settings in force, and what is doubtful about them.
func (s *Service) announce(cfg Config) {
	s.log.Info("starting", slog.Group("settings", cfg.attrs()...))
	for _, w := range cfg.Warnings {
		s.log.Warn(w)
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
	if info.Posture == "landlock" {
		s.log.Warn("no namespaces here: Landlock alone hides the host's files; what else is missing and what stands in for it is under isolation")
	}
}

// isolation is the report of layers: on, or off and why.
func isolation(info runtime.Info) slog.Attr {
	layers := make([]any, 0, len(info.Isolation))
	for _, name := range slices.Sorted(maps.Keys(info.Isolation)) {
		state := "on"
		if !info.Isolation[name] {
			state = "off"
			if note := info.LayerNotes[name]; note != "" {
				state += ": " + note
			}
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
		return nil
	case <-ctx.Done():
		return fmt.Errorf("drain: %d requests in flight: %w", s.traffic.count(), ctx.Err())
	}
}

// Close ends the interpreter and every run, whose requests are answered with
// 503. It also ends a start that is still under way, and waits for it. Further
// calls do nothing more.
func (s *Service) Close() error { return s.close() }

func (s *Service) shutDown() error {
	s.cancel()
	<-s.gate.done
	if s.gate.err != nil {
		return nil // nothing was started
	}
	if err := s.gate.engine.Close(); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	return nil
}
