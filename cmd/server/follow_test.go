package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// runLog keeps a server's log and counts its runs.
type runLog struct {
	mu   sync.Mutex
	runs []loggedRun
}

// loggedRun is the entry of a run as far as these tests look at it.
type loggedRun struct {
	Severity string
	Run      struct {
		Status string
		CPU    float64 `json:"cpu_ms"`
		Memory int64   `json:"peak_memory_bytes"`
	}
	Event *struct {
		ID                      string
		Acknowledged, Published bool
	}
}

// follow reads the log so that the server never waits for it.
func (p *process) follow(t *testing.T) *runLog {
	l := &runLog{}
	go func() {
		for line := range p.lines {
			var r loggedRun
			if json.Unmarshal([]byte(line), &r) == nil && r.Event != nil {
				l.mu.Lock()
				l.runs = append(l.runs, r)
				l.mu.Unlock()
			}
		}
	}()
	return l
}

func (l *runLog) of(event string) (found []loggedRun) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.runs {
		if r.Event.ID == event {
			found = append(found, r)
		}
	}
	return found
}

func (l *runLog) count(status string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.runs {
		if r.Run.Status == status {
			n++
		}
	}
	return n
}

func waitFor(t *testing.T, what string, limit time.Duration, ok func() bool) {
	t.Helper()
	for until := time.Now().Add(limit); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("%s: not within %v", what, limit)
		}
	}
}

// launchForEvents starts a server that publishes to the emulator.
func launchForEvents(t *testing.T, e *emulator, port string, settings ...string) (*process, *runLog) {
	t.Helper()
	p := launchOn(t, port, 4*time.Minute,
		append(append(e.environment(), "RESULTS_TOPIC=results", "EVENTS=on"), settings...)...)
	log := p.follow(t)
	waitFor(t, "the start", patience, func() bool { return p.do(newClient(), "/health", "").code == http.StatusOK })
	return p, log
}

// killInterpreter kills the zygote, the one child of the server.
func (p *process) killInterpreter() {
	p.t.Helper()
	var killed int
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	for _, task := range tasks {
		text, err := os.ReadFile(task)
		if errors.Is(err, fs.ErrNotExist) {
			continue // the thread has ended
		}
		if err != nil {
			p.t.Fatal(err)
		}
		for _, child := range strings.Fields(string(text)) {
			pid, err := strconv.Atoi(child)
			if err != nil {
				p.t.Fatal(err)
			}
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				p.t.Fatal(err)
			}
			killed++
		}
	}
	if killed == 0 {
		p.t.Fatal("the server has no child")
	}
}

// scrape reads the metrics of a server.
func scrape(t *testing.T, port string) string {
	t.Helper()
	resp, err := newClient().Get("http://127.0.0.1:" + port + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}
