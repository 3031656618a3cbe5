package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed"
	"github.com/pyexec/pyexec/internal/testbed/need"
)

// The tests in this file run the program as a process: this very binary, told
// by a variable to be the server.
const beServer = "PYEXEC_TEST_SERVER"

// openFiles is how many descriptors the server may have, where it is set.
const openFiles = "PYEXEC_TEST_OPEN_FILES"

func TestMain(m *testing.M) {
	if os.Getenv(beServer) != "" {
		if n, err := strconv.ParseUint(os.Getenv(openFiles), 10, 64); err == nil {
			if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
				panic(err)
			}
		}
		os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// patience is far more than anything here takes. It ends a test that hangs.
const patience = time.Minute

// process is a running server.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	url    string
	lines  chan string // of its log, closed at the end
	stderr bytes.Buffer
}

// launch starts the program with the given settings on top of this process's
// environment.
func launch(t *testing.T, settings ...string) *process {
	t.Helper()
	return launchOn(t, freePort(t), 5*patience, settings...)
}

// launchOn is launch with a port and with the time after which the process is
// ended.
func launchOn(t *testing.T, port string, limit time.Duration, settings ...string) *process {
	t.Helper()
	need.Time(t, "starts the server")
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	p := &process{t: t, url: "http://127.0.0.1:" + port, lines: make(chan string, 1000)}
	p.cmd = exec.CommandContext(ctx, os.Args[0])
	p.cmd.Env = append(os.Environ(), beServer+"=1", "HOST=127.0.0.1", "PORT="+port, "EXEC_WORKERS=2",
		"EXEC_MEMORY_MB=128")
	p.cmd.Env = append(p.cmd.Env, settings...)
	p.cmd.Stderr = &p.stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := p.lines
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			lines <- s.Text()
		}
	}()
	t.Cleanup(func() {
		cancel()
		for range p.lines {
		}
		_ = p.cmd.Wait() // fails when the test has waited already
	})
	return p
}

func freePort(t *testing.T) string {
	t.Helper()
	ports, err := testbed.FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(ports[0])
}

// logged waits for a line of the log with this message and returns it.
func (p *process) logged(message string) string {
	p.t.Helper()
	var seen []string
	for line := range p.lines {
		seen = append(seen, line)
		var fields struct{ Message string }
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			p.t.Errorf("log: %v: %s", err, line)
		}
		if strings.Contains(fields.Message, message) {
			return line
		}
	}
	p.t.Fatalf("the log ended without %q:\n%s\n%s", message, strings.Join(seen, "\n"), &p.stderr)
	return ""
}

// exit waits for the end and returns the exit code.
func (p *process) exit() int {
	p.t.Helper()
	for range p.lines {
	}
	err := p.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *process) signal(sig os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Fatal(err)
	}
}

type answer struct {
	code   int
	body   string
	header http.Header
	close  bool
	err    error
}

// do sends one request; a script makes it POST /execute.
func (p *process) do(client *http.Client, path, script string) answer {
	method, body := http.MethodGet, io.Reader(nil)
	if script != "" {
		text, err := json.Marshal(map[string]string{"script": script})
		if err != nil {
			return answer{err: err}
		}
		method, body = http.MethodPost, bytes.NewReader(text)
	}
	r, err := http.NewRequest(method, p.url+path, body)
	if err != nil {
		return answer{err: err}
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(r)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, string(data), resp.Header, resp.Close, err}
}

// newClient has connections of its own, which it keeps.
func newClient() *http.Client { return &http.Client{Transport: &http.Transport{}, Timeout: patience} }

// launchBusy starts the program and a script that takes this many seconds, and
// returns when it is being run. The answer comes through the channel.
func launchBusy(t *testing.T, seconds float64, settings ...string) (*process, <-chan answer) {
	t.Helper()
	metrics := freePort(t)
	p := launch(t, append(settings, "METRICS_PORT="+metrics)...)
	p.logged("ready")
	result := make(chan answer, 1)
	go func() {
		result <- p.do(newClient(), "/execute",
			fmt.Sprintf("import time\ndef main():\n    time.sleep(%g)\n    return 'slept'", seconds))
	}()
	waitFor(t, "a script that runs", patience,
		func() bool { return strings.Contains(scrape(t, metrics), "\npyexec_workers_busy 1\n") })
	return p, result
}

func TestServeAndStop(t *testing.T) {
	p := launch(t)
	if line := p.logged("listening"); !strings.Contains(line, p.url) {
		t.Errorf("the log does not name %s: %s", p.url, line)
	}
	// Not ready maybe, but taking requests: this one waits for the start.
	if a := p.do(newClient(), "/execute",
		"def main(): return 2 + 2"); a.code != http.StatusOK || a.body != `{"result":4,"stdout":""}` {
		t.Errorf("got %+v", a)
	}
	p.logged("ready")
	for _, path := range []string{"/health", "/", "/openapi.json", "/capabilities"} {
		if a := p.do(newClient(), path, ""); a.code != http.StatusOK {
			t.Errorf("%s: got %+v", path, a)
		}
	}
	p.signal(os.Interrupt)
	if code := p.exit(); code != 0 || p.stderr.Len() > 0 {
		t.Errorf("exit code %d, stderr %q", code, &p.stderr)
	}
}

