package runtime

import (
	"slices"
	"sync"

	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// readyWorkers are the workers that wait for a script, the last one made on
// top: what it has touched is still in the processor's caches, which is worth a
// tenth of a millisecond to a run that comes out of the blue.
type readyWorkers struct {
	// count holds a token for each worker; who has taken one may pop.
	count chan struct{}

	mu    sync.Mutex
	stack []*zygote.Worker
}

func newReadyWorkers(most int) *readyWorkers {
	return &readyWorkers{count: make(chan struct{}, most)}
}

func (r *readyWorkers) push(w *zygote.Worker) {
	r.mu.Lock()
	r.stack = append(r.stack, w)
	r.mu.Unlock()
	r.count <- struct{}{}
}

// remove takes out a worker that is as wanted, nil if none is.
func (r *readyWorkers) remove(wanted func(*zygote.Worker) bool) *zygote.Worker {
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

func (r *readyWorkers) pop() *zygote.Worker {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := len(r.stack) - 1
	w := r.stack[last]
	r.stack[last] = nil
	r.stack = r.stack[:last]
	return w
}
