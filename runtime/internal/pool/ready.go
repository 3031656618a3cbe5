package pool

import (
	"slices"
	"sync"

	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// Ready are the workers that wait for a script, the last one made on
// top: what it has touched is still in the processor's caches, which is worth a
// tenth of a millisecond to a run that comes out of the blue.
type Ready struct {
	// count holds a token for each worker; whoever has taken one may pop.
	count chan struct{}

	mu    sync.Mutex
	stack []*zygote.Worker
}

func newReady(most int) *Ready {
	return &Ready{count: make(chan struct{}, most)}
}

// Len is how many there are.
func (r *Ready) Len() int { return len(r.count) }

func (r *Ready) push(w *zygote.Worker) {
	r.mu.Lock()
	r.stack = append(r.stack, w)
	r.mu.Unlock()
	r.count <- struct{}{}
}

// Remove takes out a worker that is as wanted, nil if none is. They are shown to
// wanted with the one that has waited longest first; it must not block. Whoever
// removes a worker must [Pool.Discard] it.
func (r *Ready) Remove(wanted func(*zygote.Worker) bool) *zygote.Worker {
	select {
	case <-r.count:
	default:
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.stack, wanted)
	if i < 0 {
		r.count <- struct{}{}
		return nil
	}
	w := r.stack[i]
	r.stack = slices.Delete(r.stack, i, i+1)
	return w
}

// pop takes out the worker that was made last. The caller has a token.
func (r *Ready) pop() *zygote.Worker {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := len(r.stack) - 1
	w := r.stack[last]
	r.stack[last] = nil
	r.stack = r.stack[:last]
	return w
}
