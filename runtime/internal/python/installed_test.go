package python_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/runtime/internal/ldso/elftest"
	"github.com/pyexec/pyexec/runtime/internal/python"
)

// The bundled tree is an installed CPython 3.11 like any other.
func TestAt(t *testing.T) {
	need.Time(t, "unpacks the interpreter")
	want := bundled(t, sharedCache(t))
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(want.Home, link))
	t.Chdir(filepath.Dir(want.Home))
	for _, home := range []string{want.Home, want.Home + "/", link, "prefix"} {
		t.Run(home, func(t *testing.T) {
			p, err := python.At(home)
			must(t, err)
			if p.Home != want.Home || p.Executable != want.Executable || p.Version != want.Version ||
				!slices.Equal(p.Libraries, want.Libraries) {
				t.Errorf("got  %+v\nwant %+v", p, want)
			}
			must(t, p.Verify(true))
		})
	}
	must(t, want.Verify(true)) // At has written nothing into it
}

// fakePython makes a prefix whose interpreter is a shell script. In its body
// $home is the prefix.
func fakePython(t *testing.T, name, body string) string {
	t.Helper()
	home := t.TempDir()
	must(t, os.Mkdir(filepath.Join(home, "bin"), 0o755))
	script := fmt.Sprintf("#!/bin/sh\nhome='%s'\n%s\n", home, body)
	must(t, os.WriteFile(filepath.Join(home, "bin", name), []byte(script), 0o755))
	return home
}

// refusedHomes are no prefixes of a CPython 3.11, and why.
var refusedHomes = []struct {
	name string
	home func(t *testing.T, good *python.Interpreter) string
	want string // %s is the home, %g the executable of good
}{
	{"nothing", func(t *testing.T, _ *python.Interpreter) string { return filepath.Join(t.TempDir(), "none") },
		"PYTHON_HOME: %s: no such file or directory"},
	{"an executable", func(_ *testing.T, good *python.Interpreter) string { return good.Executable },
		"PYTHON_HOME: %s: not a directory"},
	{"an empty directory", func(t *testing.T, _ *python.Interpreter) string { return t.TempDir() },
		"PYTHON_HOME: %s: none of bin/python3.11, bin/python3.14 and bin/python3 is in it"},
	{"not executable", func(t *testing.T, _ *python.Interpreter) string {
		home := fakePython(t, "python3.11", "")
		must(t, os.Chmod(home+"/bin/python3.11", 0o644))
		return home
	}, "PYTHON_HOME: %s/bin/python3.11: not an executable file"},
	{"another version", func(t *testing.T, _ *python.Interpreter) string {
		return fakePython(t, "python3", `printf 'cpython\0003.12.1\000%s\000' "$home"`)
	},
		"PYTHON_HOME: %s/bin/python3: is cpython 3.12.1, want cpython 3.11 or 3.14"},
	{"a version that only begins alike", func(t *testing.T, _ *python.Interpreter) string {
		return fakePython(t, "python3.11", `printf 'cpython\0003.110.0\000%s\000' "$home"`)
	}, "PYTHON_HOME: %s/bin/python3.11: is cpython 3.110.0, want cpython 3.11 or 3.14"},
	{"another implementation", func(t *testing.T, _ *python.Interpreter) string {
		return fakePython(t, "python3", `printf 'pypy\0003.11.11\000%s\000' "$home"`)
	},
		"PYTHON_HOME: %s/bin/python3: is pypy 3.11.11, want cpython 3.11 or 3.14"},
	{"the library elsewhere", func(t *testing.T, _ *python.Interpreter) string {
		return fakePython(t, "python3.11", `printf 'cpython\0003.11.2\000/usr\000'`)
	},
		"PYTHON_HOME: %s/bin/python3.11: belongs to the installation in /usr: name that one"},
	{"no interpreter", func(t *testing.T, _ *python.Interpreter) string {
		return fakePython(t, "python3.11", "echo hello")
	},
		`PYTHON_HOME: run: %s/bin/python3.11: not a Python interpreter: "hello"`},
	{"one that ends badly", func(t *testing.T, _ *python.Interpreter) string {
		return fakePython(t, "python3.11", "echo no such codec >&2; exit 3")
	},
		`PYTHON_HOME: run: %s/bin/python3.11: exit status 3: "no such codec"`},
	{"a script that only pretends", func(t *testing.T, _ *python.Interpreter) string {
		return fakePython(t, "python3.11", `printf 'cpython\0003.11.2\000%s\000' "$home"`)
	}, "PYTHON_HOME: libraries: %s/bin/python3.11: bad magic number"},
	{"a virtual environment", func(t *testing.T, good *python.Interpreter) string {
		home := t.TempDir()
		must(t, os.Mkdir(home+"/bin", 0o755))
		must(t, os.Symlink(good.Executable, home+"/bin/python3.11"))
		return home
	}, "PYTHON_HOME: %s/bin/python3.11: is a link to %g: name the prefix of that one"},
	{"a program without its loader", func(t *testing.T, _ *python.Interpreter) string {
		home := t.TempDir()
		must(t, os.Mkdir(home+"/bin", 0o755))
		elftest.Write(t, home+"/bin/python3.11", elftest.File{Interp: "/lib/ld-none.so.1"})
		return home
	}, "PYTHON_HOME: run: %s/bin/python3.11: libraries: /lib/ld-none.so.1: the dynamic loader of " +
		"%s/bin/python3.11: file does not exist"},
}

func TestAtRefuses(t *testing.T) {
	good := bundled(t, sharedCache(t))
	for _, tt := range refusedHomes {
		t.Run(tt.name, func(t *testing.T) {
			home := tt.home(t, good)
			p, err := python.At(home)
			if err == nil {
				t.Fatalf("accepted: %+v", p)
			}
			wantError(t, err, strings.NewReplacer("%s", home, "%g", good.Executable).Replace(tt.want))
		})
	}
}
