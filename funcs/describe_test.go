package funcs

import (
	"crypto/tls"
	"encoding/json"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/funcs/web"
	"github.com/pyexec/pyexec/runtime"
)

func TestCapabilities(t *testing.T) {
	want(t, serve(four(), newRequest("GET", "/capabilities", "", "")), 200, `{
  "python_version": "3.11.11",
  "preloaded": [
    "json",
    "math"
  ],
  "packages": [
    "numpy 2.1.0"
  ],
  "environments": [
    {
      "name": "default",
      "python_version": "3.11.11",
      "preloaded": [
        "json",
        "math"
      ],
      "packages": [
        "numpy 2.1.0"
      ]
    },
    {
      "name": "late",
      "python_version": "",
      "preloaded": [],
      "packages": []
    }
  ],
  "environment_install": "off",
  "blocked_imports": [
    "os",
    "subprocess"
  ],
  "blocked_imports_note": "`+web.BlockedImportsNote+`",
  "limits": {
    "timeout_seconds": 30,
    "cpu_seconds": 30,
    "memory_bytes": 536870912,
    "tmp_bytes": 67108864,
    "tmp_files": 1024,
    "output_bytes": 1048576,
    "result_bytes": 8388608,
    "result_depth": 100,
    "script_bytes": 1048576,
    "return_files": 64,
    "return_bytes": 8388608,
    "open_files": 64,
    "threads": 16,
    "body_bytes": 8388608,
    "batch_cases": 10000,
    "batch_seconds": 270
  },
  "workers": 4,
  "queue": 16,
  "queue_wait_seconds": 10,
  "posture": "full",
  "isolation": {
    "landlock": false,
    "seccomp": true
  },
  "isolation_notes": {
    "landlock": "the kernel has none: a private root stands in"
  }
}`)
}

// Lists and maps that are missing are empty in JSON, not null.
func TestNothingIsNull(t *testing.T) {
	runner := four()
	runner.info = runtime.Info{Limits: runner.info.Limits}
	for _, path := range []string{"/", "/capabilities"} {
		if w := serve(runner, newRequest("GET", path, "", "")); strings.Contains(w.Body.String(), "null,") {
			t.Errorf("%s: %s", path, w.Body)
		}
	}
}

func TestNegotiation(t *testing.T) {
	for accept, html := range map[string]bool{
		"": false, "*/*": false, "application/json": false, "application/json, text/plain, */*": false,
		"text/html": true,
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": true,
		"text/html, application/xhtml+xml, image/jxr, */*":                true,
		"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif," +
			"image/webp,image/apng,*/*;q=0.8,application/foo": true,
		"application/json, text/html;q=0.5":      false,
		"application/json;q=0.5, Text/HTML":      true,
		"text/html;q=0, */*":                     false,
		"text/html;level=1;q=0.7":                true,
		"text/htmlx":                             false,
		",;,q=1;;=":                              false,
		"application/json;q=0.9,text/html;q=0.9": true,
	} {
		req := newRequest("GET", "/", "", "")
		if accept != "" {
			req.Header.Set("Accept", accept)
		}
		w := serve(four(), req)
		got := strings.HasPrefix(w.Header().Get("Content-Type"), "text/html;")
		if got != html || !slices.Equal(w.Header()["Vary"], []string{"Accept", "Accept-Encoding"}) ||
			w.Code != 200 {
			t.Errorf("Accept %q: %d %s, Vary %q", accept, w.Code, w.Header().Get("Content-Type"),
				w.Header().Get("Vary"))
		}
	}
}

// The base URL goes into commands that people paste: only a plain host does.
func TestBaseURL(t *testing.T) {
	for _, tt := range []struct {
		host, proto, want string
		tls               bool
	}{
		{"example.com", "", "http://example.com", false},
		{"example.com", "", "https://example.com", true},
		{"svc-abc.a.run.app", "https", "https://svc-abc.a.run.app", false},
		{"svc-abc.a.run.app", "HTTPS, http", "https://svc-abc.a.run.app", false},
		{"svc", "http", "http://svc", true},
		{"svc", "javascript", "http://svc", false},
		{"my_service:8080", "", "http://my_service:8080", false},
		{"127.0.0.1:80", "", "http://127.0.0.1:80", false},
		{"[::1]:8080", "", "http://[::1]:8080", false},
		{"[::1]", "", "http://[::1]", false},
		{"", "", "http://localhost:8080", false},
		{"a'; rm -rf ~; '", "", "http://localhost:8080", false},
		{"$(id)", "", "http://localhost:8080", false},
		{"<script>", "", "http://localhost:8080", false},
		{"user@host", "", "http://localhost:8080", false},
		{"host/path", "", "http://localhost:8080", false},
		{"host:", "", "http://localhost:8080", false},
		{"host:0", "", "http://localhost:8080", false},
		{"host:99999", "", "http://localhost:8080", false},
		{"host:80:80", "", "http://localhost:8080", false},
		{"[::1%eth0]:80", "", "http://localhost:8080", false},
		{"[x]", "", "http://localhost:8080", false},
		{"-host", "", "http://localhost:8080", false},
		{strings.Repeat("a", 254), "", "http://localhost:8080", false},
		{"münchen.de", "", "http://localhost:8080", false},
	} {
		req := newRequest("GET", "/", "", "")
		req.Host = tt.host
		if tt.tls {
			req.TLS = &tls.ConnectionState{}
		}
		if tt.proto != "" {
			req.Header.Set("X-Forwarded-Proto", tt.proto)
		}
		var doc web.Document
		if err := json.Unmarshal(serve(four(), req).Body.Bytes(), &doc); err != nil {
			t.Fatal(err)
		}
		if doc.BaseURL != tt.want || !strings.Contains(doc.Examples[0].Curl, "'"+tt.want+"/execute'") {
			t.Errorf("Host %q: %q, want %q", tt.host, doc.BaseURL, tt.want)
		}
	}
}

