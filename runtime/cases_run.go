package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/packages/script"
)

// CheckBatch returns why a batch is not accepted, in words for its caller that begin
// with the name of a field; nil if it is. CheckCase has the rest.
func CheckBatch(b *Batch, limits Limits) error {
	o := &b.Job.Options
	switch {
	case b.Isolation != "" && b.Isolation != IsolationCase && b.Isolation != IsolationRun:
		return fmt.Errorf("isolation must be %q or %q", IsolationCase, IsolationRun)
	case b.Isolation == IsolationRun && o.Program:
		return fmt.Errorf("isolation must be %q where entry is null: a program has no function to call again",
			IsolationCase)
	case b.Isolation == IsolationRun && b.Job.ReturnFiles:
		return fmt.Errorf("isolation must be %q where return_files is true: files that cases share are none's own",
			IsolationCase)
	}
	var input []byte
	if o.Spread { // CheckCase looks at those that there will be
		input = []byte("{}")
	}
	if err := CheckOptions(o, input); err != nil {
		return err
	}
	return CheckFiles(b.Job.Files, limits)
}

// CheckCase returns why a case does not go with the options of its batch, in words for
// its caller; nil if it does.
func CheckCase(o *Options, c Case) error { return checkInput(o, c.Input) }

// RunCases runs the cases of a batch and hands the result of each to each, in order, i
// counted from 0, never twice at once. each may block: only a bounded number of cases
// is run ahead of it. An error of each ends the batch at once; one of a case, or of
// Next, when the cases before it are done and handed on. The errors are those of each
// and of Next, ErrIdle, and those of Run: with ErrOverloaded nothing has run, as a batch that has
// begun is never turned away. Batches leave one place to other callers, where there are
// several.
//
// Hooks.Wait is called for the first case only, and Started once for all. Output is not
// called. Room may be called by several goroutines at once. With IsolationRun
// Result.Usage has the wall clock of each case, and CPU and PeakMemory of the process where
// that has died in it; there is no Result.Bill, but Batch.Ended.
func (r *Runtime) RunCases(
	ctx context.Context, b Batch, hooks Hooks, each func(i int, result Result) error,
) error {
	if err := CheckBatch(&b, r.cfg.Limits); err != nil {
		return fmt.Errorf("run: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	hooks.Output = nil
	job := &b.Job
	r.cutTimeout(job)
	c := choice{environment: r.all.main()}
	if job.Environment != "" || script.Has(job.Script) {
		var err error
		if c, err = r.choose(ctx, job, &hooks); err != nil {
			return err
		}
	}
	if c.environment == nil {
		return refuseAll(ctx, &b, c.refused, each)
	}
	if c.pinned {
		defer c.environment.release()
		if c.environment.cold() && hooks.Environment != nil {
			hooks.Environment(Progress{Environment: c.environment.name, Phase: PhaseStarting})
		}
	}
	told := func(i int, result Result) error {
		if i == 0 && c.waited > 0 {
			result.waitedFor(c.waited)
		}
		c.tell(&result)
		return each(i, result)
	}
	if b.Isolation == IsolationRun {
		return r.runSeries(ctx, cancel, &b, hooks, c.environment, told)
	}
	return r.runLanes(ctx, cancel, &b, hooks, c.environment, told)
}

// refuseAll gives every case the same answer: nothing of it is run.
func refuseAll(ctx context.Context, b *Batch, answer Result, each func(int, Result) error) error {
	for i := 0; ; i++ {
		if _, err := b.Next(ctx); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := each(i, answer); err != nil {
			return err
		}
	}
}

// runCase runs one case in a process of its own. Scripts have no effect but their
// result, so that one whose interpreter has died under it can be run again.
func (r *Runtime) runCase(
	ctx context.Context, job *Job, hooks *Hooks, e *environment, who entrant,
) (result Result, err error) {
	for range attempts {
		result, err = r.runIn(ctx, job, hooks, e, time.Now(), who)
		if !errors.Is(err, ErrUnavailable) || ctx.Err() != nil || e.all.ctx.Err() != nil {
			break
		}
	}
	return result, err
}
