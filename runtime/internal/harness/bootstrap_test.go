package harness

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// imported finds what a module imports of the others.
var imported = regexp.MustCompile(`(?m)^from _harness(?:\.(\w+))? import (.*)$`)

func TestSourcesImportThoseBefore(t *testing.T) {
	sources, err := Sources()
	if err != nil {
		t.Fatal(err)
	}
	var loaded []string
	for _, source := range sources {
		name, text := source[0], source[1]
		for _, found := range imported.FindAllStringSubmatch(text, -1) {
			names := []string{found[1]}
			if found[1] == "" {
				names = strings.Split(found[2], ", ")
			}
			for _, wanted := range names {
				if !slices.Contains(loaded, wanted) {
					t.Errorf("%s.py imports %s, which is not loaded before it", name, wanted)
				}
			}
		}
		loaded = append(loaded, name)
	}
}

func TestSourcesAreAll(t *testing.T) {
	found, err := fs.Glob(files, "*.py")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range found {
		name := strings.TrimSuffix(file, ".py")
		if !slices.Contains([]string{"bootstrap", "compiler"}, name) && !slices.Contains(modules, name) {
			t.Errorf("%s is not loaded", file)
		}
	}
}
