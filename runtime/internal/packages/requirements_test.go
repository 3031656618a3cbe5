package packages

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/runtime/internal/python"
)

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		hashed     bool
		err        string
	}{
		{"a package", "numpy\n", false, ""},
		{"a version, a comment, no end of line", "# why\nnumpy==2.4.6", false, ""},
		{"hashes", "numpy==2.4.6 \\\n    --hash=sha256:00\n", true, ""},
		{"an index", "--index-url https://example.com/simple\nnumpy\n", false, ""},
		{"an index, short", "-i https://example.com/simple\nnumpy\n", false, ""},
		{"pre-releases", "--pre\nnumpy\n", false, ""},
		{"an option that begins like a refused one", "--require-hashes\nnumpy\n", false, ""},
		{"a marker", "numpy; python_version > '3'\n", false, ""},

		{"nothing", "", false, "names no package"},
		{"comments alone", "# numpy\n\n", false, "names no package"},
		{"options alone", "--pre\n", false, "names no package"},
		{"another file", "numpy\n-r more.txt\n", false, "line 2: -r is not supported: put the other file's lines"},
		{"another file, close", "-rmore.txt\n", false, "line 1: -r is"},
		{"another file, long", "--requirement=more.txt\n", false, "--requirement is"},
		{"constraints", "numpy\n\n  -c c.txt\n", false, "line 3: -c is"},
		{"a source tree", "-e .\n", false, "only wheels"},
		{"a source distribution", "numpy\n--no-binary :all:\n", false, "only wheels"},
		{"a binary file", "numpy\x00\n", false, "not text"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			hashed, err := check(tt.text)
			if hashed != tt.hashed && tt.err == "" {
				t.Errorf("hashed is %t", hashed)
			}
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got %v, want %q", err, tt.err)
			}
		})
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("numpy==2.4.6 \\\n    --hash=sha256:00\n-r x")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := check(text); err != nil {
			return
		}
		for line := range strings.Lines(text) {
			if strings.HasPrefix(strings.TrimSpace(line), "-r") {
				t.Errorf("%q passed", line)
			}
		}
	})
}

// What decides the content decides the name.
func TestKey(t *testing.T) {
	p := &python.Interpreter{Version: "3.11.11"}
	base := (&requirements{text: []byte("numpy")}).key(p)
	if again := (&requirements{text: []byte("numpy")}).key(p); again != base {
		t.Errorf("%s, then %s", base, again)
	}
	if other := (&requirements{text: []byte("pandas")}).key(p); other == base {
		t.Error("another file has the same key")
	}
	if other := (&requirements{text: []byte("numpy")}).key(&python.Interpreter{Version: "3.11.12"}); other == base {
		t.Error("another interpreter has the same key")
	}
}

func TestTrim(t *testing.T) {
	dir := t.TempDir()
	kept := []string{"a/__init__.py", "a/testing/x.py", "a/tests.py", "a/lib.so", "a-1.dist-info/METADATA", "a/includes/x.py"}
	gone := []string{"bin/a", "share/man/a.1", "a/include/a.h", "a/b/include/a.h", "a/tests/test_a.py", "a/b/c/tests/data/x.csv",
		"a/x.pyx", "a/x.pyi", "a/lib.a", "a/__pycache__/x.pyc"}
	for _, name := range append(append([]string{}, kept...), gone...) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := trim(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range kept {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("%s is gone", name)
		}
	}
	for _, name := range gone {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
}
