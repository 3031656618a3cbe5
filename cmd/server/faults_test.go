package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// healWithin is how soon after the end of a fault the service is healthy, in the
// best of three tries: others may want the machine's processors, too.
const healWithin = 2 * time.Second

// fromNew is a number of results for which the four workers that were ready before
// don't suffice.
const fromNew = 10

// fault is something that goes wrong while requests come in. inject does it
// and undoes it; when it returns the fault is over.
type fault struct {
	name   string
	inject func(t *testing.T, p *process)
	// lacking says why this can't be tried by this user.
	lacking func() string
	// settings prepares what the server starts with.
	settings func(t *testing.T) []string
	// harm is a status that an answer may have besides a result, 429 and 503.
	harm string
}

var faults = []fault{
	{name: "the interpreter is killed", inject: func(t *testing.T, p *process) {
		for range 4 {
			kill(t, p)
			time.Sleep(150 * time.Millisecond)
		}
	}},
	{name: "workers are killed", harm: "memory_limit", inject: func(t *testing.T, p *process) {
		for range 20 {
			for _, interpreter := range children(t, p.cmd.Process.Pid) {
				for _, worker := range children(t, interpreter) {
					send(t, worker, syscall.SIGKILL)
				}
			}
			time.Sleep(20 * time.Millisecond)
		}
	}},
	{name: "the interpreter is stopped", inject: func(t *testing.T, p *process) {
		for _, interpreter := range children(t, p.cmd.Process.Pid) {
			send(t, interpreter, syscall.SIGSTOP)
		}
	}},
	{name: "no descriptors are left", inject: func(t *testing.T, p *process) {
		limit(t, p, unix.RLIMIT_NOFILE, 3)
	}},
	{name: "no descriptors are left and the interpreter is killed", inject: func(t *testing.T, p *process) {
		kill(t, p)
		limit(t, p, unix.RLIMIT_NOFILE, 3)
	}},
	diskFull(),
	{name: "no processes are left", lacking: asRoot, inject: func(t *testing.T, p *process) {
		limit(t, p, unix.RLIMIT_NPROC, 1)
	}},
	{name: "no processes are left and the interpreter is killed", lacking: asRoot,
		inject: func(t *testing.T, p *process) {
			kill(t, p)
			limit(t, p, unix.RLIMIT_NPROC, 1)
		}},
}

// diskFull leaves no room at all under the cache directory for a second, in
// which a new interpreter is needed.
func diskFull() fault {
	var disk string // little more than the interpreter needs
	return fault{
		name: "the disk under the cache directory is full and the interpreter is killed", lacking: asUser,
		settings: func(t *testing.T) []string {
			disk = t.TempDir()
			need.ThatAsRoot(t, "a small disk to mount", syscall.Mount("cache", disk, "tmpfs", 0, "size=256m"))
			t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
			return []string{"XDG_CACHE_HOME=" + disk}
		},
		inject: func(t *testing.T, p *process) {
			f, err := os.Create(filepath.Join(disk, "filler"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			for chunk := make([]byte, 1<<20); err == nil; {
				_, err = f.Write(chunk)
			}
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
			kill(t, p)
			time.Sleep(time.Second)
			if err := os.Remove(f.Name()); err != nil {
				t.Fatal(err)
			}
		},
	}
}

// asUser is why nothing is mounted.
func asUser() string {
	if os.Getuid() != 0 {
		return "only root can mount a small disk, and runs these tests, too"
	}
	return ""
}

// asRoot is why limits on processes are not tried: root has none. check.sh runs
// these tests as an ordinary user, too.
func asRoot() string {
	if os.Getuid() == 0 {
		return "root is not bound by a limit on processes; CI runs these tests as another user, too"
	}
	return ""
}

// Whatever goes wrong under load, each request is answered, by a result, 429
// or 503, none twice, and the service is healthy soon after.
func TestFaultsUnderLoad(t *testing.T) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) { underLoad(t, f) })
	}
}

