package funcs

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/runtime"
)

// BenchmarkReplies measures the cost of a reply, small and large, by endpoint.
func BenchmarkReplies(b *testing.B) {
	small := runtime.Result{Status: runtime.OK, Ran: true, Value: []byte("4"),
		Stdout: []byte("Calculating: 2 + 2\n")}
	large := small
	large.Value = []byte(`"` + strings.Repeat("x", 1<<19) + `"`)
	large.Stdout = []byte(strings.Repeat("a line of output\n", 1<<15))
	event := fmt.Sprintf(`{"message":{"messageId":"1","data":%q}}`,
		base64.StdEncoding.EncodeToString([]byte(someScript)))
	for _, bb := range []struct {
		name, path, body string
		res              runtime.Result
	}{
		{"execute/small", "/execute", someScript, small},
		{"execute/large", "/execute", someScript, large},
		{"event/small", "/events", event, small},
		{"event/large", "/events", event, large},
		{"tool/small", "/mcp", toolCall, small},
		{"tool/large", "/mcp", toolCall, large},
	} {
		b.Run(bb.name, func(b *testing.B) {
			runner := &constant{info: testInfo(), res: bb.res}
			h := handlerWith(runner, Options{BodyBytes: testBodyBytes, Results: nowhere{}, MCP: true})
			b.ReportAllocs()
			for b.Loop() {
				r := newRequest("POST", bb.path, "application/json", bb.body)
				r.Header.Set("Accept", "application/json, text/event-stream")
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if w.Code != 200 {
					b.Fatalf("%d %s", w.Code, w.Body)
				}
			}
		})
	}
}

func BenchmarkExecute(b *testing.B) {
	runner := &constant{info: testInfo(),
		res: runtime.Result{Status: runtime.OK, Ran: true, Value: []byte("4"),
			Stdout: []byte("Calculating: 2 + 2\n")}}
	h := newTestHandler(runner)
	body := `{"script":"def main():\n    result = 2 + 2\n    print(f'Calculating: 2 + 2')\n    return result"}`
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), newRequest("POST", "/execute", "application/json", body))
	}
}

type constant struct {
	info runtime.Info
	res  runtime.Result
}

func (c *constant) RunCases(
	context.Context, runtime.Batch, runtime.Hooks, func(int, runtime.Result) error,
) error {
	return nil
}

func (c *constant) Run(context.Context, runtime.Job, runtime.Hooks) (runtime.Result, error) {
	return c.res, nil
}
func (c *constant) Health() error      { return nil }
func (c *constant) Info() runtime.Info { return c.info }
