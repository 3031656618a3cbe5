package rules

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"unicode/utf8"
)

// maxColumns is how wide a line of Go or Markdown may be; a tab counts four.
const maxColumns = 120

// tooWide are the lines of a file that are wider, as "file:line: columns". Rows of
// tables in Markdown, literals in back quotes and lines without a space, such as
// links, can't be wrapped.
func tooWide(name, text string) (wide []string) {
	n, quoted := 0, false
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\n")
		columns := utf8.RuneCountInString(line) + 3*strings.Count(line, "\t")
		literal := false
		if path.Ext(name) == ".go" {
			literal = quoted || strings.Contains(line, "`")
			quoted = quoted != (strings.Count(line, "`")%2 == 1)
		}
		row := path.Ext(name) == ".md" && strings.HasPrefix(line, "|")
		if columns > maxColumns && !row && !literal && strings.Contains(strings.TrimSpace(line), " ") {
			wide = append(wide, fmt.Sprintf("%s:%d: %d columns", name, n, columns))
		}
	}
	return wide
}

func TestColumns(t *testing.T) {
	var wide []string
	files := 0
	for _, name := range sources(t) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files++
		wide = append(wide, tooWide(name, string(text))...)
	}
	if files < 100 {
		t.Errorf("only %d files were looked at", files)
	}
	for _, line := range wide {
		t.Errorf("%s, at most %d", line, maxColumns)
	}
}

// sources are the files of Go and Markdown in the tree, but for those that tests
// read.
func sources(t *testing.T) (names []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		switch base := path.Base(name); {
		case err != nil:
			return err
		case !d.IsDir():
			if ext := path.Ext(name); ext == ".go" || ext == ".md" {
				names = append(names, name)
			}
		case name != "." && strings.HasPrefix(base, "."), base == "testdata", base == "node_modules":
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestTooWide(t *testing.T) {
	long := strings.Repeat("é ", 60) // 120 columns
	for _, tt := range []struct {
		name, text string
		want       int
	}{
		{"a.go", long + "\n", 0},
		{"a.go", long + "x\n", 1},
		{"a.go", "\t" + long[:len(long)-12] + "\n", 0},
		{"a.go", "\t" + long + "\n", 1},
		{"a.md", "ok\n" + long + "x", 1},
		{"a.md", "| " + long + "|\n", 0},
		{"a.go", "| " + long + "|\n", 1},
		{"a.go", "x := `" + long + "`\n", 0},
		{"a.go", "x := `\n" + long + "x\n`\n" + long + "x\n", 1},
		{"a.md", "\t" + strings.Repeat("x", 200) + "\n", 0},
	} {
		if got := tooWide(tt.name, tt.text); len(got) != tt.want {
			t.Errorf("%s %q: got %q, want %d", tt.name, tt.text, got, tt.want)
		}
	}
}
