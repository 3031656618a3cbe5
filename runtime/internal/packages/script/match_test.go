package script

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/runtime/internal/packages/installed"
)

// environment has distributions "name version" with lines of metadata behind.
func environment(t testing.TB, name, python string, list ...string) *Environment {
	t.Helper()
	dir := t.TempDir()
	for _, text := range list {
		first, rest, _ := strings.Cut(text, "\n")
		project, number, _ := strings.Cut(first, " ")
		info := filepath.Join(dir, project+"-"+number+".dist-info")
		if err := os.Mkdir(info, 0o755); err != nil {
			t.Fatal(err)
		}
		text := "Metadata-Version: 2.4\nName: " + project + "\nVersion: " + number + "\n" + rest + "\n"
		if err := os.WriteFile(filepath.Join(info, "METADATA"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	set, err := installed.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	e, err := NewEnvironment(name, python, "x86_64", set)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

const (
	pandas = "pandas 3.1.1\nRequires-Dist: numpy>=2\nRequires-Dist: not-there\nProvides-Extra: excel\n" +
		"Requires-Dist: odfpy>=1.4.1; extra == 'excel'\nRequires-Dist: xlrd>=2.0.2; extra == 'excel'\n" +
		"Provides-Extra: plot\nRequires-Dist: matplotlib>=3; extra == 'plot'\n" +
		"Requires-Dist: pywin32; extra == 'plot' and sys_platform == 'win32'\n" +
		"Provides-Extra: parquet\nRequires-Dist: pandas[pyarrow]; extra == 'parquet'\n" +
		"Provides-Extra: pyarrow\nRequires-Dist: pyarrow>=16; extra == 'pyarrow'\n" +
		"Provides-Extra: all\nRequires-Dist: pandas[excel,plot,parquet,all]; extra == 'all'\n" +
		"Provides-Extra: test\nRequires-Dist: a; extra == 'test'\nRequires-Dist: b; extra == 'test'\n" +
		"Requires-Dist: c; extra == 'test'\nRequires-Dist: d; extra == 'test'\nRequires-Dist: a ; extra == 'test'"
	loopA = "loop-a 1\nProvides-Extra: x\nRequires-Dist: loop-b[y]; extra == 'x'\nRequires-Dist: gone; extra == 'x'"
	loopB = "loop-b 1\nProvides-Extra: y\nRequires-Dist: loop-a[x]; extra == 'y'\nProvides-Extra: z\n" +
		"Requires-Dist: loop-b[z]; extra == 'z'"
)

func TestFailures(t *testing.T) {
	e := environment(t, "data", "3.11.11", pandas, "numpy 2.4.6", "matplotlib 3.11.2", "pyarrow 26.0.1",
		"Soup_Sieve 4.1rc1", "odd 2004d", loopA, loopB)
	for _, tt := range []struct{ toml, want string }{
		{"dependencies = ['numpy>=2,<3', 'pandas', 'NumPy']", ""},
		{"dependencies = ['numpy>=3']", "3 numpy>=3: 2.4.6 is installed"},
		{"dependencies = [\n'numpy',\n'Requests<3']", "5 requests<3: not installed"},
		{"requires-python = '>=3.13'", "3 requires-python >=3.13: Python is 3.11.11"},
		{"requires-python = '>=3.11,!=3.11.11'", "3 requires-python >=3.11,!=3.11.11: Python is 3.11.11"},
		{"requires-python = '~=3.11'", ""}, {"requires-python = '==3.11.*'", ""},
		{"requires-python = '>3.11'", ""}, {"requires-python = '<=3.11'",
			"3 requires-python <=3.11: Python is 3.11.11"},
		{"dependencies = ['numpy>2', 'numpy<2.1', 'numpy==2.4.6']", "3 numpy<2.1: 2.4.6 is installed"},
		{"dependencies = ['numpy===2.4.6', 'odd===2004D', 'odd', 'odd>1']", "3 odd>1: 2004d is installed"},
		// a pre-release that is installed
		{"dependencies = ['soup.sieve>=4', 'soup-sieve<4.1', 'soupsieve']",
			"3 soup-sieve<4.1: 4.1rc1 is installed; 3 soupsieve: not installed"},
		// markers
		{"dependencies = ['gone; sys_platform == \"win32\"', 'gone; python_version < \"3.11\"']", ""},
		{"dependencies = ['gone; extra == \"x\"', 'gone; sys_platform > \"a\"']", ""},
		{"dependencies = ['gone; sys_platform == \"linux\" and python_full_version < \"3.11.12\"']",
			"3 gone: not installed"},
		{"dependencies = ['gone; platform_machine == \"x86_64\" and implementation_name == \"cpython\"']",
			"3 gone: not installed"},
		// extras
		{"dependencies = ['pandas[plot]', 'pandas[parquet]>=3']", ""},
		{"dependencies = ['pandas[excel]>=3']",
			"3 pandas[excel]>=3: needs odfpy>=1.4.1: not installed; needs xlrd>=2.0.2: not installed"},
		{"dependencies = ['pandas[Excel]>=4']", "3 pandas[excel]>=4: 3.1.1 is installed"},
		{"dependencies = ['pandas[test]']", "3 pandas[test]: needs a: not installed; needs b: not installed; " +
			"needs c: not installed; and 1 more"},
		{"dependencies = ['pandas[all]']",
			"3 pandas[all]: needs odfpy>=1.4.1: not installed; needs xlrd>=2.0.2: not installed"},
		{"dependencies = ['pandas[nosuch,plot]']", "3 pandas[nosuch,plot]: pandas 3.1.1 has no extra nosuch"},
		{"dependencies = ['loop-b[y]', 'loop-b[z]', 'loop-a[x]']",
			"3 loop-b[y]: needs gone: not installed; 3 loop-a[x]: needs gone: not installed"},
	} {
		h, err := Read(header(tt.toml))
		if err != nil {
			t.Errorf("%s: %v", tt.toml, err)
			continue
		}
		var got []string
		for _, f := range h.Failures(e) {
			got = append(got, fmt.Sprintf("%d %s", f.Line, f))
		}
		if text := strings.Join(got, "; "); text != tt.want {
			t.Errorf("%s:\n%s\nwant %s", tt.toml, text, tt.want)
		}
	}
}

func TestChoose(t *testing.T) {
	list := []*Environment{
		environment(t, "plain", "3.11.11"),
		environment(t, "data", "3.11.11", "numpy 2.4.6", "rich 14.0"),
		environment(t, "new", "3.14.6", "numpy 2.4.6"),
		environment(t, "newer", "3.14.6", "numpy 3.0", "rich 14.0"),
	}
	for _, tt := range []struct {
		toml, name string
		failing    int
	}{
		{"dependencies = []", "plain", 0}, {"requires-python = '>=3.9'", "plain", 0},
		{"dependencies = ['numpy']", "data", 0}, {"requires-python = '>=3.12'", "new", 0},
		{"requires-python = '>=3.12'\ndependencies = ['rich']", "newer", 0},
		{"dependencies = ['numpy>=3', 'requests', 'rich']", "newer", 1},
		{"dependencies = ['numpy>=9']", "data", 1}, // which has another version
		{"requires-python = '>=3.15'", "plain", 1}, // the first of several as near
		{"requires-python = '>=3.12'\ndependencies = ['numpy<3', 'rich', 'gone']", "data", 2},
		{"dependencies = ['gone', 'numpy; python_version >= \"3.14\"', 'rich']", "data", 1},
	} {
		h, err := Read(header(tt.toml))
		if err != nil {
			t.Fatal(err)
		}
		e, failing := h.Choose(list)
		if e == nil || e.Name != tt.name || len(failing) != tt.failing {
			t.Errorf("%s: %+v, failing %v; want %s, %d", tt.toml, e, failing, tt.name, tt.failing)
		}
	}
	if e, failing := (&Header{}).Choose(nil); e != nil || failing != nil {
		t.Errorf("of none: %v, %v", e, failing)
	}
	if _, err := NewEnvironment("x", "three", "x86_64", nil); err == nil {
		t.Error("any text is a version of Python")
	}
}

// BenchmarkChoose: what a script with a header costs before it is run.
func BenchmarkChoose(b *testing.B) {
	list := []*Environment{environment(b, "plain", "3.11.11"),
		environment(b, "data", "3.11.11", pandas, "numpy 2.4.6", "matplotlib 3.11.2", "pyarrow 26.0.1")}
	h, err := Read(header("requires-python = '>=3.11'\ndependencies = ['pandas[plot]>=2', 'numpy>=2,<3']"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if e, _ := h.Choose(list); e.Name != "data" {
			b.Fatal(e.Name)
		}
	}
}
