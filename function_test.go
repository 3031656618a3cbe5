package pyexec

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed"
	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/internal/testbed/readme"
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

// nobody is the uid and gid of an ordinary user.
const nobody = 65534

// notUploaded are parts of the tree that .gcloudignore keeps from the platform.
var notUploaded = []string{".git", ".ci", "docs", "deploy", "testdata", "testbed"}

// readmeExamples are the examples of the README.
func readmeExamples(t *testing.T) []readme.Example {
	t.Helper()
	examples, err := readme.Examples("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return examples
}

// hostedApp is the function as the platform builds it.
type hostedApp struct {
	program string
	source  string // the uploaded tree, nobody's to write
	tmp     string // the one directory that the process may write to
}

// buildHosted compiles the function the way the platform does: what gcloud
// uploads, as a module that a generated main, in another module, imports.
func buildHosted(t *testing.T) hostedApp {
	t.Helper()
	dir := t.TempDir()
	app := hostedApp{program: filepath.Join(dir, "app"), source: filepath.Join(dir, "source"), tmp: filepath.Join(dir, "tmp")}
	upload(t, app.source)
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile("go.sum")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(mod), "module github.com/pyexec/pyexec", "module functions.local/app", 1) +
		"\nrequire github.com/pyexec/pyexec v0.0.0\n\nreplace github.com/pyexec/pyexec => " + app.source + "\n"
	for name, content := range map[string]string{"go.mod": text, "go.sum": string(sum), "main.go": generatedMain} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.Command("go", "build", "-mod=mod", "-o", app.program, ".")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	if err := os.Mkdir(app.tmp, 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		// An ordinary user has to get there: TempDir's parent is private.
		for _, d := range []string{dir, filepath.Dir(dir)} {
			if err := os.Chmod(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chown(app.tmp, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	return app
}

// upload copies what gcloud would upload, for everybody to read and nobody to
// write.
func upload(t *testing.T, to string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		switch {
		case d.IsDir() && slices.Contains(notUploaded, d.Name()):
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(target, 0o755)
		case strings.HasSuffix(name, "_test.go") || !d.Type().IsRegular():
			return nil
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(target, data, 0o444)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// hostedProcess is the function as the platform runs it.
type hostedProcess struct {
	cmd  *exec.Cmd
	url  string
	out  chan string // lines of stdout, closed at the end
	errs bytes.Buffer
	done sync.Once
}

// launchHosted runs it as an ordinary user without a home.
func launchHosted(t *testing.T, app hostedApp, settings ...string) *hostedProcess {
	t.Helper()
	ports, err := testbed.FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(ports[0])
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	p := &hostedProcess{cmd: exec.CommandContext(ctx, app.program), url: "http://127.0.0.1:" + port, out: make(chan string, 1000)}
	p.cmd.Dir = app.source
	if os.Getuid() == 0 {
		p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	p.cmd.Env = append(os.Environ(), "HOME=/nonexistent", "XDG_CACHE_HOME=", "TMPDIR="+app.tmp, "FUNCTION_TARGET=Execute", "PORT="+port, "EXEC_WORKERS=2", "EXEC_MEMORY_MB=128")
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

// logged waits for a line that contains text, and returns it.
func (p *hostedProcess) logged(t *testing.T, text string) string {
	t.Helper()
	for line := range p.out {
		if strings.Contains(line, text) {
			return line
		}
	}
	t.Fatalf("the log ended without %q; stderr: %s", text, &p.errs)
	return ""
}

// healthy waits until scripts can be run.
func (p *hostedProcess) healthy(t *testing.T) *hostedProcess {
	t.Helper()
	for range 3000 {
		if code, _ := p.do("GET", "/health", ""); code == http.StatusOK {
			return p
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("never healthy; stderr: %s", &p.errs)
	return nil
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
	return p.send(method, path, nil, body)
}

// event sends a CloudEvent in binary form, as Eventarc does.
func (p *hostedProcess) event(id, data string) (int, string) {
	return p.send("POST", "/", http.Header{
		"Ce-Specversion": {"1.0"}, "Ce-Id": {id}, "Ce-Source": {"//pubsub.googleapis.com/projects/p/topics/t"},
		"Ce-Type": {"google.cloud.pubsub.topic.v1.messagePublished"}, "Content-Type": {"application/json"},
	}, data)
}

func (p *hostedProcess) send(method, path string, header http.Header, body string) (int, string) {
	r, err := http.NewRequest(method, p.url+path, strings.NewReader(body))
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

func TestHosted(t *testing.T) {
	need.Time(t, "compiles the whole function")
	need.Toolchain(t)
	app := buildHosted(t)

	t.Run("serves every path", func(t *testing.T) {
		p := launchHosted(t, app)
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

	t.Run("answers as the README says", func(t *testing.T) {
		readme.Run(t, launchHosted(t, app).healthy(t).url, readmeExamples(t))
	})

	t.Run("takes events as the README says", func(t *testing.T) {
		events := slices.DeleteFunc(readmeExamples(t), func(e readme.Example) bool { return !strings.Contains(e.Command, "/events") })
		if len(events) < 2 {
			t.Errorf("only %d examples of events", len(events))
		}
		p := launchHosted(t, app, "FUNCTION_TARGET=ExecuteEvent")
		p.logged(t, `"message":"ready"`)
		readme.Run(t, p.url, events)
	})

	// Whoever may call it sends events: nothing else is served.
	t.Run("publishes what it is sent, as the platform lets nobody else", func(t *testing.T) {
		launchHosted(t, app, "FUNCTION_TARGET=ExecuteEvent", "RESULTS_TOPIC=results", "GOOGLE_CLOUD_PROJECT=p", "PUBSUB_EMULATOR_HOST=127.0.0.1:1").logged(t, `"message":"ready"`)
	})

	t.Run("takes every request for an event", func(t *testing.T) {
		p := launchHosted(t, app, "FUNCTION_TARGET=ExecuteEvent")
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

	// By signature: the framework's receiver takes the event, and errors of the
	// function make it come again.
	t.Run("takes CloudEvents by signature", func(t *testing.T) {
		p := launchHosted(t, app, "FUNCTION_TARGET=ExecuteCloudEvent")
		p.logged(t, `"message":"ready"`)
		for _, tt := range []struct {
			id, data string
			code     int
			entry    string
		}{
			{"bare", `{"script":"def main(): return 2 + 2"}`, 200, `"status":"ok"`},
			{"of Pub/Sub", `{"message":{"messageId":"1","data":"eyJzY3JpcHQiOiJkZWYgbWFpbigpOiByZXR1cm4gMisyIn0="},"subscription":"s"}`, 200, `"subscription":"s"`},
			{"of no use", `{"script":1}`, 200, `"status":"invalid_request"`},
		} {
			if code, body := p.event(tt.id, tt.data); code != tt.code {
				t.Errorf("%s: got %d %s", tt.id, code, body)
			}
			if line := p.logged(t, `"event":{"id":"`+tt.id+`"`); !strings.Contains(line, tt.entry) || !strings.Contains(line, `"acknowledged":true`) {
				t.Errorf("%s: logged %s", tt.id, line)
			}
		}
		if code, _ := p.do("GET", "/health", ""); code == http.StatusOK {
			t.Error("serves more than events")
		}
	})

	t.Run("gives back CloudEvents it can't serve", func(t *testing.T) {
		p := launchHosted(t, app, "FUNCTION_TARGET=ExecuteCloudEvent", "EXEC_WORKERS=1", "EXEC_QUEUE=1")
		p.logged(t, `"message":"ready"`)
		codes := make(chan int)
		for i := range 6 {
			go func() {
				code, _ := p.event(strconv.Itoa(i), `{"script":"import time\ndef main(): time.sleep(2)"}`)
				codes <- code
			}()
		}
		got := map[int]int{}
		for range 6 {
			got[<-codes]++
		}
		if got[200] != 2 || got[500] != 4 {
			t.Errorf("got %v, want two that ran and four that come again", got)
		}
	})

	t.Run("starts with the process", func(t *testing.T) {
		launchHosted(t, app).logged(t, `"message":"ready"`) // nobody asked for anything
	})

	t.Run("drains on SIGTERM", func(t *testing.T) {
		p := launchHosted(t, app)
		p.logged(t, `"message":"ready"`)
		req, err := http.NewRequest("POST", p.url+"/execute", strings.NewReader(`{"script":"import time\ndef main():\n    print('on')\n    time.sleep(5)"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "text/event-stream")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		slow := bufio.NewReader(resp.Body)
		if _, err := slow.ReadString('\n'); err != nil { // it runs by now
			t.Fatal(err)
		}
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		p.logged(t, `"message":"draining"`)
		if code, body := p.do("POST", "/execute", `{"script":"def main(): pass"}`); code != http.StatusServiceUnavailable {
			t.Errorf("new request: got %d %s", code, body)
		}
		if got, err := io.ReadAll(slow); err != nil || !strings.HasSuffix(string(got), "event: result\ndata: {\"result\":null,\"stdout\":\"on\\n\"}\n\n") {
			t.Errorf("request in flight: got %s, %v", got, err)
		}
		if code := p.exit(t); code != 0 {
			t.Errorf("exit code %d: %s", code, &p.errs)
		}
	})

	for name, tt := range map[string]struct{ setting, says string }{
		"an invalid setting ends the process":                {"EXEC_TIMEOUT=0", `setting EXEC_TIMEOUT: \"0\": must be`},
		"results that everybody could forge end the process": {"RESULTS_TOPIC=results", `RESULTS_TOPIC: whoever may call could publish`},
		"a failed start ends the process":                    {"PYTHON_HOME=/nonexistent/python", `"severity":"ERROR","message":"start: `},
		"a token that the function is not shown ends the process": {
			"FUNCTION_TARGET=ExecuteCloudEvent EVENTS_AUDIENCE=https://x.example EVENTS_ACCOUNTS=a@b.example", `EVENTS_AUDIENCE: ExecuteCloudEvent is not shown`},
	} {
		t.Run(name, func(t *testing.T) {
			p := launchHosted(t, app, strings.Fields(tt.setting)...)
			p.logged(t, tt.says)
			if code := p.exit(t); code != 1 {
				t.Errorf("exit code %d", code)
			}
		})
	}
}
