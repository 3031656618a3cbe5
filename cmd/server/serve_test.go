package main

import (
	"bytes"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/runtime"
)

func TestArguments(t *testing.T) {
	for _, tt := range []struct {
		args           []string
		code           int
		stdout, stderr string
	}{
		{[]string{"-h"}, 0, "EXEC_TIMEOUT ", ""},
		{[]string{"--help"}, 2, "", "usage: "},
		{[]string{"-version"}, 0, "pyexec ", ""},
		{[]string{"-x"}, 2, "", "usage: "},
		{[]string{"start"}, 2, "", "server: start: takes no arguments"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(tt.args, &stdout, &stderr); code != tt.code {
			t.Errorf("%q: exit code %d", tt.args, code)
		}
		for _, out := range []struct{ name, got, want string }{{"stdout", stdout.String(), tt.stdout},
			{"stderr", stderr.String(), tt.stderr}} {
			if !strings.Contains(out.got, out.want) || out.want == "" && out.got != "" {
				t.Errorf("%q: %s: got %q, want %q", tt.args, out.name, out.got, out.want)
			}
		}
	}
}

func TestHelpListsEverySetting(t *testing.T) {
	var out bytes.Buffer
	printSettings(&out)
	for _, s := range config.Settings() {
		if !strings.Contains(out.String(), "\n  "+s.Name+" ") {
			t.Errorf("%s is missing", s.Name)
		}
	}
	if strings.Contains(out.String(), "`") {
		t.Error("there is markup in the text")
	}
}

func TestURL(t *testing.T) {
	addr := &net.TCPAddr{IP: net.IPv6zero, Port: 8080}
	for host, want := range map[string]string{
		"":          "http://localhost:8080",
		"0.0.0.0":   "http://localhost:8080",
		"::":        "http://localhost:8080",
		"127.0.0.1": "http://127.0.0.1:8080",
		"::1":       "http://[::1]:8080",
		"box.local": "http://box.local:8080",
	} {
		if got := url(host, addr); got != want {
			t.Errorf("%q: got %s, want %s", host, got, want)
		}
	}
}

// A reply must never be cut off because the queue was full.
func TestWriteTimeoutCoversTheQueue(t *testing.T) {
	cfg := config.Config{Runtime: runtime.Config{QueueWait: 7 * time.Second,
		Limits: runtime.Limits{Timeout: 10 * time.Second}}}
	if got, want := writeTimeout(cfg), readTimeout+startTimeout+replyTimeout+17*time.Second; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

// No client may hold a connection, or memory, for nothing.
func TestClientsAreBounded(t *testing.T) {
	cfg := config.Config{Runtime: runtime.Config{Workers: 1}, IdleTimeout: time.Minute}
	server := httptest.NewUnstartedServer(nil)
	server.Config = newHTTPServer(cfg, http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	if c := server.Config; c.ReadHeaderTimeout != headerTimeout || c.ReadTimeout != readTimeout || c.WriteTimeout != writeTimeout(cfg) || c.IdleTimeout != cfg.IdleTimeout {
		t.Errorf("timeouts %v, %v, %v, %v", c.ReadHeaderTimeout, c.ReadTimeout, c.WriteTimeout, c.IdleTimeout)
	}
	server.Start()
	defer server.Close()
	for size, want := range map[int]int{maxHeaderBytes / 2: http.StatusNotFound,
		3 * maxHeaderBytes: http.StatusRequestHeaderFieldsTooLarge} {
		req, err := http.NewRequest(http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X", strings.Repeat("x", size))
		resp, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("a header of %d bytes: %s", size, resp.Status)
		}
	}
}
