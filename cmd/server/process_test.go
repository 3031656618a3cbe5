package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed"
	"github.com/pyexec/pyexec/internal/testbed/need"
)

// Tests run the program as a process: this very binary, told by a variable to be
// the server.
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
