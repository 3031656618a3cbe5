package pyexec

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite what docs/settings.md repeats from the code")

// docs/settings.md repeats the table of settings. This keeps the copy honest;
// run with -update to renew it.
func TestPageOfSettings(t *testing.T) {
	const page, begin, end = "docs/settings.md", "<!-- settings -->\n", "<!-- /settings -->"
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), begin)
	got, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s: no block between %q and %q", page, begin, end)
	}
	want := SettingsMarkdown()
	if got == want {
		return
	}
	if !*update {
		t.Fatalf("%s: the settings are not those of the table: go test -run %s -update .\n got:\n%s\nwant:\n%s",
			page, t.Name(), got, want)
	}
	if err := os.WriteFile(page, []byte(before+begin+want+end+after), 0o644); err != nil {
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
