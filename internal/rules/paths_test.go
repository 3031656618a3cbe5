package rules

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// papers are the pages whose paths are checked.
var papers = []string{"README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/*.md", "docs/decisions/*.md"}

// fileTypes end names that stand for a file of the tree, wherever it is.
var fileTypes = []string{".go", ".py", ".md", ".sh", ".js", ".mjs", ".html", ".css", ".in", ".yaml", ".json", ".toml"}

// foreign are names in the papers that look like files of the tree and are not.
var foreign = []string{"conftest.py"} // which a script might leave in a directory of its user's

// isPath says whether a text in back quotes names something in the tree: it has a
// slash and begins with a name at the top, or it ends as a file does.
func isPath(text string, top []string) bool {
	text = strings.ReplaceAll(text, ", ", ",") // in braces
	if strings.ContainsAny(text, " *<>$=…|(\\:@") || strings.HasPrefix(text, "/") || strings.Contains(text, "NNN") {
		return false
	}
	text = strings.TrimPrefix(text, "./")
	if first, _, found := strings.Cut(text, "/"); found {
		return slices.Contains(top, first)
	}
	return slices.Contains(fileTypes, path.Ext(text)) && !strings.HasPrefix(text, ".")
}

// tree lists all files and directories, and the names that files have.
func tree(t *testing.T) (paths, names map[string]bool) {
	t.Helper()
	paths, names = map[string]bool{}, map[string]bool{}
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.Name() == ".git": // of a work tree
			return nil
		}
		paths[name], names[path.Base(name)] = true, true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths, names
}

// Paths in the papers are paths of the tree. A name without a directory is one of
// some file.
func TestPapersNameWhatIsThere(t *testing.T) {
	paths, names := tree(t)
	var top []string
	for name := range paths {
		if !strings.Contains(name, "/") {
			top = append(top, name)
		}
	}
	checked := 0
	for _, pattern := range papers {
		pages, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range pages {
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			for _, quoted := range quotedText.FindAllStringSubmatch(string(text), -1) {
				if slices.Contains(foreign, quoted[1]) || !isPath(quoted[1], top) {
					continue
				}
				for _, name := range expandBraces(strings.TrimPrefix(strings.TrimSuffix(quoted[1], "/"), "./")) {
					checked++
					if !paths[name] && (strings.Contains(name, "/") || !names[name]) {
						t.Errorf("%s: there is no `%s`", page, name)
					}
				}
			}
		}
	}
	if checked < 200 {
		t.Errorf("only %d paths were looked at", checked)
	}
}

func TestIsPath(t *testing.T) {
	top := []string{"cmd", "runtime", "README.md"}
	for text, want := range map[string]bool{
		"cmd/server": true, "runtime/": true, "./cmd/probe": true, "README.md": true, "wire.go": true,
		"runtime/internal/{sys, ldso}": true,
		"/execute":                     false, "roles/run.invoker": false, "golang.org/x/net/bpf": false, "cmd": false,
		"runtime.Job": false, "docs/decisions/NNN-x.md": false, "go run ./cmd/server": false, "*_test.go": false,
	} {
		if got := isPath(text, top); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}
