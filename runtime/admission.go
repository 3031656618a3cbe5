package runtime

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// admission bounds how many scripts run at once and how many callers wait.
// Nothing is allocated for a caller who is turned away.
type admission struct {
	places  chan struct{}
	waiting atomic.Int64
	queue   int64
}

func newAdmission(workers, queue int) *admission {
	return &admission{places: make(chan struct{}, workers), queue: int64(queue)}
}

// enter takes a place, waiting for one in order of arrival until ctx ends. It
// returns ErrOverloaded when as many callers wait already as may.
func (a *admission) enter(ctx context.Context) error {
	select {
	case a.places <- struct{}{}:
		return nil
	default:
	}
	if a.waiting.Add(1) > a.queue {
		a.waiting.Add(-1)
		return ErrOverloaded
	}
	defer a.waiting.Add(-1)
	select {
	case a.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (a *admission) leave() { <-a.places }

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
