package runtime

import (
	"context"
	"errors"
	"testing"
)

// TestCloseEndsRuns closes with runs in flight and others waiting. All of them
// are told, and no process is left.
func TestCloseEndsRuns(t *testing.T) {
	t.Parallel()
	r := fresh(t, 2, 64)
	processes := family(t, zygotePID(t, r))
	ended := launchSlow(t, r, t.Context(), 2)
	waiting := make(chan error, 3)
	for range cap(waiting) {
		go func() {
			_, err := r.Run(t.Context(), Job{Script: quick}, Hooks{})
			waiting <- err
		}()
	}
	eventually(t, "three callers wait", func() bool { return r.admission.waiting.Load() == 3 })
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := <-ended; !errors.Is(err, ErrUnavailable) {
			t.Errorf("in flight: got %v", err)
		}
	}
	for range cap(waiting) {
		if err := <-waiting; !errors.Is(err, ErrUnavailable) {
			t.Errorf("waiting: got %v", err)
		}
	}
	if !gone(processes) {
		t.Error("processes are left")
	}
	if _, err := r.Run(t.Context(), Job{Script: quick}, Hooks{}); !errors.Is(err, ErrUnavailable) {
		t.Errorf("after Close: got %v", err)
	}
	if r.Health() == nil {
		t.Error("healthy after Close")
	}
}

// TestAdmission fills the only place and the queue, in a known order.
func TestAdmission(t *testing.T) {
	t.Parallel()
	r := fresh(t, 1, 3)
	ctx, leave := context.WithCancel(t.Context())
	ended := launchSlow(t, r, ctx, 1)
	order := make(chan int, 4)
	wait := func(ctx context.Context, n int) <-chan error {
		before, done := r.admission.waiting.Load(), make(chan error, 1)
		go func() {
			_, err := r.Run(ctx, Job{Script: quick}, Hooks{})
			order <- n
			done <- err
		}()
		eventually(t, "it waits", func() bool { return r.admission.waiting.Load() == before+1 })
		return done
	}
	first := wait(t.Context(), 1)
	impatient, goAway := context.WithCancel(t.Context())
	second := wait(impatient, 2)
	third := wait(t.Context(), 3)
	for range 3 {
		if _, err := r.Run(t.Context(), Job{Script: quick}, Hooks{}); !errors.Is(err, ErrOverloaded) {
			t.Errorf("a full queue: got %v", err)
		}
	}
	goAway()
	if err := <-second; !errors.Is(err, context.Canceled) {
		t.Errorf("who left the queue: got %v", err)
	}
	fourth := wait(t.Context(), 4)
	leave()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	for n, done := range []<-chan error{first, third, fourth} {
		if err := <-done; err != nil {
			t.Errorf("%d: %v", n, err)
		}
	}
	for _, want := range []int{2, 1, 3, 4} {
		if got := <-order; got != want {
			t.Errorf("%d came where %d should have", got, want)
		}
	}
}
