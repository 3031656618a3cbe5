package web

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/runtime"
)

// Examples that the playground has no fields for are shown, but not offered there.
func TestExamplesInThePlayground(t *testing.T) {
	for _, s := range NewDocument(Facts{}).Examples {
		if many := s.Name == "inputs" || s.Name == "cases"; s.InPlayground() == many {
			t.Errorf("%s: in the playground: %v", s.Name, !many)
		}
	}
}

// The functions that write commands rely on these.
func TestExamplesAreFitForCommands(t *testing.T) {
	name := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	seen := map[string]bool{}
	for _, e := range Examples() {
		if !name.MatchString(e.Name) || seen[e.Name] || e.Title == "" {
			t.Errorf("%s: name or title", e.Name)
		}
		seen[e.Name] = true
		if !json.Valid(e.Request) || !json.Valid(e.Response) || e.Status < 200 {
			t.Errorf("%s: not valid", e.Name)
		}
		var request struct{ Script string }
		if err := json.Unmarshal(e.Request, &request); err != nil || request.Script != e.Script {
			t.Errorf("%s: request %s", e.Name, e.Request)
		}
		if strings.Contains("\n"+e.Script, "\n'@") {
			t.Errorf("%s: ends a here-string of PowerShell", e.Name)
		}
		if strings.Contains(string(e.Request), "\nJSON") {
			t.Errorf("%s: ends the here-document", e.Name)
		}
		for _, f := range e.fields {
			if _, word := pythonWords[f.value]; !word && regexp.MustCompile(`\b(true|false|null)\b`).MatchString(f.value) {
				t.Errorf("%s: %s is not the same in Python", e.Name, f.value)
			}
		}
	}
}

// Scripts that contain the end of a quotation fall back to a JSON string.
func TestQuotationsFallBack(t *testing.T) {
	for _, tt := range []struct{ script, python, javaScript string }{
		{`a = 1`, `r"""a = 1"""`, "`a = 1`"},
		{`a = "x"`, `"a = \"x\""`, "`a = \"x\"`"},
		{`'\n'`, `r"""'\n'"""`, `"'\\n'"`},
		{`"""x""" `, `"\"\"\"x\"\"\" "`, "`\"\"\"x\"\"\" `"},
		{"f'${a}'", `r"""f'${a}'"""`, `"f'${a}'"`},
		{"a`b", "r\"\"\"a`b\"\"\"", "\"a`b\""},
		{`a\`, `"a\\"`, `"a\\"`},
	} {
		e := Example{Script: tt.script}
		if got := python("http://x", e); !strings.Contains(got, "\nscript = "+tt.python+"\n") {
			t.Errorf("python: %s", got)
		}
		if got := javaScript("http://x", e); !strings.HasPrefix(got, "const script = "+tt.javaScript+";\n") {
			t.Errorf("javaScript: %s", got)
		}
	}
}

func TestPowerShellQuotesFields(t *testing.T) {
	e := Example{Script: "x", fields: []jsonField{{"input", `{"a":"it's"}`}}}
	if got := powerShell("http://x", e); !strings.Contains(got,
		`; input = ('{"a":"it''s"}' | ConvertFrom-Json) }`) {
		t.Errorf("powerShell: %s", got)
	}
}

func TestHuman(t *testing.T) {
	for _, tt := range []struct{ name, value, want string }{
		{"memory_bytes", "536870912", "512 MiB"},
		{"tmp_bytes", "1024", "1 KiB"},
		{"tmp_bytes", "1000", "1000 bytes"},
		{"tmp_bytes", "4398046511104", "4096 GiB"},
		{"tmp_bytes", "0", "0 bytes"},
		{"timeout_seconds", "0.5", "0.5 s"},
		{"threads", "16", "16"},
	} {
		if got := human(Limit{Name: tt.name, Value: json.Number(tt.value)}); got != tt.want {
			t.Errorf("%s %s: %s, want %s", tt.name, tt.value, got, tt.want)
		}
	}
}

// There is something to choose where there are several environments.
func TestPageHasTheEnvironments(t *testing.T) {
	for _, tt := range []struct {
		list []runtime.EnvironmentInfo
		want bool
	}{
		{[]runtime.EnvironmentInfo{{Name: "default"}}, false},
		{[]runtime.EnvironmentInfo{{Name: "default"}, {Name: "data", PythonVersion: "3.11.9", Packages: []string{"rich 1"}}},
			true},
	} {
		page, err := Page(NewDocument(Facts{Info: runtime.Info{Environments: tt.list}}), "nonce")
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{`<select id="environment">`, "<option>data</option>", "Environment data, Python 3.11.9",
			"rich 1"} {
			if strings.Contains(string(page), part) != tt.want {
				t.Errorf("%d environments: %s: want %v", len(tt.list), part, tt.want)
			}
		}
	}
}
