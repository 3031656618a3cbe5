package runtime

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Those who wait for an environment leave half of the queue to the others.
func TestColdWaitersLeaveRoom(t *testing.T) {
	a := newAdmission(1, 4, 0)
	ctx, leave := context.WithCancel(t.Context())
	results := make(chan error, 10)
	for range cap(results) {
		go func() { results <- a.await(ctx, make(chan struct{}), nil) }()
	}
	for range cap(results) - 2 {
		if err := <-results; !errors.Is(err, ErrOverloaded) {
			t.Error(err)
		}
	}
	if err := a.enter(ctx, nil); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		go func() { results <- a.enter(ctx, nil) }()
	}
	eventually(t, "two wait for the place, beside two for an environment", func() bool { return a.waiting.Load() == 4 })
	for range 2 {
		a.leave()
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	leave()
	for range 2 {
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

// An environment whose interpreter is killed again and again is started less and less
// often, and its callers are told. Nobody else's run comes to harm, and when the killing
// ends it serves.
func TestDyingEnvironmentBacksOff(t *testing.T) {
	r := start(t, func(cfg *Config) {
		twoThings(t)(cfg)
		cfg.Queue = 8
	})
	// Those who wait for one that is cold share half of the queue, whichever it is.
	eventually(t, "the other one is there", func() bool { return r.Stats().Environments[2].Up })
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var all sync.WaitGroup
	load := func(name, want string, may error) *atomic.Int64 {
		served := new(atomic.Int64)
		all.Go(func() {
			for ctx.Err() == nil {
				got, err := r.Run(t.Context(), Job{Script: versionOfThing, Environment: name}, Hooks{})
				switch {
				case err == nil && string(got.Value) == want:
					served.Add(1)
				case may == nil || !errors.Is(err, may) && !errors.Is(err, ErrOverloaded):
					t.Errorf("%q: %+v, %v", name, got, err)
				default:
					time.Sleep(time.Millisecond)
				}
			}
		})
		return served
	}
	others := []*atomic.Int64{load("", `"none"`, nil), load("", `"none"`, nil), load("two", `"2.0"`, nil)}
	for range 3 {
		load("one", `"1.5"`, ErrUnavailable)
	}
	one := r.all.named("one")
	up := func() error {
		_, _, err := one.hold(ctx, r.admission, nil)
		if err == nil {
			one.release()
		}
		return err
	}
	deaths, last := 0, 0
	for told := false; !told; {
		switch err := up(); {
		case err == nil:
			pid := parentOfWorkers(one)
			if pid > 1 && pid != last && syscall.Kill(pid, syscall.SIGKILL) == nil {
				last, deaths = pid, deaths+1
			}
		default:
			told = strings.Contains(err.Error(), `environment "one": its interpreter dies again and again`)
		}
		if deaths > 30 {
			t.Fatal("it is killed, and started again, without end")
		}
	}
	before := []int64{others[0].Load(), others[1].Load(), others[2].Load()}
	eventually(t, "the others are served meanwhile", func() bool {
		for i, served := range others {
			if served.Load() < before[i]+20 {
				return false
			}
		}
		return true
	})
	eventually(t, "it serves again", func() bool {
		got, err := r.Run(t.Context(), Job{Script: versionOfThing, Environment: "one"}, Hooks{})
		return err == nil && string(got.Value) == `"1.5"`
	})
	stop()
	all.Wait()
	s := r.Stats().Environments
	if s[0].Restarts != 0 || s[2].Restarts != 0 || s[1].Restarts > int64(deaths) {
		t.Errorf("%d deaths: %+v", deaths, s)
	}
	t.Logf("%d kills; %+v", deaths, s)
}
