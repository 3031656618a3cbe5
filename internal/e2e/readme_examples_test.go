package e2e

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/readme"
)

// readmeExamples are the examples of the README.
func readmeExamples(t *testing.T) []readme.Example {
	t.Helper()
	examples, err := readme.Examples("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if len(examples) < 8 {
		t.Fatalf("README.md: %d examples found", len(examples))
	}
	return examples
}

func TestREADMEExamples(t *testing.T) {
	readme.Run(t, live(t).http.URL, readmeExamples(t))
}

// psScript and psReply are the README's example for PowerShell.
const (
	psScript = "def main():\n    x, y = 10, 5\n    result = x * y\n    print(f\"{x} * {y} = {result}\")\n    " +
		"return result"
	psReply = `{"result":50,"stdout":"10 * 5 = 50\n"}`
)

// powerShellBodies are what ConvertTo-Json makes of such scripts: with the line
// ends of the machine, in the layout of the edition, and with more escapes in
// Windows' own edition.
var powerShellBodies = []struct{ edition, body, reply string }{
	{"5.1", "{\r\n    \"script\":  \"def main():\\r\\n    x, y = 10, 5\\r\\n    result = x * y\\r\\n" +
		"    print(f\\\"{x} * {y} = {result}\\\")\\r\\n    return result\"\r\n}", psReply},
	{"7 on Windows", "{\r\n  \"script\": \"def main():\\r\\n    x, y = 10, 5\\r\\n    result = x * y\\r\\n" +
		"    print(f\\\"{x} * {y} = {result}\\\")\\r\\n    return result\"\r\n}", psReply},
	{"7 elsewhere", "{\n  \"script\": \"def main():\\n    x, y = 10, 5\\n    result = x * y\\n" +
		"    print(f\\\"{x} * {y} = {result}\\\")\\n    return result\"\n}", psReply},
	{"5.1, quotes and signs", "{\r\n    \"script\":  \"def main():\\r\\n    return \\u0027\\u003ca\\u003e " +
		"\\u0026 b\\u0027\"\r\n}",
		`{"result":"<a> & b","stdout":""}`},
	{"5.1, two members", "{\r\n    \"script\":  \"def main(x):\\r\\n    return x\",\r\n    \"input\":  [\r\n" +
		"                  1,\r\n                  2\r\n              ]\r\n}", `{"result":[1,2],"stdout":""}`},
}

// What PowerShell sends is understood, and the README's example is such a body.
func TestPowerShell(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := "```powershell\n$script = @'\n" + psScript + "\n'@\n$body = @{ script = $script } | ConvertTo-Json\n" +
		"Invoke-RestMethod http://localhost:8080/execute -Method Post " +
		"-ContentType 'application/json; charset=utf-8' -Body $body\n```\n```json\n" + psReply + "\n```\n"
	if !strings.Contains(string(text), shown) {
		t.Errorf("README.md: is not the example that is tried here:\n%s", shown)
	}
	for _, tt := range powerShellBodies {
		t.Run(tt.edition, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, live(t).http.URL+"/execute",
				strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json; charset=utf-8")
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if got, err := io.ReadAll(resp.Body); err != nil || strings.TrimSpace(string(got)) != tt.reply {
				t.Errorf("%v, %s, want %s", err, got, tt.reply)
			}
		})
	}
}
