package python_test

import (
	"debug/elf"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/pyexec/pyexec/runtime/internal/ldso"
	"github.com/pyexec/pyexec/runtime/internal/ldso/elftest"
	"github.com/pyexec/pyexec/runtime/internal/python"
)

// missing is what AddPackages finds to be missing for the packages in dir.
func missing(t *testing.T, p *python.Interpreter, dir string) []string {
	t.Helper()
	with := *p
	must(t, with.AddPackages(dir))
	return with.Missing
}

// The libraries that packages need of the machine are written down where they are
// installed, and are looked for again only when a distribution has come or gone.
func TestNoteLibraries(t *testing.T) {
	p, dir := bundled(t, sharedCache(t)), t.TempDir()
	write := func(name string, e elftest.File) {
		if runtime.GOARCH == "arm64" {
			e.Machine = elf.EM_AARCH64
		}
		elftest.Write(t, filepath.Join(dir, name), e)
	}
	write("a/core.so", elftest.File{Needed: []string{"libbeside.so", "libnowhere.so", "libc.so.6"},
		Runpath: "$ORIGIN"})
	write("a/libbeside.so", elftest.File{Needed: []string{"libdeep.so"}})
	want := missing(t, p, dir)
	if !slices.Contains(want, "libnowhere.so") || !slices.Contains(want, "libdeep.so") ||
		slices.Contains(want, "libbeside.so") {
		t.Fatalf("without a note: missing %q", want)
	}
	must(t, p.NoteLibraries(dir))
	must(t, python.Settle(dir))

	// The files are not read now: this missing library is not found.
	write("a/core.so", elftest.File{Needed: []string{"libnew.so"}})
	if got := missing(t, p, dir); !slices.Equal(got, want) {
		t.Errorf("with a note: missing %q, want %q", got, want)
	}
	// A distribution has come.
	write("b/more.so", elftest.File{Needed: []string{"libother.so"}})
	if got := missing(t, p, dir); !slices.Contains(got, "libnew.so") || !slices.Contains(got, "libother.so") {
		t.Errorf("with a note that is out of date: missing %q", got)
	}

	// By its name alone this one would not be found.
	dir = t.TempDir()
	write("libspecial.so", elftest.File{})
	special := dir
	dir = t.TempDir()
	write("c.so", elftest.File{Needed: []string{"libspecial.so"}, Runpath: special})
	must(t, p.NoteLibraries(dir))
	must(t, python.Settle(dir))
	with := *p
	must(t, with.AddPackages(dir))
	if !slices.Contains(with.Libraries, ldso.Library{Path: filepath.Join(special, "libspecial.so"),
		Source: filepath.Join(special, "libspecial.so")}) {
		t.Errorf("a library in a place of its own is not among %v", with.Libraries)
	}
}
