package runtime

import (
	"context"
	"errors"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/pool"
)

const burn = "def main():\n    n = 0\n    for i in range(1000000):\n        n += i\n    return len('x' * (20 << 20))"

// A bill brings the figures of a run whose caller did not wait for them, as
// often as it is asked, and also when the service is gone.
func TestCostIsKnownLater(t *testing.T) {
	r, err := New(context.Background(), testConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	res, err := r.Run(t.Context(), Job{Script: burn}, Hooks{})
	if err != nil || res.Status != OK {
		t.Fatalf("got %+v, %v", res, err)
	}
	if res.Usage.CPU != 0 || res.Usage.PeakMemory != 0 {
		t.Errorf("nobody asked for them: %+v", res.Usage)
	}
	for _, after := range []string{"the run", "the end of the service"} {
		u, ok := res.Bill.Wait()
		if !ok || u.CPU < time.Millisecond || u.PeakMemory < 19<<20 || u.PeakMemory > 21<<20 ||
			u.Wall != res.Usage.Wall || u.Queue != res.Usage.Queue {
			t.Errorf("after %s: got %+v, %v; the reply had %+v", after, u, ok, res.Usage)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStatsAndForked(t *testing.T) {
	var forks, longest atomic.Int64
	cfg := testConfig(t)
	cfg.Forked = func(took time.Duration) {
		forks.Add(1)
		longest.Store(max(longest.Load(), int64(took)))
	}
	r, err := New(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	// The first worker is ended, and replaced, when there is a second one: it shares little with others.
	const places = 2 + pool.Spares
	eventually(t, "all workers are ready", func() bool {
		return r.Stats().Ready == places && forks.Load() == places+1
	})
	alone := []EnvironmentStats{{Name: DefaultEnvironment, Up: true, Ready: cfg.Workers + pool.Spares}}
	want := Stats{Ready: cfg.Workers + pool.Spares, Environments: alone}
	if got := r.Stats(); !reflect.DeepEqual(got, want) {
		t.Fatalf("idle: %+v, want %+v", got, want)
	}
	if longest.Load() <= 0 {
		t.Error("no fork took any time")
	}
	done := make(chan error, 1)
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		_, err := r.Run(ctx, Job{Script: "import time\ndef main(): time.sleep(25)"}, Hooks{})
		done <- err
	}()
	eventually(t, "it runs", func() bool { return r.Stats().Busy > 0 })
	if got := r.Stats(); got.Busy != 1 || got.Waiting != 0 || got.Restarts != 0 {
		t.Errorf("one run: %+v", got)
	}
	leave()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
