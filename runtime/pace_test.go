package runtime

import (
	"context"
	"errors"
	"testing"
	"time"
)

// taken makes an admission whose only place is taken.
func taken(t *testing.T, queue int, wait time.Duration) *admission {
	t.Helper()
	a := newAdmission(1, queue, wait)
	if err := a.enter(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return a
}

// Whoever has waited for as long as may be is turned away.
func TestQueueIsBoundedByTime(t *testing.T) {
	t.Parallel()
	a := taken(t, 10, 50*time.Millisecond)
	began := time.Now()
	if err := a.enter(t.Context(), nil); !errors.Is(err, ErrOverloaded) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took < 50*time.Millisecond {
		t.Errorf("after %v", took)
	}
	if n := a.waiting.Load(); n != 0 {
		t.Errorf("%d still wait", n)
	}
}

// A short queue of slow runs is full; a long one of fast runs is not.
func TestQueueKnowsItsPace(t *testing.T) {
	t.Parallel()
	const wait = time.Hour
	a := newAdmission(1, 10_000, wait)
	if got := a.pace.of(10_000); got != 0 {
		t.Errorf("before anything is known: %v", got)
	}
	for range paceKnown + 2 {
		a.pace.step(true)
		time.Sleep(2 * time.Millisecond)
	}
	one := a.pace.of(1)
	if one < 2*time.Millisecond || one > time.Second || a.pace.of(1000) != 1000*one {
		t.Errorf("a place each 2 ms: %v, a thousand %v", one, a.pace.of(1000))
	}
	a.pace.step(false)
	if got := a.pace.of(1000); got != 0 {
		t.Errorf("after a moment in which nobody waited: %v", got)
	}
}

// The last of a queue is turned away at once, and the first waits all the same.
func TestQueueTurnsAwayAtOnce(t *testing.T) {
	t.Parallel()
	const wait = 2 * time.Second
	a := taken(t, 100, wait)
	a.pace.gap.Store(int64(wait))
	a.pace.seen.Store(paceKnown)
	a.pace.last.Store(max(int64(time.Since(a.pace.began)), 1))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	reserved := make(chan bool, 3)
	enter := func() error {
		return a.enter(ctx, func() error { reserved <- true; return nil })
	}
	for range 2 { // the second one's turn is after one gap
		go func() { ended <- enter() }()
		<-reserved
	}
	began := time.Now()
	if err := enter(); !errors.Is(err, ErrOverloaded) || time.Since(began) > wait/2 {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
	if len(reserved) > 0 {
		t.Error("memory was asked for")
	}
	cancel()
	for range 2 {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("who waited: %v", err)
		}
	}
	a.leave()
	broke := errors.New("no memory")
	if err := a.enter(t.Context(), func() error { return broke }); err != nil {
		t.Errorf("a free place: %v", err)
	}
	if err := a.enter(t.Context(), func() error { return broke }); !errors.Is(err, broke) || a.waiting.Load() != 0 {
		t.Errorf("no memory: %v, %d wait", err, a.waiting.Load())
	}
}

// With a steady pace the queue has the length that can be served in time.
func TestQueueIsAsLongAsItsTime(t *testing.T) {
	t.Parallel()
	const gap, wait = 10 * time.Millisecond, 200 * time.Millisecond
	a := newAdmission(1, 1000, wait)
	most, turned := int64(0), 0
	replies := make(chan error, 1000)
	callers := 0
	for began := time.Now(); time.Since(began) < time.Second; time.Sleep(time.Millisecond) {
		callers++
		go func() {
			err := a.enter(t.Context(), nil)
			if err == nil {
				time.Sleep(gap)
				a.leave()
			}
			replies <- err
		}()
		if time.Since(began) > 3*wait { // those who came before the pace was known are gone
			most = max(most, a.waiting.Load())
		}
	}
	for range callers {
		if errors.Is(<-replies, ErrOverloaded) {
			turned++
		}
	}
	if most > 3*int64(wait/gap) || turned == 0 || turned == callers {
		t.Errorf("%d waited at once, %d of %d were turned away", most, turned, callers)
	}
}
