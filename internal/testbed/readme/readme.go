// Package readme runs the examples of README.md, for tests: what it shows has
// to be what every server answers, however it is deployed.
package readme

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// Local is the server that the examples call.
const Local = "http://localhost:8080"

// Example is a command of the README and what it prints.
type Example struct {
	// Command is the whole block, Output what is printed, without the line end.
	Command, Output string
}

var (
	block    = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")
	programs = regexp.MustCompile(`\b(curl|python3|base64)\b`)
)

// Examples lists every block of sh in a file that a block of JSON follows.
func Examples(file string) ([]Example, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("readme: %w", err)
	}
	blocks := block.FindAllStringSubmatch(string(data), -1)
	var out []Example
	for i, b := range blocks {
		if i == 0 || b[1] != "json" || blocks[i-1][1] != "sh" {
			continue
		}
		e := Example{Command: blocks[i-1][2], Output: strings.TrimSpace(b[2])}
		if !strings.Contains(e.Command, Local) {
			return nil, fmt.Errorf("readme: %s: %s: does not call %s", file, e.Name(), Local)
		}
		out = append(out, e)
	}
	return out, nil
}

// Name is the example's first line.
func (e Example) Name() string { return strings.Split(e.Command, "\n")[0] }

// Programs are those that the example calls, bash among them, which runs it.
func (e Example) Programs() []string {
	return append(programs.FindAllString(e.Command, -1), "bash")
}

// Run runs the example against the server at url and returns what was printed,
// without the line end.
func (e Example) Run(ctx context.Context, url string) (string, error) {
	cmd := exec.CommandContext(ctx, "bash", "-c", strings.ReplaceAll(e.Command, Local, url))
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("readme: %s: %w: %s", e.Name(), err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// Run runs examples as they stand against the server at url, each as a test of its
// own. One whose programs are not here is skipped, loudly.
func Run(t *testing.T, url string, examples []Example) {
	t.Helper()
	for _, e := range examples {
		t.Run(e.Name(), func(t *testing.T) {
			need.Programs(t, e.Programs()...)
			got, err := e.Run(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			if got != e.Output {
				t.Errorf("printed\n got %s\nwant %s", got, e.Output)
			}
		})
	}
}
