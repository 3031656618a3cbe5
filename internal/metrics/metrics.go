// Package metrics counts runs and shows the figures in Prometheus's format, on a port
// of its own: they are not for those who may run scripts.
package metrics

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/net/netutil"

	"github.com/pyexec/pyexec/funcs"
	"github.com/pyexec/pyexec/runtime"
)

// Metrics is what GET /metrics shows. A nil *Metrics counts nothing.
type Metrics struct {
	registry         *prometheus.Registry
	runs, cases      *prometheus.CounterVec
	run, queue, fork prometheus.Histogram
	wait             *prometheus.HistogramVec
	server           *http.Server
}

// Bounds of the histograms in seconds: from a bare run, or a worker that is
// ready, to the longest that the defaults allow.
var (
	runBuckets   = []float64{.0005, .001, .002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}
	queueBuckets = []float64{.00001, .0001, .0005, .001, .005, .01, .05, .1, .5, 1, 5, 10, 30}
	waitBuckets  = []float64{.1, .25, .5, 1, 2, 3, 5, 10, 20, 30}
	forkBuckets  = []float64{.0005, .001, .002, .003, .005, .0075, .01, .025, .05, .1, .5, 1, 5}
)

// New makes all metrics. stats and dropped are asked at every scrape: how the
// service is, and how many entries of the log were lost.
func New(stats func() runtime.Stats, dropped func() int64) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pyexec_runs_total", Help: "Requests for a run, by what they came to and how they arrived.",
		}, []string{"status", "source"}),
		cases: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pyexec_cases_total", Help: "Cases of batches, by what they came to and how the batch arrived.",
		}, []string{"status", "source"}),
		run:   histogram("pyexec_run_seconds", "Wall clock of a script, or of a batch.", runBuckets),
		queue: histogram("pyexec_queue_seconds", "Wait for a place and a worker.", queueBuckets),
		fork: histogram("pyexec_fork_seconds",
			"Making of a worker, from the fork until it stands confined and ready.", forkBuckets),
		wait: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "pyexec_environment_wait_seconds", Help: "Wait of a run for an environment that was cold.",
			Buckets: waitBuckets,
		}, []string{"environment"}),
	}
	gauge := func(name, help string, value func(runtime.Stats) int) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help},
			func() float64 { return float64(value(stats())) })
	}
	m.registry.MustRegister(
		m.runs, m.cases, m.run, m.queue, m.fork, m.wait, environments{stats},
		gauge("pyexec_workers_ready", "Workers that wait for a script.",
			func(s runtime.Stats) int { return s.Ready }),
		gauge("pyexec_workers_busy", "Scripts under way.", func(s runtime.Stats) int { return s.Busy }),
		gauge("pyexec_queue_length", "Requests that wait for a place.",
			func(s runtime.Stats) int { return s.Waiting }),
		gauge("pyexec_jail_memory_bytes",
			"Memory of the interpreter and all runs, the kernel's included; 0 without a control group.",
			func(s runtime.Stats) int { return int(s.JailMemory) }),
		gauge("pyexec_jail_memory_peak_bytes",
			"The most that it was since the interpreter started; 0 where the kernel does not know.",
			func(s runtime.Stats) int { return int(s.JailPeak) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "pyexec_interpreter_restarts_total", Help: "Interpreters that took the place of one that died.",
		}, func() float64 { return float64(stats().Restarts) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "pyexec_log_entries_dropped_total", Help: "Log entries that could not be written.",
		}, func() float64 { return float64(dropped()) }),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

func histogram(name, help string, buckets []float64) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
}

// Ran counts a run that is over.
func (m *Metrics) Ran(run *funcs.Record) {
	if m == nil {
		return
	}
	source := "http"
	switch {
	case run.Event != nil:
		source = "event"
	case run.Tool != "":
		source = "mcp"
	}
	m.runs.WithLabelValues(run.Status, source).Inc()
	if run.Cases != nil {
		for status, n := range run.Cases.Statuses {
			m.cases.WithLabelValues(status, source).Add(float64(n))
		}
	}
	if run.UsedWorker {
		m.run.Observe(run.Usage.Wall.Seconds())
		m.queue.Observe(run.Usage.Queue.Seconds())
		if run.Usage.Start > 0 {
			name := run.Environment
			if runtime.IsInstalled(name) { // else callers could make a series for each set
				name = "installed"
			}
			m.wait.WithLabelValues(name).Observe(run.Usage.Start.Seconds())
		}
	}
}

// Forked notes how long a worker took to make.
func (m *Metrics) Forked(took time.Duration) { m.fork.Observe(took.Seconds()) }

// handler answers GET /metrics.
func (m *Metrics) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return mux
}

// metricsConnections is how many connections may scrape at once. Package capacity
// counts them among the descriptors of the server.
const metricsConnections = 4

// Listen serves the metrics until Close. A port that is in use is an error of
// Listen.
func (m *Metrics) Listen(host string, port int) error {
	listener, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	listener = netutil.LimitListener(listener, metricsConnections)
	m.server = &http.Server{
		Handler: m.handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
	}
	go func() { _ = m.server.Serve(listener) }() // ends with Close
	return nil
}

// Close ends the server of metrics, if there is one.
func (m *Metrics) Close(ctx context.Context) error {
	if m == nil || m.server == nil {
		return nil
	}
	err := m.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) { // a client is still connected, and asks nothing
		err = m.server.Close()
	}
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}
