package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/capacity"
	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/internal/logline"
	"github.com/pyexec/pyexec/internal/service"
	"github.com/pyexec/pyexec/internal/testbed/locked"
	"github.com/pyexec/pyexec/internal/testbed/need"
)

// patience ends a test that hangs. Nothing here takes this long.
const patience = time.Minute

// liveServer is a real Service, interpreter and sandbox included, behind a
// real TCP listener.
type liveServer struct {
	service *service.Service
	http    *httptest.Server
	client  *http.Client
	log     locked.Buffer
}

// liveServers holds one server for each set of settings that a test asked for.
// They live as long as the process: starting one costs more than most tests.
var liveServers struct {
	sync.Mutex
	bySettings map[string]*liveServer
}

// live returns the server with these settings, which tests share.
func live(t testing.TB, settings ...string) *liveServer {
	t.Helper()
	key := strings.Join(settings, " ")
	liveServers.Lock()
	defer liveServers.Unlock()
	if s := liveServers.bySettings[key]; s != nil {
		return s
	}
	s := startLive(t, settings...)
	if liveServers.bySettings == nil {
		liveServers.bySettings = map[string]*liveServer{}
	}
	liveServers.bySettings[key] = s
	return s
}

// freshLive is a server of the test's own, closed at its end.
func freshLive(t testing.TB, settings ...string) *liveServer {
	t.Helper()
	s := startLive(t, settings...)
	t.Cleanup(func() { s.close(t) })
	return s
}

func startLive(t testing.TB, settings ...string) *liveServer {
	t.Helper()
	need.Time(t, "starts an interpreter")
	// A busy machine may not come to a request within what is a wait too long for callers.
	settings = append([]string{"EXEC_WORKERS=2", "EXEC_QUEUE=64", "EXEC_QUEUE_WAIT=5m"}, settings...)
	cfg, err := config.Parse(settings, capacity.Machine{CPUs: 2, Memory: 256 << 30})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Runtime.PythonHome == "" {
		cfg.Runtime.PythonHome = need.Python()
	}
	if cfg.Runtime.CacheDir, err = config.CacheDir(); err != nil {
		t.Fatal(err)
	}
	s := &liveServer{}
	if s.service, err = service.New(context.Background(), cfg, logline.New(&s.log)); err != nil {
		t.Fatal(err)
	}
	<-s.service.Ready()
	need.That(t, "scripts can be run", s.service.Err())
	s.http = httptest.NewServer(s.service.Handler())
	s.client = &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	return s
}

func (s *liveServer) close(t testing.TB) {
	s.client.CloseIdleConnections()
	s.http.Close()
	if err := s.service.Close(); err != nil {
		t.Error(err)
	}
}

// layers says of each layer of the sandbox whether it is in force here, and on which
// series of Python scripts run, such as "3.11".
func (s *liveServer) layers(t testing.TB) (layers map[string]bool, python string) {
	t.Helper()
	resp, err := s.client.Get(s.http.URL + "/capabilities")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var told struct {
		Isolation     map[string]bool
		PythonVersion string `json:"python_version"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&told); err != nil || len(told.Isolation) == 0 {
		t.Fatalf("capabilities: %v, layers %v", err, told.Isolation)
	}
	return told.Isolation, told.PythonVersion[:strings.LastIndexByte(told.PythonVersion, '.')]
}

// python is the series of Python that scripts run on, such as "3.11".
func (s *liveServer) python(t testing.TB) string {
	t.Helper()
	_, series := s.layers(t)
	return series
}

// request is the body of POST /execute, made from Go values.
type request map[string]any

// said is a reply: the HTTP code, the text, and the members of the object.
type said struct {
	code   int
	body   string
	header http.Header
	member map[string]json.RawMessage
}

// text is a member that is a string, "" when there is none.
func (r said) text(name string) string {
	var s string
	if json.Unmarshal(r.member[name], &s) != nil {
		return string(r.member[name])
	}
	return s
}

// run executes a script and returns the reply.
func (s *liveServer) run(t testing.TB, script string, more ...request) said {
	t.Helper()
	body := request{"script": script}
	for _, m := range more {
		for k, v := range m {
			body[k] = v
		}
	}
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return s.post(t, data)
}

// post sends a body as it is.
func (s *liveServer) post(t testing.TB, body []byte) said {
	t.Helper()
	r, err := s.send(t.Context(), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// send is post for goroutines and for bodies that come slowly.
func (s *liveServer) send(ctx context.Context, body io.Reader) (said, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.http.URL+"/execute", body)
	if err != nil {
		return said{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return said{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return said{}, err
	}
	r := said{code: resp.StatusCode, body: string(data), header: resp.Header}
	return r, json.Unmarshal(data, &r.member)
}

// wantGood checks that the next good request is answered rightly.
func (s *liveServer) wantGood(t testing.TB) {
	t.Helper()
	const want = `{"result":[1,2.0,"three"],"stdout":"good\n"}`
	if r := s.run(t, "def main():\n    print('good')\n    return [1, 2.0, 'three']"); r.code != http.StatusOK ||
		r.body != want {
		t.Errorf("the next good request: got %d %s", r.code, r.body)
	}
}

// want checks the code, the status and, where given, the whole error.
func (r said) want(t testing.TB, code int, status, sentence string) {
	t.Helper()
	if r.code != code || r.text("status") != status || sentence != "" && r.text("error") != sentence {
		t.Errorf("got %d %.600s\nwant %d %s: %s", r.code, r.body, code, status, sentence)
	}
}

// decode reads one member.
func (r said) decode(t testing.TB, name string, into any) {
	t.Helper()
	if err := json.Unmarshal(r.member[name], into); err != nil {
		t.Errorf("%s: %v: %.300s", name, err, r.body)
	}
}
