package bench_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed"
)

// pause is what lies between the starts of paced calls: 100 a second.
const pause = 10 * time.Millisecond

// times measures calls one after the other for the span, each begun pace after the last.
func times(b *testing.B, do func() error, pace time.Duration) (took []time.Duration) {
	began := time.Now()
	for next := began; time.Since(began) < *span; {
		time.Sleep(time.Until(next))
		next = next.Add(pace)
		at := time.Now()
		if err := do(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(at))
	}
	return took
}

// bestMedian is the least of the medians of some rounds.
func bestMedian(b *testing.B, do func() error) (best time.Duration) {
	for range *rounds {
		if m := median(times(b, do, 0)); best == 0 || m < best {
			best = m
		}
	}
	return best
}

// bestRate is the most calls a second in some rounds of as many callers as there are
// processors.
func bestRate(b *testing.B, do func() error) (best float64) {
	for range *rounds {
		var done atomic.Int64
		var callers sync.WaitGroup
		began := time.Now()
		for range runtime.NumCPU() {
			callers.Go(func() {
				for time.Since(began) < *span {
					if err := do(); err != nil {
						b.Error(err)
						return
					}
					done.Add(1)
				}
			})
		}
		callers.Wait()
		best = max(best, float64(done.Load())/time.Since(began).Seconds())
	}
	return best
}

// bare measures the interpreter that the servers have unpacked.
func (t *table) bare(b *testing.B) {
	t.python = interpreter(b)
	do := func() error {
		cmd := exec.Command(t.python, "-I", "-S", "-c", "pass")
		cmd.Env = []string{}
		return cmd.Run()
	}
	t.bareStart, t.bareLoop = bestMedian(b, do), bestRate(b, do)
	for range *rounds {
		t.forks = max(t.forks, forkLoop(b, t.python))
	}
	t.rows = append(t.rows,
		row{name: "python -I -S -c pass, p50", unit: "ms", rival: ms(t.bareStart)},
		row{name: "python -I -S -c pass, as many as cores", unit: "/s", rival: t.bareLoop},
		row{name: "os.fork, a function, os.waitpid, unconfined", unit: "/s", rival: t.forks})
}

// interpreter is the one that the servers have unpacked.
func interpreter(b *testing.B) string {
	cache, err := os.UserCacheDir()
	if err != nil {
		b.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(cache, "pyexec/python-*/prefix/bin/python3.11"))
	if err != nil || len(found) == 0 {
		b.Fatalf("interpreter: %v %v", found, err)
	}
	return found[0]
}

// forkLoop is how many calls of a small function a second an interpreter gets done that
// forks for each and does not confine it: one process a core.
func forkLoop(b *testing.B, python string) float64 {
	code := fmt.Sprintf(`
import os, time
def main(x):
    return x * x
began, n, span = time.monotonic(), 0, %f
while time.monotonic() - began < span:
    pid = os.fork()
    if not pid:
        main(n)
        os._exit(0)
    os.waitpid(pid, 0)
    n += 1
print(n / (time.monotonic() - began))
`, span.Seconds())
	var sum float64
	var all sync.WaitGroup
	var mu sync.Mutex
	for range runtime.NumCPU() {
		all.Go(func() {
			out, err := exec.Command(python, "-I", "-S", "-c", code).Output()
			rate, wrong := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
			if err != nil || wrong != nil {
				b.Errorf("fork loop: %v %s", err, out)
			}
			mu.Lock()
			sum += rate
			mu.Unlock()
		})
	}
	all.Wait()
	return sum
}

// latencies are those of one caller.
func (t *table) latencies(b *testing.B) {
	at := func(pace time.Duration, percent int) func(s *server) time.Duration {
		return func(s *server) time.Duration {
			do, done := s.hellos()
			defer done()
			took := times(b, do, pace)
			median(took) // sorts
			return took[len(took)*percent/100]
		}
	}
	t.milliseconds("a run, 100 a second, p50", t.bareStart, at(pause, 50))
	t.milliseconds("a run, 100 a second, p90", t.bareStart, at(pause, 90))
	t.milliseconds("a run, back to back, p50", t.bareStart, at(0, 50))
}

// costs are what the machine spends on a run: the server, the zygote and the worker.
func (t *table) costs(b *testing.B) {
	per := func(of func(s testbed.Spent) float64) func(s *server) float64 {
		return func(s *server) float64 {
			do, done := s.hellos()
			defer done()
			pid := s.cmd.Process.Pid
			before := testbed.SpentBy(pid)
			runs := len(times(b, do, 0))
			time.Sleep(50 * time.Millisecond) // the last worker's end, and the next one's start
			return of(testbed.SpentBy(pid).Minus(before)) / float64(runs)
		}
	}
	t.add("processor time of a run", "ms", 0, true,
		per(func(s testbed.Spent) float64 { return ms(s.CPU) }))
	t.add("page faults of a run", "", 0, true, per(func(s testbed.Spent) float64 { return float64(s.Faults) }))
}
