package testbed

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Meter tells from outside how much memory a server and all that it runs hold.
type Meter struct {
	source
	// Own says that the figures are of the server's own control group. They
	// are of the whole machine without.
	Own bool
}

// Meter is the meter of s. Where s has no control group of its own, that is
// logged: it takes root, or a container, and version 1 of control groups.
func (s *Server) Meter(t testing.TB) *Meter {
	t.Helper()
	g, err := s.place.group()
	if err == nil {
		return &Meter{source: g, Own: true}
	}
	t.Logf("MEASURED BY THE FIGURES OF THE WHOLE MACHINE, which others move, too: %v", err)
	return &Meter{source: machine{}}
}

// Machine returns a meter of the whole machine, other people's programs included.
func Machine() *Meter { return &Meter{source: machine{}} }

// Cache measures what one of the kernel's caches of objects takes, of the whole
// machine. It takes root.
func Cache(name string) *Meter { return &Meter{source: cache{name}} }

// Now is what is held now.
func (m *Meter) Now() (Usage, error) { return m.usage() }

// Reclaim makes the kernel take back what it can: caches are not held.
func (m *Meter) Reclaim() error { return m.reclaim() }

// Settled is what is held when two looks in a row see the same, nearly: workers
// are being replaced for some time after a run.
func (m *Meter) Settled() (Usage, error) {
	before, err := m.usage()
	for range 40 {
		if err != nil {
			return before, err
		}
		time.Sleep(50 * time.Millisecond)
		var now Usage
		if now, err = m.usage(); err == nil && now.Held()-before.Held() < 1<<20 && before.Held()-now.Held() < 1<<20 {
			return now, nil
		}
		before = now
	}
	return before, err
}

// Sample is what was held at a time.
type Sample struct {
	At time.Time
	Usage
}

// sampling is the least time between two samples.
const sampling = 10 * time.Millisecond

// Watch samples until the function that it returns is called, which returns the
// samples.
func (m *Meter) Watch() (stop func() ([]Sample, error)) {
	var samples []Sample
	var failed error
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(sampling)
		defer tick.Stop()
		for {
			u, err := m.usage()
			if err != nil {
				failed = err
				return
			}
			samples = append(samples, Sample{time.Now(), u})
			select {
			case <-end:
				return
			case <-tick.C:
			}
		}
	}()
	return sync.OnceValues(func() ([]Sample, error) {
		close(end)
		<-ended
		return samples, failed
	})
}

// Sustained is the most that was held without a break for long, as f counts it. It
// takes two samples: one alone proves no duration.
func Sustained(samples []Sample, long time.Duration, f func(Usage) int64) (most int64) {
	for i, first := range samples {
		least := f(first.Usage)
		for _, s := range samples[i+1:] {
			least = min(least, f(s.Usage))
			if s.At.Sub(first.At) >= long {
				most = max(most, least)
				break
			}
		}
	}
	return most
}

// Instance tells one life of a server from the next: the process id by which
// the machine knows it, when it was started, and whether it runs.
func (s *Server) Instance() (string, error) { return s.place.instance() }

// Healthy asks the server how it is.
func (s *Server) Healthy(ctx context.Context) error {
	code, body, err := ask(ctx, http.MethodGet, s.URL+"/health", "")
	if err == nil && code != http.StatusOK {
		err = fmt.Errorf("testbed: %s/health: %d %.200s", s.URL, code, body)
	}
	return err
}

// within runs start on a thread that is in g, so that what it starts is in g
// from its beginning on. The thread is given up if it can't be brought back.
func (g group) within(start func() error) error {
	own, err := groupOf(unix.Getpid())
	if err != nil {
		return err
	}
	failed := make(chan error)
	go func() {
		runtime.LockOSThread()
		if err := g.enter(); err != nil {
			runtime.UnlockOSThread()
			failed <- err
			return
		}
		started := start()
		if own.enter() == nil {
			runtime.UnlockOSThread()
		}
		failed <- started
	}()
	return <-failed
}

func (c *container) group() (group, error) {
	pid, err := c.hostPID()
	if err != nil {
		return group{}, err
	}
	return groupOf(pid)
}

// hostPID is the process id of the container outside it.
func (c *container) hostPID() (pid int, err error) {
	out, err := podman("inspect", "--format", "{{.State.Pid}}", c.id)
	if err == nil {
		_, err = fmt.Sscan(out, &pid)
	}
	if err == nil && pid == 0 {
		err = fmt.Errorf("testbed: container %s: it does not run", c.id)
	}
	return pid, err
}

func (c *container) instance() (string, error) {
	const format = "{{.State.Running}} pid {{.State.Pid}} since {{.State.StartedAt}} " +
		"restarts {{.RestartCount}} OOM {{.State.OOMKilled}}"
	out, err := podman("inspect", "--format", format, c.id)
	return strings.TrimSpace(out), err
}

func (p *pair) instance() (string, error) {
	select {
	case <-p.ended():
		return "", fmt.Errorf("testbed: process %d has ended", p.pid())
	default:
		return fmt.Sprint("pid ", p.pid()), nil
	}
}

func (p *pair) group() (group, error) { return p.own, p.ownErr }
