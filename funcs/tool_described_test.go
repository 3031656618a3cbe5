package funcs

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/pyexec/pyexec/funcs/mcp"
	"github.com/pyexec/pyexec/runtime"
)

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
	for _, want := range []string{"Python 3.11.11", "numpy 2.1.0", "os, subprocess", "30 s of wall clock",
		"512 MiB of memory", "16 threads", mcp.ExampleArguments, mcp.ExampleReply} {
		if !strings.Contains(tool.Description, want) {
			t.Errorf("the description lacks %q:\n%s", want, tool.Description)
		}
	}
	input := schemaOf(t, tool.InputSchema)
	for _, f := range fields {
		if input.Properties[f.name] == nil && f.name != "cases" {
			t.Errorf("the input schema lacks %s", f.name)
		}
	}
	if len(input.Properties) != len(fields)-1 || *input.Properties["timeout"].Value.Max != 30 {
		t.Errorf("input schema: %+v", tool.InputSchema)
	}
	if kinds := input.Properties["input"].Value.Type.Slice(); !slices.Equal(kinds,
		[]string{"object", "array", "string", "number", "boolean", "null"}) {
		t.Errorf("the argument input is of the types %v", kinds)
	}
	for name, p := range input.Properties {
		if p.Value.Default != nil && name != "timeout" {
			t.Errorf("the argument %s has a default", name)
		}
	}
	output := schemaOf(t, tool.OutputSchema)
	for _, body := range []string{`{"result":1,"stdout":""}`,
		`{"results":[{"result":1,"stdout":"","passed":true}],"summary":{"count":1,"failed":0,"expected":1,"passed":1}}`,
		`{"error":"e","status":"timeout","stdout":"","stderr":""}`} {
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
