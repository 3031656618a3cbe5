package e2e

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"testing"
)

// A page of another origin calls the service, below a path of a proxy's and with
// a compressed body, where the settings say that it may.
func TestAPageThatMay(t *testing.T) {
	const script, want = `{"script": "def main():\n    return 1"}`, `{"result":1,"stdout":""}`
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	if _, err := io.WriteString(zip, script); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	named, plain := live(t, "CORS_ORIGINS=https://app.example", "BASE_PATH=/python"), live(t)
	ask := func(s *liveServer, method, origin string, header map[string]string, body []byte) (*http.Response, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, s.http.URL+"/python/execute", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if s == plain {
			req.URL.Path = "/execute"
		}
		req.Header.Set("Origin", origin)
		for name, value := range header {
			req.Header.Set(name, value)
		}
		resp, err := s.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp, string(text)
	}
	question := map[string]string{
		"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type",
	}
	gzipped := map[string]string{"Content-Type": "application/json", "Content-Encoding": "gzip"}
	for _, tt := range []struct {
		s        *liveServer
		origin   string
		question int
		run      int
		lets     string
	}{
		{named, "https://app.example", http.StatusNoContent, http.StatusOK, "https://app.example"},
		{named, "https://evil.example", http.StatusForbidden, http.StatusForbidden, ""},
		{plain, "https://app.example", http.StatusMethodNotAllowed, http.StatusForbidden, ""},
	} {
		before, _ := ask(tt.s, http.MethodOptions, tt.origin, question, nil)
		resp, text := ask(tt.s, http.MethodPost, tt.origin, gzipped, packed.Bytes())
		if before.StatusCode != tt.question || before.Header.Get("Access-Control-Allow-Origin") != tt.lets ||
			resp.StatusCode != tt.run || resp.Header.Get("Access-Control-Allow-Origin") != tt.lets ||
			tt.run == http.StatusOK && text != want {
			t.Errorf("%s: %s %v, %s %v %s", tt.origin, before.Status, before.Header, resp.Status, resp.Header, text)
		}
	}
	if resp, text := ask(plain, http.MethodPost, plain.http.URL, gzipped, packed.Bytes()); text != want {
		t.Errorf("its own page: %s %s", resp.Status, text)
	}
}