// underLoad brings a fault about while there are callers, and demands that the
// service is healthy again within healWithin.
func underLoad(t *testing.T, f fault) {
	t.Helper()
	if f.lacking != nil {
		if why := f.lacking(); why != "" {
			need.Elsewhere(t, "%s", why)
		}
	}
	settings := []string{"EXEC_QUEUE=32"}
	if f.settings != nil {
		settings = append(settings, f.settings(t)...)
	}
	p := launch(t, settings...)
	log := p.followRuns()
	waitFor(t, "the start", patience, p.healthy)
	defer func() {
		if t.Failed() {
			t.Logf("stderr: %.2000s", &p.stderr)
		}
	}()
	l := startLoad(t, p, f.harm)
	waitFor(t, "a result for each caller", patience, func() bool { return l.results() >= callers })
	took := healing(t, p, l, f)
	for try := 1; try < 3 && took > healWithin; try++ {
		took = min(took, healing(t, p, l, f))
	}
	if took > healWithin {
		t.Errorf("healthy again only after %v", took)
	}
	time.Sleep(300 * time.Millisecond)
	l.stop()
	p.signal(syscall.SIGTERM)
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d: %s", code, &p.stderr)
	}
	l.check(t, log)
}

// healing is how long it takes from the end of a fault until the service is
// healthy and runs come to results.
func healing(t *testing.T, p *process, l *load, f fault) time.Duration {
	t.Helper()
	f.inject(t, p)
	began, before := time.Now(), l.results()
	waitFor(t, "healthy again", patience/2, func() bool { return p.healthy() && l.results() >= before+fromNew })
	took := time.Since(began)
	t.Logf("healthy again after %v", took)
	return took
}

// SIGTERM under load: a request that was accepted is answered, and so is one that
// comes too late but over a connection that is open.
func TestSIGTERMUnderLoad(t *testing.T) {
	p := launch(t, "EXEC_QUEUE=32")
	log := p.followRuns()
	waitFor(t, "the start", patience, p.healthy)
	l := startLoad(t, p, "")
	l.gone.Store(true)
	waitFor(t, "two results for each caller", patience, func() bool { return l.results() >= 2*callers })
	p.signal(syscall.SIGTERM)
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d: %s", code, &p.stderr)
	}
	l.stop()
	l.check(t, log)
}

// healthy says what /health says.
func (p *process) healthy() bool { return p.do(brief(), "/health", "").code == http.StatusOK }

// brief is a client that keeps no connection.
func brief() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
}

// kill ends the interpreter, if there is one now.
func kill(t *testing.T, p *process) {
	t.Helper()
	for _, interpreter := range children(t, p.cmd.Process.Pid) {
		send(t, interpreter, syscall.SIGKILL)
	}
}

// children are the processes that a process has started, whichever of its
// threads did.
func children(t *testing.T, pid int) (pids []int) {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		text, err := os.ReadFile(task)
		if err != nil {
			continue // the thread has ended
		}
		for _, child := range strings.Fields(string(text)) {
			if n, err := strconv.Atoi(child); err == nil {
				pids = append(pids, n)
			}
		}
	}
	return pids
}

// send signals a process that may have ended by itself.
func send(t *testing.T, pid int, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		t.Error(err)
	}
}

// limit lowers a limit of the server's for a second.
func limit(t *testing.T, p *process, resource int, soft uint64) {
	t.Helper()
	var before unix.Rlimit
	if err := unix.Prlimit(p.cmd.Process.Pid, resource, nil, &before); err != nil {
		t.Fatal(err)
	}
	low := unix.Rlimit{Cur: soft, Max: before.Max}
	if err := unix.Prlimit(p.cmd.Process.Pid, resource, &low, nil); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	if err := unix.Prlimit(p.cmd.Process.Pid, resource, &before, nil); err != nil {
		t.Fatal(err)
	}
}
