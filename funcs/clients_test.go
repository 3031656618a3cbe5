package funcs

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/funcs/web"
	"github.com/pyexec/pyexec/runtime"
)

// The commands of the documentation are run as a reader would paste them, and
// must bring the very request of the example. Programs that this machine
// lacks are skipped by name.
func TestPastedCommands(t *testing.T) {
	byScript := map[string]web.Example{}
	for _, e := range web.Examples() {
		byScript[e.Script] = e
	}
	runner := four()
	runner.run = func(ctx context.Context, job runtime.Job) (runtime.Result, error) {
		e, ok := byScript[job.Script]
		if !ok {
			t.Errorf("script %q is in no example", job.Script)
		}
		return documented(e).Run(ctx, job)
	}
	server := httptest.NewServer(newTestHandler(runner))
	defer server.Close()
	req := httptest.NewRequest("GET", server.URL+"/", nil)
	var doc web.Document
	if err := json.Unmarshal(serve(runner, req).Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	for _, client := range []struct {
		program string
		args    []string
		source  func(web.Sample) string
	}{
		{"curl", []string{"sh", "-c"}, func(s web.Sample) string { return s.Curl }},
		{"python3", []string{"python3", "-c"}, func(s web.Sample) string { return s.Python }},
		{"node", []string{"node", "--input-type=module", "-e"}, func(s web.Sample) string { return s.JavaScript }},
		{"pwsh", []string{"pwsh", "-NoProfile", "-Command"}, func(s web.Sample) string { return s.PowerShell }},
	} {
		t.Run(client.program, func(t *testing.T) {
			if _, err := exec.LookPath(client.program); err != nil {
				if os.Getenv("CI") == "true" && (client.program == "curl" || client.program == "python3") {
					t.Fatalf("%s is not installed: CI has it", client.program)
				}
				t.Skipf("SKIPPED: %s is not installed: its examples are not tried", client.program)
			}
			for _, s := range doc.Examples {
				t.Run(s.Name, func(t *testing.T) {
					t.Parallel()
					if client.program == "pwsh" && s.Status != 200 {
						return // it throws, as documented
					}
					out, err := exec.CommandContext(t.Context(), client.args[0], append(client.args[1:], client.source(s))...).CombinedOutput()
					if err != nil {
						t.Fatalf("%v: %s", err, out)
					}
					if got := strings.TrimSpace(string(out)); compact(t, got) != compact(t, string(s.Response)) {
						t.Errorf("reply\n got %s\nwant %s", got, s.Response)
					}
				})
			}
		})
	}
}

// compact makes JSON comparable that a client has printed its own way.
func compact(t *testing.T, text string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	b, _ := json.Marshal(v)
	return string(b)
}
