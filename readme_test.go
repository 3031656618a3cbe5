package pyexec

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite what README.md repeats from the code")

// The README repeats the table of settings. This keeps the copy honest; run
// with -update to renew it.
func TestREADMEListsTheSettings(t *testing.T) {
	const begin, end = "<!-- settings -->\n", "<!-- /settings -->"
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), begin)
	got, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("README.md: no block between %q and %q", begin, end)
	}
	want := SettingsMarkdown()
	if got == want {
		return
	}
	if !*update {
		t.Fatalf("README.md: the settings are not those of settings.go: go test -run %s -update .\n got:\n%s\nwant:\n%s", t.Name(), got, want)
	}
	if err := os.WriteFile("README.md", []byte(before+begin+want+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestSettingsMarkdownIsATable(t *testing.T) {
	for line := range strings.Lines(SettingsMarkdown()) {
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
