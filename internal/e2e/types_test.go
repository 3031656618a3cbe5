package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

const jsonType = "application/json; charset=utf-8"

// asked is one request of TestRepliesSayTheirType.
type asked struct{ method, path, contentType, body, accept string }

// smallAsks are answered without a run, or not at all.
var smallAsks = map[string]asked{
	"nowhere":      {"GET", "/nowhere", "", "", ""},
	"wrong method": {"PUT", "/execute", "", "", ""},
	"wrong type":   {"POST", "/execute", "text/csv", "a", ""},
	"no JSON":      {"POST", "/execute", "", "{", ""},
	"health":       {"GET", "/health", "", "", ""},
	"capabilities": {"GET", "/capabilities", "", "", ""},
	"openapi":      {"GET", "/openapi.json", "", "", ""},
	"index":        {"GET", "/", "", "", "application/json"},
	"tool":         {"POST", "/mcp", "application/json", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, ""},
	"no method":    {"POST", "/mcp", "application/json", `{"jsonrpc":"2.0","id":1,"method":"x"}`, ""},
	"tool by GET":  {"GET", "/mcp", "", "", ""},
	"no event":     {"POST", "/events", "application/json", `[]`, ""},
}

// largeAsks are scripts whose replies have n bytes or so, by all paths.
func largeAsks(t *testing.T, n int) map[string]asked {
	t.Helper()
	asks := map[string]asked{}
	for name, script := range map[string]string{
		"result":      fmt.Sprintf("def main(): return 'x' * %d", n),
		"output":      fmt.Sprintf("def main(): print('x' * %d)", n),
		"failure":     fmt.Sprintf("def main():\n    print('x' * %d)\n    raise ValueError", n),
		"exit":        fmt.Sprintf("import sys\ndef main():\n    print('x' * %d)\n    sys.exit(1)", n),
		"not JSON":    fmt.Sprintf("def main():\n    print('x' * %d)\n    return object()", n),
		"many errors": fmt.Sprintf("def main(): raise ValueError('é' * %d)", n),
		"no main":     "x = '" + strings.Repeat("x", n) + "'",
	} {
		body := marshal(t, map[string]any{"script": script})
		rpc := fmt.Sprintf(
			`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run_python","arguments":%s}}`, body)
		event := marshal(t, map[string]any{"message": map[string]any{"messageId": "1", "data": body}})
		asks[name] = asked{"POST", "/execute", "application/json", string(body), ""}
		asks[name+" as it is"] = asked{"POST", "/execute", "text/x-python", script, ""}
		asks[name+" by a tool"] = asked{"POST", "/mcp", "application/json", rpc, ""}
		asks[name+" by an event"] = asked{"POST", "/events", "application/json", string(event), ""}
	}
	return asks
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Every reply of every path says its type, however large it is, however it came
// about, and however it is written.
func TestRepliesSayTheirType(t *testing.T) {
	s := live(t)
	check := func(name string, a asked) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), a.method, s.http.URL+a.path, strings.NewReader(a.body))
		if err != nil {
			t.Fatal(err)
		}
		for header, value := range map[string]string{"Content-Type": a.contentType, "Accept": a.accept} {
			if value != "" {
				req.Header.Set(header, value)
			}
		}
		resp, err := s.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		got := resp.Header["Content-Type"]
		if len(got) != 1 || got[0] != jsonType || !json.Valid(text) || err != nil {
			t.Errorf("%s: %s, %q, %d bytes of JSON: %v, %v", name, resp.Status, got, len(text), json.Valid(text), err)
		}
	}
	for name, a := range smallAsks {
		check(name, a)
	}
	// Around the sizes at which a reply begins to be written in another way.
	for _, n := range []int{0, 60_000, 65_000, 65_536, 70_000, 1_000_000} {
		for name, a := range largeAsks(t, n) {
			check(fmt.Sprint(name, " ", n), a)
		}
	}
}
