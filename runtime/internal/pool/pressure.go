package pool

import (
	"log/slog"
	"sync"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// Pressure ends the largest run before the kernel chooses what to kill, when the
// memory of the machine, or the container, runs out though no run is over its
// own limit. It has no clock of its own: it looks when a run is looked at. All pools
// of a machine have one, and it looks at the runs of all.
type Pressure struct {
	log *slog.Logger
	// left is how many bytes there are still, nil where nobody knows.
	left    func() (int64, bool)
	reserve int64
	spare   func() bool

	mu    sync.Mutex
	next  time.Time // not to be looked at before
	sizes map[*Watch]int64
}

// NewPressure looks by left how many bytes this machine, or the container, can still
// give; ok is false when that is not known, and nil means that nobody looks. Less
// than reserve of them is too few. Then spare, where it is not nil, may give up
// something that no run needs, and says whether it did; it must not block. Where
// there is nothing of that kind the largest run is ended. log must not be nil.
func NewPressure(left func() (bytes int64, ok bool), reserve int64, spare func() bool, log *slog.Logger) *Pressure {
	return &Pressure{log: log, left: left, reserve: reserve, spare: spare, sizes: map[*Watch]int64{}}
}

// afterRelief is how long the kernel may take to free the memory of what was ended,
// before something else is.
const afterRelief = 100 * time.Millisecond

// relieve notes what a run holds and ends the largest one if memory is short.
func (p *Pressure) relieve(v *Watch) {
	if p == nil || p.left == nil {
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
	p.next = now.Add(afterRelief)
	if p.spare != nil && p.spare() {
		return
	}
	largest := v
	for other, size := range p.sizes {
		if size > p.sizes[largest] {
			largest = other
		}
	}
	p.log.Warn("memory runs out: the largest run is ended", "left_bytes", left, "held_bytes", p.sizes[largest])
	largest.w.Exceed(zygote.Pressure)
}

// leave forgets a run.
func (p *Pressure) leave(v *Watch) {
	if p == nil || p.left == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.sizes, v)
}
