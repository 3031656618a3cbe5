package packages

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/runtime/internal/python"
)

// read writes files, of which requirements.txt is read.
func read(t testing.TB, files map[string]string) (*requirements, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return readRequirements(filepath.Join(dir, "requirements.txt"))
}

var zeros = strings.Repeat("0", 64)

// summary is what was understood, in short.
func summary(r *requirements) string {
	var parts []string
	for i, list := range [][]wanted{r.wanted, r.constraints} {
		for _, w := range list {
			text := []string{"", "<"}[i] + w.Name
			if len(w.Extras) > 0 {
				text += "[" + strings.Join(w.Extras, ",") + "]"
			}
			text += w.Specifiers.String()
			if w.Marker != nil {
				text += ";"
			}
			parts = append(parts, text+strings.Repeat("#", len(w.hashes)))
		}
	}
	c := r.index
	for name, list := range map[string][]string{"i": {c.IndexURL}, "x": c.ExtraIndexURLs, "f": c.FindLinks,
		"t": c.TrustedHosts} {
		for _, v := range list {
			if v != "" {
				parts = append(parts, name+"="+filepath.Base(v))
			}
		}
	}
	for name, on := range map[string]bool{"hashed": r.hashed, "pre": r.pre, "none": c.NoIndex} {
		if on {
			parts = append(parts, name)
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

func TestReadRequirements(t *testing.T) {
	for _, tt := range []struct{ name, text, want, says string }{
		{"a package", "numpy\n", "numpy", ""},
		{"a version, a comment, no end of line", "# why\nnumpy==2.4.6 # because", "numpy==2.4.6", ""},
		{"hashes",
			"numpy==2.4.6 \\\n    --hash=sha256:" + zeros + " \\\r\n    --hash sha256:" + zeros +
				"\nb==1 --hash=sha256:" + zeros, "b==1# hashed numpy==2.4.6##", ""},
		{"an index", "--index-url https://example.com/simple\nnumpy\n", "i=simple numpy", ""},
		{"an index, short", "-i https://example.com/simple\nnumpy\n", "i=simple numpy", ""},
		{"more indexes", "--extra-index-url=https://example.com/a\n--extra-index-url=https://example.com/b\nnumpy\n",
			"numpy x=a x=b", ""},
		{"no index, links, a host",
			"--no-index\n-f wheels\n--find-links=https://example.com/l\n--trusted-host h\nnumpy",
			"f=l f=wheels none numpy t=h", ""},
		{"pre-releases", "--pre\nnumpy\n", "numpy pre", ""},
		{"hashes of all", "--require-hashes\nnumpy==1 --hash=sha256:" + zeros, "hashed numpy==1#", ""},
		{"what is so anyway", "--only-binary :all:\n--prefer-binary\nnumpy", "numpy", ""},
		{"a marker, an extra", "numpy[X]>1 ; python_version > '3'\n", "numpy[x]>1;", ""},
		{"a sign that begins no comment", "numpy;os_name!='#'", "numpy;", ""},
		{"another file", "-r sub/more.txt\nnumpy\n", "a b f=wheels numpy", ""},
		{"another file, close", "-rsub/more.txt\n", "a b f=wheels", ""},
		{"another file, long", "--requirement=sub/more.txt\n", "a b f=wheels", ""},
		{"constraints", "numpy\n\n  -c c.txt\n", "<a<2 numpy", ""},
		{"pinned by a constraint", "a --hash=sha256:" + zeros + "\n-c pin.txt", "<a==2 a# hashed", ""},
		{"a mark of the order of bytes", "\ufeffnumpy", "numpy", ""},

		{"nothing", "", "", "names no package"},
		{"comments alone", "# numpy\n\n", "", "names no package"},
		{"options alone", "--pre\n", "", "names no package"},
		{"another file that is not there", "numpy\n-r nowhere.txt\n", "", "line 2: "},
		{"another file, of the network", "-r https://example.com/r.txt\n", "", "not a file on this machine"},
		{"itself", "-r requirements.txt\n", "", "includes itself"},
		{"a circle", "-r circle.txt\n", "", "includes itself"},
		{"a source tree", "-e .\n", "", "line 1: -e is not supported: only wheels"},
		{"a source distribution", "numpy\n--no-binary :all:\n", "", "only wheels"},
		{"an unknown option", "numpy\n--frobnicate\n", "", "--frobnicate is not supported"},
		{"an option without its value", "numpy\n-i\n", "", "not its value"},
		{"an option with a value too many", "numpy\n--pre yes\n", "", "not its value"},
		{"a binary file", "numpy\x00\n", "", "not text"},
		{"a variable", "-i https://${TOKEN}@example.com/simple\nnumpy", "", "PIP_INDEX_URL"},
		{"a URL", "https://example.com/a.whl", "", "only wheels of an index"},
		{"a repository", "git+https://example.com/a.git", "", "only wheels of an index"},
		{"a file", "./a.whl", "", "only wheels of an index"},
		{"a weak hash", "a==1 --hash=md5:00", "", "none of sha256"},
		{"half a hash", "a==1 --hash=sha256:00", "", "not as long as"},
		{"no hash", "a==1 --hash", "", "none of sha256"},
		{"a setting of a build", "a --config-settings=x=y", "", "only --hash is"},
		{"hashes without a version", "a --hash=sha256:" + zeros, "", "named with =="},
		{"hashes are required", "--require-hashes\na==1", "", "a has none"},
		{"a long file", strings.Repeat("#", requirementsBytes+1), "", "larger than"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := read(t,
				map[string]string{"requirements.txt": tt.text, "sub/more.txt": "a\n-f wheels\n-r other.txt",
					"sub/other.txt": "b",
					"c.txt":         "a<2", "pin.txt": "a==2", "circle.txt": "-r requirements.txt"})
			if tt.says != "" {
				if err == nil || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("got %v, want %q", err, tt.says)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := summary(r); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// The files that a file includes are part of its key.
func TestKeyOfWhatIsIncluded(t *testing.T) {
	p := &python.Interpreter{Version: "3.11.11"}
	keys := map[string]bool{}
	for _, text := range []string{"a", "b"} {
		r, err := read(t, map[string]string{"requirements.txt": "-r more.txt", "more.txt": text})
		if err != nil {
			t.Fatal(err)
		}
		keys[r.key(p)] = true
	}
	if len(keys) != 2 {
		t.Error("what is included makes no difference")
	}
}

// Whatever the file says, reading it ends, and what is read is well formed.
func FuzzReadRequirements(f *testing.F) {
	f.Add("numpy==2.4.6 \\\n    --hash=sha256:00\n-r x")
	f.Add("-c requirements.txt\n-i https://x\na[b]>1;os_name=='x' # c")
	dir := f.TempDir()
	path := filepath.Join(dir, "requirements.txt")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "-r") || strings.Contains(text, "-c") || strings.Contains(text, "--") {
			text = strings.ReplaceAll(text, "/", "") // it is to find no file but its own
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := readRequirements(path)
		if err != nil {
			return
		}
		for _, w := range r.wanted {
			if w.Name == "" || r.hashed && len(r.hashes(w.Name)) == 0 {
				t.Errorf("%q passed", text)
			}
		}
	})
}

// Whatever decides the content decides the key.
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
	kept := []string{"a/__init__.py", "a/testing/x.py", "a/tests.py", "a/lib.so", "a-1.dist-info/METADATA",
		"a/includes/x.py"}
	gone := []string{"bin/a", "share/man/a.1", "a/include/a.h", "a/b/include/a.h", "a/tests/test_a.py",
		"a/b/c/tests/data/x.csv",
		"a/x.pyx", "a/x.pyi", "a/lib.a", "a/__pycache__/x.pyc"}
	for _, name := range kept {
		if trimmed(name) {
			t.Errorf("%s is left out", name)
		}
	}
	for _, name := range gone {
		if !trimmed(name) {
			t.Errorf("%s is kept", name)
		}
	}
}
