package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// callers is how many requests are under way at once.
const callers = 32

// load is many callers who each ask again as soon as they are answered.
type load struct {
	p    *process
	harm string      // status of an answer that is allowed here
	gone atomic.Bool // the server ends: nobody need listen any more

	next atomic.Int64
	quit chan struct{}
	once sync.Once
	all  sync.WaitGroup

	mu      sync.Mutex
	ids     map[string]int // of executions, how often each was answered
	counts  map[int]int    // answers by HTTP status
	strange []string       // answers that should not be
}

func startLoad(t *testing.T, p *process, harm string) *load {
	l := &load{p: p, harm: harm, quit: make(chan struct{}), ids: map[string]int{}, counts: map[int]int{}}
	for range callers {
		l.all.Go(func() {
			client := newClient()
			defer client.CloseIdleConnections()
			for pause := time.Duration(0); ; {
				select {
				case <-l.quit:
					return
				case <-time.After(pause):
				}
				pause = 20 * time.Millisecond
				switch ok, told := l.ask(client); {
				case told: // by the server, which is going away
					pause = time.Second
				case !ok:
					pause = 50 * time.Millisecond
				}
			}
		})
	}
	t.Cleanup(l.stop)
	return l
}

// stop ends the load and waits for the last answers.
func (l *load) stop() {
	l.once.Do(func() { close(l.quit) })
	l.all.Wait()
}

// results is how many runs have come to a result.
func (l *load) results() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts[http.StatusOK]
}

// ask sends one request, whose answer can be told from every other. It says whether
// it got a result, and whether the connection was closed after it.
func (l *load) ask(client *http.Client) (ok, closed bool) {
	n := l.next.Add(1)
	body := fmt.Appendf(nil, `{"script": "def main(n): return n * n", "input": %d}`, n)
	resp, err := client.Post(l.p.url+"/execute", "application/json", bytes.NewReader(body))
	if err != nil {
		l.note(0, "", l.gone.Load() && errors.Is(err, syscall.ECONNREFUSED), err.Error())
		return false, false
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	id, want := resp.Header.Get("X-Execution-Id"), fmt.Sprintf(`{"result":%d,"stdout":""}`, n*n)
	var failure struct{ Status string }
	switch {
	case err != nil:
		l.note(resp.StatusCode, id, false, err.Error())
	case resp.StatusCode == http.StatusOK:
		l.note(resp.StatusCode, id, string(text) == want, fmt.Sprintf("%s, want %s", text, want))
	default:
		wrong := json.Unmarshal(text, &failure)
		ok := resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable ||
			l.harm != "" && failure.Status == l.harm
		l.note(resp.StatusCode, id, ok && wrong == nil, fmt.Sprintf("%d: %s", resp.StatusCode, text))
	}
	return resp.StatusCode == http.StatusOK, resp.Close
}

func (l *load) note(code int, id string, ok bool, what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts[code]++
	if code != 0 {
		l.ids[id]++
	}
	if !ok {
		l.strange = append(l.strange, what)
	}
}

// check compares the answers of the callers with the log of the server, which has
// ended.
func (l *load) check(t *testing.T, log func() map[string]int) {
	t.Helper()
	t.Logf("answers by status: %v", l.counts)
	if l.counts[http.StatusOK] < callers {
		t.Errorf("only %d results", l.counts[http.StatusOK])
	}
	slices.Sort(l.strange)
	if n := len(l.strange); n > 0 {
		t.Errorf("%d strange answers, such as %.500q", n,
			slices.Compact(l.strange)[:min(3, len(slices.Compact(l.strange)))])
	}
	logged := log()
	for id, n := range l.ids {
		if n != 1 || logged[id] != 1 {
			t.Errorf("execution %q was answered %d times and logged %d times", id, n, logged[id])
		}
	}
}

// followRuns reads the log. The function that it returns waits for its end and
// says how often each execution is in it.
func (p *process) followRuns() func() map[string]int {
	logged, ended := map[string]int{}, make(chan struct{})
	lines := p.lines
	p.lines = make(chan string) // for exit, which waits for the end
	go func() {
		defer close(ended)
		defer close(p.lines)
		for line := range lines {
			var entry struct {
				Run struct {
					ID string `json:"execution_id"`
				}
			}
			if json.Unmarshal([]byte(line), &entry) == nil && entry.Run.ID != "" {
				logged[entry.Run.ID]++
			}
		}
	}()
	return func() map[string]int { <-ended; return logged }
}