func getPage(r Runner) *httptest.ResponseRecorder {
	req := newRequest("GET", "/", "", "")
	req.Header.Set("Accept", "text/html")
	return serve(r, req)
}

// The page runs no script but the server's own files, and its policy says so;
// style sheets need a nonce that no two replies share.
func TestPageIsSelfContained(t *testing.T) {
	w := getPage(four())
	page := w.Body.String()
	policy := w.Header().Get("Content-Security-Policy")
	nonce := regexp.MustCompile(`style-src 'nonce-([0-9a-f]{32})';`).FindStringSubmatch(policy)
	if nonce == nil {
		t.Fatalf("policy %q", policy)
	}
	if strings.Count(page, `<style nonce="`+nonce[1]+`">`) != strings.Count(page, "<style") {
		t.Errorf("the style sheet lacks the nonce %s of the policy", nonce[1])
	}
	if again := getPage(four()).Header().Get("Content-Security-Policy"); strings.Contains(again, nonce[1]) {
		t.Error("a nonce came twice")
	}
	if !strings.HasPrefix(policy, "default-src 'none'; script-src 'self'; ") ||
		strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	if strings.Count(page, "<script") != strings.Count(page, `<script type="module" src="assets/`) {
		t.Error("a script that is no module of the server")
	}
	for _, banned := range []string{"<iframe", "<form", "style=", "@import", "url(", "onclick", "ZgotmplZ",
		`src="http`, `src="/`} {
		if strings.Contains(page, banned) {
			t.Errorf("the page has %s", banned)
		}
	}
}

// Page and JSON have the same content.
func TestPageAndDocumentAgree(t *testing.T) {
	page := getPage(four()).Body.String()
	var doc web.Document
	if err := json.Unmarshal(serve(four(), newRequest("GET", "/", "", "")).Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	unescape := strings.NewReplacer("&#39;", "'", "&#34;", `"`, "&lt;", "<", "&gt;", ">", "&#43;", "+", "&amp;",
		"&")
	text := unescape.Replace(page)
	has := func(words ...string) {
		t.Helper()
		for _, s := range words {
			if !strings.Contains(text, s) {
				t.Errorf("the page lacks %q", s)
			}
		}
	}
	has(doc.Name, doc.Summary, doc.Posture, doc.Python.Version, doc.Python.BlockedImportsNote, "numpy 2.1.0",
		"subprocess")
	for _, e := range doc.Endpoints {
		has(e.Path, e.Summary, e.Curl, e.PowerShell, e.Python, e.JavaScript, e.Go)
	}
	for _, fields := range [][]web.Field{doc.Request.Fields, doc.Success, doc.Failure, doc.Report, doc.Headers} {
		for _, f := range fields {
			has(f.Name, f.Type, f.Meaning)
		}
	}
	for _, s := range doc.Statuses {
		has(s.Status, s.Meaning)
	}
	for _, l := range doc.Limits {
		has(l.Name, l.Meaning)
	}
	has(doc.Notes...)
	for layer, note := range doc.IsolationNotes {
		has(layer, note)
	}
	for i, e := range doc.Examples {
		has(e.Title, string(web.Examples()[i].Request), e.Curl, e.PowerShell, e.Python, e.JavaScript, e.Go)
	}
}

// Every word a run can end in is in the documentation, with its HTTP status.
func TestStatusesAreDocumented(t *testing.T) {
	page := getPage(four()).Body.String()
	for _, o := range outcomes {
		if !strings.Contains(page, "<code>"+string(o.word)+"</code>") {
			t.Errorf("the page lacks %s", o.word)
		}
		if o.http < 200 || o.meaning == "" || outcomeOf[o.word] == nil {
			t.Errorf("row %+v", o)
		}
	}
}

// A server that does not confine scripts says so loudly, and does not claim
// the opposite.
func TestOffIsLoud(t *testing.T) {
	runner := four()
	runner.info.Posture = "off"
	page := getPage(runner).Body.String()
	doc := serve(runner, newRequest("GET", "/", "", "")).Body.String()
	if !strings.Contains(page, `role="alert"`) || !strings.Contains(page, "Isolation is off on this server") ||
		!strings.Contains(doc, `"warning": "Isolation is off on this server`) {
		t.Error("no warning")
	}
	if strings.Contains(doc, "no network") {
		t.Error("it still says that scripts are confined")
	}
	if page := getPage(four()).Body.String(); strings.Contains(page, `role="alert"`) {
		t.Error("a warning although isolation is on")
	}
}