func TestSIGTERMDrains(t *testing.T) {
	p, slow := launchBusy(t, 6)
	kept := newClient()
	if a := p.do(kept, "/health", ""); a.code != http.StatusOK || a.close {
		t.Fatalf("got %+v", a)
	}
	p.signal(syscall.SIGTERM)
	p.logged("draining")
	for name, client := range map[string]*http.Client{"kept connection": kept, "new connection": newClient()} {
		a := p.do(client, "/execute", "def main(): return 1")
		if a.code != http.StatusServiceUnavailable || !strings.Contains(a.body,
			`"status":"unavailable"`) || !a.close || a.header.Get("Retry-After") == "" {
			t.Errorf("%s: got %+v", name, a)
		}
	}
	if a := p.do(newClient(), "/health", ""); a.code != http.StatusServiceUnavailable {
		t.Errorf("health: got %+v", a)
	}
	if a := <-slow; a.code != http.StatusOK || !strings.HasPrefix(a.body, `{"result":"slept"`) {
		t.Errorf("request in flight: got %+v", a)
	}
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d: %s", code, &p.stderr)
	}
}

func TestTheGraceIsLimited(t *testing.T) {
	p, slow := launchBusy(t, 29, "SHUTDOWN_GRACE=200ms")
	p.signal(syscall.SIGTERM)
	p.logged("drain: 1 requests in flight")
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d: %s", code, &p.stderr)
	}
	if a := <-slow; a.code != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("the run that was cut off: got %+v", a)
	}
}

func TestTheSecondSignalEndsItAtOnce(t *testing.T) {
	p, slow := launchBusy(t, 29, "SHUTDOWN_GRACE=10m")
	p.signal(syscall.SIGTERM)
	p.logged("draining")
	p.signal(syscall.SIGTERM)
	if code := p.exit(); code == 0 {
		t.Error("exit code 0 although a request was cut off")
	}
	if a := <-slow; a.err == nil {
		t.Errorf("got %+v", a)
	}
}

func TestAStartThatFails(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	for _, tt := range []struct {
		name     string
		settings []string
		messages []string // the start of each entry
	}{
		{"an invalid setting", []string{"EXEC_TIMEOUT=0"}, []string{`setting EXEC_TIMEOUT: "0": must be a duration`}},
		{"several invalid settings", []string{"EXEC_TIMEOUT=0", "EXEC_TYPO=1", "PYTHON_PACKAGES=/nowhere"}, []string{
			`setting EXEC_TYPO: "1": unknown`,
			`setting EXEC_TIMEOUT: "0": must be a duration`,
			`setting PYTHON_PACKAGES: "/nowhere": /nowhere: no such file`,
		}},
		{"a port that is taken", []string{"PORT=" + port}, []string{"listen tcp 127.0.0.1:" + port}},
		{"a port of metrics that is taken", []string{"METRICS_PORT=" + port},
			[]string{"metrics: listen tcp 127.0.0.1:" + port}},
		{"a credential that is not there",
			[]string{"LOG_SINK=api", "GOOGLE_CLOUD_PROJECT=p", "GOOGLE_APPLICATION_CREDENTIALS=/nonexistent.json"},
			[]string{"LOG_SINK=api: "}},
		{"an interpreter that is not there", []string{"PYTHON_HOME=/nonexistent/python"}, []string{"start: "}},
		{"a module that is not there", []string{"PRELOAD=json,no_such_module"},
			[]string{"start: PRELOAD: no_such_module: No module named 'no_such_module'"}},
		{"a module that does not import", []string{"PRELOAD=json,asyncio.windows_events"},
			[]string{"start: Traceback"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := launch(t, tt.settings...)
			if code := p.exit(); code != 1 {
				t.Errorf("exit code %d", code)
			}
			entries := slices.Collect(strings.Lines(p.stderr.String()))
			if len(entries) != len(tt.messages) {
				t.Fatalf("%d entries, want %d: %s", len(entries), len(tt.messages), &p.stderr)
			}
			for i, want := range tt.messages {
				var entry struct{ Severity, Message, Time string }
				if err := json.Unmarshal([]byte(entries[i]),
					&entry); err != nil || entry.Severity != "ERROR" || entry.Time == "" ||
					!strings.HasPrefix(entry.Message, want) {
					t.Errorf("%v, got %s want %q", err, entries[i], want)
				}
			}
		})
	}
}
