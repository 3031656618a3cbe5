package funcs

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const (
	friend   = "https://friend.example"
	stranger = "https://stranger.example"
)

// fromPage sends a request as a browser does for a page of this origin.
func fromPage(opts Options, method, path, origin string, header http.Header) *httptest.ResponseRecorder {
	body := ""
	if method == http.MethodPost {
		body = bodies[path]
	}
	r := newRequest(method, path, "application/json", body)
	for name, values := range header {
		r.Header[name] = values
	}
	r.Header.Set("Origin", origin)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	opts.BodyBytes, opts.MCP = testBodyBytes, true
	w := httptest.NewRecorder()
	handlerWith(four(), opts).ServeHTTP(w, r)
	return w
}

func preflight(opts Options, path, origin, headers string) *httptest.ResponseRecorder {
	return fromPage(opts, http.MethodOptions, path, origin, http.Header{
		"Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {headers},
	})
}

// accessHeaders are the headers of a reply that give a page access.
func accessHeaders(w *httptest.ResponseRecorder) (names []string) {
	for name := range w.Header() {
		if strings.HasPrefix(name, "Access-Control-") {
			names = append(names, name)
		}
	}
	return names
}

// By default no page gets anything, and hears nothing of how it could.
func TestCORSIsOff(t *testing.T) {
	for path := range bodies {
		for _, w := range []*httptest.ResponseRecorder{
			preflight(Options{}, path, friend, "content-type"),
			fromPage(Options{}, "POST", path, friend, nil), fromPage(Options{}, "GET", "/health", friend, nil),
		} {
			if list := accessHeaders(w); len(list) > 0 || w.Header().Get("Vary") == "Origin" {
				t.Errorf("%s: %v", path, w.Header())
			}
		}
		if w := preflight(Options{}, path, friend, "content-type"); w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: preflight: %d", path, w.Code)
		}
		if w := fromPage(Options{}, "POST", path, friend, nil); w.Code != http.StatusForbidden {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// A page of an origin that may is answered, under whatever name it finds the
// service, and refusals can be read, too.
func TestCORS(t *testing.T) {
	for name, opts := range map[string]Options{
		friend: {Origins: []string{"https://other.example", friend}}, "*": {Origins: []string{AnyOrigin}},
	} {
		for _, path := range []string{"/execute", "/mcp"} {
			w := preflight(opts, path, friend, "content-type,x-trace")
			h := w.Header()
			if w.Code != http.StatusNoContent || w.Body.Len() > 0 || h.Get("Access-Control-Allow-Origin") != name ||
				h.Get("Access-Control-Allow-Methods") != "POST" || h.Get("Access-Control-Max-Age") == "" ||
				h.Get("Access-Control-Allow-Headers") != "content-type,x-trace" ||
				h.Get("Access-Control-Allow-Private-Network") != "" || h.Get("Content-Type") != "" {
				t.Errorf("%s: preflight: %d %v", path, w.Code, h)
			}
			w = fromPage(opts, "POST", path, friend, nil)
			if w.Code != 200 || w.Header().Get("Access-Control-Allow-Origin") != name ||
				!strings.Contains(w.Header().Get("Access-Control-Expose-Headers"), "X-Execution-Id") {
				t.Errorf("%s: %d %v %s", path, w.Code, w.Header(), w.Body)
			}
		}
		for _, w := range []*httptest.ResponseRecorder{
			fromPage(opts, "GET", "/capabilities", friend, nil), fromPage(opts, "GET", "/nowhere", friend, nil),
			fromPage(opts, "GET", "/execute", friend, nil), fromPage(opts, "GET", "/", friend, nil),
			fromPage(opts, "POST", "/execute", friend, http.Header{"Content-Type": {"text/csv"}}),
			fromPage(opts, "POST", "/execute", friend, http.Header{"Accept": {"text/event-stream"}}),
		} {
			h := w.Header()
			varies := strings.Contains(strings.Join(h["Vary"], ", "), "Origin")
			if h.Get("Access-Control-Allow-Origin") != name || varies == (name == "*") ||
				h.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%d %v", w.Code, h)
			}
		}
		near := fromPage(opts, "OPTIONS", "/execute", friend, http.Header{"Access-Control-Request-Method": {"POST"},
			"Access-Control-Request-Private-Network": {"true"}, "Access-Control-Request-Headers": {"a\x00b"}})
		if h := near.Header(); h.Get("Access-Control-Allow-Private-Network") != "true" ||
			h.Get("Access-Control-Allow-Headers") != "" {
			t.Errorf("private network: %v", h)
		}
	}
}

// The guard keeps out whoever is not named, events are no page's business, and a
// list of hosts holds for all.
func TestCORSKeepsStrangersOut(t *testing.T) {
	opts := Options{Origins: []string{friend}}
	for _, origin := range []string{
		stranger, "null", friend + ".evil.example", friend + ":444", "http://friend.example", "HTTPS://FRIEND.EXAMPLE",
		friend + "/", friend + ", " + stranger,
	} {
		for path := range bodies {
			post, asked := fromPage(opts, "POST", path, origin, nil), preflight(opts, path, origin, "content-type")
			if post.Code != http.StatusForbidden || len(accessHeaders(post)) > 0 ||
				asked.Code != http.StatusForbidden || len(accessHeaders(asked)) > 0 {
				t.Errorf("%s %s: %d %v, %d %v", origin, path, post.Code, accessHeaders(post), asked.Code,
					accessHeaders(asked))
			}
			if vary := post.Header().Get("Vary"); vary != "Origin" {
				t.Errorf("%s: Vary: %q", path, vary)
			}
		}
	}
	for _, o := range []Options{opts, {Origins: []string{AnyOrigin}}} {
		w := fromPage(o, "POST", "/events", friend, nil)
		if w.Code != http.StatusForbidden || len(accessHeaders(w)) > 0 {
			t.Errorf("events: %d %v", w.Code, w.Header())
		}
	}
	opts.Hosts = []string{"another.example"}
	if w := fromPage(opts, "POST", "/execute", friend, nil); w.Code != http.StatusForbidden ||
		!strings.Contains(w.Body.String(), "host") {
		t.Errorf("another host: %d %s", w.Code, w.Body)
	}
	if w := serve(four(), newRequest("OPTIONS", "/execute", "", "")); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("OPTIONS of nobody: %d", w.Code)
	}
}
