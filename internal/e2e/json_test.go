package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// Client libraries decide by its type whether a reply is JSON: every reply is
// announced so, whatever its size, its status and the way it is written.
func TestRepliesAreAnnouncedAsJSON(t *testing.T) {
	base := live(t).http.URL
	large := func(script string) string {
		text, err := json.Marshal(map[string]any{"script": script, "return_files": true, "report": true})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for name, tt := range map[string]struct {
		method, path, body string
		status             int
	}{
		"small":        {"POST", "/execute", large("def main():\n    return 1"), 200},
		"large result": {"POST", "/execute", large("def main():\n    return 'x' * 70000"), 200},
		"largest result": {"POST", "/execute",
			large("def main():\n    return 'x' * ((8 << 20) - 2)"), 200},
		"much output": {"POST", "/execute", large("def main():\n    print('<html>' * 50000)"), 200},
		"large files": {"POST", "/execute", large("def main():\n    open('a', 'w').write('x' * (4 << 20))"), 200},
		"failure with much output": {"POST", "/execute",
			large("def main():\n    print('x' * 90000)\n    raise ValueError('x' * 9000)"), 422},
		"exit with much on stderr": {"POST", "/execute",
			large("import sys\ndef main():\n    sys.stderr.write('x' * 90000)\n    sys.exit(3)"), 422},
		"limit of output": {"POST", "/execute", large("def main():\n    print('x' * (3 << 20))"), 422},
		"limit of result": {"POST", "/execute", large("def main():\n    return 'x' * (9 << 20)"), 422},
		"refused script": {"POST", "/execute",
			large("import os\ndef main(): pass\n" + strings.Repeat("#\n", 70000)), 400},
		"no JSON":       {"POST", "/execute", strings.Repeat("x", 100000), 400},
		"too large":     {"POST", "/execute", large(strings.Repeat("#", 2<<20)), 413},
		"no such path":  {"POST", "/nothing", "{}", 404},
		"wrong method":  {"PUT", "/execute", "{}", 405},
		"documentation": {"GET", "/", "", 200},
		"capabilities":  {"GET", "/capabilities", "", 200},
		"openapi":       {"GET", "/openapi.json", "", 200},
		"tool":          {"POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, 200},
		"large result of the tool": {"POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":` +
			`{"name":"run_python","arguments":{"script":"def main():\n    return 'x' * 90000"}}}`, 200},
		"unknown method of the protocol": {"POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tasks/list"}`, 200},
	} {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), tt.method, base+tt.path, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			got := resp.Header.Get("Content-Type")
			if resp.StatusCode != tt.status || got != "application/json; charset=utf-8" || !json.Valid(body) {
				t.Errorf("%d, %q, %d bytes: %.200s", resp.StatusCode, got, len(body), body)
			}
		})
	}
}
