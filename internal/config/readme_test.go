package config

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite what README.md repeats from the code")

// The README repeats the table of settings. This keeps the copy honest; run
// with -update to renew it.
func TestREADMEListsTheSettings(t *testing.T) {
	const readme = "../../README.md"
	const begin, end = "<!-- settings -->\n", "<!-- /settings -->"
	data, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), begin)
	got, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("README.md: no block between %q and %q", begin, end)
	}
	want := settingsMarkdown()
	if got == want {
		return
	}
	if !*update {
		t.Fatalf("README.md: the settings are not those of table.go: go test -run %s -update ./internal/config\n got:\n%s\nwant:\n%s", t.Name(), got, want)
	}
	if err := os.WriteFile(readme, []byte(before+begin+want+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestSettingsMarkdownIsATable(t *testing.T) {
	for line := range strings.Lines(settingsMarkdown()) {
		if strings.Count(line, "|") != 5 || !strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "|---") {
			t.Errorf("not a row of four columns: %q", line)
		}
	}
	for _, s := range Settings() {
		if s.Range == "" || s.Meaning == "" {
			t.Errorf("%s: not described: %+v", s.Name, s)
		}
	}
}

// settingsMarkdown is the table of settings as the README shows it.
func settingsMarkdown() string {
	var b strings.Builder
	b.WriteString("| name | default | accepted | meaning |\n|---|---|---|---|\n")
	for _, s := range Settings() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.Name, s.markdownDefault(), s.Range, s.Meaning)
	}
	return b.String()
}

// markdownDefault sets a value in code type and leaves words as they are.
func (s Setting) markdownDefault() string {
	switch {
	case s.computed:
		return s.Default
	case s.Default == "":
		return "empty"
	case s.kind.emptyIsValue: // a list: one that a browser can break
		return "`" + strings.ReplaceAll(s.Default, ",", "`, `") + "`"
	default:
		return "`" + s.Default + "`"
	}
}
