package zygote

import (
	"fmt"
	"sync/atomic"
	"time"
)

// stopgap is what is special about the first worker of a zygote, and about the time
// until there is a second one.
//
// When a service starts its first caller may be waiting. So the zygote forks before
// it imports what is said to be late, which takes it 40 ms, before it rehearses the
// libraries, which takes it a second or so, and before it puts its heap in order. The
// first worker then does at the cost of its run what the others find done, and shares
// little with them: all that the zygote writes afterwards it keeps as it was. It is as
// good as any for that caller, and is ended as soon as there is another one.
type stopgap struct {
	worker     atomic.Pointer[Worker]
	superseded atomic.Bool
	// settled says that the zygote has forked again, after its rehearsals.
	settled atomic.Bool
}

// firstWorker is the number of the first worker of a zygote.
const firstWorker = 1

// How long fork and confinement of a worker may take before the zygote is taken for
// hung.
const (
	readyWithin  = 5 * time.Second
	settleWithin = 30 * time.Second // while the zygote rehearses
)

// note is told of each worker when it gets its number.
func (s *stopgap) note(w *Worker) {
	if w.number == firstWorker {
		s.worker.Store(w)
	}
}

// is reports whether the worker was forked before the zygote was as it stays.
func (s *stopgap) is(w *Worker) bool { return s.worker.Load() == w }

// ReadyWithin is how long a worker that has been spawned may take to be ready.
func (z *Zygote) ReadyWithin() time.Duration {
	if z.stopgap.settled.Load() {
		return readyWithin
	}
	return settleWithin
}

// Superseded is told that a worker is ready, and returns the one that is of no use
// any more since then: the first, if the other is the first to come after it; else nil.
func (z *Zygote) Superseded(by *Worker) *Worker {
	first := z.stopgap.worker.Load()
	if first == nil || first == by || z.stopgap.superseded.Swap(true) {
		return nil
	}
	return first
}

// settle is called when the zygote has done all that comes after its first fork, with an
// address that is mapped. It gets the confinement steps anew, which depend on its size,
// and is ended if it has more than one thread, which a fork would lose.
func (z *Zygote) settle(mappedAt uint64) {
	z.stopgap.settled.Store(true)
	if err := z.confine(mappedAt); err != nil {
		fmt.Fprintln(&z.stderr, err) // for Err
		z.Kill()
	}
}
