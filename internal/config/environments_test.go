package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/runtime"
)

// tree makes files with their contents, and directories of names that end in a slash.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := dir + "/" + name
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			continue
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestEnvironments(t *testing.T) {
	dir := tree(t, map[string]string{
		"all.toml": "[[environment]]\nname = 'data'\npackages = 'data.txt'\n\n[[environment]]\nname = 'plain'\n" +
			"preload = []\nstart = 'when asked'\n\n[[environment]]\nname = 'a.b-c_1'\npackages = 'sets/x'\n" +
			"python = 'home'\npreload = ['json', 'a.b']\nstart = 'at once'\n",
		"default.toml": "[[environment]]\nname = 'default'\npackages = 'data.txt'\npreload = ['json']\n",
		"data.txt":     "", "home/": "", "sets/x/": "", "sets/y.txt": "", "sets/.hidden/": "", "sets/y.in": "",
	})
	rule := func(e runtime.Environment) runtime.Environment {
		e.Preload, e.PreloadInstalled, e.PreloadLate = standardPreload, installedPreload(), true
		return e
	}
	for _, tt := range []struct {
		name, path string
		more       []string
		want       []runtime.Environment
	}{
		{"none", "", nil, nil},
		{"a file", "all.toml", []string{"PRELOAD=math"}, []runtime.Environment{
			rule(runtime.Environment{Name: "data", Packages: filepath.Join(dir, "data.txt")}),
			{Name: "plain", Preload: []string{}},
			{Name: "a.b-c_1", Packages: filepath.Join(dir, "sets/x"), PythonHome: filepath.Join(dir, "home"),
				Preload: []string{"json", "a.b"}, AtOnce: true},
		}},
		{"a directory", "sets", []string{"PYTHON_HOME=/python"}, []runtime.Environment{
			rule(runtime.Environment{Name: "x", Packages: filepath.Join(dir, "sets/x"), PythonHome: "/python"}),
			rule(runtime.Environment{Name: "y", Packages: filepath.Join(dir, "sets/y.txt"), PythonHome: "/python"}),
		}},
		{"the default one", "default.toml", nil, nil},
	} {
		path := tt.path
		if path != "" {
			path = filepath.Join(dir, path)
		}
		cfg, err := Parse(append(tt.more, "ENVIRONMENTS="+path), roomy)
		if err != nil || !reflect.DeepEqual(cfg.Runtime.Environments, tt.want) {
			t.Errorf("%s: %+v, %v\nwant %+v", tt.name, cfg.Runtime.Environments, err, tt.want)
		}
		if tt.path == "default.toml" && (cfg.Runtime.Packages != filepath.Join(dir, "data.txt") ||
			!reflect.DeepEqual(cfg.Runtime.Preload, []string{"json"})) {
			t.Errorf("%s: %+v", tt.name, cfg.Runtime)
		}
	}
}

// Whatever is wrong stops the start, with the name.
func TestEnvironmentRefusals(t *testing.T) {
	const one = "[[environment]]\nname = 'a'\n"
	many := ""
	for i := range maxEnvironments + 1 {
		many += fmt.Sprintf("[[environment]]\nname = 'a%d'\n", i)
	}
	for _, tt := range []struct{ file, more, says string }{
		{one + "pakages = 'x'", "", "line 3: environment.pakages: unknown; [[environment]] has name, packages, python"},
		{one + "[other]\nx = 1", "", "line 3: other"},
		{"name = 'a'\n", "", "line 1: name: unknown"},
		{"", "", "it has no [[environment]]"},
		{one + "name = 'b'", "", "line 3: "},
		{one + "start = 'sometimes'", "", `environment "a": start: "sometimes": must be "at once" or "when asked"`},
		{one + "packages = 'nowhere.txt'", "", `environment "a": packages: stat `},
		{one + "python = './3.14'", "", `environment "a": python: stat `},
		{one + "python = '3.14'", "", `environment "a": python: 3.14: no CPython of that version in PYTHON_HOME, PYTHONS`},
		{"[[environment]]\nname = 'default'\npython = '3.14'", "", `environment "default": python: 3.14: no CPython`},
		{one + "preload = ['a b']", "", `environment "a": preload: "a b" is no name of a module`},
		{one + "preload = 'json'", "", "line 3: "},
		{one + one, "", `environment "a": is there twice`},
		{"[[environment]]\nname = '../a'", "", `environment "../a": a name has up to 63 of`},
		{"[[environment]]\n", "", `environment "": a name has up to 63 of`},
		{"[[environment]]\nname = 'default'", "PRELOAD=json",
			"PYTHON_PACKAGES, PYTHON_HOME and PRELOAD describe it, too"},
		{"[[environment]]\nname = 'default'\nstart = 'when asked'", "", "start: it is always there"},
		{many, "", "33 environments, at most 32"},
		{strings.Repeat("#", maxEnvironmentFile+1), "", "more than 1048576 bytes"},
	} {
		dir := tree(t, map[string]string{"x.toml": tt.file})
		_, err := Parse([]string{tt.more, "ENVIRONMENTS=" + filepath.Join(dir, "x.toml")}, roomy)
		if err == nil || !strings.HasPrefix(err.Error(), "setting ENVIRONMENTS: ") ||
			!strings.Contains(err.Error(), tt.says) {
			t.Errorf("%.60q: %v, want %s", tt.file, err, tt.says)
		}
	}
	for _, name := range []string{"Data.txt", "a b/", "-x/"} {
		_, err := Parse([]string{"ENVIRONMENTS=" + tree(t, map[string]string{name: ""})}, roomy)
		if err == nil || !strings.Contains(err.Error(), "a name has up to 63 of") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
