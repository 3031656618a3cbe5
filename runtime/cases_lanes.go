package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
)

// How far cases are run ahead of the one whose result is to be handed on: so many, as
// long as the results that wait for it hold fewer bytes than that.
const (
	casesAhead     = 64
	caseBytesAhead = 1 << 20
)

// lanes run the cases of a batch side by side, each in a process of its own, and hand
// their results on in order.
type lanes struct {
	r      *Runtime
	batch  *Batch
	e      *environment
	each   func(int, Result) error
	cancel context.CancelFunc

	taking sync.Mutex // held by the lane that takes the next case

	mu      sync.Mutex
	moved   *sync.Cond       // a result was handed on, or all is over
	next    int              // the case to be taken next
	done    int              // the one to be handed on next
	waiting map[int]laneCase // results whose turn has not come
	bytes   int              // what these hold
	handing bool             // a lane hands results on
	last    bool             // no more are taken
	err     error            // why the batch ends, once its turn has come
	over    bool
}

// laneCase is what became of a case.
type laneCase struct {
	result Result
	err    error
}

// runLanes runs a batch in lanes, as many as there are places for cases.
func (r *Runtime) runLanes(
	ctx context.Context, cancel context.CancelFunc, b *Batch, hooks Hooks, e *environment,
	each func(int, Result) error,
) error {
	l := &lanes{r: r, batch: b, e: e, each: each, cancel: cancel, waiting: map[int]laneCase{}}
	l.moved = sync.NewCond(&l.mu)
	stop := context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.moved.Broadcast()
	})
	defer stop()

	// The others begin when the first case has a worker: one that is turned away has
	// none before or beside it.
	begun := make(chan struct{})
	begin := sync.OnceFunc(func() { close(begun) })
	first, started := hooks, hooks.Started
	first.Started = func() {
		if started != nil {
			started()
		}
		begin()
	}
	hooks.Wait, hooks.Started = nil, nil
	var all sync.WaitGroup
	all.Go(func() {
		defer begin()
		if l.one(ctx, first, aFirstCase) {
			l.run(ctx, hooks)
		}
	})
	for range cap(r.admission.cases) - 1 {
		all.Go(func() {
			<-begun
			l.run(ctx, hooks)
		})
	}
	all.Wait()
	if l.err == nil && !l.last {
		return context.Cause(ctx)
	}
	return l.err
}

// run runs one case after the other.
func (l *lanes) run(ctx context.Context, hooks Hooks) {
	for l.one(ctx, hooks, aLaterCase) {
	}
}

// one takes a case, runs it and hands on what has its turn. ok is false when there is
// no further one.
func (l *lanes) one(ctx context.Context, hooks Hooks, who entrant) (ok bool) {
	i, c, ok := l.take(ctx)
	if !ok {
		return false
	}
	job := l.batch.Job
	job.Input, job.Stdin = c.Input, c.Stdin
	room := caseRoom{ask: hooks.Room, now: l.batch.Held}
	hooks.Room = room.of
	result, err := l.r.runCase(ctx, &job, &hooks, l.e, who)
	if err == nil {
		err = room.hold(&result)
	}
	if err != nil {
		err = fmt.Errorf("case %d: %w", i, err)
	}
	l.put(i, laneCase{result, err})
	return err == nil
}

// take takes the next case, when few enough are ahead. An error in its place has its
// turn like a result.
func (l *lanes) take(ctx context.Context) (i int, c Case, ok bool) {
	l.taking.Lock()
	defer l.taking.Unlock()
	l.mu.Lock()
	for (l.next-l.done >= casesAhead || l.bytes >= caseBytesAhead) && !l.last && ctx.Err() == nil {
		l.moved.Wait()
	}
	i, ok = l.next, !l.last && ctx.Err() == nil
	l.mu.Unlock()
	if !ok {
		return 0, Case{}, false
	}
	c, err := l.batch.Next(ctx)
	if err == nil {
		err = CheckCase(&l.batch.Job.Options, c)
	}
	l.mu.Lock()
	ended := errors.Is(err, io.EOF)
	l.next++
	l.last = l.last || ended
	l.mu.Unlock()
	if err != nil && !ended {
		l.put(i, laneCase{err: err})
	}
	return i, c, err == nil
}

// put keeps what became of a case until its turn. What has its turn is handed on, by
// one lane at a time, while the others go on.
func (l *lanes) put(i int, c laneCase) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting[i] = c
	l.bytes += c.result.size()
	l.last = l.last || c.err != nil
	if l.handing {
		return
	}
	l.handing = true
	defer func() { l.handing = false }()
	for {
		c, here := l.waiting[l.done]
		if !here || l.over {
			return
		}
		err := c.err
		if err == nil {
			l.mu.Unlock()
			err = l.each(l.done, c.result)
			l.mu.Lock()
		}
		if err != nil {
			l.err, l.over, l.last = err, true, true
			l.cancel()
		}
		delete(l.waiting, l.done)
		l.bytes -= c.result.size()
		l.done++
		l.moved.Broadcast()
	}
}
