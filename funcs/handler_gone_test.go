package funcs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/pyexec/pyexec/runtime"
)

// A client that left during the run gets nothing, and nothing is logged.
func TestClientGone(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	runner := four()
	runner.run = func(ctx context.Context, _ runtime.Job, _ runtime.Hooks) (runtime.Result, error) {
		cancel()
		<-ctx.Done()
		return runtime.Result{}, fmt.Errorf("run: %w", ctx.Err())
	}
	log, text := logged()
	w, m := &untouched{t: t}, &memo{}
	opts := Options{BodyBytes: 1000, Log: log, Recorder: m}
	handlerWith(runner, opts).ServeHTTP(w, newRequest("POST", "/execute", "", someScript).WithContext(ctx))
	if text.Len() > 0 || len(m.runs) != 1 || m.runs[0].Level >= slog.LevelError {
		t.Errorf("logged %s, recorded %+v", text, m.runs)
	}

	// The same while its body is still being read.
	req := httptest.NewRequest("POST", "/execute",
		iotest.ErrReader(errors.New("connection reset"))).WithContext(ctx)
	handlerWith(four(), opts).ServeHTTP(w, req)
}

// The same over a real connection: the run's context ends with it.
func TestClientGoneForReal(t *testing.T) {
	started, ended := make(chan struct{}), make(chan struct{})
	runner := four()
	runner.run = func(ctx context.Context, _ runtime.Job, _ runtime.Hooks) (runtime.Result, error) {
		close(started)
		<-ctx.Done()
		close(ended)
		return runtime.Result{}, ctx.Err()
	}
	server := httptest.NewServer(newTestHandler(runner))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST /execute HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(someScript),
		someScript)
	<-started
	conn.Close()
	<-ended
}

// A client that has closed its sending side looks as if it had left. It must
// not see an empty success.
func TestHalfClosed(t *testing.T) {
	runner := four()
	runner.run = func(ctx context.Context, _ runtime.Job, _ runtime.Hooks) (runtime.Result, error) {
		<-ctx.Done()
		return runtime.Result{}, ctx.Err()
	}
	server := httptest.NewServer(newTestHandler(runner))
	defer server.Close()
	for body, prefix := range map[string]string{
		someScript:       "",
		someScript[:5]:   "HTTP/1.1 400 ",
		someScript + " ": "",
	} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "POST /execute HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(someScript),
			body)
		conn.(*net.TCPConn).CloseWrite()
		reply, _ := io.ReadAll(conn)
		conn.Close()
		if (prefix == "" && len(reply) > 0) || !strings.HasPrefix(string(reply), prefix) {
			t.Errorf("body %q: reply %s", body, reply)
		}
	}
}

// untouched fails the test when anything is written.
type untouched struct{ t *testing.T }

func (u *untouched) Header() http.Header { u.t.Error("Header was called"); return http.Header{} }
func (u *untouched) WriteHeader(int)     { u.t.Error("WriteHeader was called") }
func (u *untouched) Write(b []byte) (int, error) {
	u.t.Errorf("written: %s", b)
	return len(b), nil
}
