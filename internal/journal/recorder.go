// Package journal is the log: where it goes, and the one entry that each run leaves
// in it, when the kernel has said what the run cost.
//
//	open.go      the logger: lines on stdout, or the Cloud Logging API
//	recorder.go  from the end of a run to its entry and to the metrics
//	entry.go     what an entry holds, and how much of it at most
package journal

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/pyexec/pyexec/funcs"
	"github.com/pyexec/pyexec/internal/gcp"
	"github.com/pyexec/pyexec/internal/inflight"
	"github.com/pyexec/pyexec/internal/metrics"
	"github.com/pyexec/pyexec/runtime"
)

// Recorder turns what is known of a run into one entry of the log and into
// metrics. It is the funcs.Recorder of the service.
type Recorder struct {
	log      *slog.Logger
	metrics  *metrics.Metrics // nil when they are off
	payloads bool
	project  atomic.Pointer[string] // for the names of traces; nil while it is unknown
	pending  *inflight.Counter      // runs whose entry is still to be written
	dropped  atomic.Int64
}

// maxPending bounds the entries that wait for the cost of their runs, or for a
// log that does not take them.
const maxPending = 10_000

// NewRecorder returns a Recorder that writes to log. m is nil where nothing is to be
// counted; payloads adds the script, its input and its reply to each entry.
func NewRecorder(log *slog.Logger, m *metrics.Metrics, payloads bool) *Recorder {
	return &Recorder{log: log, metrics: m, payloads: payloads, pending: inflight.New()}
}

// Later writes the entry when the run's cost is known, while the caller goes
// on.
func (r *Recorder) Later(run *funcs.Record) {
	if r.pending.Count() >= maxPending {
		r.dropped.Add(1)
		r.metrics.Ran(run)
		return
	}
	if !r.pending.Enter() { // shutting down: nobody would wait for a goroutine
		r.Now(run)
		return
	}
	go func() {
		defer r.pending.Leave()
		r.Now(run)
	}()
}

// Now waits for the run's cost and writes the entry.
func (r *Recorder) Now(run *funcs.Record) {
	d := digestOf(run)
	clip(run)
	if !r.payloads {
		// Many entries may wait, each for a process that takes its time to end:
		// they need not hold what the callers have sent.
		run.Job, run.Reply = runtime.Job{}, nil
	}
	if run.UsedWorker {
		if cost, ok := run.Bill.Wait(); ok {
			run.Usage.CPU, run.Usage.PeakMemory = cost.CPU, cost.PeakMemory
		}
	}
	r.metrics.Ran(run)
	ctx := context.Background() // the request's may be over
	if r.log.Enabled(ctx, run.Level) {
		r.log.LogAttrs(ctx, run.Level, sentence(run), r.attrs(run, d)...)
	}
}

// Finish waits until every entry is written, or ctx ends.
func (r *Recorder) Finish(ctx context.Context) error {
	select {
	case <-r.pending.Shut():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("log: %d runs to be noted: %w", r.pending.Count(), ctx.Err())
	}
}

// Dropped is how many entries were lost, by the log or because too many waited.
func (r *Recorder) Dropped() int64 { return r.dropped.Load() + dropped(r.log) }

// LearnProject finds out, in the background, what the traces in the log are
// called in full. The metadata server is asked where none is set,
// and only onPlatform, where there is one.
func (r *Recorder) LearnProject(ctx context.Context, set string, onPlatform bool) {
	switch {
	case set != "":
		r.project.Store(&set)
	case onPlatform:
		go func() {
			if id, err := gcp.Project(ctx); err == nil {
				r.project.Store(&id)
			} else {
				r.log.Warn("traces in the log have no links: " + err.Error())
			}
		}()
	}
}
