package funcs

import (
	"context"
	"encoding/base64"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// asked is one request as its sender makes it.
type asked struct {
	local                   string // address that it arrives at
	host, origin, fetchSite string
	allowed, allowedForMCP  []string
}

const (
	loopback = "127.0.0.1"
	outside  = "10.1.2.3"
	docker   = "172.17.0.2" // a container, from the machine it runs on
)

// bodies are requests that would run something, by path.
var bodies = map[string]string{
	"/execute": someScript,
	"/events": `{"message":{"messageId":"1","data":"` + base64.StdEncoding.EncodeToString([]byte(someScript)) +
		`"}}`,
	"/mcp": toolCall,
}

func (a asked) send(t *testing.T, runner *fakeRunner, path string) *httptest.ResponseRecorder {
	t.Helper()
	r := newRequest("POST", path, "application/json", bodies[path])
	r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey,
		&net.TCPAddr{IP: net.ParseIP(a.local), Port: 8080}))
	r.Host = a.host
	if a.origin != "" {
		r.Header.Set("Origin", a.origin)
	}
	if a.fetchSite != "" {
		r.Header.Set("Sec-Fetch-Site", a.fetchSite)
	}
	w := httptest.NewRecorder()
	handlerWith(runner, Options{
		BodyBytes: testBodyBytes, Log: slog.New(slog.DiscardHandler), MCP: true, Hosts: a.allowed,
		MCPHosts: a.allowedForMCP,
	}).ServeHTTP(w, r)
	return w
}

// askers are requests from pages and from others.
var askers = map[string]struct {
	asked
	refused bool
	mcp     bool // refused at /mcp only
}{
	"client on a laptop":       {asked: asked{local: loopback, host: "localhost:8080"}},
	"client by address":        {asked: asked{local: loopback, host: "127.0.0.1:8080"}},
	"client by IPv6 address":   {asked: asked{local: "::1", host: "[::1]:8080"}},
	"case of the name":         {asked: asked{local: loopback, host: "LOCALHOST"}},
	"client by name":           {asked: asked{local: loopback, host: "pyexec.internal"}, mcp: true},
	"client by name over IPv6": {asked: asked{local: "::1", host: "pyexec.internal"}, mcp: true},
	"name that begins like localhost": {asked: asked{local: loopback, host: "localhost.evil.example"},
		mcp: true},
	"name that looks like an address": {asked: asked{local: loopback, host: "127.0.0.1.evil.example"},
		mcp: true},
	"no name":              {asked: asked{local: loopback, host: ""}, mcp: true},
	"service in a network": {asked: asked{local: outside, host: "pyexec.internal:8080"}},
	"rebound name": {asked: asked{local: loopback, host: "evil.example:8080",
		origin: "http://evil.example:8080"}, refused: true},
	"rebound name over IPv6": {asked: asked{local: "::1", host: "evil.example",
		origin: "http://evil.example"}, refused: true},
	"rebound name into a container": {asked: asked{local: docker, host: "evil.example:8080",
		origin: "http://evil.example:8080"}, refused: true},
	"rebound name without an origin": {asked: asked{local: docker, host: "evil.example:8080",
		fetchSite: "same-origin"}, refused: true},
	"page of another origin": {asked: asked{local: outside, host: "pyexec.internal",
		origin: "https://evil.example"}, refused: true},
	"page of another port": {asked: asked{local: loopback, host: "localhost:8080",
		origin: "http://localhost:3000"}, refused: true},
	"page that says where it is from": {asked: asked{local: loopback, host: "localhost",
		fetchSite: "cross-site"}, refused: true},
	"page of the same site": {asked: asked{local: loopback, host: "localhost",
		fetchSite: "same-site"}, refused: true},
	"file in a browser": {asked: asked{local: loopback, host: "localhost", origin: "null"},
		refused: true},
	"page of the service": {asked: asked{local: loopback, host: "localhost:8080",
		origin: "http://localhost:8080", fetchSite: "same-origin"}},
	"page of the service by address": {asked: asked{local: docker, host: "192.168.1.7:8080",
		origin: "http://192.168.1.7:8080"}},

	"listed": {asked: asked{allowed: []string{"Tools.example", "10.1.2.3"},
		local: loopback, host: "tools.example:443"}},
	"listed, behind a proxy": {asked: asked{allowed: []string{"tools.example"}, local: loopback,
		host: "tools.example", origin: "https://tools.example"}},
	"listed address": {asked: asked{allowed: []string{"tools.example", "10.1.2.3"},
		local: outside, host: "10.1.2.3:8080"}},
	"not listed": {asked: asked{allowed: []string{"tools.example"}, local: outside,
		host: "pyexec.internal"}, refused: true},
	"localhost is not listed": {asked: asked{allowed: []string{"tools.example"}, local: loopback,
		host: "localhost"}, refused: true},
	"any": {asked: asked{allowed: []string{AnyHost}, local: loopback,
		host: "pyexec-1234.run.app"}},
	"any, the service's page": {asked: asked{allowed: []string{AnyHost}, local: outside,
		host: "py.example", origin: "https://py.example", fetchSite: "same-origin"}},
	"any, but of another origin": {asked: asked{allowed: []string{AnyHost}, local: outside,
		host: "pyexec-1234.run.app", origin: "https://evil.example"}, refused: true},

	"listed for /mcp": {asked: asked{allowedForMCP: []string{"tools.example"}, local: loopback,
		host: "tools.example"}},
	"not listed for /mcp": {asked: asked{allowed: []string{"a.example", "b.example"},
		allowedForMCP: []string{"a.example"}, local: outside, host: "b.example"}, mcp: true},
	"listed for others only": {asked: asked{allowed: []string{AnyHost}, allowedForMCP: []string{"localhost"},
		local: loopback, host: "a.example"}, mcp: true},
}

