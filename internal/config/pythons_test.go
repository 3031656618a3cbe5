package config

import (
	"path/filepath"
	"testing"

	"github.com/pyexec/pyexec/runtime"
)

// The file that README.md names is right.
func TestEnvironmentsOfData(t *testing.T) {
	dir := tree(t, map[string]string{"bin/python3.14": ""})
	cfg, err := Parse([]string{"PYTHONS=" + dir, "ENVIRONMENTS=../../cmd/packages/environments-3.14.toml"}, roomy)
	if err != nil || len(cfg.Runtime.Environments) != 2 || cfg.Runtime.Environments[1].PythonHome != dir {
		t.Errorf("%+v, %v", cfg.Runtime.Environments, err)
	}
}

// An environment names its Python by the version, which is looked for in PYTHON_HOME,
// in PYTHONS and in the binary, in this order.
func TestPythonsByVersion(t *testing.T) {
	own := runtime.BundledPython()
	if own == "" {
		t.Fatal("there is no Python in this binary")
	}
	dir := tree(t, map[string]string{
		"one/bin/python3.14": "", "two/bin/python3.14": "", "two/bin/python3.13": "", "own/bin/python" + own: "",
		"new.toml":     "[[environment]]\nname = 'e'\npython = '3.14'\n",
		"middle.toml":  "[[environment]]\nname = 'e'\npython = '3.13'\n",
		"own.toml":     "[[environment]]\nname = 'e'\npython = '" + own + "'\n",
		"default.toml": "[[environment]]\nname = 'default'\npython = '3.14'\n[[environment]]\nname = 'e'\n",
	})
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, tt := range []struct {
		file, home, pythons string
		want                string
	}{
		{"new.toml", "", in("one"), in("one")},
		{"new.toml", "", in("two") + ", " + in("one"), in("two")},
		{"new.toml", in("one"), in("two"), in("one")},
		{"new.toml", in("own"), in("own") + "," + in("two"), in("two")},
		{"middle.toml", in("one"), in("one") + "," + in("two"), in("two")},
		{"own.toml", "", in("one"), ""},
		{"own.toml", in("one"), "", ""}, // the one in the binary, whatever the default one is
		{"own.toml", in("one"), in("own"), in("own")},
		{"default.toml", "", in("two"), in("two")},
	} {
		cfg, err := Parse([]string{"PYTHON_HOME=" + tt.home, "PYTHONS=" + tt.pythons,
			"ENVIRONMENTS=" + in(tt.file)}, roomy)
		if err != nil || len(cfg.Runtime.Environments) != 1 || cfg.Runtime.Environments[0].PythonHome != tt.want {
			t.Errorf("%s, %q, %q: %+v, %v, want %q", tt.file, tt.home, tt.pythons, cfg.Runtime.Environments, err,
				tt.want)
		}
		if tt.file == "default.toml" && cfg.Runtime.PythonHome != tt.want {
			t.Errorf("the default one: %q", cfg.Runtime.PythonHome)
		}
	}
}
