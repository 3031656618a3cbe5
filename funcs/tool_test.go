package funcs

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/pyexec/pyexec/funcs/mcp"
	"github.com/pyexec/pyexec/runtime"
)

// toolServer serves runner, /mcp included, and keeps the records of its runs.
type toolServer struct {
	*httptest.Server
	mu   sync.Mutex
	runs []*Run
}

func (s *toolServer) Later(r *Run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs = append(s.runs, r)
}
func (s *toolServer) Now(r *Run) { s.Later(r) }

// recorded waits for n records.
func (s *toolServer) recorded(t *testing.T, n int) []*Run {
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
	s.Server = httptest.NewServer(NewHandler(runner, opts))
	t.Cleanup(s.Close)
	return s
}

// connect is the SDK's own client, connected.
func (s *toolServer) connect(t *testing.T) *sdk.ClientSession {
	t.Helper()
	client := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &sdk.StreamableClientTransport{Endpoint: s.URL + "/mcp", MaxRetries: -1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { session.Close() })
	return session
}

func callTool(t *testing.T, session *sdk.ClientSession, arguments string) *sdk.CallToolResult {
	t.Helper()
	res, err := session.CallTool(t.Context(), &sdk.CallToolParams{Name: mcp.ToolName, Arguments: json.RawMessage(arguments)})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// text is the first part of a result.
func text1(t *testing.T, res *sdk.CallToolResult) string {
	t.Helper()
	text, ok := res.Content[0].(*sdk.TextContent)
	if !ok {
		t.Fatalf("content: %#v", res.Content[0])
	}
	return text.Text
}

// A tool's result is the reply of /execute to the same arguments, whatever
// comes of them.
func TestToolIsExecute(t *testing.T) {
	arguments := []string{
		someScript, `{"script":"x","input":{"b":1,"a":[4.0,18446744073709551617]},"stdin":"s","timeout":0.05,"report":false}`,
		`{}`, `{"script":""}`, `{"script":1}`, `{"script":"x","Input":1}`, `{"script":"x","timeout":31}`, `{"script":"x","script":"y"}`,
		`{"script":"` + strings.Repeat("#", 1<<20+1) + `"}`, `{"script":"\ud800"}`,
	}
	results := []runtime.Result{
		{Status: runtime.OK, Ran: true, Value: []byte(`{"b":4.0,"a":"<é>"}`), Stdout: []byte("out\xff\n")},
		{Status: runtime.ScriptError, Ran: true, Error: "E: e", Traceback: "t", Line: 3, Denied: "d", Stdout: []byte("o")},
		{Status: runtime.MainMissing, Error: "m"},
		{Status: runtime.Timeout, Ran: true, Error: "late"},
	}
	for _, res := range results {
		runner := returning(res)
		s := newToolServer(t, runner, nil)
		session := s.connect(t)
		for i, args := range arguments {
			plain := post(runner, args)
			got := callTool(t, session, args)
			body := text1(t, got)
			if body != plain.Body.String() {
				t.Errorf("%s: %.60s:\n got %s\nwant %s", res.Status, args, body, plain.Body)
			}
			if ok := plain.Code == 200; got.IsError == ok {
				t.Errorf("%s: %.60s: isError %v", res.Status, args, got.IsError)
			}
			structured, err := json.Marshal(got.StructuredContent)
			if err != nil || !sameJSON(t, structured, []byte(body)) {
				t.Errorf("%s: %.60s: structured content %s, %v", res.Status, args, structured, err)
			}
			run := s.recorded(t, i+1)[i]
			if run.Tool != mcp.ToolName || run.ExecutionID != got.Meta["pyexec/execution_id"] || run.Request.Code != 200 ||
				string(run.Reply) != body || run.Request.RequestBytes < int64(len(args)) {
				t.Errorf("%s: %.60s: record %+v", res.Status, args, run)
			}
		}
	}
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	p, _ := json.Marshal(x)
	q, _ := json.Marshal(y)
	return string(p) == string(q)
}

// Figures are images, and no longer part of the text.
func TestToolFigures(t *testing.T) {
	s := newToolServer(t, returning(runtime.Result{Status: runtime.OK, Ran: true, Value: []byte("1"), Figures: [][]byte{[]byte("\x89PNG 1"), []byte("\x89PNG 2")}}), nil)
	res := callTool(t, s.connect(t), someScript)
	if body := text1(t, res); body != `{"result":1,"stdout":""}` || len(res.Content) != 3 {
		t.Fatalf("%s and %d parts", body, len(res.Content))
	}
	for i, want := range []string{"\x89PNG 1", "\x89PNG 2"} {
		if image, ok := res.Content[1+i].(*sdk.ImageContent); !ok || string(image.Data) != want || image.MIMEType != "image/png" {
			t.Errorf("%d: %+v", i, res.Content[1+i])
		}
	}
}

// The service's own failures are errors of the protocol, with the HTTP status
// and the headers that /execute has for them.
func TestToolFaults(t *testing.T) {
	for _, tt := range []struct {
		err    error
		http   int
		status string
		code   int64
	}{
		{runtime.ErrOverloaded, 429, "overloaded", -32000},
		{runtime.ErrUnavailable, 503, "unavailable", -32000},
		{errors.New("secret detail"), 500, "internal_error", jsonrpc.CodeInternalError},
	} {
		s := newToolServer(t, failing(tt.err), nil)
		w := s.call(t, someScript)
		var reply struct {
			Error struct {
				Code    int64
				Message string
				Data    struct {
					Status      string
					ExecutionID string `json:"execution_id"`
				}
			}
		}
		body, _ := io.ReadAll(w.Body)
		if err := json.Unmarshal(body, &reply); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		e := reply.Error
		if w.StatusCode != tt.http || e.Code != tt.code || e.Data.Status != tt.status || e.Message != outcomeOf[runtime.Status(tt.status)].text ||
			e.Data.ExecutionID != w.Header.Get("X-Execution-Id") || (w.Header.Get("Retry-After") != "") != (tt.http != 500) {
			t.Errorf("%v: %d %v %s", tt.err, w.StatusCode, w.Header, body)
		}
		run := s.recorded(t, 1)[0]
		if run.Status != tt.status || run.Request.Code != tt.http || (tt.http == 500) != (run.Problem == "secret detail") {
			t.Errorf("%v: record %+v", tt.err, run)
		}
	}
}

// call sends one call of the tool as a client of an older protocol would,
// without a handshake.
func (s *toolServer) call(t *testing.T, arguments string) *http.Response {
	t.Helper()
	return s.send(t, `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"run_python","arguments":`+arguments+`}}`, nil)
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

// A panic on the SDK's goroutine must not end the process.
func TestToolPanics(t *testing.T) {
	runner := &fakeRunner{info: testInfo(), run: func(context.Context, runtime.Job) (runtime.Result, error) { panic("boom") }}
	s := newToolServer(t, runner, nil)
	if res := s.call(t, someScript); res.StatusCode != 500 {
		t.Errorf("%s", res.Status)
	}
	if run := s.recorded(t, 1)[0]; !strings.Contains(run.Problem, "boom") || run.Status != "internal_error" {
		t.Errorf("record %+v", run)
	}
}

// A client that leaves ends its run, whatever version of the protocol it
// speaks, and the record says so.
func TestToolClientLeaves(t *testing.T) {
	began, ended := make(chan struct{}, 1), make(chan struct{}, 1)
	runner := &fakeRunner{info: testInfo(), run: func(ctx context.Context, _ runtime.Job) (runtime.Result, error) {
		began <- struct{}{}
		<-ctx.Done()
		ended <- struct{}{}
		return runtime.Result{}, ctx.Err()
	}}
	s := newToolServer(t, runner, nil)
	leave := func(call func(ctx context.Context)) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); call(ctx) }()
		<-began
		cancel()
		<-ended
		<-done
	}
	session := s.connect(t)
	leave(func(ctx context.Context) {
		_, err := session.CallTool(ctx, &sdk.CallToolParams{Name: mcp.ToolName, Arguments: json.RawMessage(someScript)})
		if err == nil {
			t.Error("an answer came")
		}
	})
	leave(func(ctx context.Context) {
		body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run_python","arguments":` + someScript + `}}`
		req, _ := http.NewRequestWithContext(ctx, "POST", s.URL+"/mcp", strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		if res, err := http.DefaultClient.Do(req); err == nil {
			res.Body.Close()
			t.Error("an answer came")
		}
	})
	for _, run := range s.recorded(t, 2) {
		if run.Status != statusCanceled || run.Request.Code != 0 {
			t.Errorf("record %+v", run)
		}
	}
}

