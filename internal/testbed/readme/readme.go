// Package readme runs the examples of README.md, for tests: what it shows has
// to be what every server answers, however it is deployed.
package readme

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
)

// Local is the server that the examples call.
const Local = "http://localhost:8080"

// Example is a command of the README and what it prints.
type Example struct {
	// Language is sh or powershell.
	Language string
	// Command is the whole block, Output what is printed, without the line end.
	Command, Output string
}

var (
	block = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")
	// powerShell is the one form of PowerShell that Run knows.
	powerShell = regexp.MustCompile(`(?s)^\$script = @'\n(.*)\n'@\n\$body = @\{ script = \$script \} \| ConvertTo-Json\nInvoke-RestMethod .*-Body \$body\n$`)
)

// Examples lists every block of sh or PowerShell in a file that a block of JSON
// follows.
func Examples(file string) ([]Example, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("readme: %w", err)
	}
	blocks := block.FindAllStringSubmatch(string(data), -1)
	var out []Example
	for i, b := range blocks {
		if i == 0 || b[1] != "json" {
			continue
		}
		e := Example{Language: blocks[i-1][1], Command: blocks[i-1][2], Output: strings.TrimSpace(b[2])}
		if !strings.Contains(e.Command, Local) {
			return nil, fmt.Errorf("readme: %s: %s: does not call %s", file, e.Name(), Local)
		}
		out = append(out, e)
	}
	return out, nil
}

// Name is the example's first line.
func (e Example) Name() string { return strings.Split(e.Command, "\n")[0] }

// Run runs the example against the server at url and returns what was printed,
// without the line end. It needs bash and what the example calls.
func (e Example) Run(ctx context.Context, url string) (string, error) {
	command := strings.ReplaceAll(e.Command, Local, url)
	var stdin string
	if e.Language == "powershell" {
		body, err := e.powerShellBody()
		if err != nil {
			return "", err
		}
		stdin = body
		command = "curl -sS " + url + "/execute -H 'Content-Type: application/json; charset=utf-8' --data-binary @-"
	}
	cmd := exec.CommandContext(ctx, "bash", "-c", command)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("readme: %s: %w: %s", e.Name(), err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// powerShellBody does what the README's PowerShell does: take the here-string
// with the line ends of Windows and hand it to ConvertTo-Json, whose layout it
// copies. PowerShell itself is not to be had where these tests run.
func (e Example) powerShellBody() (string, error) {
	m := powerShell.FindStringSubmatch(e.Command)
	if m == nil {
		return "", errors.New("readme: PowerShell is not of the form that this package knows:\n" + e.Command)
	}
	script, err := json.Marshal(strings.ReplaceAll(m[1], "\n", "\r\n"))
	if err != nil {
		return "", err
	}
	return "{\r\n    \"script\":  " + string(script) + "\r\n}", nil
}
