package service

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pyexec/pyexec/internal/capacity"
	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/internal/logline"
	"github.com/pyexec/pyexec/internal/testbed/locked"
	"github.com/pyexec/pyexec/runtime"
)

// fakeEngine runs nothing and returns its script as the result, once hold
// is closed if there is one.
type fakeEngine struct {
	hold   chan struct{}
	health error
	closed int // calls of Close
}

func (e *fakeEngine) Run(ctx context.Context, job runtime.Job, hooks runtime.Hooks) (runtime.Result, error) {
	if e.hold != nil {
		select {
		case <-e.hold:
		case <-ctx.Done():
			return runtime.Result{}, ctx.Err()
		}
	}
	value, err := json.Marshal(job.Script)
	return runtime.Result{Status: runtime.OK, Value: value}, err
}

func (e *fakeEngine) RunCases(ctx context.Context, b runtime.Batch, hooks runtime.Hooks,
	each func(i int, result runtime.Result) error,
) error {
	result, err := e.Run(ctx, b.Job, hooks)
	if err != nil {
		return err
	}
	return each(0, result)
}

func (e *fakeEngine) Health() error        { return e.health }
func (e *fakeEngine) Stats() runtime.Stats { return runtime.Stats{} }
func (e *fakeEngine) Info() runtime.Info {
	return runtime.Info{
		PythonVersion: "3.11.0",
		Posture:       "full",
		Limits:        testConfig().Runtime.Limits,
		Isolation:     map[string]bool{"seccomp": true, "landlock": false},
		LayerNotes:    map[string]string{"landlock": "not in this kernel"},
	}
}

func (e *fakeEngine) Close() error {
	e.closed++
	return nil
}

// testConfig has every setting at its default.
func testConfig() config.Config {
	cfg, err := config.Parse(nil, roomy)
	if err != nil {
		panic(err)
	}
	return cfg
}

// roomy is a machine on which memory decides nothing.
var roomy = capacity.Machine{CPUs: 2, Memory: 256 << 30}

// quiet is a log that nobody reads.
func quiet() *slog.Logger { return logline.New(io.Discard) }

// at makes a service whose engine starts when the channel it returns yields.
func at(t *testing.T, cfg config.Config, e engine) (*Service, chan<- error) {
	t.Helper()
	return logging(t, cfg, quiet(), e)
}

// logging is at with a log.
func logging(t *testing.T, cfg config.Config, log *slog.Logger, e engine) (*Service, chan<- error) {
	t.Helper()
	out, started := starts(e)
	s, err := newService(t.Context(), cfg, log, out)
	if err != nil {
		t.Fatal(err)
	}
	return s, started
}

// starts is an outside whose engine starts when the channel yields.
func starts(e engine) (outside, chan<- error) {
	started := make(chan error, 1)
	return outside{start: func(ctx context.Context, _ runtime.Config) (engine, error) {
		select {
		case err := <-started:
			return e, err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}, started
}

const script = `{"script":"def main(): pass"}`

func post(h http.Handler, ctx context.Context) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/execute", strings.NewReader(script))
	r.Header.Set("Content-Type", "application/json")
	h.ServeHTTP(w, r)
	return w
}

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func wantUnavailable(t *testing.T, what string, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(),
		`"status":"unavailable"`) || w.Header().Get("Retry-After") == "" {
		t.Errorf("%s: got %d %s, Retry-After %q", what, w.Code, w.Body, w.Header().Get("Retry-After"))
	}
}

func TestRequestsWaitForTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, started := at(t, testConfig(), &fakeEngine{})
		if w := get(s.Handler(),
			"/health"); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "starting") {
			t.Errorf("health: %d %s", w.Code, w.Body)
		}
		if w := get(s.Handler(), "/capabilities"); w.Code != http.StatusOK {
			t.Errorf("capabilities: %d %s", w.Code, w.Body)
		}
		replies := make(chan *httptest.ResponseRecorder)
		go func() { replies <- post(s.Handler(), t.Context()) }()
		time.Sleep(3 * time.Second)
		select {
		case w := <-replies:
			t.Fatalf("answered before the start: %d %s", w.Code, w.Body)
		default:
		}
		if s.Err() != nil {
			t.Error(s.Err())
		}
		started <- nil
		w := <-replies
		if w.Code != http.StatusOK {
			t.Errorf("got %d %s", w.Code, w.Body)
		}
		if timing := w.Header().Get("Server-Timing"); !strings.HasPrefix(timing, "queue;dur=3000") {
			t.Errorf("the wait is not in Server-Timing: %q", timing)
		}
		if w := get(s.Handler(), "/health"); w.Code != http.StatusOK {
			t.Errorf("health: %d %s", w.Code, w.Body)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestTheWaitForTheStartIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := at(t, testConfig(), &fakeEngine{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wantUnavailable(t, "deadline", post(s.Handler(), ctx))
		if err := s.Close(); err != nil { // ends the start, too
			t.Error(err)
		}
		if !errors.Is(s.Err(), context.Canceled) {
			t.Errorf("the start ended with %v", s.Err())
		}
	})
}

