package funcs

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/pyexec/pyexec/funcs/mcp"
	"github.com/pyexec/pyexec/runtime"
)

// A tool's result is the reply of /execute to the same arguments, whatever
// comes of them.
func TestToolIsExecute(t *testing.T) {
	arguments := []string{
		someScript, `{"script":"x","input":{"b":1,"a":[4.0,18446744073709551617]},"stdin":"s","timeout":0.05,` +
			`"report":false}`,
		`{}`, `{"script":""}`, `{"script":1}`, `{"script":"x","Input":1}`, `{"script":"x","timeout":31}`,
		`{"script":"x","script":"y"}`,
		`{"script":"` + strings.Repeat("#", 1<<20+1) + `"}`, `{"script":"\ud800"}`,
	}
	results := []runtime.Result{
		{Status: runtime.OK, Ran: true, Value: []byte(`{"b":4.0,"a":"<é>"}`), Stdout: []byte("out\xff\n")},
		{Status: runtime.ScriptError, Ran: true, Error: "E: e", Traceback: "t", Line: 3, Denied: "d",
			Stdout: []byte("o")},
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
			if run.Tool != mcp.ToolName || run.ExecutionID != got.Meta["pyexec/execution_id"] ||
				run.Request.Code != 200 ||
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
	s := newToolServer(t,
		returning(runtime.Result{Status: runtime.OK, Ran: true, Value: []byte("1"),
			Figures: [][]byte{[]byte("\x89PNG 1"), []byte("\x89PNG 2")}}), nil)
	res := callTool(t, s.connect(t), someScript)
	if body := text1(t, res); body != `{"result":1,"stdout":""}` || len(res.Content) != 3 {
		t.Fatalf("%s and %d parts", body, len(res.Content))
	}
	for i, want := range []string{"\x89PNG 1", "\x89PNG 2"} {
		if image, ok := res.Content[1+i].(*sdk.ImageContent); !ok || string(image.Data) != want ||
			image.MIMEType != "image/png" {
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
		if w.StatusCode != tt.http || e.Code != tt.code || e.Data.Status != tt.status ||
			e.Message != outcomeOf[runtime.Status(tt.status)].text ||
			e.Data.ExecutionID != w.Header.Get("X-Execution-Id") ||
			(w.Header.Get("Retry-After") != "") != (tt.http != 500) {
			t.Errorf("%v: %d %v %s", tt.err, w.StatusCode, w.Header, body)
		}
		run := s.recorded(t, 1)[0]
		if run.Status != tt.status || run.Request.Code != tt.http ||
			(tt.http == 500) != (run.Problem == "secret detail") {
			t.Errorf("%v: record %+v", tt.err, run)
		}
	}
}

// A panic on the SDK's goroutine must not end the process.
func TestToolPanics(t *testing.T) {
	runner := &fakeRunner{info: testInfo(),
		run: func(context.Context, runtime.Job, runtime.Hooks) (runtime.Result, error) { panic("boom") }}
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
	runner := &fakeRunner{info: testInfo(),
		run: func(ctx context.Context, _ runtime.Job, _ runtime.Hooks) (runtime.Result, error) {
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
		_, err := session.CallTool(ctx,
			&sdk.CallToolParams{Name: mcp.ToolName, Arguments: json.RawMessage(someScript)})
		if err == nil {
			t.Error("an answer came")
		}
	})
	leave(func(ctx context.Context) {
		body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run_python","arguments":` +
			someScript + `}}`
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
