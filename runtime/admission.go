package runtime

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// admission bounds how many scripts run at once, how many callers wait, and for
// how long. Nothing is allocated for a caller who is turned away.
type admission struct {
	places  chan struct{}
	waiting atomic.Int64
	cold    atomic.Int64  // how many of them wait for an environment, and not for a place
	cases   chan struct{} // what batches have of the places, see cases_queue.go
	behind  atomic.Int64  // cases that wait for a place, and are not among waiting
	queue   int64         // how many may wait
	wait    time.Duration // how long, 0 for as long as it takes
	pace    pace
}

func newAdmission(workers, queue int, wait time.Duration) *admission {
	return &admission{
		places: make(chan struct{}, workers), queue: int64(queue), wait: wait,
		cases: make(chan struct{}, max(workers-1, 1)),
		pace:  pace{began: time.Now(), keep: wait},
	}
}

// enter takes a place, waiting for one in order of arrival until ctx ends. It
// returns ErrOverloaded, at once, to whom the places that become free will not
// reach in time, and to whom they did not reach. reserve, which may be nil, is
// asked before the caller waits; its error is enter's.
func (a *admission) enter(ctx context.Context, reserve func() error) error {
	select {
	case a.places <- struct{}{}:
		return nil
	default:
	}
	n := a.waiting.Add(1)
	defer a.waiting.Add(-1)
	// The one who waits for the next place knows nothing of it: a run that has begun
	// long ago may end now.
	if n > a.queue || a.wait > 0 && a.pace.of(n-1-a.cold.Load()+a.behind.Load()) > a.wait {
		return ErrOverloaded
	}
	if reserve != nil {
		if err := reserve(); err != nil {
			return err
		}
	}
	var late <-chan time.Time
	if a.wait > 0 {
		timer := time.NewTimer(a.wait)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case a.places <- struct{}{}:
		return nil
	case <-late:
		return ErrOverloaded
	case <-ctx.Done():
		return ctx.Err()
	}
}

// await waits until done is closed, as one of those who stand in the queue for something
// else than a place. reserve is as for enter.
func (a *admission) await(ctx context.Context, done <-chan struct{}, reserve func() error) error {
	leave, err := a.stand(reserve)
	if err != nil {
		return err
	}
	defer leave()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// stand counts one more who waits, until leave. So may half as many as for a place: where
// an environment does not come, there is room for those who want another one. reserve is
// as for enter.
func (a *admission) stand(reserve func() error) (leave func(), err error) {
	leave = func() {
		a.waiting.Add(-1)
		a.cold.Add(-1)
	}
	if n, cold := a.waiting.Add(1), a.cold.Add(1); n > a.queue || cold > (a.queue+1)/2 {
		err = ErrOverloaded
	} else if reserve != nil {
		err = reserve()
	}
	if err != nil {
		leave()
	}
	return leave, err
}

func (a *admission) leave() {
	a.pace.step(a.waiting.Load() > 0 || a.behind.Load() > 0)
	<-a.places
}

// pace is how fast places become free while callers wait for them. That, and not
// how long runs take, says what the last in the queue has to expect: a few runs
// may take all of the time while the others pass through one place. What it says
// may be a little off, as it is written without a lock.
type pace struct {
	began time.Time
	keep  time.Duration // for which it is of use when nothing is added
	last  atomic.Int64  // when a place became free, 0 if nobody waited for it
	gap   atomic.Int64  // between two such moments, on average
	seen  atomic.Int64  // how many of them, since callers began to wait
}

// An average is of so many gaps: it follows a change within a few times as many
// runs, and a moment in which the machine does something else says little. With
// fewer than paceKnown there is no telling.
const paceOver, paceKnown = 64, 16

// step notes that a place becomes free.
func (p *pace) step(awaited bool) {
	if !awaited {
		if p.last.Load() != 0 {
			p.last.Store(0)
		}
		return
	}
	now := max(int64(time.Since(p.began)), 1)
	last := p.last.Swap(now)
	if last == 0 {
		p.seen.Store(0)
		return
	}
	gap, seen := max(now-last, 1), min(p.seen.Load()+1, paceOver)
	if seen > 1 {
		average := p.gap.Load()
		gap = average + (gap-average)/seen
	}
	p.gap.Store(gap)
	p.seen.Store(seen)
}

// of is how long n places take to become free, 0 where there is no telling.
func (p *pace) of(n int64) time.Duration {
	last := p.last.Load()
	if last == 0 || p.seen.Load() < paceKnown || time.Since(p.began)-time.Duration(last) > p.keep {
		return 0
	}
	return time.Duration(n * p.gap.Load())
}

// spareThreads are kept for system calls that block. A Go program crashes when it
// needs a new thread and the user, or the container, may have no further process;
// threads that it once had it keeps.
const spareThreads = 16

// reserveThreads makes as many threads as the server needs at its busiest, once
// in the life of the process.
var reserveThreads = sync.OnceFunc(func() {
	n := runtime.GOMAXPROCS(0) + spareThreads
	var all sync.WaitGroup
	all.Add(n)
	for range n {
		go func() {
			runtime.LockOSThread() // so that each has one of its own
			all.Done()
			all.Wait()
			runtime.UnlockOSThread() // idle threads stay
		}()
	}
})
