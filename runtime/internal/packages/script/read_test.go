package script

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// header makes a script of the lines of TOML.
func header(toml string) string {
	return "import this\n# /// script\n# " + strings.ReplaceAll(toml, "\n", "\n# ") + "\n# ///\n"
}

// describe is a header in one line.
func describe(h *Header) string {
	if h == nil {
		return "none"
	}
	parts := []string{fmt.Sprintf("python@%d %s", h.PythonLine, h.Python)}
	for _, n := range h.Needs {
		text := fmt.Sprintf("%s@%d", n, n.Line)
		if n.Marker != nil {
			text += ";"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " | ")
}

func TestRead(t *testing.T) {
	for _, tt := range []struct{ name, toml, want string }{
		{"the example of the specification",
			"requires-python = \">=3.11\"\ndependencies = [\n  \"requests<3\",\n  \"rich\",\n]",
			"python@3 >=3.11 | requests<3@5 | rich@6"},
		{"of uv's guide: one line", "dependencies = [\"rich>12,<13\"]", "python@0  | rich>12,<13@3"},
		{"of uv's guide: no dependencies", "requires-python = \">=3.12\"\ndependencies = []", "python@3 >=3.12"},
		{"of uv's guide: other tables", "dependencies = [\n  \"requests<3\"]\n\n[tool.uv]\n" +
			"exclude-newer = \"2023-10-16T00:00:00Z\"\n[[tool.uv.index]]\nurl = \"https://example.com/simple\"\n" +
			"dependencies = 1\nrequires-python = 2",
			"python@0  | requests<3@4"},
		{"all that a requirement may have", "dependencies = [\n'Pandas [Excel_x] (>=2,<3); python_version > \"3.9\"']",
			"python@0  | pandas[excel-x]>=2,<3@4;"},
		{"comments and several on a line", "# c\ndependencies = [ # c\n'a', 'b', # c\n\n'c']",
			"python@0  | a@5 | b@5 | c@7"},
		{"quoted keys and other texts",
			"\"requires-python\" = '''\n>=3'''\n'dependencies' = [\"\"\"\na\"\"\", \"\\u0062\"]",
			"python@3 >=3 | a@5 | b@6"},
		{"unknown keys",
			"name = \"x\"\nDependencies = 1\nrequires_python = 2\nx.dependencies = 3\n[project]\nd = 1979-05-27",
			"python@0 "},
		{"the same twice", "dependencies = ['a>1', 'a<2']", "python@0  | a>1@3 | a<2@3"},
		{"a table alone", "[tool.x]\na = 1", "python@0 "},
		{"arbitrary equality", "dependencies = ['a===2004d']", "python@0  | a===2004d@3"},
	} {
		h, err := Read(header(tt.toml))
		if got := describe(h); err != nil || got != tt.want {
			t.Errorf("%s: %s, %v; want %s", tt.name, got, err, tt.want)
		}
	}
	if h, err := Read("print(1)\n"); h != nil || err != nil {
		t.Errorf("%v, %v", h, err)
	}
}

// Each refusal names the line, and says what must be there.
func TestRefusals(t *testing.T) {
	for _, tt := range []struct {
		toml string
		line int
		says string
	}{
		{"requires-python = 3.11", 3, "requires-python is no text: it must be one such as"},
		{"requires-python = \"3.11\"", 3, "begins with none of === == != ~= <= >= < >: it must be conditions such as"},
		{"\nrequires-python = \">=x\"", 4, "not a version as in PEP 440: it must be"},
		{"[requires-python]", 3, "requires-python is no text"},
		{"requires-python.a = '>3'", 3, "requires-python is no text"},
		{"dependencies = \"numpy\"", 3, "dependencies is no list: it must be a list of texts"},
		{"dependencies = {numpy = \"2\"}", 3, "dependencies is no list"},
		{"[dependencies]\nnumpy = \"2\"", 3, "dependencies is no list"},
		{"[[dependencies]]", 3, "dependencies is no list"},
		{"a = 1\ndependencies.numpy = 2", 4, "dependencies is no list"},
		{"dependencies = [\n'a',\n3]", 5, "number 2 is no text: it must be"},
		{"dependencies = [\n'a',\n['b']]", 4, "number 2 is no text"},
		{"dependencies = [\n'a',\n'-r x.txt']", 5, `requirement: "-r x.txt": does not begin with a name: it must be`},
		{"dependencies = ['numpy=2']", 3, "begins with none of"},
		{"dependencies = ['numpy 2']", 3, "begins with none of"},
		{"dependencies = ['a;python > 3']", 3, "no variable: it must be a name"},
		{"dependencies = ['']", 3, "does not begin with a name"},
		{"dependencies = ['a[b[c]]']", 3, `extra "b[c": not a name`},
		{"dependencies = ['a[" + strings.Repeat("b,", maxExtras) + "b]']", 3, "more than 50 extras"},

		{"dependencies = ['https://example.com/a.whl']", 3, `"https://example.com/a.whl" is a URL, a path or a repository`},
		{"dependencies = ['a @ https://example.com/a.whl']", 3, "is a URL, a path or a repository"},
		{"dependencies = ['a @ git+https://example.com/a.git@main']", 3, "is a URL, a path or a repository"},
		{"dependencies = ['git+ssh://git@example.com/a.git']", 3, "is a URL, a path or a repository"},
		{"dependencies = ['git@example.com:a.git']", 3, "is a URL, a path or a repository"},
		{"dependencies = ['hg+file:///a']", 3, "is a URL, a path or a repository"},
		{"dependencies = ['a@file:///a']", 3, "is a URL, a path or a repository"},
		{"dependencies = ['./a']", 3, "is a URL, a path or a repository"},
		{"dependencies = ['../a']", 3, "is a URL, a path or a repository"},
		{"dependencies = ['/etc/passwd']", 3, "is a URL, a path or a repository"},
		{"dependencies = ['a/b']", 3, "is a URL, a path or a repository"},
		{"dependencies = ['~/a']", 3, "is a URL, a path or a repository"},
		{"dependencies = ['..']", 3, "is a URL, a path or a repository"},
		{"dependencies = ['a\\b']", 3, "is a URL, a path or a repository"},
		{"dependencies = ['a-1.0-py3-none-any.whl']", 3, "is a file: it must be"},
		{"dependencies = ['a-1.0.tar.gz[b]; os_name == \"posix\"']", 3, "is a file"},

		{"a =", 3, "at start of value: behind \"# \" must be TOML"},
		{"a = 1\nb", 4, "behind \"# \" must be TOML"},
		{"a = 1\ndependencies = ['b'", 4, "array is incomplete"},
		{"a = 1\ndependencies = ['b]", 4, "behind \"# \" must be TOML"},
		{"a = \"\\q\"", 3, "invalid escape"},
		{"a = \"\x00\"", 3, "control character"},
		{"a = \"\xff\"", 3, "invalid UTF-8"},
		{"dependencies = ['a']\ndependencies = ['b']", 4, "already"},
		{"[tool]\nb = 1\nb = 2", 5, "already"},
		{"[tool]\n[tool]", 4, "already exists"},
		{"a = 1\n///\n/// script\nb = 1", 5, `"# /// script" begins a block within that of line 2`},
	} {
		h, err := Read(header(tt.toml))
		at := (*Error)(nil)
		if !errors.As(err, &at) || h != nil || !strings.Contains(at.Reason, tt.says) || at.Line != tt.line {
			t.Errorf("%.80q: %v; want line %d, %q", tt.toml, err, tt.line, tt.says)
		}
	}
}

// However a header is made, reading it is bounded.
func TestBounds(t *testing.T) {
	list := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for _, tt := range []struct{ name, toml, says string }{
		{"a header of 1 MiB", "a = '" + strings.Repeat("x", 1<<20) + "'", "at most 131072, with at most 1000"},
		{"many comments", strings.Repeat("# x\n", 1<<18), "at most 131072"},
		{"10,000 dependencies", "dependencies = [" + list(10000, "'a%d',") + "]", "dependencies: more than 1000"},
		{"lists within lists", "a = " + strings.Repeat("[", 1000) + strings.Repeat("]", 1000), "within each other"},
		{"lists without an end", "a = " + strings.Repeat("[", 100000), "nested more than"},
		{"tables within tables", "a = " + strings.Repeat("{a=", 100) + "1" + strings.Repeat("}", 100),
			"within each other"},
		{"a long key", strings.Repeat("a.", 1000) + "a = 1", "within each other"},
		{"a long name of a table", "[" + strings.Repeat("a.", 1000) + "a]", "within each other"},
		{"many keys", list(2000, "k%d = 1\n"), "more than 1000 keys"},
		{"many tables", list(1000, "[a.b%d]\n"), "more than 1000 keys"},
		{"many keys of a table", "a = {" + list(2000, "k%d=1,") + "z=1}", "more than 1000 keys"},
		{"a long requirement", "dependencies = ['a[" + strings.Repeat("b", 9000) + "]']", "longer than"},
	} {
		h, err := Read(header(tt.toml))
		if at := (*Error)(nil); !errors.As(err, &at) || h != nil || !strings.Contains(at.Reason, tt.says) {
			t.Errorf("%s: %.200v, want %q", tt.name, err, tt.says)
		} else if len(at.Reason) > 1000 {
			t.Errorf("%s: a reason of %d bytes", tt.name, len(at.Reason))
		}
	}
	if _, err := Read(header("dependencies = [" + list(MaxDependencies, "'a%d',") + "]")); err != nil {
		t.Error(err)
	}
}

// Whatever a script is, reading ends, and an error has a line of it.
func FuzzRead(f *testing.F) {
	for _, toml := range []string{"dependencies = ['a[b]>=1;os_name==\"x\"', '''c''']\n[tool.x]\ny={z=[1]}",
		"requires-python = \"~=3.9\"", "a = 1\na = 2", "a.b.c = [[[]]]", "///\n/// script"} {
		f.Add(header(toml))
	}
	f.Add("# /// script\r\n#\r\n# ///\n# /// script\n# ///")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := Read(text)
		last := strings.Count(pythonText(text), "\n") + 1
		if err != nil {
			if at := (*Error)(nil); !errors.As(err, &at) || at.Line < 1 || at.Line > last || h != nil {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if h == nil {
			return
		}
		for _, n := range h.Needs {
			if n.Line < 2 || n.Line >= last || n.Name == "" {
				t.Errorf("%q: %+v", text, n)
			}
		}
	})
}

// BenchmarkRead: a script without a header costs a search for it.
func BenchmarkRead(b *testing.B) {
	code := strings.Repeat("total = total + values[i]  # and so on\n", 64<<10/38)
	near := strings.Repeat("# /// a comment\nx = x + 1\n", 64<<10/26)
	usual := header("requires-python = '>=3.11'\ndependencies = ['pandas[excel]>=2', 'rich', 'numpy>=2,<3']")
	for _, bb := range []struct{ name, script string }{
		{"none-2KiB", code[:2<<10]}, {"none-64KiB", code}, {"nearly-64KiB", near},
		{"usual", usual}, {"usual-64KiB", usual + code},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(bb.script)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Read(bb.script); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
