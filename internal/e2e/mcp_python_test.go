package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/internal/testbed/need"
)

// pythonClient returns the path of a Python that has the official SDK. It is
// made once and kept in the cache. Where it can't be had the test is skipped,
// loudly; on our own CI it fails.
func pythonClient(t *testing.T) string {
	t.Helper()
	const wanted = "testdata/mcp/requirements.txt"
	requirements, err := os.ReadFile(wanted)
	if err != nil {
		t.Fatal(err)
	}
	cache, err := config.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, fmt.Sprintf("test-mcp-%x", sha256.Sum256(requirements)))
	python := func(dir string) string { return filepath.Join(dir, "bin", "python") }
	if _, err := os.Stat(python(dir)); err == nil {
		return python(dir)
	}
	making, err := os.MkdirTemp(cache, "test-mcp-making-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(making)
	for _, args := range [][]string{
		{"python3", "-m", "venv", making},
		{python(making), "-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check",
			"--no-deps", "-r", wanted},
	} {
		if out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
			need.Unmet(t, "the Python client: %q: %v: %s", args, err, out)
		}
	}
	if err := os.Rename(making, dir); err != nil {
		t.Fatal(err)
	}
	return python(dir)
}

// A client with which we share no line of code understands us, in the protocol
// of today and in the one before.
func TestToolWithThePythonClient(t *testing.T) {
	need.Time(t, "the client is installed from the network")
	server := live(t)
	python := pythonClient(t)
	for _, mode := range []string{"auto", "legacy"} {
		t.Run(mode, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), python, "testdata/mcp/client.py", server.http.URL+"/mcp", mode)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v\n%s", err, stderr.String())
			}
			var seen struct {
				Tool  struct{ Name, Description string }
				Calls map[string]json.RawMessage
			}
			if err := json.Unmarshal(out, &seen); err != nil {
				t.Fatalf("%s: %v", out, err)
			}
			python := "Python " + live(t).python(t) + "."
			if seen.Tool.Name != "run_python" || !strings.Contains(seen.Tool.Description, python) {
				t.Errorf("tool %+v", seen.Tool)
			}
			for name, wants := range map[string][]string{
				"result": {`"error": false`, `"structured": {"result": {"double": 42.0}, "stdout": "out\n"}`},
				"exception": {`"error": true`, `"ZeroDivisionError: division by zero"`, `"line": 2`,
					`"status": "script_error"`},
				"denied":       {`"error": true`, `"denied": "network access is not available to scripts`},
				"bad field":    {`"error": true`, `"status": "invalid_request"`},
				"unknown tool": {"no_such_tool"},
			} {
				for _, want := range wants {
					if !strings.Contains(string(seen.Calls[name]), want) {
						t.Errorf("%s lacks %s: %s", name, want, seen.Calls[name])
					}
				}
			}
		})
	}
}
