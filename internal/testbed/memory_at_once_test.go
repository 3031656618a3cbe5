package testbed_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed"
)

const (
	// attackers and callers are at work at the same time, more than there are
	// workers.
	attackers, callers = 8, 8
	// rounds are how often each program runs.
	rounds = 2
	// tooMuch is what each is told to hold, in MiB: more than the container has.
	tooMuch = 2400
	// patient attackers take their time, and stay.
	patient = "MOMENT, BUSY = 1.0, 6.0\n"
)

// recommended is how the README and deploy/service.yaml say to deploy.
var recommended = testbed.Options{
	Setup: testbed.Podman, Args: []string{"--memory", "2g"},
	Settings: []string{"EXEC_WORKERS=4", "EXEC_MEMORY_MB=384", "EXEC_TIMEOUT=10s", "BLOCKED_IMPORTS="},
}

// TestMemoryAtOnce attacks the deployment that is recommended with all programs,
// several at a time, while others send simple requests. Whatever happens to the
// attackers, the server stays, and whoever sends a simple request gets its result,
// or is told that there is no room now.
func TestMemoryAtOnce(t *testing.T) {
	testbed.Podman.Need(t)
	s := newMeasured(t, testbed.New(t), recommended, preludeOf(t, memory))
	stop := s.meter.Watch()
	over, answered := make(chan struct{}), &tally{}
	var honest, hostile sync.WaitGroup
	for range callers {
		honest.Go(func() { s.callUntil(t, over, answered) })
	}
	all := &tally{}
	work := make(chan string)
	for range attackers {
		hostile.Go(func() {
			for name := range work {
				s.attackWith(t, name, all)
			}
		})
	}
	names := namesOf(t, memory)
	for range rounds {
		for _, name := range names {
			select {
			case <-s.Ended(): // the rest would only wait
			case work <- name:
			}
		}
	}
	close(work)
	hostile.Wait()
	close(over)
	honest.Wait()
	s.survived(t, stop)
	t.Logf("attackers: %s\ncallers: %s", all, answered)
	if answered.of("200 ok") < len(names) {
		t.Errorf("only %d right answers meanwhile: %s", answered.of("200 ok"), answered)
	}
}

// survived looks whether the container is the one that was started.
func (s *measured) survived(t *testing.T, stop func() ([]testbed.Sample, error)) {
	t.Helper()
	samples, _ := stop() // without a container there are no figures
	var most testbed.Usage
	for _, sample := range samples {
		if sample.Held() > most.Held() {
			most = sample.Usage
		}
	}
	t.Logf("at most %v", most)
	ended := s.Ended()
	if s.Healthy(t.Context()) == nil {
		ended = nil
	}
	select {
	case <-ended:
		now, err := s.Instance()
		t.Fatalf("THE SERVER IS GONE: %s, %v; it was %s", now, err, s.instance)
	case <-time.After(again): // it is known some time after it has happened
	}
	s.goesOn(t)
}

// attackWith runs a program, which may end as it likes.
func (s *measured) attackWith(t *testing.T, name string, all *tally) {
	p, err := memory.Read(name)
	if err != nil {
		t.Error(err)
		return
	}
	body, err := holding(p, s.environment, s.shared+patient, tooMuch)
	if err != nil {
		t.Error(err)
		return
	}
	for range 200 {
		code, reply, err := s.post(patience, body)
		if err == nil && (code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable) {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		all.add(said(code, reply, err))
		return
	}
	all.add("never had room")
}

// callUntil runs a simple script again and again.
func (s *measured) callUntil(t *testing.T, over <-chan struct{}, answered *tally) {
	const simple = `{"script": "def main():\n    return sum(range(1000))"}`
	for {
		select {
		case <-over:
			return
		case <-s.Ended():
			return
		case <-time.After(20 * time.Millisecond):
		}
		code, reply, err := s.post(2*patience, []byte(simple))
		got := said(code, reply, err)
		answered.add(got)
		switch {
		case err != nil:
			select {
			case <-s.Ended(): // said once, and not by all
			default:
				t.Errorf("a simple script: %v", err)
			}
		case code == http.StatusTooManyRequests, code == http.StatusServiceUnavailable:
		case code != http.StatusOK || !strings.Contains(reply, `"result":499500`):
			t.Errorf("a simple script: %d %.500s", code, reply)
		}
	}
}

// said is the word of a reply.
func said(code int, reply string, err error) string {
	if err != nil {
		return "no answer"
	}
	var r struct{ Status string }
	if json.Unmarshal([]byte(reply), &r) == nil && r.Status == "" && code == http.StatusOK {
		r.Status = "ok"
	}
	return strings.TrimSpace(fmt.Sprint(code, " ", r.Status))
}

// tally counts words.
type tally struct {
	mu    sync.Mutex
	times map[string]int
}

func (c *tally) add(word string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.times == nil {
		c.times = map[string]int{}
	}
	c.times[word]++
}

func (c *tally) of(word string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.times[word]
}

func (c *tally) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var words []string
	for word, n := range c.times {
		words = append(words, fmt.Sprintf("%d x %s", n, word))
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}
