package service

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/pyexec/pyexec/funcs"
	"github.com/pyexec/pyexec/runtime"
)

// engine is what runs scripts: *runtime.Runtime.
type engine interface {
	funcs.Runner
	Stats() runtime.Stats
	Close() error
}

// gate is the Runner that requests see from the first moment on. Runs wait at
// it until the engine is there; Health, Info and Stats never wait.
type gate struct {
	// known is what can be said before the engine is there: limits and sizes.
	known runtime.Info
	// done is closed when either engine or err is set, for good.
	done   chan struct{}
	engine engine
	err    error
	// shut is set when the server is going away.
	shut atomic.Bool
}

func newGate(cfg runtime.Config) *gate {
	return &gate{
		known: runtime.Info{
			BlockedImports: cfg.BlockedImports,
			Limits:         cfg.Limits,
			Workers:        cfg.Workers,
			Queue:          cfg.Queue,
			QueueWait:      cfg.QueueWait,
			Environments:   cfg.EnvironmentNames(),
		},
		done: make(chan struct{}),
	}
}

// open lets all runs through to e or, with an error, refuses all of them. It is
// called once.
func (g *gate) open(e engine, err error) {
	g.engine, g.err = e, err
	close(g.done)
}

// Run waits for the engine as long as ctx allows, then runs job. The wait
// counts as time in the queue.
func (g *gate) Run(ctx context.Context, job runtime.Job, hooks runtime.Hooks) (runtime.Result, error) {
	waited, err := g.enter(ctx)
	if err != nil {
		return runtime.Result{}, err
	}
	defer tellOfRun(ctx)()
	result, err := g.engine.Run(ctx, job, hooks)
	result.Usage.Queue += waited
	return result, err
}

// RunCases is Run for a batch: the wait counts for its first case.
func (g *gate) RunCases(ctx context.Context, batch runtime.Batch, hooks runtime.Hooks,
	each func(i int, result runtime.Result) error,
) error {
	waited, err := g.enter(ctx)
	if err != nil {
		return err
	}
	defer tellOfRun(ctx)()
	return g.engine.RunCases(ctx, batch, hooks, func(i int, result runtime.Result) error {
		if i == 0 {
			result.Usage.Queue += waited
		}
		return each(i, result)
	})
}

// enter waits for the engine as long as ctx allows, and returns how long that was.
func (g *gate) enter(ctx context.Context) (waited time.Duration, err error) {
	if g.shut.Load() && ctx.Value(lateKey{}) != nil {
		return 0, fmt.Errorf("run: %w", errShut)
	}
	arrived := time.Now()
	select {
	case <-g.done:
	case <-ctx.Done():
		return 0, fmt.Errorf("run: start: %w: %w", runtime.ErrUnavailable, ctx.Err())
	}
	if g.err != nil {
		return 0, fmt.Errorf("run: start: %w: %w", runtime.ErrUnavailable, g.err)
	}
	return time.Since(arrived), nil
}

// Health is nil when a run would succeed now.
func (g *gate) Health() error {
	if g.shut.Load() {
		return errShut
	}
	select {
	case <-g.done:
	default:
		return fmt.Errorf("%w: starting", runtime.ErrUnavailable)
	}
	if g.err != nil {
		// The detail is for the log, not for whoever can reach /health.
		return fmt.Errorf("%w: the start failed", runtime.ErrUnavailable)
	}
	return g.engine.Health()
}

// Info is the engine's, or the part of it that the settings decide.
func (g *gate) Info() runtime.Info {
	select {
	case <-g.done:
	default:
		return g.known
	}
	if g.err != nil {
		return g.known
	}
	return g.engine.Info()
}

// Stats is the engine's, zero before it is there.
func (g *gate) Stats() runtime.Stats {
	select {
	case <-g.done:
	default:
		return runtime.Stats{}
	}
	if g.err != nil {
		return runtime.Stats{}
	}
	return g.engine.Stats()
}

// lateKey marks, in the context of a request, that it came after Drain.
type lateKey struct{}

// late returns a context for a request that comes after Drain: it gets descriptions
// of the service, and runs nothing. Requests that came before go on.
func late(ctx context.Context) context.Context { return context.WithValue(ctx, lateKey{}, true) }

// errShut is what late requests get.
var errShut = fmt.Errorf("%w: shutting down", runtime.ErrUnavailable)
