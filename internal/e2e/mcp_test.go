package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/pyexec/pyexec/funcs/mcp"
)

// connectTool connects the SDK's own client to a server.
func connectTool(t *testing.T, url string) *sdk.ClientSession {
	t.Helper()
	client := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &sdk.StreamableClientTransport{Endpoint: url, MaxRetries: -1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() }) // a server that is gone is not told
	return session
}

func callTool(t *testing.T, session *sdk.ClientSession, arguments string) (*sdk.CallToolResult, said) {
	t.Helper()
	res, err := session.CallTool(t.Context(),
		&sdk.CallToolParams{Name: mcp.ToolName, Arguments: json.RawMessage(arguments)})
	if err != nil {
		t.Fatal(err)
	}
	r := said{body: res.Content[0].(*sdk.TextContent).Text}
	if err := json.Unmarshal([]byte(r.body), &r.member); err != nil {
		t.Fatalf("%s: %v", r.body, err)
	}
	return res, r
}

// readmeToolURL is the address in the README's configuration of a client.
func readmeToolURL(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```jsonc\n(.*?)```").FindSubmatch(data)
	if block == nil {
		t.Fatal("README.md: no configuration")
	}
	var config struct {
		MCPServers map[string]struct{ Type, URL string } `json:"mcpServers"`
	}
	if err := json.Unmarshal(block[1], &config); err != nil || config.MCPServers["pyexec"].Type != "http" {
		t.Fatalf("README.md: configuration: %+v, %v", config, err)
	}
	return config.MCPServers["pyexec"].URL
}

// The tool, described and called through the address in the README.
func TestTool(t *testing.T) {
	server := live(t)
	session := connectTool(t, strings.Replace(readmeToolURL(t), "http://localhost:8080", server.http.URL, 1))
	list, err := session.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	description := list.Tools[0].Description
	if !strings.Contains(description, "Python "+live(t).python(t)+".") ||
		!strings.Contains(description, mcp.ExampleArguments) {
		t.Errorf("description: %s", description)
	}
	for name, tt := range map[string]struct {
		arguments, body string // body "" where only parts are known
		member          map[string]string
	}{
		"the example of the description": {arguments: mcp.ExampleArguments, body: mcp.ExampleReply},
		"exception": {arguments: `{"script":"def main():\n    print('so far')\n    return [][0]"}`,
			member: map[string]string{"status": "script_error", "error": "IndexError: list index out of range",
				"stdout": "so far\n", "line": "3"}},
		"network": {arguments: `{"script":"import urllib.request\ndef main():\n    return urllib.request.urlopen('http://169.254.169.254').status"}`,
			member: map[string]string{"status": "script_error",
				"denied": "network access is not available to scripts (refused by seccomp)"}},
		"not JSON": {arguments: `{"script":"def main(): return {1,2}"}`,
			member: map[string]string{"status": "not_json"}},
		"timeout": {arguments: `{"script":"def main():\n    while True: pass","timeout":0.2}`,
			member: map[string]string{"status": "timeout"}},
		"no such field": {arguments: `{"code":"print(1)"}`, member: map[string]string{"status": "invalid_request"}},
	} {
		t.Run(name, func(t *testing.T) {
			res, r := callTool(t, session, tt.arguments)
			if tt.body != "" && (r.body != tt.body || res.IsError) {
				t.Errorf("isError %v\n got %s\nwant %s", res.IsError, r.body, tt.body)
			}
			for key, want := range tt.member {
				if got := r.text(key); got != want || !res.IsError {
					t.Errorf("%s: %q, want %q", key, got, want)
				}
			}
		})
	}
}

// While the service drains its tool runs nothing and says so.
func TestToolWhileDraining(t *testing.T) {
	server := freshLive(t)
	if err := server.service.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run_python","arguments":{"script":"def main(): pass"}}}`
	res, err := server.client.Post(server.http.URL+"/mcp", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" ||
		res.Header.Get("X-Execution-Id") == "" {
		t.Errorf("%s %v", res.Status, res.Header)
	}
}

// A run of the tool leaves the entry that any run leaves.
func TestToolIsLogged(t *testing.T) {
	server := freshLive(t)
	session := connectTool(t, server.http.URL+"/mcp")
	res, _ := callTool(t, session, `{"script":"def main(): return 'secret'"}`)
	if err := server.service.Drain(t.Context()); err != nil { // which waits for the entry
		t.Fatal(err)
	}
	id, _ := res.Meta["pyexec/execution_id"].(string)
	found := 0
	for line := range strings.Lines(server.log.String()) {
		if !strings.Contains(line, `"run ok in`) {
			continue
		}
		found++
		for _, want := range []string{`"execution_id":"` + id + `"`, `"tool":"run_python"`, `"requestUrl":"/mcp"`,
			`"status":"ok"`} {
			if id == "" || !strings.Contains(line, want) {
				t.Errorf("the entry lacks %s: %s", want, line)
			}
		}
		if strings.Contains(line, "secret") {
			t.Errorf("the entry has the result: %s", line)
		}
	}
	if found != 1 {
		t.Errorf("%d entries:\n%s", found, server.log.String())
	}
}