// Whatever endpoint runs something checks where a request comes from.
func TestGuard(t *testing.T) {
	for name, tt := range askers {
		for path := range bodies {
			t.Run(name+" to "+path, func(t *testing.T) {
				runner := four()
				w := tt.send(t, runner, path)
				if tt.refused || tt.mcp && path == "/mcp" {
					if w.Code != 403 || !strings.Contains(w.Body.String(), `"status":"invalid_request"`) ||
						len(runner.jobs) > 0 {
						t.Errorf("%d %s, %d jobs; want 403", w.Code, w.Body, len(runner.jobs))
					}
				} else if w.Code != 200 || len(runner.jobs) != 1 {
					t.Errorf("%d %s, %d jobs", w.Code, w.Body, len(runner.jobs))
				}
			})
		}
	}
}

// Every endpoint that does more than reading is behind the guard, a new one too.
func TestEveryPostIsGuarded(t *testing.T) {
	for path, e := range endpoints {
		if !allows(e.allow, "POST") {
			continue
		}
		body := &counted{Reader: strings.NewReader("x")}
		r := httptest.NewRequest("POST", "http://localhost"+path, body)
		r.Header.Set("Origin", "https://evil.example")
		if w := serve(four(), r); w.Code != 403 || body.reads > 0 {
			t.Errorf("%s: %d after %d reads of the body", path, w.Code, body.reads)
		}
	}
}

// counted counts how often it is read.
type counted struct {
	*strings.Reader
	reads int
}

func (c *counted) Read(p []byte) (int, error) { c.reads++; return c.Reader.Read(p) }

// Requests that pages can send without a preflight, as Chromium sends them from a
// page of http://evil.example to a service on the reader's machine.
func TestRequestsOfPages(t *testing.T) {
	for name, tt := range map[string]struct {
		path   string
		header http.Header
	}{
		"fetch of a Blob without a type": {"/execute", http.Header{"Sec-Fetch-Mode": {"no-cors"}}},
		"the same to /events":            {"/events", http.Header{"Sec-Fetch-Mode": {"no-cors"}}},
		"sendBeacon": {"/execute",
			http.Header{"Sec-Fetch-Mode": {"no-cors"}, "Sec-Fetch-Dest": {"empty"}}},
		"text to /execute": {"/execute", http.Header{"Content-Type": {"text/plain;charset=UTF-8"}}},
		"text to /events":  {"/events", http.Header{"Content-Type": {"text/plain;charset=UTF-8"}}},
		"form": {"/execute",
			http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Mode": {"navigate"},
				"Sec-Fetch-User": {"?1"}}},
		"form of parts": {"/events",
			http.Header{"Content-Type": {"multipart/form-data; boundary=x"}}},
	} {
		t.Run(name, func(t *testing.T) {
			runner, m := four(), &memo{}
			send := func(header http.Header) *httptest.ResponseRecorder {
				r := newRequest("POST", tt.path, "", bodies[tt.path])
				r.Host = "localhost:8080"
				for name, values := range tt.header {
					r.Header[name] = values
				}
				for name, values := range header {
					r.Header[name] = values
				}
				return serveWith(runner, m, r)
			}
			w := send(http.Header{"Origin": {"http://evil.example"}, "Sec-Fetch-Site": {"cross-site"}})
			if w.Code != 403 ||
				!strings.Contains(w.Body.String(),
					`"error":"the request comes from a web page of another origin","status":"invalid_request"`) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if run := m.runs[0]; run.Status != "invalid_request" || run.Level != notice ||
				run.Request.Code != 403 {
				t.Errorf("logged as %+v", run)
			}
			if len(runner.jobs) > 0 || len(m.published) > 0 {
				t.Errorf("%d ran, %d published", len(runner.jobs), len(m.published))
			}
			// Without a sign of a browser a type that pages may send is refused all
			// the same, and no type at all is what simple clients have.
			typed := tt.header.Get("Content-Type") != ""
			if w := send(nil); typed && (w.Code != 415 || len(runner.jobs) > 0 || len(m.published) > 0) ||
				!typed && w.Code != 200 {
				t.Errorf("without a sign of a browser: %d %s", w.Code, w.Body)
			}
		})
	}
}

// The operator is told what to do.
func TestGuardHints(t *testing.T) {
	for path, setting := range map[string]string{"/execute": "ALLOWED_HOSTS", "/mcp": "MCP_HOSTS"} {
		a := asked{local: loopback, host: "evil.example", origin: "http://evil.example",
			allowedForMCP: []string{"localhost"}}
		if w := a.send(t, four(), path); !strings.Contains(w.Body.String(),
			"The operator can name the host in "+setting+".") {
			t.Errorf("%s: %s", path, w.Body)
		}
	}
}
