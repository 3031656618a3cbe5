package rules

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// SECURITY.md ties each promise to a test. A promise whose test is gone is none.
func TestPromisesNameTests(t *testing.T) {
	text, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	defined := map[string]bool{}
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err = filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		source, err := os.ReadFile(name)
		for _, m := range function.FindAllSubmatch(source, -1) {
			defined[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		row := strings.Split(line, "|")
		if len(row) < 7 || strings.HasPrefix(row[1], "---") || strings.TrimSpace(row[1]) == "promise" {
			continue
		}
		named := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(row[len(row)-2], -1)
		if len(named) == 0 {
			t.Errorf("promise without a test: %s", row[1])
		}
		for _, m := range named {
			if !defined[m[1]] {
				t.Errorf("%s: there is no %s", strings.TrimSpace(row[1]), m[1])
			}
		}
	}
}

// Every decision has its number and title in its first line, then context,
// choice and cost, and is in the index, which names no other.
func TestDecisionsAreListed(t *testing.T) {
	const dir = "docs/decisions"
	index, err := os.ReadFile(dir + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	parts := []string{"**Context.**", "**Choice.**", "**Cost.**"}
	part := regexp.MustCompile(`(?m)^\*\*(?:Context|Choice|Cost)\.\*\*`)
	listed := 0
	for _, page := range pages {
		if page.Name() == "README.md" {
			continue
		}
		text, err := os.ReadFile(dir + "/" + page.Name())
		if err != nil {
			t.Fatal(err)
		}
		listed++
		if got := part.FindAllString(string(text), -1); !slices.Equal(got, parts) {
			t.Errorf("%s: has the parts %q, want %q", page.Name(), got, parts)
		}
		first, _, _ := strings.Cut(string(text), "\n")
		number, title, ok := strings.Cut(strings.TrimPrefix(first, "# "), ": ")
		if line := fmt.Sprintf("- [%s](%s): %s\n", number, page.Name(),
			title); !ok || !strings.HasPrefix(page.Name(), number+"-") || !strings.Contains(string(index), line) {
			t.Errorf("%s begins with %q and the index lacks %q", page.Name(), first, line)
		}
	}
	if n := strings.Count(string(index), "\n- ["); n != listed {
		t.Errorf("the index has %d lines for %d decisions", n, listed)
	}
}