// What is refused before the protocol, in the words of the service.
func TestToolRefusals(t *testing.T) {
	runner := four()
	s := newToolServer(t, runner, nil)
	const ping = `{"jsonrpc":"2.0","id":1,"method":"ping"}`
	for name, tt := range map[string]struct {
		body   string
		header http.Header
		code   int
		says   string
	}{
		"no JSON":            {`{"jsonrpc"`, nil, 400, "request body must be valid JSON"},
		"empty":              {``, nil, 400, "it is empty"},
		"batch":              {` [` + ping + `]`, nil, 400, "batches are not accepted"},
		"string":             {`"x"`, nil, 400, "one JSON-RPC message"},
		"no message":         {`{}`, nil, 400, "MCP: "},
		"deep":               {strings.Repeat(`[`, 1<<20) + strings.Repeat(`]`, 1<<20), nil, 400, "nested"},
		"rather deep":        {`{"jsonrpc":"2.0","id":1,"method":"ping","params":` + strings.Repeat(`{"a":`, 5000) + `1` + strings.Repeat(`}`, 5000) + `}`, nil, 400, "MCP: "},
		"not UTF-8":          {"{\"a\":\"\xff\"}", nil, 400, "must be UTF-8"},
		"too large":          {`{"a":"` + strings.Repeat("x", testBodyBytes+messageBytes) + `"}`, nil, 413, "must be at most"},
		"form":               {"a=b", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, 415, "Content-Type must be application/json"},
		"rebound name":       {ping, http.Header{"Host": {"evil.example"}}, 403, `host: \"evil.example\"`},
		"other origin":       {ping, http.Header{"Origin": {"https://evil.example"}}, 403, "another origin"},
		"unknown version":    {ping, http.Header{"Mcp-Protocol-Version": {"1999-01-01"}}, 400, "2025-06-18"},
		"unknown method":     {`{"jsonrpc":"2.0","id":1,"method":"nothing"}`, nil, 400, "nothing"},
		"endless connection": {`{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"a","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}`, http.Header{"Mcp-Protocol-Version": {"2026-07-28"}, "Mcp-Method": {"subscriptions/listen"}}, 404, "not found"},
		"unknown tool":       {`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"rm"}}`, nil, 200, `unknown tool`},
	} {
		t.Run(name, func(t *testing.T) {
			res := s.send(t, tt.body, tt.header)
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != tt.code || !strings.Contains(string(body), tt.says) || !json.Valid(body) {
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
		if w := serveTool(runner, method, true); w.Code != 405 || w.Header().Get("Allow") != "POST" {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
	if w := serveTool(runner, "POST", false); w.Code != 404 {
		t.Errorf("switched off: %d", w.Code)
	}
}

func serveTool(runner Runner, method string, on bool) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	NewHandler(runner, Options{BodyBytes: testBodyBytes, MCP: on}).ServeHTTP(w, newRequest(method, "/mcp", "application/json", `{}`))
	return w
}

// The description is that of the service that runs, and the schemas have every
// field of the contract.
func TestToolDescription(t *testing.T) {
	s := newToolServer(t, four(), nil)
	list, err := s.connect(t).ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Tools) != 1 || list.Tools[0].Name != mcp.ToolName {
		t.Fatalf("%+v", list.Tools)
	}
	tool := list.Tools[0]
	for _, want := range []string{"Python 3.11.11", "numpy 2.1.0", "os, subprocess", "30 s of wall clock", "512 MiB of memory", "16 threads", mcp.ExampleArguments, mcp.ExampleReply} {
		if !strings.Contains(tool.Description, want) {
			t.Errorf("the description lacks %q:\n%s", want, tool.Description)
		}
	}
	input := schemaOf(t, tool.InputSchema)
	for _, f := range fields {
		if input.Properties[f.name] == nil {
			t.Errorf("the input schema lacks %s", f.name)
		}
	}
	if len(input.Properties) != len(fields) || *input.Properties["timeout"].Value.Max != 30 {
		t.Errorf("input schema: %+v", tool.InputSchema)
	}
	output := schemaOf(t, tool.OutputSchema)
	for _, body := range []string{`{"result":1,"stdout":""}`, `{"error":"e","status":"timeout","stdout":"","stderr":""}`} {
		var v any
		_ = json.Unmarshal([]byte(body), &v)
		if err := output.VisitJSON(v); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
	if output.VisitJSON(map[string]any{"stdout": ""}) == nil {
		t.Error("the output schema takes anything")
	}
}

func schemaOf(t *testing.T, v any) *openapi3.Schema {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), "$ref") {
		t.Errorf("a reference is left: %s", data)
	}
	s := openapi3.NewSchema()
	if err := s.UnmarshalJSON(data); err != nil {
		t.Fatal(err)
	}
	return s
}

// Whoever asks during the start is told what the service offers, not what was
// known of it before.
func TestToolWaitsForTheStart(t *testing.T) {
	complete := make(chan struct{})
	runner := four()
	full := runner.info
	runner.info = runtime.Info{Limits: full.Limits}
	s := newToolServer(t, runner, func(o *Options) { o.Complete = complete })
	got := make(chan string)
	go func() {
		res := s.send(t, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, nil)
		body, _ := io.ReadAll(res.Body)
		got <- string(body)
	}()
	select {
	case body := <-got:
		t.Fatalf("an answer before the start is over: %s", body)
	case <-time.After(50 * time.Millisecond):
	}
	runner.setInfo(full)
	close(complete)
	if body := <-got; !strings.Contains(body, "numpy 2.1.0") {
		t.Error(body)
	}
}
