package ldso

import (
	"debug/elf"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/runtime/internal/ldso/elftest"
)

const ld = "/lib64/ld-linux-x86-64.so.2"

// system is a made-up machine: what is at which path.
type system map[string]any // elftest.File, or a string: a file's text, or "-> target" for a symbolic link

// install writes the system below a root.
func (s system) install(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for path, what := range s {
		full := root + path
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		switch what := what.(type) {
		case elftest.File:
			elftest.Write(t, full, what)
		case string:
			var err error
			if target, ok := strings.CutPrefix(what, "-> "); ok {
				err = os.Symlink(target, full)
			} else {
				err = os.WriteFile(full, []byte(what), 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return root
}

// with is the system with more in it.
func (s system) with(more system) system {
	all := system{}
	for _, m := range []system{s, more} {
		for path, what := range m {
			all[path] = what
		}
	}
	return all
}

// python is the program the tests resolve, linked like the bundled one.
var python = elftest.File{Interp: ld, Needed: []string{"$ORIGIN/../lib/libpython.so", "libm.so.6", "libc.so.6"}}

// Systems as the distributions lay them out. In all of them the interpreter is
// in /py.
var (
	libc   = elftest.File{Needed: []string{"ld-linux-x86-64.so.2"}}
	libm   = elftest.File{Needed: []string{"libc.so.6"}}
	bare   = system{"/py/bin/python3.11": python, "/py/lib/libpython.so": libm}
	debian = bare.with(system{
		"/lib":                            "-> usr/lib",
		"/lib64":                          "-> usr/lib64",
		"/usr/lib64/ld-linux-x86-64.so.2": "-> ../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
		"/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2": elftest.File{},
		"/usr/lib/x86_64-linux-gnu/libc.so.6":            libc,
		"/usr/lib/x86_64-linux-gnu/libm.so.6":            libm,
	})
	fedora = bare.with(system{
		"/lib": "-> usr/lib", "/lib64": "-> usr/lib64",
		"/usr/lib64/ld-linux-x86-64.so.2": elftest.File{},
		"/usr/lib64/libc.so.6":            libc,
		"/usr/lib64/libm.so.6":            libm,
		"/usr/lib/libc.so.6":              elftest.File{Machine: elf.EM_386}, // the other half of a system with two
	})
	arch = bare.with(system{
		"/lib": "-> usr/lib", "/lib64": "-> usr/lib", "/usr/lib64": "-> lib",
		"/usr/lib/ld-linux-x86-64.so.2": elftest.File{},
		"/usr/lib/libc.so.6":            libc,
		"/usr/lib/libm.so.6":            libm,
	})
	split = bare.with(system{ // before /usr was merged
		"/lib64/ld-linux-x86-64.so.2":             "-> ../lib/x86_64-linux-gnu/ld-2.31.so",
		"/lib/x86_64-linux-gnu/ld-2.31.so":        elftest.File{},
		"/lib/x86_64-linux-gnu/libc.so.6":         "-> libc-2.31.so",
		"/lib/x86_64-linux-gnu/libc-2.31.so":      libc,
		"/usr/lib/x86_64-linux-gnu/libm.so.6":     libm,
		"/usr/lib/x86_64-linux-gnu/libz.so.1":     "-> libz.so.1.2",
		"/usr/lib/x86_64-linux-gnu/libz.so.1.2":   libm,
		"/usr/lib/x86_64-linux-gnu/libgcc_s.so.1": libm,
	})
	alpine = bare.with(system{"/lib/ld-musl-x86_64.so.1": elftest.File{}})
)

var closures = []struct {
	name    string
	system  system
	home    string // /py if empty
	exe     string
	modules []string
	want    []string // "path" or "path source" where they differ
	missing []string
	err     string
}{
	{name: "debian", system: debian, missing: []string{"libgcc_s.so.1"}, want: []string{
		ld + " /usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
		"/usr/lib/x86_64-linux-gnu/libm.so.6", "/usr/lib/x86_64-linux-gnu/libc.so.6"}},
	{name: "fedora", system: fedora, missing: []string{"libgcc_s.so.1"}, want: []string{
		ld + " /usr/lib64/ld-linux-x86-64.so.2", "/usr/lib64/libm.so.6", "/usr/lib64/libc.so.6"}},
	{name: "arch", system: arch, missing: []string{"libgcc_s.so.1"}, want: []string{
		ld + " /usr/lib/ld-linux-x86-64.so.2", "/usr/lib/libm.so.6", "/usr/lib/libc.so.6"}},
	{name: "old debian", system: split, want: []string{
		ld + " /lib/x86_64-linux-gnu/ld-2.31.so", "/usr/lib/x86_64-linux-gnu/libm.so.6",
		"/lib/x86_64-linux-gnu/libc.so.6 /lib/x86_64-linux-gnu/libc-2.31.so",
		"/usr/lib/x86_64-linux-gnu/libgcc_s.so.1"}},
	{name: "alpine", system: alpine, err: "libraries: " + ld +
		": file does not exist: this system has musl and the interpreter needs glibc"},
	{name: "no loader", system: bare, err: "libraries: " + ld +
		": the dynamic loader of /py/bin/python3.11: file does not exist"},
	{name: "no libm", system: arch.with(system{"/usr/lib/libm.so.6": "text"}),
		err: "libraries: /py/bin/python3.11: libm.so.6: not found in /usr/lib"},
	{name: "no libpython", system: arch.with(system{"/py/lib/libpython.so": "text"}),
		err: "libraries: /py/bin/python3.11: $ORIGIN/../lib/libpython.so: not found in "},
	{name: "a need of a need is missing",
		system: arch.with(system{"/usr/lib/libm.so.6": elftest.File{Needed: []string{"libdeep.so"}}}),
		err:    "libraries: /usr/lib/libm.so.6: libdeep.so: not found in "},
	{name: "static", system: arch.with(system{"/py/bin/python3.11": elftest.File{}}),
		err: "not a dynamically linked program"},

	{name: "module", system: split.with(system{"/py/mod.so": elftest.File{Needed: []string{"libz.so.1",
		"libc.so.6"}}}), modules: []string{"/py/mod.so"},
		want: []string{ld + " /lib/x86_64-linux-gnu/ld-2.31.so", "/usr/lib/x86_64-linux-gnu/libm.so.6",
			"/lib/x86_64-linux-gnu/libc.so.6 /lib/x86_64-linux-gnu/libc-2.31.so",
			"/usr/lib/x86_64-linux-gnu/libz.so.1 /usr/lib/x86_64-linux-gnu/libz.so.1.2",
			"/usr/lib/x86_64-linux-gnu/libgcc_s.so.1"}},
	{name: "module without its library", modules: []string{"/py/a.so", "/py/b.so"},
		system: arch.with(system{"/py/a.so": elftest.File{Needed: []string{"libcrypt.so.1"}},
			"/py/b.so": elftest.File{Needed: []string{"libcrypt.so.1"}}}),
		want:    []string{ld + " /usr/lib/ld-linux-x86-64.so.2", "/usr/lib/libm.so.6", "/usr/lib/libc.so.6"},
		missing: []string{"libcrypt.so.1", "libgcc_s.so.1"}},
	{name: "module for another machine, module that is none", modules: []string{"/py/a.so", "/py/b.so"},
		system: arch.with(system{"/py/a.so": elftest.File{Machine: elf.EM_AARCH64, Needed: []string{"libx.so"}},
			"/py/b.so": "text"}),
		want:    []string{ld + " /usr/lib/ld-linux-x86-64.so.2", "/usr/lib/libm.so.6", "/usr/lib/libc.so.6"},
		missing: []string{"libgcc_s.so.1"}},
	{name: "library that comes with the module", modules: []string{"/py/numpy/core.so"},
		system: arch.with(system{"/py/numpy/core.so": elftest.File{Needed: []string{"libblas.so"},
			Runpath: "$ORIGIN/../numpy.libs"},
			"/py/numpy.libs/libblas.so":     elftest.File{Needed: []string{"libgfortran.so"}, Rpath: "${ORIGIN}"},
			"/py/numpy.libs/libgfortran.so": elftest.File{Needed: []string{"libgcc_s.so.1"}},
			"/usr/lib/libgcc_s.so.1":        libm}),
		want: []string{ld + " /usr/lib/ld-linux-x86-64.so.2", "/usr/lib/libm.so.6", "/usr/lib/libc.so.6",
			"/usr/lib/libgcc_s.so.1"}},

	{name: "runpath outside home", modules: nil,
		system: arch.with(system{"/py/bin/python3.11": elftest.File{Interp: ld,
			Needed: []string{"libssl.so", "libc.so.6"}, Runpath: "/opt/ssl"}, "/opt/ssl/libssl.so": libc,
			"/usr/lib/libssl.so": libc}),
		want:    []string{ld + " /usr/lib/ld-linux-x86-64.so.2", "/opt/ssl/libssl.so", "/usr/lib/libc.so.6"},
		missing: []string{"libgcc_s.so.1"}},
	{name: "runpath is not for the needs of a need",
		system: arch.with(system{"/py/bin/python3.11": elftest.File{Interp: ld, Needed: []string{"liba.so"},
			Runpath: "/opt"},
			"/opt/liba.so": elftest.File{Needed: []string{"libb.so"}}, "/opt/libb.so": libc}),
		err: "libraries: /opt/liba.so: libb.so: not found in /usr/lib"},
	{name: "rpath is",
		system: arch.with(system{"/py/bin/python3.11": elftest.File{Interp: ld, Needed: []string{"liba.so"},
			Rpath: "/opt"},
			"/opt/liba.so": elftest.File{Needed: []string{"libb.so"}}, "/opt/libb.so": libc}),
		want:    []string{ld + " /usr/lib/ld-linux-x86-64.so.2", "/opt/liba.so", "/opt/libb.so"},
		missing: []string{"libgcc_s.so.1"}},
	{name: "only in ld.so.conf", modules: []string{"/py/a.so"},
		system: debian.with(system{"/py/a.so": elftest.File{Needed: []string{"libx.so", "liby.so"}},
			"/etc/ld.so.conf":              "# local\ninclude ld.so.conf.d/*.conf\nhwcap 1 none\n",
			"/etc/ld.so.conf.d/local.conf": "/usr/local/lib, /opt/y # two\n/nowhere\n",
			"/etc/ld.so.conf.d/loop.conf":  "include /etc/ld.so.conf\n",
			"/usr/local/lib/libx.so":       libm, "/opt/y/liby.so": libm}),
		want: []string{ld + " /usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
			"/usr/lib/x86_64-linux-gnu/libm.so.6", "/usr/lib/x86_64-linux-gnu/libc.so.6",
			"/usr/lib/x86_64-linux-gnu/libx.so /usr/local/lib/libx.so",
			"/usr/lib/x86_64-linux-gnu/liby.so /opt/y/liby.so"}, missing: []string{"libgcc_s.so.1"}},
	{name: "libpython in home by its full name", // as pyenv builds it: to be had at that name when home is elsewhere
		system: arch.with(system{"/py/bin/python3.11": elftest.File{Interp: ld, Needed: []string{"libpython.so"},
			Runpath: "/py/lib"},
			"/py/lib/libpython.so": elftest.File{Needed: []string{"libq.so"}, Runpath: "$ORIGIN/q"},
			"/py/lib/q/libq.so":    libc}),
		want:    []string{ld + " /usr/lib/ld-linux-x86-64.so.2", "/py/lib/libpython.so", "/py/lib/q/libq.so"},
		missing: []string{"libgcc_s.so.1"}},
	{name: "strings in two segments", // as CPython 3.14 is built
		system: arch.with(system{"/py/bin/python3.11": elftest.File{Interp: ld, Split: true,
			Needed: []string{"libm.so.6", "libc.so.6"}}}),
		want:    []string{ld + " /usr/lib/ld-linux-x86-64.so.2", "/usr/lib/libm.so.6", "/usr/lib/libc.so.6"},
		missing: []string{"libgcc_s.so.1"}},
	{name: "home is above the libraries", home: "/usr", exe: "/usr/bin/python3.11",
		modules: []string{"/usr/lib/python3.11/a.so"},
		system: arch.with(system{"/usr/bin/python3.11": elftest.File{Interp: ld,
			Needed: []string{"libm.so.6", "libc.so.6"}},
			"/usr/lib/python3.11/a.so": elftest.File{Needed: []string{"libz.so"}}, "/usr/lib/libz.so": libc}),
		want: []string{ld + " /usr/lib/ld-linux-x86-64.so.2", "/usr/lib/libm.so.6", "/usr/lib/libc.so.6",
			"/usr/lib/libz.so"}, missing: []string{"libgcc_s.so.1"}},
	{name: "libpython found by ld.so.conf only",
		system: arch.with(system{"/py/bin/python3.11": elftest.File{Interp: ld, Needed: []string{"libpython.so"}},
			"/etc/ld.so.conf": "/py/lib\n"}),
		want: []string{ld + " /usr/lib/ld-linux-x86-64.so.2", "/usr/lib/libpython.so /py/lib/libpython.so",
			"/usr/lib/libc.so.6"}, missing: []string{"libgcc_s.so.1"}},
}

func TestClosure(t *testing.T) {
	for _, tt := range closures {
		t.Run(tt.name, func(t *testing.T) {
			if tt.home == "" {
				tt.home, tt.exe = "/py", "/py/bin/python3.11"
			}
			r := &resolver{root: tt.system.install(t), homes: []string{tt.home}}
			libraries, missing, err := r.closure(tt.exe, tt.modules)
			if tt.err != "" {
				if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), r.root, ""), tt.err) {
					t.Errorf("got  %v\nwant %s", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, l := range libraries {
				if l.Path == l.Source {
					got = append(got, l.Path)
				} else {
					got = append(got, l.Path+" "+l.Source)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(tt.want, "\n     "))
			}
			if !slices.Equal(missing, tt.missing) {
				t.Errorf("missing %q, want %q", missing, tt.missing)
			}
		})
	}
}

func TestExtensionModules(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.so", "deep/b.cpython-311.so", "deep/libc.so.6", "_tkinter.cpython-311.so",
		"notes.txt", "x.sort"} {
		elftest.Write(t, filepath.Join(dir, name), elftest.File{})
	}
	got, err := ExtensionModules("", filepath.Join(dir, "none"), dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{dir + "/a.so", dir + "/deep/b.cpython-311.so", dir + "/deep/libc.so.6"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
