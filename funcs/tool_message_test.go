package funcs

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const ping = `{"jsonrpc":"2.0","id":1,"method":"ping"}`

// rpcRefusals are messages that are refused before the protocol, or by it.
var rpcRefusals = map[string]struct {
	body   string
	header http.Header
	code   int
	says   string
}{
	"no JSON":    {`{"jsonrpc"`, nil, 400, "request body must be valid JSON"},
	"empty":      {``, nil, 400, "it is empty"},
	"batch":      {` [` + ping + `]`, nil, 400, "batches are not accepted"},
	"string":     {`"x"`, nil, 400, "one JSON-RPC message"},
	"no message": {`{}`, nil, 400, `"code":-32600`},
	"deep":       {strings.Repeat(`[`, 1<<20) + strings.Repeat(`]`, 1<<20), nil, 400, "nested"},
	"rather deep": {`{"jsonrpc":"2.0","id":1,"method":"ping","params":` +
		strings.Repeat(`{"a":`, 5000) + `1` + strings.Repeat(`}`, 5000) + `}`, nil, 400, `"id":1,"error":{"code":-32600`},
	"id that is none":  {`{"jsonrpc":"2.0","id":{"a":1},"method":"ping"}`, nil, 400, `"id":null`},
	"id that is true":  {`{"jsonrpc":"2.0","id":true,"method":"ping"}`, nil, 400, `"id":null`},
	"id that is null":  {`{"jsonrpc":"2.0","id":null,"method":"ping"}`, nil, 400, `"id":null`},
	"no version":       {`{"id":"a","method":"ping"}`, nil, 400, `"id":"a","error":{"code":-32600`},
	"wrong version":    {`{"jsonrpc":"1.0","id":2,"method":"ping"}`, nil, 400, `"id":2,"error":{"code":-32600`},
	"method of a type": {`{"jsonrpc":"2.0","id":2,"method":7}`, nil, 400, `"id":2,"error":{"code":-32600`},
	"text of an id": {`{"jsonrpc":"2.0","id":"a\"b","method":"nothing"}`, nil, 200,
		`"id":"a\"b","error":{"code":-32601`},
	"not UTF-8": {"{\"a\":\"\xff\"}", nil, 400, "must be UTF-8"},
	"too large": {`{"a":"` + strings.Repeat("x", testBodyBytes+rpcBytes) + `"}`, nil, 413,
		"must be at most"},
	"form": {"a=b", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, 415,
		"Content-Type must be application/json, got application/x-www"},
	"script": {"def main(): pass", http.Header{"Content-Type": {"text/x-python"}}, 415,
		"Content-Type must be application/json, got text/x-python"},
	"rebound name":    {ping, http.Header{"Host": {"evil.example"}}, 403, `host: \"evil.example\"`},
	"other origin":    {ping, http.Header{"Origin": {"https://evil.example"}}, 403, "another origin"},
	"unknown version": {ping, http.Header{"Mcp-Protocol-Version": {"1999-01-01"}}, 400, "2025-06-18"},
	"unknown method": {`{"jsonrpc":"2.0","id":1,"method":"tasks/list"}`, nil, 200,
		`{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"method not found: tasks/list",`},
	"endless connection": {`{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen",` +
		`"params":{"notifications":{},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",` +
		`"io.modelcontextprotocol/clientInfo":{"name":"a","version":"1"},` +
		`"io.modelcontextprotocol/clientCapabilities":{}}}}`,
		http.Header{"Mcp-Protocol-Version": {"2026-07-28"}, "Mcp-Method": {"subscriptions/listen"}}, 404,
		"not found"},
	"unknown tool": {`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"rm"}}`, nil, 200,
		`unknown tool`},
}

