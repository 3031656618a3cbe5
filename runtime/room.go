package runtime

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Interpreters share the memory of the machine with the runs. What nobody uses is ended
// for what somebody needs, and a start that takes more than there is is given up before
// any run is.

// errNoRoom is why an environment is not started whose own fault that is not.
var errNoRoom = errors.New("memory is short")

// errGrows is why a start was given up.
var errGrows = errors.New("memory ran out while it was being started")

// need is how many bytes the environment takes when it is started.
func (e *environment) need() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.size > 0 {
		return e.size
	}
	return Environment{Packages: e.cfg.Packages}.bytes()
}

// makeRoom ends environments that nobody uses, the least recently used first, until
// there is memory for another one, which is its own until it calls taken. It returns an
// error if there is too little even so: to start would mean that a run has to be ended.
func (all *environments) makeRoom(ctx context.Context, e *environment) (taken func(), err error) {
	need := e.need()
	for {
		left, ok := all.reserve(need)
		if ok {
			return func() { all.reserve(-need) }, nil
		}
		over := all.endOne("another one needs the memory")
		if over == nil {
			return nil, fmt.Errorf("%w: it needs about %d MiB, and %d MiB are left", errNoRoom, need>>20, left>>20)
		}
		select {
		case <-over:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// reserve sets memory aside for an interpreter that is about to start, and gives it back
// where need is negative. ok says that there is enough, or that nobody knows; left is how
// much there was.
func (all *environments) reserve(need int64) (left int64, ok bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if need > 0 && all.cfg.MemoryLeft != nil {
		var known bool
		left, known = all.cfg.MemoryLeft()
		left -= all.cfg.MemoryReserve + all.reserved
		if known && left < need {
			return max(left, 0), false
		}
	}
	all.reserved += need
	return left, true
}

// endOne ends the environment that has not been used for the longest time, of those that
// nobody uses. over is closed when it is gone, and nil if there is none.
func (all *environments) endOne(why string) (over chan struct{}) {
	var oldest *environment
	var since time.Time
	for _, e := range all.every()[1:] {
		e.mu.Lock()
		if e.idle() && (oldest == nil || e.used.Before(since)) {
			oldest, since = e, e.used
		}
		e.mu.Unlock()
	}
	if oldest == nil {
		return nil
	}
	oldest.mu.Lock()
	defer oldest.mu.Unlock()
	if !oldest.idle() { // any more: somebody came in between
		over = make(chan struct{})
		close(over)
		return over
	}
	return oldest.end(why)
}

// idle reports whether the environment is there and nobody needs it. The caller holds
// the lock.
func (e *environment) idle() bool { return e.pool != nil && e.moving == nil && e.holders == 0 }

// spare gives up what no run is in: an environment that nobody needs, else a start, and
// reports whether there was one.
func (all *environments) spare() bool { return all.endOne("memory runs out") != nil || all.giveUp() }

// giveUp gives up a start, and reports whether there was one.
func (all *environments) giveUp() bool {
	all.mu.Lock()
	defer all.mu.Unlock()
	for _, give := range all.starting {
		give(errGrows)
	}
	return len(all.starting) > 0
}

// watched is a context for the start of e that ends when memory runs out. What is imported
// then can be of any size, and nothing but this bounds it.
func (all *environments) watched(ctx context.Context, e *environment) (context.Context, context.CancelFunc) {
	if all.cfg.MemoryLeft == nil {
		return ctx, func() {}
	}
	ctx, give := context.WithCancelCause(ctx)
	all.mu.Lock()
	all.starting[e] = give
	all.mu.Unlock()
	go func() {
		tick := time.NewTicker(startLookEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			left, ok := all.cfg.MemoryLeft()
			if ok && left < all.cfg.MemoryReserve && all.endOne("memory runs out") == nil {
				give(errGrows)
			}
		}
	}()
	return ctx, func() {
		all.mu.Lock()
		delete(all.starting, e)
		all.mu.Unlock()
		give(nil)
	}
}

// startLookEvery is how often a start is looked at. An import takes some gigabytes in a
// second at most.
const startLookEvery = 20 * time.Millisecond
