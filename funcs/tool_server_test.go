package funcs

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/pyexec/pyexec/funcs/mcp"
)

// toolServer serves runner, /mcp included, and keeps the records of its runs.
type toolServer struct {
	*httptest.Server
	mu   sync.Mutex
	runs []*Record
}

func (s *toolServer) Later(r *Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs = append(s.runs, r)
}
func (s *toolServer) Now(r *Record) { s.Later(r) }

// recorded waits for n records.
func (s *toolServer) recorded(t *testing.T, n int) []*Record {
	t.Helper()
	for range 2000 {
		s.mu.Lock()
		runs := slices.Clone(s.runs)
		s.mu.Unlock()
		if len(runs) == n {
			return runs
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("%d runs are recorded, want %d", len(s.runs), n)
	return nil
}

func newToolServer(t *testing.T, runner Runner, change func(*Options)) *toolServer {
	t.Helper()
	s := &toolServer{}
	opts := Options{BodyBytes: testBodyBytes, Recorder: s, MCP: true}
	if change != nil {
		change(&opts)
	}
	s.Server = httptest.NewServer(handlerWith(runner, opts))
	t.Cleanup(s.Close)
	return s
}

// connect is the SDK's own client, connected.
func (s *toolServer) connect(t *testing.T) *sdk.ClientSession {
	t.Helper()
	client := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(t.Context(),
		&sdk.StreamableClientTransport{Endpoint: s.URL + "/mcp", MaxRetries: -1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { session.Close() })
	return session
}

func callTool(t *testing.T, session *sdk.ClientSession, arguments string) *sdk.CallToolResult {
	t.Helper()
	res, err := session.CallTool(t.Context(),
		&sdk.CallToolParams{Name: mcp.ToolName, Arguments: json.RawMessage(arguments)})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// text1 is the first part of a result.
func text1(t *testing.T, res *sdk.CallToolResult) string {
	t.Helper()
	text, ok := res.Content[0].(*sdk.TextContent)
	if !ok {
		t.Fatalf("content: %#v", res.Content[0])
	}
	return text.Text
}

// call sends one call of the tool as a client of an older protocol would,
// without a handshake.
func (s *toolServer) call(t *testing.T, arguments string) *http.Response {
	t.Helper()
	return s.send(t,
		`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"run_python","arguments":`+arguments+`}}`,
		nil)
}

func (s *toolServer) send(t *testing.T, body string, header http.Header) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/mcp", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for name, values := range header {
		req.Header[name] = values
	}
	if host := header.Get("Host"); host != "" {
		req.Host = host
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}