func TestAFailedStartFailsRequests(t *testing.T) {
	s, started := at(t, testConfig(), nil)
	started <- errors.New("sandbox: seccomp: secret detail")
	<-s.Ready()
	if err := s.Err(); err == nil || !strings.Contains(err.Error(), "seccomp") {
		t.Errorf("err: %v", err)
	}
	w := post(s.Handler(), t.Context())
	wantUnavailable(t, "run", w)
	h := get(s.Handler(), "/health")
	if h.Code != http.StatusServiceUnavailable {
		t.Errorf("health: %d", h.Code)
	}
	if all := w.Body.String() + h.Body.String(); strings.Contains(all, "secret") {
		t.Errorf("callers are told what only the log should have: %s", all)
	}
	get(s.Handler(), "/capabilities") // must not touch an engine that is not there
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &fakeEngine{hold: make(chan struct{})}
		s, started := at(t, testConfig(), e)
		started <- nil
		replies := make(chan *httptest.ResponseRecorder, 1)
		go func() { replies <- post(s.Handler(), t.Context()) }()
		synctest.Wait()

		drained := make(chan error, 1)
		go func() { drained <- s.Drain(t.Context()) }()
		synctest.Wait()
		w := post(s.Handler(), t.Context())
		wantUnavailable(t, "new request", w)
		if w.Header().Get("Connection") != "close" {
			t.Errorf("the connection stays open: %v", w.Header())
		}
		if h := get(s.Handler(),
			"/health"); h.Code != http.StatusServiceUnavailable ||
			!strings.Contains(h.Body.String(), "shutting down") {
			t.Errorf("health: %d %s", h.Code, h.Body)
		}
		select {
		case err := <-drained:
			t.Fatalf("drained with a request in flight: %v", err)
		default:
		}

		close(e.hold)
		if w := <-replies; w.Code != http.StatusOK {
			t.Errorf("request in flight: %d %s", w.Code, w.Body)
		}
		if err := <-drained; err != nil {
			t.Error(err)
		}
		if err := s.Drain(t.Context()); err != nil {
			t.Errorf("second drain: %v", err)
		}
		for range 2 {
			if err := s.Close(); err != nil || e.closed != 1 {
				t.Errorf("close: %v, engine closed %d times", err, e.closed)
			}
		}
	})
}

func TestDrainIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &fakeEngine{hold: make(chan struct{})}
		s, started := at(t, testConfig(), e)
		started <- nil
		go post(s.Handler(), t.Context())
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
		defer cancel()
		err := s.Drain(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "1 requests in flight") {
			t.Errorf("got %v", err)
		}
		close(e.hold)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestDrainOfAnIdleService(t *testing.T) {
	s, started := at(t, testConfig(), &fakeEngine{})
	started <- nil
	if err := s.Drain(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestStartIsLogged(t *testing.T) {
	for _, sandbox := range []string{"required", "off"} {
		synctest.Test(t, func(t *testing.T) {
			var out locked.Buffer
			cfg, err := config.Parse([]string{"SANDBOX=" + sandbox, "EXEC_TIMEOUT=7"},
				capacity.Machine{CPUs: 1, Memory: 200 << 20})
			if err != nil {
				t.Fatal(err)
			}
			s, started := logging(t, cfg, logline.New(&out), &fakeEngine{})
			started <- nil
			synctest.Wait()
			for _, want := range []string{
				`"EXEC_TIMEOUT":"7s"`, `"EXEC_CPU":"7s"`, `"SANDBOX":"` + sandbox + `"`,
				`"severity":"WARNING","message":"memory: `,
				`"posture":"full"`, `"isolation":{"landlock":"off: not in this kernel","seccomp":"on"}`,
			} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("SANDBOX=%s: the log lacks %s:\n%s", sandbox, want, &out)
				}
			}
			if got := strings.Contains(out.String(),
				`"severity":"WARNING","message":"SANDBOX=off: `); got != (sandbox == "off") {
				t.Errorf("SANDBOX=%s: warning logged: %v", sandbox, got)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestNewRefusesAnEmptyConfig(t *testing.T) {
	if _, err := New(t.Context(), config.Config{}, quiet()); err == nil {
		t.Error("accepted")
	}
}

// The figures are not on the port that callers reach, and off by default.
func TestMetricsAreOff(t *testing.T) {
	s, started := at(t, testConfig(), &fakeEngine{})
	started <- nil
	if w := get(s.Handler(), "/metrics"); w.Code != 404 {
		t.Errorf("got %d", w.Code)
	}
	if s.metrics != nil {
		t.Error("metrics are counted although nobody asked")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
