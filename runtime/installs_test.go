package runtime

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed/wheeltest"
)

// installing switches installations on, from an index, into a directory of its own.
func installing(t *testing.T, x *wheeltest.Index, change ...func(*Config)) func(*Config) {
	t.Helper()
	dir := t.TempDir()
	for parent := dir; parent != os.TempDir() && parent != "/"; parent = filepath.Dir(parent) {
		if err := os.Chmod(parent, 0o755); err != nil { // for the uid of a run
			t.Fatal(err)
		}
	}
	return func(cfg *Config) {
		cfg.Index = PackageIndex{IndexURL: x.URL, Pause: time.Millisecond}
		cfg.Install = Install{Wheels: true, Dir: filepath.Join(dir, "sets"), Bytes: 64 << 20, SetBytes: 16 << 20,
			Within: time.Minute, Preload: []string{"json", "copy"}}
		for _, f := range change {
			f(cfg)
		}
	}
}

// wheelOf is a version of a distribution with a module that says its version.
func wheelOf(name, version string, needs ...string) wheeltest.Wheel {
	return wheeltest.Wheel{Name: name, Version: version, Needs: needs, Files: [][2]string{
		{name + ".py", "VERSION = '" + version + "'\ndef where():\n    return __spec__.cached, __file__\n"}}}
}

// What a script asks for and no environment has is installed, and run in the jail like
// everything else.
func TestInstall(t *testing.T) {
	x := wheeltest.NewIndex(t, wheelOf("thing", "1.0"), wheelOf("thing", "2.0", "other>=1"), wheelOf("other", "1.1"))
	for _, posture := range postures {
		inPosture(t, posture, func(t *testing.T) {
			r := start(t, installing(t, x))
			script := header(`dependencies = ["thing"]`) + "import other\n"
			for i := range 2 {
				got, err := r.Run(t.Context(), Job{Script: script}, Hooks{})
				if err != nil || string(got.Value) != `"2.0"` || got.Environment[:10] != installedPrefix {
					t.Fatalf("%+v, %v", got, err)
				}
				if waited := got.Usage.Start > 0; waited != (i == 0) {
					t.Errorf("run %d waited %v", i, got.Usage.Start)
				}
			}
			got, err := r.Run(t.Context(), Job{Script: header(`dependencies = ["thing<2"]`)}, Hooks{})
			if err != nil || string(got.Value) != `"1.0"` {
				t.Errorf("%+v, %v", got, err)
			}
			// Byte code was made, and is used.
			got, err = r.Run(t.Context(), Job{Script: header(`dependencies = ["thing"]`) +
				"import thing, pathlib\ndef main():\n    return [pathlib.Path(thing.where()[0]).exists(), " +
				"thing.where.__code__.co_filename == thing.__file__]\n"}, Hooks{})
			if err != nil || string(got.Value) != `[true,true]` {
				t.Errorf("%+v, %v", got, err)
			}
			if s := r.Stats().Installs; s.Installed != 2 || s.Failed != 0 || s.Alive != 2 || s.Cached == 0 {
				t.Errorf("%+v", s)
			}
		})
	}
}
