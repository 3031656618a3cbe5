package requirement

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		text, name, extras, specifiers, says string
		marked                               bool
	}{
		{text: "numpy", name: "numpy"},
		{text: " Ruamel.YAML_clib ", name: "ruamel-yaml-clib"},
		{text: "a>=1,<2", name: "a", specifiers: ">=1,<2"},
		{text: "a (>= 1.0, < 2)", name: "a", specifiers: ">=1.0,<2"},
		{text: "a[B_c, d] ~= 1.4 ; extra == 'x'", name: "a", extras: "b-c d", specifiers: "~=1.4", marked: true},
		{text: "a[]", name: "a"},
		{text: "a;python_version<'3.9'", name: "a", marked: true},

		{text: "", says: "begin with a name"},
		{text: "-a", says: "begin with a name"},
		{text: "a b c", says: "begins with none of"},
		{text: "a>=1,", name: "a", specifiers: ">=1"},
		{text: "a,", says: "before a comma"},
		{text: "a>=1,,<2", says: "before a comma"},
		{text: "a(, >1)", says: "before a comma"},
		{text: "a[", says: "not closed"},
		{text: "a[b c]", says: "not a name"},
		{text: "a (>1", says: "not closed"},
		{text: "a>x", says: "not a version"},
		{text: "a @ https://example.com/a.whl", says: ErrURL.Error()},
		{text: "a[b]@ file:///a.whl", says: ErrURL.Error()},
		{text: "https://example.com/a.whl", says: ErrURL.Error()},
		{text: "git+https://example.com/a.git", says: ErrURL.Error()},
		{text: "./a.whl", says: ErrURL.Error()},
		{text: "dir/a.whl", says: ErrURL.Error()},
		{text: "file:a.whl", says: ErrURL.Error()},
		{text: `dir\a`, says: ErrURL.Error()},
		{text: `C:\a`, says: ErrURL.Error()},
		{text: "..", says: ErrURL.Error()},
		{text: "a[b[c]]", says: "not a name"},
		{text: "a; b == 'c'", says: "no variable"},
		{text: strings.Repeat("a", maxBytes+1), says: "longer than"},
	} {
		r, err := Parse(tt.text)
		if tt.says != "" {
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%.40q: %v, want %q", tt.text, err, tt.says)
			}
			continue
		}
		if err != nil || r.Name != tt.name || strings.Join(r.Extras,
			" ") != tt.extras || r.Specifiers.String() != tt.specifiers || (r.Marker != nil) != tt.marked {
			t.Errorf("%q: %+v, %v", tt.text, r, err)
		}
	}
	if _, err := Parse("a @ x"); !errors.Is(err, ErrURL) {
		t.Error(err)
	}
}

func TestString(t *testing.T) {
	for text, want := range map[string]string{
		"A_b": "a-b", "a [X, y] (>= 1, < 2) ; os_name == 'posix'": "a[x,y]>=1,<2", "a": "a", "a===b": "a===b",
	} {
		r, err := Parse(text)
		if err != nil || r.String() != want {
			t.Errorf("%q: %s, %v", text, r, err)
		}
	}
}

func TestMarkers(t *testing.T) {
	env := NewEnvironment("3.11.11", "x86_64")
	for _, tt := range []struct {
		text, extra string
		want        bool
	}{
		{"python_version >= '3.9'", "", true},
		{"python_version < '3.9'", "", false}, // as texts it would be true
		{"'3.12' > python_version", "", true},
		{"python_full_version == '3.11.*'", "", true},
		{"python_version ~= '3.8'", "", true},
		{"implementation_version == '3.11.11'", "", true},
		{"sys_platform == 'linux' and os_name != 'nt'", "", true},
		{"sys_platform == 'win32' or platform_machine == 'x86_64'", "", true},
		{"sys_platform == 'win32' or platform_machine == 'x86_64' and os_name == 'nt'", "", false},
		{"(sys_platform == 'win32' or platform_machine == 'x86_64') and os_name == 'posix'", "", true},
		{`platform_system in "Linux Darwin"`, "", true},
		{"platform_python_implementation not  in 'PyPy'", "", true},
		{"os.name == 'posix' and python_implementation == 'CPython'", "", true},
		{"extra == 'Dev_x'", "dev-x", true},
		{"extra == 'dev'", "", false},
		{"extra != 'dev'", "", true},
		{"python_version>'3'and extra=='t'", "t", true},
		{"platform_release >= '20'", "", false},
		{"platform_machine ~= 'x'", "", false},
		{"platform_machine > 'a' or platform_machine < 'z' or platform_machine <= 'z'", "", false},
		{"platform_machine <= 'x86_64' and 'x86_64' <= platform_machine", "", true},
		{"platform_version == '' and platform_release == ''", "", true},
		{"platform_release != '5'", "", false}, // an empty text is no version
		{"python_version > 'abc'", "", false},
		{"python_version === '3.11' and python_version in '3.10,3.11'", "", true},
		{"sys_platform == '1.0'", "", false},
	} {
		m, err := ParseMarker(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if got := m.Holds(env, tt.extra); got != tt.want {
			t.Errorf("%s: %t", tt.text, got)
		}
	}
	var none *Marker
	if !none.Holds(env, "") {
		t.Error("no marker does not hold")
	}
	for text, says := range map[string]string{
		"": "no variable", "python_version": "no comparison", "python_version >": "no variable",
		"python_version > '3":   "not closed",
		"(python_version > '3'": "not closed", "python_version > '3' os_name": "too much",
		"'a' == 'b'":              "no variable with",
		"os_name == sys_platform": "no variable with", "python_version > '3' and": "no variable",
		"os_name not '3'":        "no comparison",
		strings.Repeat("(", 200): "brackets within",
	} {
		if _, err := ParseMarker(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.40q: %v, want %q", text, err, says)
		}
	}
}

func TestNewEnvironment(t *testing.T) {
	env := NewEnvironment("3.11.11", "aarch64")
	if env["python_version"] != "3.11" || env["python_full_version"] != "3.11.11" ||
		env["platform_machine"] != "aarch64" {
		t.Error(env)
	}
}

// Whatever is in metadata, reading it ends, and what was read can be evaluated.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"a[b]>=1;python_version>'3' and (extra=='x' or os_name!='y')", "a @ b", "((((",
		"a;'x' in os_name"} {
		f.Add(text)
	}
	env := NewEnvironment("3.11.11", "x86_64")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Parse(text)
		if err != nil {
			return
		}
		if r.Name != Normalize(r.Name) || !slices.Equal(r.Extras, normalized(r.Extras)) {
			t.Errorf("%q: not normalized: %+v", text, r)
		}
		r.Marker.Holds(env, "")
	})
}

func normalized(list []string) []string {
	var out []string
	for _, s := range list {
		out = append(out, Normalize(s))
	}
	return out
}
