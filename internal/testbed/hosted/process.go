package hosted

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed"
)

// Process is the function as the platform runs it.
type Process struct {
	cmd *exec.Cmd
	// URL is where it listens.
	URL  string
	out  chan string // lines of stdout, closed at the end
	errs bytes.Buffer
	done sync.Once
}

// Launch runs the function Execute, or the one that settings name, as an ordinary user
// without a home. The test's end ends it.
func (app App) Launch(t *testing.T, settings ...string) *Process {
	t.Helper()
	ports, err := testbed.FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(ports[0])
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	p := &Process{cmd: exec.CommandContext(ctx, app.program), URL: "http://127.0.0.1:" + port,
		out: make(chan string, 1000)}
	p.cmd.Dir = app.source
	if os.Getuid() == 0 {
		p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	p.cmd.Env = append(p.cmd.Environ(), "HOME=/nonexistent", "XDG_CACHE_HOME=", "TMPDIR="+app.tmp,
		"FUNCTION_TARGET=Execute", "PORT="+port, "EXEC_WORKERS=2", "EXEC_MEMORY_MB=128")
	p.cmd.Env = append(p.cmd.Env, settings...)
	p.cmd.Stderr = &p.errs
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.out)
		for s := bufio.NewScanner(stdout); s.Scan(); {
			p.out <- s.Text()
		}
	}()
	t.Cleanup(func() {
		cancel()
		p.Exit(t)
	})
	return p
}

// Logged waits for a line that contains text, and returns it.
func (p *Process) Logged(t *testing.T, text string) string {
	t.Helper()
	for line := range p.out {
		if strings.Contains(line, text) {
			return line
		}
	}
	t.Fatalf("the log ended without %q; stderr: %s", text, &p.errs)
	return ""
}

// Healthy waits until scripts can be run.
func (p *Process) Healthy(t *testing.T) *Process {
	t.Helper()
	for range 3000 {
		if code, _ := p.Do("GET", "/health", ""); code == http.StatusOK {
			return p
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("never healthy; stderr: %s", &p.errs)
	return nil
}

// Exit waits for the end and returns the exit code.
func (p *Process) Exit(t *testing.T) int {
	t.Helper()
	p.done.Do(func() {
		for range p.out {
		}
		var exit *exec.ExitError
		if err := p.cmd.Wait(); err != nil && !errors.As(err, &exit) {
			t.Error(err)
		}
	})
	return p.cmd.ProcessState.ExitCode()
}

// Errs is what the process has said on stderr.
func (p *Process) Errs() string { return p.errs.String() }

// Terminate asks the process to end.
func (p *Process) Terminate() error { return p.cmd.Process.Signal(syscall.SIGTERM) }

// Do sends a request and returns the code and the body of the answer, or 0 and why
// there is none.
func (p *Process) Do(method, path, body string) (int, string) {
	return p.send(method, path, nil, body)
}

// Event sends a CloudEvent in binary form, as Eventarc does.
func (p *Process) Event(id, data string) (int, string) {
	return p.send("POST", "/", http.Header{
		"Ce-Specversion": {"1.0"}, "Ce-Id": {id}, "Ce-Source": {"//pubsub.googleapis.com/projects/p/topics/t"},
		"Ce-Type": {"google.cloud.pubsub.topic.v1.messagePublished"}, "Content-Type": {"application/json"},
	}, data)
}

func (p *Process) send(method, path string, header http.Header, body string) (int, string) {
	r, err := http.NewRequest(method, p.URL+path, strings.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	for name, values := range header {
		r.Header[name] = values
	}
	// The framework leaves no moment between listening and serving, but the
	// process takes one to listen.
	for range 500 {
		var resp *http.Response
		if resp, err = http.DefaultClient.Do(r); err == nil {
			defer resp.Body.Close()
			data, _ := io.ReadAll(resp.Body)
			return resp.StatusCode, string(data)
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			break
		}
		time.Sleep(10 * time.Millisecond)
		r.Body = io.NopCloser(strings.NewReader(body))
	}
	return 0, err.Error()
}
