package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/internal/service"
)

// Timeouts of the server. A client that is slower than this is not one we
// want to hold a connection for.
const (
	headerTimeout  = 5 * time.Second
	readTimeout    = 30 * time.Second
	replyTimeout   = 30 * time.Second // to send the reply, once there is one
	startTimeout   = time.Minute      // that a request waits for the interpreter, in the worst case
	maxHeaderBytes = 64 << 10
	// lingering is how long new requests are still refused after the last reply:
	// clients that have connected already are told to retry, instead of being cut
	// off. Those that then wait as long as Retry-After says don't notice the end.
	lingering = 150 * time.Millisecond
	// closeTimeout is how long it may take to close the idle connections after the
	// last reply.
	closeTimeout = time.Second
)

// serve runs the service until a signal ends it. A nil error means that it
// was asked to stop.
func serve(signals <-chan os.Signal, stdout io.Writer) error {
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	log, err := service.OpenLog(context.Background(), cfg, stdout)
	if err != nil {
		return err
	}
	cfg.Share.LimitHeap()
	// Listening comes first: a port in use is known at once, and a probe that
	// asks early gets the answer "starting" and not a refused connection.
	listener, err := listen(cfg.Host, cfg.Port)
	if err != nil {
		return err
	}
	defer listener.Close()
	log.Info("listening", "url", url(cfg.Host, listener.Addr()))

	svc, err := service.New(context.Background(), cfg, log)
	if err != nil {
		return err
	}
	s := &server{
		service: svc,
		http:    newHTTPServer(cfg, svc.Handler(), log),
		grace:   cfg.Grace,
		log:     log,
	}
	listener = withLimit(listener, cfg.Share.Connections, s.http, log)
	return errors.Join(s.run(listener, signals), svc.Close())
}

// newHTTPServer puts the limits around handler.
func newHTTPServer(cfg config.Config, handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout(cfg),
		IdleTimeout:       cfg.IdleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// writeTimeout is the longest a request that is served can take from its
// header to the end of its reply: it is read, waits for the start, waits for its
// turn, runs, and is answered.
func writeTimeout(cfg config.Config) time.Duration {
	rt := cfg.Runtime
	return readTimeout + startTimeout + rt.QueueWait + rt.Limits.Timeout + replyTimeout
}

// url is what a person can paste into a browser.
func url(host string, addr net.Addr) string {
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	_, port, _ := net.SplitHostPort(addr.String())
	return "http://" + net.JoinHostPort(host, port)
}

// server is an HTTP server and the service behind it.
type server struct {
	service *service.Service
	http    *http.Server
	grace   time.Duration
	log     *slog.Logger
}

// run serves until a signal, then drains. It returns an error when the start
// or the server failed.
func (s *server) run(listener net.Listener, signals <-chan os.Signal) error {
	served := make(chan error, 1)
	go func() { served <- s.http.Serve(listener) }()
	defer s.http.Close()
	ready := s.service.Ready()
	for {
		select {
		case err := <-served:
			return fmt.Errorf("serve: %w", err)
		case <-ready:
			if err := s.service.Err(); err != nil {
				return fmt.Errorf("start: %w", err)
			}
			ready = nil
		case sig := <-signals:
			s.log.Info("shutting down", "signal", sig.String(), "grace", s.grace.String())
			// A second signal has its usual effect: the end, at once.
			signal.Reset(syscall.SIGTERM, os.Interrupt)
			return s.drain()
		}
	}
}

// drain answers what is in flight and refuses what comes, on the listener and
// on connections kept alive, for as long as anything is in flight.
func (s *server) drain() error {
	ctx, cancel := context.WithTimeout(context.Background(), s.grace)
	defer cancel()
	if err := s.service.Drain(ctx); err != nil {
		// The time is up. Runs end now, and their callers are told to try
		// again; it is still the shutdown that was asked for.
		s.log.Warn(err.Error())
		_ = s.service.Close() // serve calls it again, and returns its error
	}
	time.Sleep(lingering)
	ctx, cancelClose := context.WithTimeout(context.Background(), closeTimeout)
	defer cancelClose()
	if err := s.http.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("shutdown: %w", err)
	}
	return nil
}
