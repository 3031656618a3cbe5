package runtime_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	goruntime "runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/runtime"
)

var soakRuns = flag.Int("soak", 1500, "runs of TestSoak; 200000 is the long form")

// TestSoak runs many scripts of every outcome and looks for anything they left
// behind. The long form is a command of its own:
//
//	go test ./runtime -run TestSoak -soak 200000 -timeout 60m -v
func TestSoak(t *testing.T) {
	need.Time(t, "thousands of runs")
	cfg := benchConfig(t)
	cfg.Preload = nil
	r, err := runtime.New(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	soak(t, r, 300) // pools, arenas and caches reach their size
	before := takeStock(t, r, cfg)
	began := time.Now()
	soak(t, r, *soakRuns)
	elapsed := time.Since(began)
	after := takeStock(t, r, cfg)
	t.Logf("%d runs, %.0f a second\nbefore %+v\nafter  %+v", *soakRuns, float64(*soakRuns)/elapsed.Seconds(),
		before, after)
	if after.descriptors > before.descriptors || after.processes > before.processes ||
		after.mounts > before.mounts || after.files > before.files || after.goroutines > before.goroutines {
		t.Errorf("something was left behind:\nbefore %+v\nafter  %+v", before, after)
	}
	if grown := after.zygoteKiB - before.zygoteKiB; grown > 1024 {
		t.Errorf("zygote grew by %d KiB", grown)
	}
	// The race detector's own memory grows with what is looked at: CI runs this without it, too.
	if grown := after.serverKiB - before.serverKiB; grown > 16<<10 && !runtime.RaceDetector {
		t.Errorf("server grew by %d KiB", grown)
	}
	if *soakRuns < longSoak {
		return
	}
	for what, grown := range after.machine.minus(before.machine) {
		if grown > 8<<10 {
			t.Errorf("%s of the machine grew by %d KiB", what, grown)
		}
	}
}

// longSoak is from how many runs on the figures of the whole machine count, which
// others move, too: they say nothing while other tests run.
const longSoak = 20_000

// machine is what the kernel holds, in KiB, by the names of /proc/meminfo.
type machine map[string]int

func (m machine) minus(before machine) machine {
	grown := machine{}
	for what := range m {
		grown[what] = m[what] - before[what]
	}
	return grown
}

// kernelMemory is what could be left of runs and is nobody's page.
func kernelMemory(t *testing.T) machine {
	t.Helper()
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		t.Fatal(err)
	}
	m := machine{}
	for line := range strings.Lines(string(text)) {
		name, rest, _ := strings.Cut(line, ":")
		switch name {
		case "Shmem", "PageTables", "SUnreclaim", "KernelStack":
			var n int
			if _, err := fmt.Sscan(rest, &n); err != nil {
				t.Fatal(err)
			}
			m[name] = n
		}
	}
	return m
}

// soakJobs are the outcomes that clean-up differs for.
var soakJobs = []struct {
	script string
	want   runtime.Status
}{
	{benchScript, runtime.OK},
	{benchScript, runtime.OK},
	{benchScript, runtime.OK},
	{"def main():\n    print('x' * 300000)\n    open('f', 'w').write('y' * 100000)\n    return list(range(1000))",
		runtime.OK},
	{"def main():\n    return 1 / 0", runtime.ScriptError},
	{"def main(", runtime.SyntaxError},
	{"import ctypes\ndef main():\n    ctypes.string_at(0)", runtime.Killed},
	{"import os\ndef main():\n    os._exit(3)", runtime.Exited},
	{"def main():\n    while True: print('x' * 100000)", runtime.OutputLimit},
	{"def main():\n    while True: pass", runtime.Timeout},
	{"import threading, time\ndef main():\n    [threading.Thread(target=time.sleep, args=(9,), daemon=True).start() " +
		"for _ in range(9)]\n    return 1", runtime.OK},
	{"import atexit, threading\ndef main():\n    atexit.register(print, 'end')\n    " +
		"[threading.Thread(target=print, args=(i,)).start() for i in range(9)]\n    return 1", runtime.OK},
}

func soak(t *testing.T, r *runtime.Runtime, n int) {
	t.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				i := next.Add(1)
				if i > int64(n) {
					return
				}
				job := soakJobs[i%int64(len(soakJobs))]
				limit := 30 * time.Second
				if job.want == runtime.Timeout {
					limit = 50 * time.Millisecond
				}
				got, err := r.Run(context.Background(), runtime.Job{Script: job.script, Timeout: limit},
					runtime.Hooks{})
				if err != nil || got.Status != job.want {
					t.Errorf("run %d: %v %s %s, want %s", i, err, got.Status, got.Error, job.want)
					return
				}
			}
		})
	}
	wg.Wait()
}

// stock is what a run could leave behind.
type stock struct {
	descriptors, processes, mounts, files, goroutines int
	serverKiB, zygoteKiB                              int
	machine                                           machine
}

// takeStock waits until the pool is at rest and counts.
func takeStock(t *testing.T, r *runtime.Runtime, cfg runtime.Config) stock {
	t.Helper()
	var s stock
	settled := 0
	for range 200 {
		now := count(t, cfg)
		if now.processes == s.processes && now.descriptors == s.descriptors && now.goroutines == s.goroutines {
			settled++
		} else {
			settled = 0
		}
		s = now
		if settled == 5 {
			return s
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("the pool does not come to rest: %+v", s)
	return s
}

// ofOthers are mounts of tests that run at the same time: those that podman,
// buildah and runsc make for containers, and what is below a TempDir.
var ofOthers = regexp.MustCompile(`^\S+ (/run/netns|/run/runsc|\S*/runsc-|\S*/containers/|\S*/buildah|\S*/Test)`)

func count(t *testing.T, cfg runtime.Config) stock {
	t.Helper()
	var s stock
	debug.FreeOSMemory() // what tests before have used is none of its own
	s.goroutines = goruntime.NumGoroutine()
	s.serverKiB = resident(t, os.Getpid())
	s.machine = kernelMemory(t)
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	s.descriptors = len(open)
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if !ofOthers.MatchString(line) {
			s.mounts++
		}
	}
	for _, zygote := range children(t, os.Getpid()) {
		s.zygoteKiB = max(s.zygoteKiB, resident(t, zygote))
		s.processes += 1 + len(children(t, zygote))
	}
	err = filepath.WalkDir(filepath.Join(cfg.CacheDir, "runs"), func(string, fs.DirEntry, error) error {
		s.files++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// children lists the processes whose parent is pid.
func children(t testing.TB, pid int) []int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var out []int
	for _, name := range stats {
		stat, err := os.ReadFile(name)
		if err != nil {
			continue // gone meanwhile
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(rest)
		if len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			child, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, child)
		}
	}
	return out
}

// resident is the resident size of a process in KiB, 0 when it is gone.
func resident(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if errors.Is(err, fs.ErrNotExist) {
		return 0
	}
	if err != nil {
		return 0 // ESRCH: it went while being read
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "VmRSS:" {
			kib, err := strconv.Atoi(fields[1])
			if err != nil {
				t.Fatal(err)
			}
			return kib
		}
	}
	return 0
}
