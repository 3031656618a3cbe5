package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/pool"
	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// ErrIdle is the error of RunCases with IsolationRun when the next case does not come,
// or a result is not taken, for longer than Limits.Timeout: the process, which has a
// place all the time, is ended, and what the cases have left behind is lost.
var ErrIdle = errors.New("the cases come, or their results are taken, too slowly for one process to wait")

// series runs the cases of a batch one after the other in one process, and in another
// one where that ends.
type series struct {
	r     *Runtime
	job   Job
	hooks Hooks
	e     *environment
	each  func(int, Result) error
	feed  *feed
	ended func(*Bill)
	done  int    // cases that are answered
	hint  string // for the next case
	room  caseRoom
	all   *Result // the answer to all that are left, if there is one
}

// runSeries runs a batch in one process after the other, as few as possible.
func (r *Runtime) runSeries(
	ctx context.Context, cancel context.CancelFunc, b *Batch, hooks Hooks, e *environment,
	each func(int, Result) error,
) error {
	s := &series{r: r, job: b.Job, hooks: hooks, e: e, each: each, ended: b.Ended, feed: newFeed()}
	s.job.Usage = false // the process has an end, and no case of it
	s.room.ask, s.room.now, s.hooks.Room = hooks.Room, b.Held, s.room.of
	var filling sync.WaitGroup
	filling.Go(func() { s.feed.fill(ctx, &s.job.Options, b.Next) })
	defer filling.Wait()
	defer cancel()
	for who, dead := aFirstCase, 0; ; {
		_, err := s.feed.first(false, 0)
		if err == nil && s.all != nil {
			result := *s.all
			if err = s.room.hold(&result); err == nil {
				err = s.answered(result)
			}
		} else if err == nil {
			before := s.done
			err = s.process(ctx, who)
			if s.done > before {
				who, dead = aLaterCase, 0
			}
			if errors.Is(err, pool.ErrDown) || errors.Is(err, errUnread) {
				if dead++; dead < attempts {
					continue
				}
				err = e.unavailable(errors.New("its workers die before they begin"))
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// process runs cases in a new process until that ends.
func (s *series) process(ctx context.Context, who entrant) error {
	began := time.Now()
	p, cold, err := s.e.hold(ctx, s.r.admission, s.hooks.Wait)
	if err != nil {
		return err
	}
	defer s.e.release()
	if err := s.r.admission.admit(ctx, who, s.hooks.Wait); err != nil {
		return err
	}
	defer s.r.admission.release(who)
	if p.Closed() {
		return fmt.Errorf("%w: shutting down", ErrUnavailable)
	}
	w, err := p.Take(ctx)
	if err != nil {
		return err
	}
	defer p.Discard(w)
	if s.hooks.Started != nil {
		s.hooks.Started()
	}
	s.hooks.Started, s.hooks.Wait = nil, nil
	one := &seriesProcess{series: s, w: w, began: time.Now()}
	one.queued, one.cold = one.began.Sub(began), cold
	return one.run(ctx, p)
}

// answered hands on the answer to the next case.
func (s *series) answered(result Result) error {
	s.feed.answered()
	s.done++
	return s.each(s.done-1, result)
}

// seriesProcess is one process of a series.
type seriesProcess struct {
	*series
	w            *zygote.Worker
	unwatch      func() pool.Holding
	began        time.Time
	queued, cold time.Duration // how long the first case has waited for it
	answers      int
	slow         atomic.Bool // its results are not taken
}

// run answers cases until the process ends or none is left, which is io.EOF.
func (p *seriesProcess) run(ctx context.Context, from *pool.Pool) error {
	p.unwatch = sync.OnceValue(from.Watch(p.w).End)
	running := p.w.Begin(ctx, *request(&p.job, &p.hooks))
	var sending sync.WaitGroup
	worker := p.feed.begin()
	sending.Go(func() { p.feed.send(worker, running) })
	bill := Usage{Queue: p.queued, Start: p.cold}
	defer func() {
		running.End()
		p.feed.begin()
		sending.Wait()
		seen := p.seen()
		if bill.Wall = seen.wall; p.ended != nil && p.answers > 0 {
			p.ended(&Bill{soFar: bill, worker: p.w, seen: seen})
		}
	}()
	idle := time.AfterFunc(time.Hour, func() {
		p.slow.Store(true)
		running.Exceed()
	})
	defer idle.Stop()
	for at := p.began; ; at = time.Now() {
		idle.Stop()
		c, err := p.feed.first(true, p.r.cfg.Limits.Timeout)
		if err != nil {
			return err
		}
		p.job.Input, p.job.Stdin = c.Input, c.Stdin
		reply, over := running.Answer()
		result, err := p.result(ctx, reply, over, time.Since(at))
		if err != nil {
			return err
		}
		switch {
		case over && !running.Loaded():
			p.all = &result
		case over && result.Status == CPULimit && p.answers > 0:
			p.hint = anotherProcess // what this case takes by itself, nobody knows
			return nil
		}
		if err := p.room.hold(&result); err != nil {
			return err
		}
		p.answers++
		idle.Reset(p.r.cfg.Limits.Timeout)
		if err := p.answered(result); err != nil || over {
			return err
		}
	}
}

// result turns what came back for a case into its result.
func (p *seriesProcess) result(ctx context.Context, reply *zygote.Reply, over bool, took time.Duration) (
	Result, error,
) {
	switch {
	case reply.Cause == zygote.Canceled:
		return Result{}, context.Cause(ctx)
	case reply.Cause == zygote.Closed && p.slow.Load():
		return Result{}, ErrIdle
	case reply.Unread:
		return Result{}, errUnread
	case reply.Refused != nil:
		return Result{}, reply.Refused
	}
	p.e.runs.Add(1)
	seen := holding{wall: took}
	var exit *zygote.Exit
	if over {
		seen = p.seen()
		var err error
		if exit, err = p.r.exit(p.w, &p.job, reply); err == nil {
			err = p.r.unexplained(p.e, reply, exit, seen)
		}
		if err != nil {
			return Result{}, fmt.Errorf("case %d: %w", p.done, err)
		}
	}
	result := p.r.outcome(p.e, reply, exit, seen, &p.job)
	result.Usage.Wall = took
	result.Usage.Queue, result.Usage.Start = p.queued, p.cold
	p.queued, p.cold = 0, 0
	if exit != nil {
		result.Usage.add(exit, p.w, seen)
	}
	if p.hint != "" && result.Hint == "" {
		result.Hint = p.hint
	}
	p.hint = ""
	return result, nil
}

// seen is what the process has held, and for how long it has run. Nothing is seen of it
// from here on.
func (p *seriesProcess) seen() holding {
	return holding{Holding: p.unwatch(), wall: time.Since(p.began)}
}

// anotherProcess is the hint for a case that was run again.
const anotherProcess = "The cases before this one had used up the processor time of their process, whose limit " +
	"is for all of them together: this one was run in a new process, which has nothing of what they have left behind."
