package runtime

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/packages/script"
	"github.com/pyexec/pyexec/runtime/internal/pool"
	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// Run runs one script, calls hooks meanwhile, and returns what came of it. Errors:
// ErrOverloaded when the caller would wait, or has waited, for longer than
// Config.QueueWait, or when too many wait already, ErrUnavailable when the
// interpreter can't be used, ctx's error when the caller left first (the script is
// killed then), those of Hooks.Wait and Hooks.Room, and those of CheckFiles and
// CheckOptions, which callers should have called before.
func (r *Runtime) Run(ctx context.Context, job Job, hooks Hooks) (Result, error) {
	began := time.Now()
	if len(job.Files) > 0 {
		if err := CheckFiles(job.Files, r.cfg.Limits); err != nil {
			return Result{}, fmt.Errorf("run: %w", err)
		}
	}
	if err := CheckOptions(&job.Options, job.Input); err != nil {
		return Result{}, fmt.Errorf("run: %w", err)
	}
	r.cutTimeout(&job)
	c := choice{environment: r.all.main()}
	if job.Environment != "" || script.Has(job.Script) {
		var err error
		if c, err = r.choose(ctx, &job, &hooks); err != nil || c.environment == nil {
			return c.refused, err
		}
	}
	if c.pinned {
		defer c.environment.release()
		if c.environment.cold() {
			hooks.Environment(Progress{Environment: c.environment.name, Phase: PhaseStarting})
		}
	}
	result, err := r.runIn(ctx, &job, &hooks, c.environment, began, aCaller)
	if c.waited > 0 {
		result.waitedFor(c.waited)
	}
	c.tell(&result)
	return result, err
}

// cutTimeout makes the time limit of a job that of the service, where it has none or a
// longer one.
func (r *Runtime) cutTimeout(job *Job) {
	if job.Timeout <= 0 || job.Timeout > r.cfg.Limits.Timeout {
		job.Timeout = r.cfg.Limits.Timeout
	}
}

// tell adds to a result in which environment it was made.
func (c *choice) tell(result *Result) {
	result.Environment, result.Unmet = c.environment.name, c.unmet
	if c.unmet != "" && strings.HasPrefix(result.Error, "ModuleNotFoundError: ") {
		result.Hint = fmt.Sprintf("The environment %q, which the request names, lacks what the script asks for: %s. "+
			"Without environment in the request one is looked for that has it.",
			result.Environment, result.Unmet)
	}
}

// runIn runs a job in an environment, as soon as that is there and there is a place.
func (r *Runtime) runIn(
	ctx context.Context, job *Job, hooks *Hooks, e *environment, began time.Time, who entrant,
) (result Result, err error) {
	var cold time.Duration
	for range attempts {
		p, waited, err := e.hold(ctx, r.admission, hooks.Wait)
		if err != nil {
			return Result{}, err
		}
		cold += waited
		result, err = r.runHeld(ctx, job, hooks, e, p, began, who)
		e.release()
		if !errors.Is(err, pool.ErrDown) {
			result.Usage.Start = cold
			if result.Bill != nil {
				result.Bill.soFar.Start = cold
			}
			return result, err
		}
	}
	return Result{}, e.unavailable(errors.New("its interpreter dies again and again"))
}

// runHeld runs a job in the pool of an environment that is there.
func (r *Runtime) runHeld(
	ctx context.Context, job *Job, hooks *Hooks, e *environment, p *pool.Pool, began time.Time, who entrant,
) (Result, error) {
	if err := r.admission.admit(ctx, who, hooks.Wait); err != nil {
		return Result{}, err
	}
	defer r.admission.release(who)
	if p.Closed() {
		return Result{}, fmt.Errorf("%w: shutting down", ErrUnavailable)
	}
	for range attempts {
		result, err := r.attempt(ctx, job, hooks, e, p, began)
		if !errors.Is(err, errUnread) {
			return result, err
		}
	}
	return Result{}, fmt.Errorf("%w: workers die before they begin", ErrUnavailable)
}

// attempts is how many workers a run may find dead before it gives up.
const attempts = 3

// errUnread is the outcome of an attempt with a worker that was killed while it
// waited: nothing has run, and the script is not to blame.
var errUnread = errors.New("worker was dead")

// attempt runs a job in the next worker.
func (r *Runtime) attempt(
	ctx context.Context, job *Job, hooks *Hooks, e *environment, p *pool.Pool, began time.Time,
) (Result, error) {
	w, err := p.Take(ctx)
	if err != nil {
		return Result{}, err
	}
	defer p.Discard(w)
	if hooks.Started != nil {
		hooks.Started()
		hooks.Started = nil // should this worker turn out to be dead
	}
	started := time.Now()
	watch := p.Watch(w)
	reply := w.Run(ctx, request(job, hooks))
	seen := holding{Holding: watch.End(), wall: time.Since(started)}
	if !reply.Unread {
		e.runs.Add(1)
	}
	switch {
	case reply.Cause == zygote.Canceled:
		return Result{}, context.Cause(ctx)
	case reply.Unread:
		return Result{}, errUnread
	case reply.Refused != nil:
		return Result{}, reply.Refused
	}
	exit, err := r.exit(w, job, reply)
	if err == nil {
		err = r.unexplained(e, reply, exit, seen)
	}
	if err != nil {
		return Result{}, err
	}
	result := r.outcome(e, reply, exit, seen, job)
	result.Usage.Queue, result.Usage.Wall = started.Sub(began), seen.wall
	if exit != nil {
		result.Usage.add(exit, w, seen)
	}
	result.Bill = &Bill{soFar: result.Usage, worker: w, seen: seen}
	return result, nil
}

// holding is what a run held, and how long it took.
type holding struct {
	pool.Holding
	wall time.Duration
}

// request is the part of a job that a worker is told.
func request(job *Job, hooks *Hooks) *zygote.Request {
	r := &zygote.Request{
		Script: job.Script, Input: job.Input, Stdin: job.Stdin, Timeout: job.Timeout,
		ReturnFiles: job.ReturnFiles, Options: job.Options, Room: hooks.Room,
	}
	for _, f := range job.Files {
		r.Files = append(r.Files, zygote.File(f))
	}
	if hooks.Output != nil {
		r.Output = func(fd int, chunk []byte) { hooks.Output(Stream(fd), chunk) }
	}
	return r
}

// exit waits for the worker's end where it matters: when the caller wants the
// figures, or when the process died without an answer. nil means that it did not
// wait.
func (r *Runtime) exit(w *zygote.Worker, job *Job, reply *zygote.Reply) (*zygote.Exit, error) {
	silent := silent(reply)
	if !silent && !job.Usage {
		return nil, nil
	}
	exit, ok := ended(w)
	switch {
	case ok:
		return &exit, nil
	case silent && w.Alive():
		return nil, r.notTheScript("the run ended without a word, and the interpreter does not say how")
	case silent:
		return nil, r.notTheScript("the interpreter died during the run")
	}
	return nil, nil
}

// silent reports whether the worker was gone without an answer.
func silent(reply *zygote.Reply) bool {
	return reply.Cause == 0 && reply.Value == nil && reply.Fault == nil && reply.Broken == ""
}