// What is refused before the protocol, in the words of the service.
func TestToolRefusals(t *testing.T) {
	runner := four()
	s := newToolServer(t, runner, nil)
	for name, tt := range rpcRefusals {
		t.Run(name, func(t *testing.T) {
			res := s.send(t, tt.body, tt.header)
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != tt.code || !strings.Contains(string(body), tt.says) || !isRPCError(body) {
				t.Errorf("%d %s, want %d %s", res.StatusCode, body, tt.code, tt.says)
			}
			if res.Header.Get("X-Execution-Id") == "" {
				t.Error("no X-Execution-Id")
			}
		})
	}
	if len(runner.jobs) > 0 || len(s.runs) > 0 {
		t.Errorf("%d scripts ran, %d were recorded", len(runner.jobs), len(s.runs))
	}
	for _, method := range []string{"GET", "DELETE", "PUT"} {
		if w := serveTool(runner, method, true); w.Code != 405 || w.Header().Get("Allow") != "POST" ||
			!isRPCError(w.Body.Bytes()) {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
	if w := serveTool(runner, "POST", false); w.Code != 404 {
		t.Errorf("switched off: %d", w.Code)
	}
}

// isRPCError says whether a text is one answer of JSON-RPC that tells of an error.
func isRPCError(text []byte) bool {
	var answer struct {
		Version string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Error   struct {
			Code    int
			Message string
		}
	}
	return json.Unmarshal(text, &answer) == nil && answer.Version == "2.0" && len(answer.ID) > 0 &&
		answer.Error.Code < 0 && answer.Error.Message != ""
}

func serveTool(runner Runner, method string, on bool) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	handlerWith(runner, Options{BodyBytes: testBodyBytes, MCP: on}).ServeHTTP(w,
		newRequest(method, "/mcp", "application/json", `{}`))
	return w
}

// isRPC says whether a text is one answer of JSON-RPC.
func isRPC(text []byte) bool {
	var answer struct {
		ID     json.RawMessage `json:"id"`
		Result json.RawMessage `json:"result"`
	}
	return isRPCError(text) || json.Unmarshal(text, &answer) == nil && string(answer.ID) == "1" && answer.Result != nil
}

// Every answer is JSON that is announced as such, or nothing: whatever method
// is asked for, in whatever version of the protocol, and also where the SDK
// would send a stream.
func TestToolAnswersJSON(t *testing.T) {
	s := newToolServer(t, four(), nil)
	const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",` +
		`"io.modelcontextprotocol/clientInfo":{"name":"a","version":"1"},` +
		`"io.modelcontextprotocol/clientCapabilities":{}}`
	for _, version := range []string{"", "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"} {
		for _, method := range []string{
			"initialize", "ping", "server/discover", "tools/list", "tools/call", "logging/setLevel",
			"prompts/list", "prompts/get", "tasks/list", "completion/complete", "rpc.discover",
			"resources/list", "resources/subscribe", "subscriptions/listen", "subscriptions/nothing", "nothing",
		} {
			for _, params := range []string{``, `,"params":{}`, `,"params":{"notifications":{}}`,
				`,"params":{"notifications":{},` + meta + `}`} {
				header := http.Header{}
				if version != "" {
					header.Set("Mcp-Protocol-Version", version)
				}
				if strings.Contains(params, meta) {
					header.Set("Mcp-Method", method)
				}
				res := s.send(t, `{"jsonrpc":"2.0","id":1,"method":"`+method+`"`+params+`}`, header)
				body, err := io.ReadAll(res.Body)
				if err != nil {
					t.Fatal(err)
				}
				if !isRPC(body) || res.Header.Get("Content-Type") != jsonType {
					t.Errorf("%s %s%s: %d, %s: %s", version, method, params, res.StatusCode,
						res.Header.Get("Content-Type"), body)
				}
			}
		}
		for _, name := range []string{"notifications/initialized", "notifications/cancelled", "notifications/x", "x"} {
			res := s.send(t, `{"jsonrpc":"2.0","method":"`+name+`"}`,
				http.Header{"Mcp-Protocol-Version": {version}, "Mcp-Method": {name}})
			body, err := io.ReadAll(res.Body)
			if kind, announced := res.Header["Content-Type"]; res.StatusCode != 202 || len(body) > 0 || announced ||
				err != nil {
				t.Errorf("%s %s: %d, %s: %q, %v", version, name, res.StatusCode, kind, body, err)
			}
		}
	}
}
