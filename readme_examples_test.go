package pyexec

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// readmeExample is a command of the README and what it prints.
type readmeExample struct {
	language, command, output string
}

// readmeExamples lists every block of sh or PowerShell that a block of JSON
// follows.
func readmeExamples(t *testing.T) []readmeExample {
	t.Helper()
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$").FindAllStringSubmatch(string(data), -1)
	var out []readmeExample
	for i, b := range blocks[1:] {
		if command := blocks[i]; b[1] == "json" {
			out = append(out, readmeExample{command[1], command[2], strings.TrimSpace(b[2])})
		}
	}
	return out
}

// The examples of the README, run as they stand against a real server.
func TestREADMEExamples(t *testing.T) {
	server := live(t)
	examples := readmeExamples(t)
	if len(examples) < 5 {
		t.Fatalf("README.md: %d examples found", len(examples))
	}
	const local = "http://localhost:8080"
	languages := map[string]int{}
	for _, e := range examples {
		languages[e.language]++
		name := strings.Split(e.command, "\n")[0]
		if !strings.Contains(e.command, local) {
			t.Errorf("%s: does not use %s", name, local)
		}
		t.Run(name, func(t *testing.T) {
			got := ""
			if e.language == "powershell" {
				got = server.post(t, []byte(powerShellBody(t, e.command))).body
			} else {
				out, err := exec.CommandContext(t.Context(), "bash", "-c", strings.ReplaceAll(e.command, local, server.http.URL)).CombinedOutput()
				if err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				got = strings.TrimSpace(string(out))
			}
			if got != e.output {
				t.Errorf("printed\n got %s\nwant %s", got, e.output)
			}
		})
	}
	if languages["sh"] == 0 || languages["powershell"] == 0 {
		t.Errorf("README.md: examples %v, want both languages", languages)
	}
}

// powerShellBody does what the README's PowerShell does: take the here-string
// with the line ends of Windows and hand it to ConvertTo-Json, whose layout it
// copies. PowerShell itself is not to be had where these tests run.
func powerShellBody(t *testing.T, command string) string {
	t.Helper()
	m := regexp.MustCompile(`(?s)^\$script = @'\n(.*)\n'@\n\$body = @\{ script = \$script \} \| ConvertTo-Json\nInvoke-RestMethod .*-Body \$body\n$`).FindStringSubmatch(command)
	if m == nil {
		t.Fatalf("not of the form this test knows:\n%s", command)
	}
	script, err := json.Marshal(strings.ReplaceAll(m[1], "\n", "\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	return "{\r\n    \"script\":  " + string(script) + "\r\n}"
}
