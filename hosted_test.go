package pyexec

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// generatedMain is what the Go buildpack writes around a function, except that
// it listens on the loopback interface only.
const generatedMain = `package main

import (
	"log"
	"os"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"

	_ "github.com/pyexec/pyexec"
)

func main() {
	if err := funcframework.StartHostPort("127.0.0.1", os.Getenv("PORT")); err != nil {
		log.Fatalf("funcframework.Start: %v\n", err)
	}
}
`

// buildHosted compiles the function the way the platform does: as a module
// that a generated main, in another module, imports.
func buildHosted(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile("go.sum")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(mod), "module github.com/pyexec/pyexec", "module functions.local/app", 1) +
		"\nrequire github.com/pyexec/pyexec v0.0.0\n\nreplace github.com/pyexec/pyexec => " + here + "\n"
	for name, content := range map[string]string{"go.mod": text, "go.sum": string(sum), "main.go": generatedMain} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.Command("go", "build", "-mod=mod", "-o", "app", ".")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return filepath.Join(dir, "app")
}

// hostedProcess is the function as the platform runs it.
type hostedProcess struct {
	cmd  *exec.Cmd
	url  string
	out  chan string // lines of stdout, closed at the end
	errs bytes.Buffer
	done sync.Once
}

func launchHosted(t *testing.T, program string, settings ...string) *hostedProcess {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	l.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	p := &hostedProcess{cmd: exec.CommandContext(ctx, program), url: "http://127.0.0.1:" + port, out: make(chan string, 1000)}
	p.cmd.Env = append(os.Environ(), "FUNCTION_TARGET=Execute", "PORT="+port, "EXEC_WORKERS=2", "EXEC_MEMORY_MB=128")
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
		p.exit(t)
	})
	return p
}

// logged waits for a line that contains text.
func (p *hostedProcess) logged(t *testing.T, text string) {
	t.Helper()
	for line := range p.out {
		if strings.Contains(line, text) {
			return
		}
	}
	t.Fatalf("the log ended without %q; stderr: %s", text, &p.errs)
}

// exit waits for the end and returns the exit code.
func (p *hostedProcess) exit(t *testing.T) int {
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

func (p *hostedProcess) do(method, path, body string) (int, string) {
	r, err := http.NewRequest(method, p.url+path, strings.NewReader(body))
	if err != nil {
		return 0, err.Error()
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

func TestHosted(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the whole function")
	}
	program := buildHosted(t)

	t.Run("serves every path", func(t *testing.T) {
		p := launchHosted(t, program)
		for _, tt := range []struct {
			method, path, body string
			code               int
			want               string
		}{
			{"POST", "/execute", `{"script":"def main(): return 2 + 2"}`, 200, `{"result":4,"stdout":""}`},
			{"GET", "/health", "", 200, `{"status":"healthy"}`},
			{"GET", "/", "", 200, `/execute`},
			{"GET", "/openapi.json", "", 200, `"openapi"`},
			{"GET", "/nowhere", "", 404, `"invalid_request"`},
		} {
			if code, body := p.do(tt.method, tt.path, tt.body); code != tt.code || !strings.Contains(body, tt.want) {
				t.Errorf("%s %s: got %d %s", tt.method, tt.path, code, body)
			}
		}
	})

	t.Run("takes every request for an event", func(t *testing.T) {
		p := launchHosted(t, program, "FUNCTION_TARGET=ExecuteEvent")
		const push = `{"message":{"messageId":"1","data":"eyJzY3JpcHQiOiJkZWYgbWFpbigpOiByZXR1cm4gMisyIn0="},"subscription":"s"}`
		for _, path := range []string{"/", "/events", "/execute", "/any?token=x"} {
			if code, body := p.do("POST", path, push); code != http.StatusOK || body != `{"status":"ok"}` {
				t.Errorf("%s: got %d %s", path, code, body)
			}
		}
		if code, body := p.do("GET", "/health", ""); code != http.StatusMethodNotAllowed {
			t.Errorf("GET: got %d %s", code, body)
		}
		p.logged(t, `"event":{"id":"1"`)
	})

	t.Run("starts with the process", func(t *testing.T) {
		launchHosted(t, program).logged(t, `"message":"ready"`) // nobody asked for anything
	})

	t.Run("drains on SIGTERM", func(t *testing.T) {
		p := launchHosted(t, program)
		p.logged(t, `"message":"ready"`)
		slow := make(chan string, 1)
		go func() {
			code, body := p.do("POST", "/execute", `{"script":"import time\ndef main():\n    time.sleep(2)"}`)
			slow <- fmt.Sprint(code, " ", body)
		}()
		time.Sleep(500 * time.Millisecond) // it runs by now
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		p.logged(t, `"message":"draining"`)
		if code, body := p.do("POST", "/execute", `{"script":"def main(): pass"}`); code != http.StatusServiceUnavailable {
			t.Errorf("new request: got %d %s", code, body)
		}
		if got := <-slow; got != `200 {"result":null,"stdout":""}` {
			t.Errorf("request in flight: got %s", got)
		}
		if code := p.exit(t); code != 0 {
			t.Errorf("exit code %d: %s", code, &p.errs)
		}
	})

	for name, tt := range map[string]struct{ setting, says string }{
		"an invalid setting ends the process": {"EXEC_TIMEOUT=0", `setting EXEC_TIMEOUT: \"0\": must be`},
		"a failed start ends the process":     {"PYTHON_HOME=/nonexistent/python", `"severity":"ERROR","message":"start: `},
	} {
		t.Run(name, func(t *testing.T) {
			p := launchHosted(t, program, tt.setting)
			p.logged(t, tt.says)
			if code := p.exit(t); code != 1 {
				t.Errorf("exit code %d", code)
			}
		})
	}
}
