package runtime

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/runtime/internal/pool"
	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// patience ends a test that hangs. Nothing is asserted about how long it takes.
const patience = time.Minute

const (
	quick = "def main():\n    return 'quick'"
	slow  = "import time\ndef main():\n    while True:\n        try: time.sleep(60)\n        except " +
		"BaseException: pass"
)

// fresh is a runtime of the test's own.
func fresh(t *testing.T, workers, queue int) *Runtime {
	t.Helper()
	need.Time(t, "starts an interpreter")
	cfg := testConfig(t)
	cfg.Workers, cfg.Queue = workers, queue
	r, err := New(t.Context(), cfg)
	if err != nil {
		need.Unmet(t, "scripts can't be run here: %v", err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("still not true: %s", what)
		}
	}
}

// wantQuick checks that a run works now.
func wantQuick(t *testing.T, r *Runtime) {
	t.Helper()
	got, err := r.Run(t.Context(), Job{Script: quick}, Hooks{})
	if err != nil || got.Status != OK || string(got.Value) != `"quick"` {
		t.Errorf("the next run: got %+v, %v", got, err)
	}
}

// readyPIDs are the processes of the workers that are ready, the one that has
// waited longest first; 0 for one that the test has killed.
func readyPIDs(r *Runtime) (pids []int) {
	r.pool.Ready.Remove(func(w *zygote.Worker) bool {
		pids = append(pids, w.PID())
		return false // it stays
	})
	return pids
}

// idlePID is the process of a worker that is ready, the next one to be taken.
func idlePID(t *testing.T, r *Runtime) (pid int) {
	t.Helper()
	eventually(t, "a worker is ready", func() bool {
		dead := func(w *zygote.Worker) bool { return w.PID() == 0 } // which the test has killed
		for w := r.pool.Ready.Remove(dead); w != nil; w = r.pool.Ready.Remove(dead) {
			r.pool.Discard(w)
		}
		pids := readyPIDs(r)
		if len(pids) > 0 {
			pid = pids[len(pids)-1]
		}
		return pid != 0
	})
	return pid
}

// zygotePID is the parent of a ready worker.
func zygotePID(t *testing.T, r *Runtime) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", idlePID(t, r)))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "PPid:")
	var pid int
	if _, err := fmt.Sscan(rest, &pid); err != nil || pid <= 1 {
		t.Fatalf("%d %v", pid, err)
	}
	return pid
}

// family is a process and all those below it.
func family(t *testing.T, pid int) []int {
	all := []int{pid}
	for _, child := range childrenOf(t, pid) {
		all = append(all, family(t, child)...)
	}
	return all
}

// launchSlow starts n runs that never end and waits until they run.
func launchSlow(t *testing.T, r *Runtime, ctx context.Context, n int) <-chan error {
	t.Helper()
	ended := make(chan error, n)
	for range n {
		go func() {
			got, err := r.Run(ctx, Job{Script: slow}, Hooks{})
			if err == nil {
				err = fmt.Errorf("it ended: %+v", got)
			}
			ended <- err
		}()
	}
	// Whoever holds a worker holds a token; all others are in workers that wait.
	eventually(t, "the slow scripts have their workers", func() bool {
		return len(r.admission.places) == n && r.Stats().Ready == r.cfg.Workers+pool.Spares-n
	})
	time.Sleep(20 * time.Millisecond) // so that they have been handed their scripts, most of the time
	return ended
}

// TestZygoteDies kills the interpreter again and again while runs are in
// flight: they are told, none hangs, and the next run works.
func TestZygoteDies(t *testing.T) {
	t.Parallel()
	r := fresh(t, 2, 64)
	for range 3 {
		pid := zygotePID(t, r)
		ended := launchSlow(t, r, t.Context(), 2)
		var waiting sync.WaitGroup
		for range 4 { // a caller who waits gets a worker of the next interpreter
			waiting.Go(func() { wantQuick(t, r) })
		}
		eventually(t, "four callers wait", func() bool { return r.admission.waiting.Load() == 4 })
		processes := family(t, pid)
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := <-ended; !errors.Is(err, ErrUnavailable) {
				t.Errorf("in flight: got %v", err)
			}
		}
		waiting.Wait()
		wantQuick(t, r)
		if !gone(processes) {
			t.Error("processes of the old one are left")
		}
		eventually(t, "healthy again", func() bool { return r.Health() == nil })
		if now := zygotePID(t, r); now == pid {
			t.Error("the same interpreter as before")
		}
	}
}

// TestZygoteIsStopped freezes the interpreter: it answers nothing, but is not
// dead. As soon as a worker is late a new one takes its place.
func TestZygoteIsStopped(t *testing.T) {
	t.Parallel()
	r := fresh(t, 1, 64)
	pid := zygotePID(t, r)
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for range 6 {
		wantQuick(t, r)
	}
	if now := zygotePID(t, r); now == pid {
		t.Error("the same interpreter as before")
	}
}

// TestIdleWorkerDies kills workers that wait for a script. None of them may be
// handed out, or if it is, its death must not be taken for the script's doing.
func TestIdleWorkerDies(t *testing.T) {
	t.Parallel()
	r := fresh(t, 2, 64)
	for range 30 {
		if err := syscall.Kill(idlePID(t, r), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		wantQuick(t, r)
	}
	if err := r.Health(); err != nil {
		t.Error(err)
	}
}

// TestCanceledRun lets the caller go in the middle of a run: the error is the
// caller's own, and the process is gone.
func TestCanceledRun(t *testing.T) {
	t.Parallel()
	r := fresh(t, 1, 64)
	mine := errors.New("mine")
	for _, tt := range []struct {
		name string
		ctx  func() (context.Context, func())
		want error
	}{
		{"canceled", func() (context.Context, func()) { return context.WithCancel(t.Context()) }, context.Canceled},
		{"with a cause", func() (context.Context, func()) {
			ctx, cancel := context.WithCancelCause(t.Context())
			return ctx, func() { cancel(mine) }
		}, mine},
		{"too late", func() (context.Context, func()) {
			// Long enough to find the process of the run before, on a busy machine too.
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			t.Cleanup(cancel)
			return ctx, func() {}
		}, context.DeadlineExceeded},
	} {
		t.Run(tt.name, func(t *testing.T) {
			zygote := zygotePID(t, r)
			eventually(t, "all workers are ready",
				func() bool { return r.Stats().Ready == r.cfg.Workers+pool.Spares })
			ctx, cancel := tt.ctx()
			ended := launchSlow(t, r, ctx, 1)
			processes := family(t, zygote)[1:]
			cancel()
			if err := <-ended; !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			wantQuick(t, r)
			eventually(t, "it has ended", func() bool {
				return slices.ContainsFunc(processes,
					func(pid int) bool { return !slices.Contains(family(t, zygote), pid) })
			})
		})
	}
	t.Run("before it began", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if got, err := r.Run(ctx, Job{Script: slow}, Hooks{}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %+v, %v", got, err)
		}
		wantQuick(t, r)
	})
}
