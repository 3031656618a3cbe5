package funcs

import (
	"context"
	"testing"
	"time"
)

// A few refusals are written at once, many are paced, and none waits for longer
// than its caller is told to.
func TestPauser(t *testing.T) {
	p := newPauser()
	now := int64(time.Hour)
	for i := range refusalsAtOnce {
		if pause := p.turn(now); pause != 0 {
			t.Fatalf("refusal %d waits for %v", i, pause)
		}
	}
	for i := 1; i <= 3; i++ {
		if pause, want := p.turn(now), time.Duration(i)*time.Second/refusalsPerSecond; pause != want {
			t.Errorf("refusal %d beyond that: %v, want %v", i, pause, want)
		}
	}
	for range 10 * refusalsPerSecond {
		if pause := p.turn(now); pause > longestPause {
			t.Fatalf("a pause of %v", pause)
		}
	}
	if pause := p.turn(now + int64(time.Minute)); pause != 0 {
		t.Errorf("after a quiet minute: %v", pause)
	}
}

// Whoever leaves is not waited for.
func TestPauserEnds(t *testing.T) {
	p := newPauser()
	p.next.Store(int64(time.Hour))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	began := time.Now()
	if p.wait(ctx); time.Since(began) > longestPause/2 {
		t.Errorf("%v", time.Since(began))
	}
}
