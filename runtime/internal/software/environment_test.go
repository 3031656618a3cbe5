package software

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pyexec/pyexec/runtime/internal/packages/script"
	"github.com/pyexec/pyexec/runtime/internal/python"
)

// What stands beside the interpreter counts, and before what is in the directory of
// packages, as when a script imports it.
func TestEnvironment(t *testing.T) {
	s := &Software{Interpreter: &python.Interpreter{Home: t.TempDir(), Version: "3.11.11"}, Packages: t.TempDir()}
	for _, d := range [][3]string{
		{s.SitePackages(), "pip", "24.0"}, {s.SitePackages(), "six", "1.17.0"}, {s.Packages, "six", "1.16.0"},
		{s.Packages, "rich", "14.0"},
	} {
		info := filepath.Join(d[0], d[1]+"-"+d[2]+".dist-info")
		if err := os.MkdirAll(info, 0o755); err != nil {
			t.Fatal(err)
		}
		text := "Metadata-Version: 2.1\nName: " + d[1] + "\nVersion: " + d[2] + "\n"
		if err := os.WriteFile(filepath.Join(info, "METADATA"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	e, err := s.Environment("default")
	if err != nil {
		t.Fatal(err)
	}
	for dependencies, want := range map[string]string{
		"'pip>=24', 'rich', 'six>=1.17'": "",
		"'six<1.17'":                     "six<1.17: 1.17.0 is installed",
		"'numpy'":                        "numpy: not installed",
	} {
		h, err := script.Read("# /// script\n# requires-python = '~=3.11.0'\n# dependencies = [" + dependencies +
			"]\n# ///\n")
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, f := range h.Failures(e) {
			got += f.String()
		}
		if got != want || e.Name != "default" {
			t.Errorf("%s: %q, want %q", dependencies, got, want)
		}
	}
}
