package pool

import (
	"log/slog"
	"sync"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// pressure ends the largest run before the kernel chooses what to kill, when the
// memory of the machine, or the container, runs out though no run is over its
// own limit. It has no clock of its own: it looks when a run is looked at.
type pressure struct {
	log *slog.Logger
	// left is how many bytes there are still, nil where nobody knows.
	left    func() (int64, bool)
	reserve int64

	mu    sync.Mutex
	next  time.Time // not to be looked at before
	sizes map[*Watch]int64
}

func newPressure(cfg Config) *pressure {
	return &pressure{log: cfg.Log, left: cfg.MemoryLeft, reserve: cfg.MemoryReserve, sizes: map[*Watch]int64{}}
}

// afterRelief is how long the kernel may take to free the memory of a run that was
// ended, before another one is ended.
const afterRelief = 100 * time.Millisecond

// relieve notes what a run holds and ends the largest one if memory is short.
func (p *pressure) relieve(v *Watch) {
	if p.left == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sizes[v] = v.seen.Now
	now := time.Now()
	if now.Before(p.next) {
		return
	}
	p.next = now.Add(watchEvery)
	left, ok := p.left()
	if !ok || left >= p.reserve {
		return
	}
	largest := v
	for other, size := range p.sizes {
		if size > p.sizes[largest] {
			largest = other
		}
	}
	p.next = now.Add(afterRelief)
	p.log.Warn("memory runs out: the largest run is ended", "left_bytes", left, "held_bytes", p.sizes[largest])
	largest.w.Exceed(zygote.Pressure)
}

// leave forgets a run.
func (p *pressure) leave(v *Watch) {
	if p.left == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.sizes, v)
}
