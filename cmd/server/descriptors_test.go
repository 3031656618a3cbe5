package main

import (
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
)

// Where there are too few descriptors for what is asked the start says so.
func TestTooFewDescriptors(t *testing.T) {
	p := launch(t, openFiles+"=100", "EXEC_WORKERS=60")
	const want = `setting EXEC_WORKERS: \"60\": needs 522 open files, and this process may have 100: raise the limit of open files`
	if code := p.exit(); code != 1 || !strings.Contains(p.stderr.String(), want) {
		t.Errorf("exit code %d: %s", code, &p.stderr)
	}
}

// Connections, however many, take no descriptors from the workers: connections that
// are open go on, and the service stays healthy.
func TestConnectionsLeaveDescriptors(t *testing.T) {
	metrics := freePort(t)
	p := launch(t, openFiles+"=100", "EXEC_WORKERS=4", "METRICS_PORT="+metrics)
	log := p.followRuns()
	waitFor(t, "the start", patience, p.healthy)
	kept := newClient()
	if a := p.do(kept, "/health", ""); a.code != http.StatusOK {
		t.Fatalf("%+v", a)
	}
	for range 200 {
		defer p.dial(t).Close()
		conn, err := net.Dial("tcp", "127.0.0.1:"+metrics)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	for range 20 {
		if a := p.do(kept, "/execute", "def main(): return 1"); a.code != http.StatusOK {
			t.Errorf("run: %+v", a)
		}
		if a := p.do(kept, "/health", ""); a.code != http.StatusOK {
			t.Errorf("health: %+v", a)
		}
	}
	if a := p.do(brief(), "/health", ""); a.code != http.StatusOK {
		t.Errorf("health on a new connection: %+v", a)
	}
	p.signal(syscall.SIGTERM)
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d: %s", code, &p.stderr)
	}
	if n := len(log()); n != 20 {
		t.Errorf("%d runs are in the log", n)
	}
}
