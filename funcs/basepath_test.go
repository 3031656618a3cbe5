package funcs

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Behind a base path every path works, with it and without, and what the service
// says of itself has it.
func TestBasePath(t *testing.T) {
	h := handlerWith(four(), Options{BodyBytes: testBodyBytes, MCP: true, BasePath: "/py/run"})
	ask := func(method, path, body string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, newRequest(method, path, "application/json", body))
		return w
	}
	for path, body := range bodies {
		for _, prefix := range []string{"", "/py/run"} {
			if w := ask("POST", prefix+path, body); w.Code != 200 {
				t.Errorf("%s%s: %d %s", prefix, path, w.Code, w.Body)
			}
		}
	}
	for _, path := range []string{"/py/run/", "/py/run/health", "/health", "/py/run/openapi.json",
		"/py/run/capabilities"} {
		if w := ask("GET", path, ""); w.Code != 200 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	for _, path := range []string{"/py/runs", "/py", "/py/run/py/run/health", "/py/run//health", "/PY/RUN/health"} {
		if w := ask("GET", path, ""); w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if w := ask("GET", "/py/run", ""); w.Code != http.StatusPermanentRedirect ||
		w.Header().Get("Location") != "/py/run/" {
		t.Errorf("no slash: %d %v", w.Code, w.Header())
	}
	if w := ask("GET", "/py/run/", ""); !strings.Contains(w.Body.String(), `"base_url": "http://example.com/py/run"`) ||
		!strings.Contains(w.Body.String(), "http://example.com/py/run/execute") {
		t.Errorf("%.300s", w.Body)
	}
	openAPI := ask("GET", "/py/run/openapi.json", "").Body.String()
	if !strings.Contains(openAPI, `"servers": [{"url": "/py/run"}]`) {
		t.Errorf("%.300s", openAPI)
	}
	if w := ask("GET", "/py/run/execute", ""); w.Code != 405 {
		t.Errorf("%d", w.Code)
	}
}
