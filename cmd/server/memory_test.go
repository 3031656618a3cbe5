package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/internal/testbed/need"
)

// greedy returns, prints and leaves as much as it may, in characters that are six
// times as long in JSON.
const greedy = `import sys
def main(x):
    print('\x01' * 1048570, flush=True)
    print('\x01' * 1048570, file=sys.stderr)
    open('file', 'w').write('\x01' * (8 * 1048576 - 100))
    return 'r' * (8 * 1048576 - 10)`

// greedyBody is the largest body that asks for it.
func greedyBody(t *testing.T) []byte {
	t.Helper()
	request := map[string]any{"script": greedy, "report": true, "return_files": true, "input": ""}
	body, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	request["input"] = strings.Repeat("i", 8<<20-len(body))
	if body, err = json.Marshal(request); err != nil {
		t.Fatal(err)
	}
	return body
}

// Whatever is sent, returned and not read, the server takes no more memory than
// is reserved for it, notes every run, and goes on.
func TestMemoryHolds(t *testing.T) {
	if raceDetector {
		need.Elsewhere(t, "the race detector takes memory of its own; CI runs this as another user without it")
	}
	t.Setenv("EXEC_WORKERS", "2")
	cfg, err := config.Load()
	if err != nil {
		t.Fatal(err)
	}
	metrics := freePort(t)
	p := launchOn(t, freePort(t), 5*patience, "METRICS_PORT="+metrics, "EXEC_MEMORY_MB=256", "EXEC_QUEUE=8")
	log := p.followRuns()
	waitFor(t, "the start", patience, p.healthy)
	body := greedyBody(t)
	runs := 0
	for _, tt := range []struct {
		name string
		runs int
		do   func(t *testing.T, p *process, body []byte, metrics string)
	}{
		{"replies", 4, func(t *testing.T, p *process, body []byte, _ string) { p.crowd(t, "/execute", "", body) }},
		{"streams", 4, func(t *testing.T, p *process, body []byte, _ string) {
			p.crowd(t, "/execute", "text/event-stream", body)
		}},
		{"events", 4, func(t *testing.T, p *process, body []byte, _ string) {
			p.crowd(t, "/events", "",
				fmt.Appendf(nil, `{"message":{"data":%q}}`, base64.StdEncoding.EncodeToString(body)))
		}},
		{"tools", 4, func(t *testing.T, p *process, body []byte, _ string) {
			p.crowd(t, "/mcp", "",
				fmt.Appendf(nil,
					`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run_python","arguments":%s}}`,
					body))
		}},
		{"readers who do not read", 5, silentReaders},
		{"senders who do not end", 0, silentSenders},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.do(t, p, body, metrics)
			most, now := resident(t, p.cmd.Process.Pid)
			t.Logf("%d MiB at most until now, %d MiB now, of %d MiB", most>>20, now>>20, cfg.Share.ServerBytes>>20)
			if most > cfg.Share.ServerBytes {
				t.Errorf("%d bytes are resident, %d reserved", most, cfg.Share.ServerBytes)
			}
		})
		runs += tt.runs
	}
	if a := p.do(newClient(), "/execute", "def main(): return 1"); a.code != http.StatusOK {
		t.Errorf("afterwards: %+v", a)
	}
	p.signal(syscall.SIGTERM)
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d: %s", code, &p.stderr)
	}
	if logged := log(); len(logged) < runs {
		t.Errorf("%d runs are in the log, want %d", len(logged), runs)
	}
}

// crowd sends a body four times at once and reads the answers. Where the answer is
// that there is no room, it asks again.
func (p *process) crowd(t *testing.T, path, accept string, body []byte) {
	t.Helper()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			client := newClient()
			defer client.CloseIdleConnections()
			for done := false; !done; {
				r, err := http.NewRequest(http.MethodPost, p.url+path, bytes.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Accept", accept)
				resp, err := client.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				_, err = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				switch {
				case err != nil || resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusTooManyRequests:
					t.Errorf("%s, %v", resp.Status, err)
					return
				case resp.StatusCode == http.StatusOK:
					done = true
				default:
					time.Sleep(50 * time.Millisecond)
				}
			}
		})
	}
	all.Wait()
}

// silentReaders ask for much and read none of it, until the server gives them up.
func silentReaders(t *testing.T, p *process, _ []byte, metrics string) {
	before := runsNoted(t, metrics)
	body := fmt.Appendf(nil, `{"script":%q,"input":1,"return_files":true}`, greedy)
	for range 5 {
		conn := p.dial(t)
		defer conn.Close()
		if err := conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
			t.Error(err)
		}
		fmt.Fprintf(conn, "POST /execute HTTP/1.1\r\nHost: localhost\r\nContent-Type: "+
			"application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	}
	waitFor(t, "the server has given them up", patience, func() bool { return runsNoted(t, metrics) == before+5 })
}

// silentSenders send all but the end of large bodies.
func silentSenders(t *testing.T, p *process, body []byte, _ string) {
	for range 30 {
		conn := p.dial(t)
		defer conn.Close()
		fmt.Fprintf(conn, "POST /execute HTTP/1.1\r\nHost: localhost\r\nContent-Type: "+
			"application/json\r\nContent-Length: %d\r\n\r\n", len(body))
		// A request that is refused may be cut off.
		_, _ = conn.Write(body[:len(body)-1])
	}
	if a := p.do(newClient(), "/execute", "def main(): return 1"); a.code != http.StatusOK {
		t.Errorf("meanwhile: %+v", a)
	}
}

func (p *process) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// runsNoted is how many runs the metrics tell of.
func runsNoted(t *testing.T, metrics string) (n int) {
	t.Helper()
	for line := range strings.Lines(scrape(t, metrics)) {
		var one int
		if strings.HasPrefix(line, "pyexec_runs_total{") {
			if _, err := fmt.Sscan(line[strings.LastIndexByte(line, ' ')+1:], &one); err != nil {
				t.Error(err)
			}
		}
		n += one
	}
	return n
}

// resident is how much memory a process has and has had at most.
func resident(t *testing.T, pid int) (most, now int64) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		_, _ = fmt.Sscanf(line, "VmHWM: %d kB", &most)
		_, _ = fmt.Sscanf(line, "VmRSS: %d kB", &now)
	}
	if most == 0 || now == 0 {
		t.Fatalf("no sizes in %s", status)
	}
	return most << 10, now << 10
}
