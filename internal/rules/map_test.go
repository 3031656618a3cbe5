package rules

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// floors are directories that hold others and cover none of them in the map.
var floors = []string{"cmd", "cmd/internal", "funcs", "internal", "runtime", "runtime/internal"}

// mapped are the directories that the map in CONTRIBUTING.md names.
func mapped(t *testing.T) []string {
	t.Helper()
	page, err := os.ReadFile("CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "\n## The map\n")
	table, _, ok := strings.Cut(rest, "\n#")
	if !found || !ok {
		t.Fatal("CONTRIBUTING.md: no map")
	}
	var dirs []string
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[1], -1) {
				dirs = append(dirs, m[1])
			}
		}
	}
	return dirs
}

// inMap says whether the directory or one that holds it is in the map.
func inMap(dir string, dirs []string) bool {
	for at := dir; at != "."; at = path.Dir(at) {
		if slices.Contains(dirs, at) && (at == dir || !slices.Contains(floors, at)) {
			return true
		}
	}
	return false
}

// The map in CONTRIBUTING.md has every directory with Go files in it.
func TestMapHasEveryDirectory(t *testing.T) {
	dirs, missing := mapped(t), map[string]bool{}
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		dir := path.Dir(name)
		if d.IsDir() && (d.Name() == "testdata" || name != "." && strings.HasPrefix(d.Name(), ".")) {
			return fs.SkipDir
		}
		if strings.HasSuffix(name, ".go") && dir != "." && !inMap(dir, dirs) {
			missing[dir] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir := range missing {
		t.Errorf("CONTRIBUTING.md: the map lacks %s", dir)
	}
}

// The map names nothing that is gone.
func TestMapNamesWhatIsThere(t *testing.T) {
	for _, dir := range mapped(t) {
		if _, err := os.Stat(dir); err != nil {
			t.Errorf("CONTRIBUTING.md: the map: %v", err)
		}
	}
}
