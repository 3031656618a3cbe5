package ldso

import (
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// opened are libraries that nothing is linked against and that are loaded by
// name all the same. They are optional.
var opened = []struct{ name, reason string }{
	{"libgcc_s.so.1", "the C library loads it for pthread_exit and aborts the process without it"},
}

// graphical are extension modules of an installed CPython whose libraries are
// not listed: they open a display, there is none, and they would bring in some
// twenty libraries of X11.
var graphical = []string{"_tkinter.*", "_imagingtk.*"}

// ExtensionModules lists the shared objects below the given directories, by their
// names: what is in them is not looked at. A directory that does not exist, or
// whose name is empty, has none.
func ExtensionModules(dirs ...string) ([]string, error) {
	var found []string
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			switch base := filepath.Base(path); {
			case errors.Is(err, fs.ErrNotExist):
				return nil
			case err != nil:
				return err
			case matchAny(graphical, base):
				return nil
			case d.Type().IsRegular() && (strings.HasSuffix(base, ".so") || strings.Contains(base, ".so.")):
				found = append(found, path)
			}
			return nil
		})
		if dir != "" && err != nil {
			return nil, fmt.Errorf("libraries: %w", err)
		}
	}
	return found, nil
}

// matchAny reports whether one of the patterns matches name.
func matchAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, _ := filepath.Match(p, name)
		return ok
	})
}

// Library is a shared library of this machine.
type Library struct {
	// Path is where the dynamic loader looks for it: the place it has to be at
	// in a private root, which has no /etc/ld.so.cache.
	Path string
	// Source is the file itself, with every symbolic link resolved.
	Source string
}

// Program is a program and what it may load while it runs.
type Program struct {
	// Executable is its absolute path.
	Executable string
	// Modules are files that it may load by their paths, as an interpreter does
	// with extension modules.
	Modules []string
	// Names are more libraries that are loaded by name.
	Names []string
	// Homes are directories that may be shown at another path as a whole. What
	// is found in one of them relative to what needs it is not listed.
	Homes []string
}

// Closure lists the shared libraries that a program and its modules need and do
// not find relative to themselves, the dynamic loader first, and the names of
// those that only modules need and that are not there. One that the executable
// needs itself is an error. A module that is no ELF file, or one for another
// architecture, needs nothing.
func Closure(p Program) (libraries []Library, missing []string, err error) {
	return (&resolver{homes: p.Homes}).closure(p.Executable, p.Modules, p.Names...)
}

// resolver finds libraries as the dynamic loader does. It is used once.
type resolver struct {
	root  string   // where "/" is; empty but in tests
	homes []string // directories that may be shown elsewhere as a whole

	machine  elf.Machine
	interp   string // base name of the loader
	standard []string
	fallback []string // directories of ld.so.conf; read when first needed
	libc     string   // directory of libc.so.6, one of standard

	seen      map[string]bool   // by name, as the loader does
	outside   map[string]string // those of them that are in no home: where, empty if nowhere
	libraries []Library
	missing   []string
}

// want is one object whose needs are still to be resolved.
type want struct {
	*object
	moves     bool        // it is wherever Home is
	inherited []searchDir // DT_RPATH of the objects that led to it
}

// closure is about exe, modules, and names of libraries that others need.
func (r *resolver) closure(exe string, modules []string, names ...string) ([]Library, []string, error) {
	o, err := readObject(r.root+exe, exe)
	if err != nil {
		return nil, nil, fmt.Errorf("libraries: %w", err)
	}
	if o.interp == "" {
		return nil, nil, fmt.Errorf("libraries: %s: not a dynamically linked program", exe)
	}
	r.machine, r.seen, r.outside = o.machine, map[string]bool{}, map[string]string{}
	if err := r.addLoader(o); err != nil {
		return nil, nil, err
	}
	r.standard = r.standardDirs()
	if found := r.findIn("libc.so.6", fixed(r.standard)); found.object != nil {
		r.libc = filepath.Dir(found.path)
	}
	if err := r.resolve(want{object: o, moves: true}, true); err != nil {
		return nil, nil, err
	}
	for _, m := range modules {
		o, err := readObject(r.root+m, m)
		if err != nil {
			continue // not an ELF file, whatever its name says; importing it will say so
		}
		if o.machine != r.machine || o.class != elf.ELFCLASS64 {
			continue // for another architecture; never loaded
		}
		if err := r.resolve(want{object: o, moves: true}, false); err != nil {
			return nil, nil, err
		}
	}
	for _, l := range opened {
		names = append(names, l.name)
	}
	if err := r.resolve(want{object: &object{path: exe, needed: names}}, false); err != nil {
		return nil, nil, err
	}
	slices.Sort(r.missing)
	return r.libraries, slices.Compact(r.missing), nil
}

// addLoader lists the dynamic loader. The kernel takes its path from the
// executable as it is, so it is the one library without a search.
func (r *resolver) addLoader(exe *object) error {
	r.interp = filepath.Base(exe.interp)
	r.seen[r.interp] = true
	source, err := r.realPath(exe.interp)
	if err == nil {
		r.libraries = append(r.libraries, Library{Path: exe.interp, Source: source})
		return nil
	}
	if found, _ := filepath.Glob(r.root + "/lib/ld-musl-*"); found != nil && !strings.Contains(r.interp, "musl") {
		return fmt.Errorf("libraries: %s: %w: this system has musl and the interpreter needs glibc: use an image "+
			"based on Debian, or set PYTHON_HOME to an interpreter of this system", exe.interp, fs.ErrNotExist)
	}
	return fmt.Errorf("libraries: %s: the dynamic loader of %s: %w", exe.interp, exe.path, fs.ErrNotExist)
}

// resolve lists what o needs, and what that needs. A library that is not found
// is an error if required, else missing.
func (r *resolver) resolve(o want, required bool) error {
	queue := []want{o}
	for len(queue) > 0 {
		o, queue = queue[0], queue[1:]
		rpath := append(slices.Clone(o.inherited), o.expand(o.rpath)...)
		for _, name := range o.needed {
			if r.seen[name] {
				continue
			}
			found := r.find(name, o, rpath)
			if found.object == nil {
				if required {
					return fmt.Errorf("libraries: %s: %s: not found in %s", o.path, name,
						strings.Join(slices.Concat(r.standard, r.fallback), ", "))
				}
				r.missing = append(r.missing, name)
				r.outside[name] = ""
				continue
			}
			r.seen[name] = true
			found.inherited = rpath
			queue = append(queue, found)
			if found.moves {
				continue
			}
			r.outside[name] = found.path
			source, err := r.realPath(found.path)
			if err != nil {
				return fmt.Errorf("libraries: %w", err)
			}
			r.libraries = append(r.libraries, Library{Path: r.visible(name, found.path), Source: source})
		}
	}
	return nil
}

// realPath is path with every symbolic link resolved.
func (r *resolver) realPath(path string) (string, error) {
	resolved, err := filepath.EvalSymlinks(r.root + path)
	return strings.TrimPrefix(resolved, r.root), err
}

// exists reports whether path is there.
func (r *resolver) exists(path string) bool {
	_, err := os.Stat(r.root + path)
	return err == nil
}
