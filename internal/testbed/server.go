package testbed

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Options say how a server is started.
type Options struct {
	Setup Setup
	// Settings are environment variables of the server, NAME=value.
	Settings []string
	// Image is an image of podman's store to start instead of the testbed's
	// own. Its command has to be the server.
	Image string
	// Args are more arguments of podman run, for containers.
	Args []string
	// Measured gives a process a memory control group of its own, where it may
	// have one; containers have one.
	Measured bool
}

// Server is a running server with its canaries.
type Server struct {
	// URL is where it is reached from outside, without a slash at its end.
	URL string
	// Targets are the things that a script may be told to attack.
	Targets Targets
	// Secrets are texts that no reply may contain, by where they lie.
	Secrets map[string]string
	// Launched is how long podman took to start the container, FirstAnswer how
	// long it took, that included, to the first right answer.
	Launched, FirstAnswer time.Duration

	place  place
	began  time.Time
	report string // URL of the canary's report
}

// place is a process or a container.
type place interface {
	// log is everything the server has printed.
	log() string
	// ended is closed when the server is gone.
	ended() <-chan struct{}
	// pid is the server's process id where it runs.
	pid() int
	// startCanary starts the canary beside the server.
	startCanary(s *Server) error
	stop() error
	// group is the memory control group of the server and what it runs.
	group() (group, error)
	instance() (string, error)
	// hostPID is the server's process id on this machine.
	hostPID() (int, error)
}

// HostPID is the process id of the server as this machine has it, whose children are the
// interpreters.
func (s *Server) HostPID() (int, error) { return s.place.hostPID() }

// startTimeout is far more than any start takes. It ends a test that hangs.
const startTimeout = time.Minute

// Start starts a server and waits until it is healthy. It ends with the test.
func (b *Bed) Start(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := b.start(t, o)
	if err != nil {
		t.Fatalf("set-up %s: %v", o.Setup.Name, err)
	}
	return s
}

func (b *Bed) start(t testing.TB, o Options) (*Server, error) {
	s := &Server{Secrets: map[string]string{
		"the server's environment": secret(), "a file": secret(),
		"the canary's environment": secret(), "the canary's sockets": secret(),
	}}
	o.Settings = append([]string{"SECRET_TOKEN=" + s.Secrets["the server's environment"]}, o.Settings...)
	dir, err := os.MkdirTemp(b.dir, o.Setup.Name+"-")
	if err != nil {
		return nil, fmt.Errorf("testbed: %w", err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, fmt.Errorf("testbed: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte(s.Secrets["a file"]), 0o644); err != nil {
		return nil, fmt.Errorf("testbed: %w", err)
	}
	start := b.startProcess
	if o.Setup.Runtime != "" {
		start = b.startContainer
	}
	if err := start(s, o, dir); err != nil {
		return nil, err
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of the server, without its ordinary entries:\n%s", unusual(s.Log()))
		}
		if err := s.place.stop(); err != nil {
			t.Error(err)
		}
	})
	if err := s.waitFor(http.MethodPost, s.URL+"/execute", first); err != nil {
		return nil, err
	}
	s.FirstAnswer = time.Since(s.began)
	// Not earlier: where it takes a process in the container it is in the way.
	if err := s.place.startCanary(s); err != nil {
		return nil, err
	}
	if err := s.waitFor(http.MethodGet, s.report, ""); err != nil {
		return nil, err
	}
	r, err := s.Canary(t.Context())
	s.Targets.Canary = r.PID
	return s, err
}

// first is the first script that every server has to run.
const first = `{"script": "def main():\n    return 6 * 7"}`

// waitFor asks until the answer is 200.
func (s *Server) waitFor(method, url, body string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for said := ""; ; {
		code, answer, err := ask(ctx, method, url, body)
		if err == nil && code == http.StatusOK {
			return nil
		}
		if err == nil {
			said = answer
		}
		select {
		case <-s.place.ended():
			return fmt.Errorf("testbed: %s: the server has ended:\n%s", url, s.Log())
		case <-ctx.Done():
			return fmt.Errorf("testbed: %s: no answer: %s\n%s", url, said, s.Log())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Execute posts a request and returns the status and the body of the reply.
func (s *Server) Execute(ctx context.Context, request string) (int, string, error) {
	return ask(ctx, http.MethodPost, s.URL+"/execute", request)
}

// ask sends a request; a body is JSON.
func ask(ctx context.Context, method, url, body string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(answer), err
}

// Log is everything the server has printed.
func (s *Server) Log() string { return s.place.log() }

// Ended is closed when the server is gone.
func (s *Server) Ended() <-chan struct{} { return s.place.ended() }

// unusual are the last lines of a log that are neither of severity INFO nor
// about a run: how runs end is in their replies.
func unusual(log string) string {
	var lines []string
	for line := range strings.Lines(log) {
		if !strings.Contains(line, `"severity":"INFO"`) && !strings.Contains(line, `"run":{`) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-20):], "")
}

func tail(text string, n int) string { return text[max(0, len(text)-n):] }

// Where ports are looked for: below those that Linux gives to whoever asks for
// any, outgoing connections among them. It would give a port of its own once more
// in the seconds until a server listens there.
const firstPort, lastPort = 20000, 32000

// FreePorts are n different TCP ports of the loopback address that nobody uses.
func FreePorts(n int) ([]int, error) {
	var ports []int
	var err error
	for tries := 0; len(ports) < n && tries < 1000; tries++ {
		port := firstPort + rand.IntN(lastPort-firstPort)
		var l net.Listener
		if l, err = net.Listen("tcp", loopback(port)); err == nil {
			defer l.Close()
			ports = append(ports, port)
		}
	}
	if len(ports) < n {
		return nil, fmt.Errorf("testbed: %w", err)
	}
	return ports, nil
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// constant is the environment that a server gets beside its settings.
func constant(home string) []string {
	return []string{"PATH=/usr/bin:/bin", "HOME=" + home, "TMPDIR=" + strings.TrimSuffix(home, "/")}
}
