package funcs

import (
	"context"
	"sync/atomic"
	"time"
)

// To turn a caller away takes little, but callers who ask again at once can do so
// ten thousand times a second, and then nothing is left of the processor for the
// scripts that do run. So many refusals a second are written at once; the others
// wait for their turn among these, for as long as Retry-After says at most. That
// costs nothing, and no caller who does as Retry-After says notices it.
const (
	refusalsPerSecond = 200
	refusalsAtOnce    = 100 // of which none waits, after a quiet moment
	longestPause      = time.Second
)

// pauser says how long each refusal waits. Its zero value is not ready.
type pauser struct {
	began time.Time
	next  atomic.Int64 // when the next refusal is due, in nanoseconds since began
}

func newPauser() *pauser { return &pauser{began: time.Now()} }

// turn takes the next turn and returns how far it is away.
func (p *pauser) turn(now int64) time.Duration {
	const gap = int64(time.Second / refusalsPerSecond)
	for {
		next := p.next.Load()
		due := min(max(next, now-refusalsAtOnce*gap)+gap, now+int64(longestPause))
		if p.next.CompareAndSwap(next, due) {
			return max(0, time.Duration(due-now))
		}
	}
}

// wait waits for the next turn, or until ctx ends.
func (p *pauser) wait(ctx context.Context) {
	pause := p.turn(int64(time.Since(p.began)))
	if pause == 0 {
		return
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
