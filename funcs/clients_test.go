package funcs

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/funcs/web"
	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/runtime"
)

// The commands of the documentation are run as a reader would paste them, and
// must bring the very request of the example. Programs that this machine
// lacks are skipped by name.
func TestPastedCommands(t *testing.T) {
	need.Time(t, "starts each client many times")
	runner := documentedRunner(t)
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
		source  func(web.Commands) string
	}{
		{"curl", []string{"sh", "-c"}, func(c web.Commands) string { return c.Curl }},
		{"python3", []string{"python3", "-c"}, func(c web.Commands) string { return c.Python }},
		{"node", []string{"node", "--input-type=module", "-e"},
			func(c web.Commands) string { return c.JavaScript }},
		{"pwsh", []string{"pwsh", "-NoProfile", "-Command"}, func(c web.Commands) string { return c.PowerShell }},
	} {
		t.Run(client.program, func(t *testing.T) {
			if _, err := exec.LookPath(client.program); err != nil && client.program == "pwsh" {
				need.Elsewhere(t, "PowerShell is not installed, not even on CI: its examples are not tried")
			}
			need.Programs(t, client.program)
			for _, s := range doc.Examples {
				t.Run(s.Name, func(t *testing.T) {
					t.Parallel()
					if client.program == "pwsh" && s.Status != 200 {
						return // it throws, as documented
					}
					if got := paste(t, client.args, client.source(s.Commands)); compact(t, got) != compact(t,
						string(s.Response)) {
						t.Errorf("reply\n got %s\nwant %s", got, s.Response)
					}
				})
			}
			for _, e := range doc.Endpoints {
				t.Run(e.Path, func(t *testing.T) {
					t.Parallel()
					if got := compact(t, paste(t, client.args, client.source(e.Commands))); strings.HasPrefix(got,
						`{"error"`) {
						t.Errorf("reply %s", got)
					}
				})
			}
		})
	}
}

// paste runs a command and returns what it printed.
func paste(t *testing.T, args []string, command string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), args[0],
		append(args[1:len(args):len(args)], command)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

// documentedRunner answers the scripts of all examples, and that of the
// messages in the documentation, as documented.
func documentedRunner(t *testing.T) *fakeRunner {
	byScript := map[string]web.Example{}
	for _, e := range web.Examples() {
		byScript[e.Script] = e
	}
	runner := four()
	runner.run = func(ctx context.Context, job runtime.Job, hooks runtime.Hooks) (runtime.Result, error) {
		if job.Script == "def main():\n    return 6 * 7" || job.Script == "def main(): return 6 * 7" {
			return runtime.Result{Status: runtime.OK, Value: []byte("42"), Ran: true}, nil
		}
		e, ok := byScript[job.Script]
		if !ok {
			t.Errorf("script %q is in no example", job.Script)
		}
		return documented(e).Run(ctx, job, hooks)
	}
	return runner
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
