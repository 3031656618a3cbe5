package main

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestServeAndStop(t *testing.T) {
	p := launch(t)
	if line := p.logged("listening"); !strings.Contains(line, p.url) {
		t.Errorf("the log does not name %s: %s", p.url, line)
	}
	// Not ready maybe, but taking requests: this one waits for the start.
	if a := p.do(newClient(), "/execute",
		"def main(): return 2 + 2"); a.code != http.StatusOK || a.body != `{"result":4,"stdout":""}` {
		t.Errorf("got %+v", a)
	}
	p.logged("ready")
	for _, path := range []string{"/health", "/", "/openapi.json", "/capabilities"} {
		if a := p.do(newClient(), path, ""); a.code != http.StatusOK {
			t.Errorf("%s: got %+v", path, a)
		}
	}
	p.signal(os.Interrupt)
	if code := p.exit(); code != 0 || p.stderr.Len() > 0 {
		t.Errorf("exit code %d, stderr %q", code, &p.stderr)
	}
}

func TestSIGTERMDrains(t *testing.T) {
	p, slow := launchBusy(t, 6)
	kept := newClient()
	if a := p.do(kept, "/health", ""); a.code != http.StatusOK || a.close {
		t.Fatalf("got %+v", a)
	}
	p.signal(syscall.SIGTERM)
	p.logged("draining")
	for name, client := range map[string]*http.Client{"kept connection": kept, "new connection": newClient()} {
		a := p.do(client, "/execute", "def main(): return 1")
		if a.code != http.StatusServiceUnavailable || !strings.Contains(a.body,
			`"status":"unavailable"`) || !a.close || a.header.Get("Retry-After") == "" {
			t.Errorf("%s: got %+v", name, a)
		}
	}
	if a := p.do(newClient(), "/health", ""); a.code != http.StatusServiceUnavailable {
		t.Errorf("health: got %+v", a)
	}
	if a := <-slow; a.code != http.StatusOK || !strings.HasPrefix(a.body, `{"result":"slept"`) {
		t.Errorf("request in flight: got %+v", a)
	}
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d: %s", code, &p.stderr)
	}
}

func TestTheGraceIsLimited(t *testing.T) {
	p, slow := launchBusy(t, 29, "SHUTDOWN_GRACE=200ms")
	p.signal(syscall.SIGTERM)
	p.logged("drain: 1 requests in flight")
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d: %s", code, &p.stderr)
	}
	if a := <-slow; a.code != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("the run that was cut off: got %+v", a)
	}
}

func TestTheSecondSignalEndsItAtOnce(t *testing.T) {
	p, slow := launchBusy(t, 29, "SHUTDOWN_GRACE=10m")
	p.signal(syscall.SIGTERM)
	p.logged("draining")
	p.signal(syscall.SIGTERM)
	if code := p.exit(); code == 0 {
		t.Error("exit code 0 although a request was cut off")
	}
	if a := <-slow; a.err == nil {
		t.Errorf("got %+v", a)
	}
}

func TestAStartThatFails(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	for _, tt := range []struct {
		name     string
		settings []string
		messages []string // the start of each entry
	}{
		{"an invalid setting", []string{"EXEC_TIMEOUT=0"}, []string{`setting EXEC_TIMEOUT: "0": must be a duration`}},
		{"several invalid settings", []string{"EXEC_TIMEOUT=0", "EXEC_TYPO=1", "PYTHON_PACKAGES=/nowhere"}, []string{
			`setting EXEC_TYPO: "1": unknown`,
			`setting EXEC_TIMEOUT: "0": must be a duration`,
			`setting PYTHON_PACKAGES: "/nowhere": /nowhere: no such file`,
		}},
		{"a port that is taken", []string{"PORT=" + port}, []string{"listen tcp 127.0.0.1:" + port}},
		{"a port of metrics that is taken", []string{"METRICS_PORT=" + port},
			[]string{"metrics: listen tcp 127.0.0.1:" + port}},
		{"a credential that is not there",
			[]string{"LOG_SINK=api", "GOOGLE_CLOUD_PROJECT=p", "GOOGLE_APPLICATION_CREDENTIALS=/nonexistent.json"},
			[]string{"LOG_SINK=api: "}},
		{"an interpreter that is not there", []string{"PYTHON_HOME=/nonexistent/python"}, []string{"start: "}},
		{"a module that is not there", []string{"PRELOAD=json,no_such_module"},
			[]string{"start: PRELOAD: no_such_module: No module named 'no_such_module'"}},
		{"a module that does not import", []string{"PRELOAD=json,asyncio.windows_events"},
			[]string{"start: Traceback"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := launch(t, tt.settings...)
			if code := p.exit(); code != 1 {
				t.Errorf("exit code %d", code)
			}
			entries := slices.Collect(strings.Lines(p.stderr.String()))
			if len(entries) != len(tt.messages) {
				t.Fatalf("%d entries, want %d: %s", len(entries), len(tt.messages), &p.stderr)
			}
			for i, want := range tt.messages {
				var entry struct{ Severity, Message, Time string }
				if err := json.Unmarshal([]byte(entries[i]),
					&entry); err != nil || entry.Severity != "ERROR" || entry.Time == "" ||
					!strings.HasPrefix(entry.Message, want) {
					t.Errorf("%v, got %s want %q", err, entries[i], want)
				}
			}
		})
	}
}
