package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/internal/service"
)

// executePath is where a service takes scripts.
const executePath = "/execute"

// endpoint is the service that runs the script, in this process or elsewhere.
type endpoint struct {
	url    string
	client *http.Client
	// failed returns why a service in this process can't run anything; it is nil
	// for a service elsewhere.
	failed func() error
	close  func()
}

// openEndpoint finds the service that the options name or, where they name none,
// starts one.
func openEndpoint(ctx context.Context, o *options, stderr io.Writer) (*endpoint, error) {
	if o.url != nil {
		client := &http.Client{CheckRedirect: keepPost}
		return &endpoint{url: o.url.String(), client: client, close: client.CloseIdleConnections}, nil
	}
	settings := oneRun()
	if o.linesFlag != "" {
		settings = manyRuns()
	}
	cfg, err := config.Load(settings...)
	if err != nil {
		return nil, &failure{exitUsage, err}
	}
	allowTimeout(&cfg, o.timeout)
	cfg.Runtime.DataAdvice = config.DataAdviceOf("pyrun")
	for i := range cfg.Runtime.Environments { // the one script may need one of them
		cfg.Runtime.Environments[i].AtOnce = false
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	if cfg.Runtime.SandboxOff {
		fmt.Fprintln(stderr, "pyrun: warning: SANDBOX=off: the script runs without confinement, with your rights")
	}
	return startEndpoint(ctx, cfg, log)
}

// maxRedirects bounds how many redirects are followed.
const maxRedirects = 10

// keepPost follows only redirects that send the script along: the others, such
// as Cloud Run's from http to https, would make a GET of the request, which runs
// nothing. The reply says where it should have gone.
func keepPost(req *http.Request, via []*http.Request) error {
	if req.Method != http.MethodPost || len(via) > maxRedirects {
		return http.ErrUseLastResponse
	}
	return nil
}

// oneRun lists the settings that reduce a service to what a single run needs.
func oneRun() []string {
	return append(manyRuns(), "EXEC_WORKERS=1", "EXEC_QUEUE=1")
}

// manyRuns is oneRun for a batch, which whoever has started it can end.
func manyRuns() []string {
	settings := []string{
		"EXEC_BATCH_TIME=24h", "EVENTS=off", "RESULTS_TOPIC=", "MCP=off", "METRICS_PORT=0",
		"LOG_SINK=stdout", "LOG_PAYLOADS=false",
	}
	if !config.Given("EXEC_MEMORY_MB") {
		// Nobody has asked for more than there is: the least that a run gets starts
		// everywhere, as with a server that works its sizes out.
		settings = append(settings, "EXEC_OVERCOMMIT=true")
	}
	return settings
}

// allowTimeout raises the limits on time to timeout: whoever starts the service sets them.
func allowTimeout(cfg *config.Config, timeout time.Duration) {
	l := &cfg.Runtime.Limits
	if timeout > l.Timeout {
		l.Timeout = timeout
		l.CPU = max(l.CPU, (timeout + time.Second - 1).Truncate(time.Second))
	}
}

// startEndpoint serves in this process, to this process only.
func startEndpoint(ctx context.Context, cfg config.Config, log *slog.Logger) (*endpoint, error) {
	s, err := service.New(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	listener := newPipeListener()
	server := &http.Server{Handler: s.Handler(), ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelError)}
	go func() { _ = server.Serve(listener) }() // ends with close
	transport := &http.Transport{DialContext: listener.dial, DisableCompression: true}
	return &endpoint{
		url:    "http://localhost" + executePath,
		client: &http.Client{Transport: transport},
		failed: func() error {
			select {
			case <-s.Ready():
				return s.Err()
			default:
				return nil
			}
		},
		close: sync.OnceFunc(func() {
			transport.CloseIdleConnections()
			_ = server.Close()
			if err := s.Close(); err != nil {
				log.Error(err.Error())
			}
		}),
	}, nil
}

// send sends the request and returns the reply. Output of the script goes to c
// while it runs, if the service streams it.
func (s *endpoint) send(ctx context.Context, body []byte, header http.Header, c *console) (*reply, error) {
	res, err := s.post(ctx, bytes.NewReader(body), "application/json", "text/event-stream, application/json", header)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	rep, err := readReply(res, c)
	if err != nil {
		return nil, err
	}
	if err := s.detail(rep); err != nil {
		return nil, err
	}
	return rep, nil
}

// pipeListener is a network within one process: each connection is a net.Pipe.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		return near, nil
	case <-l.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

var errNoReply = errors.New("is no reply of the service")
