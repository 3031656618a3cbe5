package funcs

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pyexec/pyexec/runtime"
)

// fakeRunner answers every job with what run returns, and keeps the jobs.
type fakeRunner struct {
	run    func(ctx context.Context, job runtime.Job, hooks runtime.Hooks) (runtime.Result, error)
	health error
	info   runtime.Info

	mu   sync.Mutex
	jobs []runtime.Job
}

func (f *fakeRunner) Run(ctx context.Context, job runtime.Job, hooks runtime.Hooks) (runtime.Result, error) {
	f.mu.Lock()
	f.jobs = append(f.jobs, job)
	f.mu.Unlock()
	return f.run(ctx, job, hooks)
}

// RunCases runs one case after the other, each as a job.
func (f *fakeRunner) RunCases(
	ctx context.Context, batch runtime.Batch, hooks runtime.Hooks, each func(int, runtime.Result) error,
) error {
	for i := 0; ; i++ {
		one, err := batch.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		job := batch.Job
		job.Input, job.Stdin = one.Input, one.Stdin
		res, err := f.Run(ctx, job, hooks)
		if err == nil {
			err = each(i, res)
		}
		if err != nil {
			return err
		}
	}
}

func (f *fakeRunner) Health() error { return f.health }
func (f *fakeRunner) Info() runtime.Info {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.info
}

// setInfo is for a runner that is in use.
func (f *fakeRunner) setInfo(info runtime.Info) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.info = info
}

// job returns the only job that was run.
func (f *fakeRunner) job(t *testing.T) runtime.Job {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.jobs) != 1 {
		t.Fatalf("%d jobs reached the runner, want 1", len(f.jobs))
	}
	return f.jobs[0]
}

const testBodyBytes = 8 << 20

func testInfo() runtime.Info {
	return runtime.Info{
		PythonVersion: "3.11.11",
		Preloaded:     []string{"json", "math"},
		Packages:      []string{"numpy 2.1.0"},
		Environments: []runtime.EnvironmentInfo{
			{Name: "default", PythonVersion: "3.11.11", Preloaded: []string{"json", "math"},
				Packages: []string{"numpy 2.1.0"}},
			{Name: "late"},
		},
		BlockedImports: []string{"os", "subprocess"},
		Limits: runtime.Limits{
			Timeout: 30 * time.Second, CPU: 30 * time.Second, MemoryBytes: 512 << 20, TmpBytes: 64 << 20,
			TmpFiles: 1024, OutputBytes: 1 << 20, ResultBytes: 8 << 20, ResultDepth: 100,
			ScriptBytes: 1 << 20, ReturnFiles: 64, ReturnBytes: 8 << 20, OpenFiles: 64, Threads: 16,
		},
		Workers: 4, Queue: 16, QueueWait: 10 * time.Second, Posture: "full",
		Isolation:  map[string]bool{"seccomp": true, "landlock": false},
		LayerNotes: map[string]string{"landlock": "the kernel has none: a private root stands in"},
	}
}

// returning makes a runner that answers every job with res.
func returning(res runtime.Result) *fakeRunner {
	return &fakeRunner{info: testInfo(),
		run: func(context.Context, runtime.Job, runtime.Hooks) (runtime.Result, error) { return res, nil }}
}

// failing makes a runner that answers every job with err.
func failing(err error) *fakeRunner {
	return &fakeRunner{info: testInfo(),
		run: func(context.Context, runtime.Job, runtime.Hooks) (runtime.Result, error) {
			return runtime.Result{}, err
		}}
}

// panicking makes a runner that panics with p.
func panicking(p any) *fakeRunner {
	return &fakeRunner{info: testInfo(),
		run: func(context.Context, runtime.Job, runtime.Hooks) (runtime.Result, error) { panic(p) }}
}

func four() *fakeRunner {
	return returning(runtime.Result{Status: runtime.OK, Value: []byte("4"), Ran: true})
}

func newTestHandler(r Runner) http.Handler {
	return handlerWith(r, Options{
		BodyBytes: testBodyBytes, BatchCases: 10_000, BatchTime: 270 * time.Second, MCP: true,
	})
}

// handlerWith makes a handler that records and logs nowhere, unless opts say
// where.
func handlerWith(r Runner, opts Options) http.Handler {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Recorder == nil {
		opts.Recorder = nowhere{}
	}
	return NewHandler(r, opts)
}

// nowhere is a Recorder and a results topic that keep nothing.
type nowhere struct{}

func (nowhere) Later(*Record) {}
func (nowhere) Now(*Record)   {}

func (nowhere) Publish(context.Context, []byte, map[string]string) error { return nil }
func (nowhere) MaxBytes() int                                            { return 64 << 20 }

// post sends body to /execute as JSON.
func post(r Runner, body string) *httptest.ResponseRecorder {
	return serve(r, newRequest("POST", "/execute", "application/json", body))
}

func newRequest(method, path, contentType, body string) *http.Request {
	req := httptest.NewRequest(method, "http://example.com"+path, strings.NewReader(body))
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	return req
}

func serve(r Runner, req *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	newTestHandler(r).ServeHTTP(w, req)
	return w
}

// want compares status and body, to the byte.
func want(t *testing.T, w *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	if w.Code != status {
		t.Errorf("status %d, want %d", w.Code, status)
	}
	if got := w.Body.String(); got != body {
		t.Errorf("body\n got %s\nwant %s", got, body)
	}
}

// chunked hides the length of a body.
type chunked struct{ io.Reader }

// logged is a logger that can be read.
func logged() (*slog.Logger, *bytes.Buffer) {
	var b bytes.Buffer
	return slog.New(slog.NewTextHandler(&b, nil)), &b
}
