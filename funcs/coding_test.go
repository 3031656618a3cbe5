package funcs

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// packed is text in gzip's format.
func packed(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// postPacked sends a body to path as gzip. unknown leaves its length open.
func postPacked(runner Runner, path, coding string, body []byte, unknown bool) *httptest.ResponseRecorder {
	req := newRequest("POST", path, "application/json", string(body))
	req.Header.Set("Content-Encoding", coding)
	if unknown {
		req.ContentLength = -1
	}
	return serve(runner, req)
}

// A body that is compressed by gzip is the same request.
func TestGzipBodies(t *testing.T) {
	long := `{"script":"` + strings.Repeat("#", 300_000) + `"}`
	for _, coding := range []string{"gzip", "GZIP", "x-gzip"} {
		for _, unknown := range []bool{false, true} {
			for _, text := range []string{someScript, long} {
				runner := four()
				w := postPacked(runner, "/execute", coding, packed(t, text), unknown)
				if plain := post(four(), text); w.Code != 200 || w.Body.String() != plain.Body.String() {
					t.Fatalf("%s: %d %s", coding, w.Code, w.Body)
				}
				if got := runner.job(t).Script; !strings.Contains(text, `"`+got+`"`) {
					t.Errorf("%s: another script arrived: %.60q", coding, got)
				}
			}
		}
	}
	two := append(packed(t, someScript[:5]), packed(t, someScript[5:])...)
	if w := postPacked(four(), "/execute", "gzip", two, false); w.Code != 200 {
		t.Errorf("two members: %d %s", w.Code, w.Body)
	}
	if w := postPacked(four(), "/mcp", "gzip", packed(t, toolCall), false); w.Code != 200 {
		t.Errorf("tool: %d %s", w.Code, w.Body)
	}
	event := postPacked(four(), "/events", "gzip", packed(t, `{"message":{"data":"eyJzY3JpcHQiOiJ4In0="}}`), false)
	if event.Code != 200 || event.Body.String() != `{"status":"ok"}` {
		t.Errorf("event: %d %s", event.Code, event.Body)
	}
}

// What is no gzip, or too large when it is expanded, is refused, and readers of
// bodies before it do not remember it.
func TestGzipRefusals(t *testing.T) {
	good := packed(t, someScript)
	sum := bytes.Clone(good)
	sum[len(sum)-6] ^= 1
	inner := bytes.Clone(packed(t, strings.Repeat("abc", 1000)))
	for i := 12; i < len(inner)-8; i++ {
		inner[i] = 0xff
	}
	for name, tt := range map[string]struct {
		body []byte
		code int
		says string
	}{
		"text":          {[]byte(someScript), 400, "announced as gzip and is not"},
		"empty":         {nil, 400, "it is empty"},
		"of nothing":    {packed(t, ""), 400, "it is empty"},
		"half a header": {good[:5], 400, "it breaks off"},
		"half":          {good[:len(good)/2], 400, "it breaks off"},
		"no sum":        {good[:len(good)-4], 400, "it breaks off"},
		"wrong sum":     {sum, 400, "announced as gzip and is not"},
		"broken inside": {inner, 400, "announced as gzip and is not"},
		"and more":      {append(bytes.Clone(good), "more of it, and no gzip"...), 400, "announced as gzip and is not"},
		"twice":         {packed(t, string(good)), 400, "must be UTF-8"},
		"a bomb":        {packed(t, strings.Repeat("\x00", 4*testBodyBytes)), 413, "at most 8388608 bytes"},
		"one too many":  {packed(t, strings.Repeat(" ", testBodyBytes+1)), 413, "at most 8388608 bytes"},
		"of nothing, without end": {bytes.Repeat(packed(t, ""), testBodyBytes/len(packed(t, ""))+1), 413,
			"at most 8388608 bytes"},
	} {
		for _, unknown := range []bool{false, true} {
			runner := four()
			w := postPacked(runner, "/execute", "gzip", tt.body, unknown)
			if w.Code != tt.code || !strings.Contains(w.Body.String(), tt.says) || len(runner.jobs) > 0 {
				t.Errorf("%s: %d %s", name, w.Code, w.Body)
			}
			if w := postPacked(four(), "/execute", "gzip", good, false); w.Code != http.StatusOK {
				t.Errorf("after %s: %d %s", name, w.Code, w.Body)
			}
		}
	}
}
