package config

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite what docs/settings.md repeats from the code")

// docs/settings.md repeats the table of settings. This keeps the copy honest; run
// with -update to renew it.
func TestPageOfSettings(t *testing.T) {
	const page = "../../docs/settings.md"
	const begin, end = "<!-- settings -->\n", "<!-- /settings -->"
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), begin)
	got, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s: no block between %q and %q", page, begin, end)
	}
	want := settingsMarkdown()
	if got == want {
		return
	}
	if !*update {
		t.Fatalf("%s: the settings are not those of table.go: go test -run %s -update ./internal/config\n"+
			" got:\n%s\nwant:\n%s", page, t.Name(), got, want)
	}
	if err := os.WriteFile(page, []byte(before+begin+want+end+after), 0o644); err != nil {
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

// settingsMarkdown is the table of settings as docs/settings.md shows it.
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
