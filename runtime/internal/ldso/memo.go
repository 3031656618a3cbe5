package ldso

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// noteFile is a file in a directory of distributions: the names of the shared
// libraries that they need of the machine, one a line.
const noteFile = ".libraries"

// Note writes down what the extension modules below dir, a directory of
// distributions for the program p, need of the machine that they do not bring with
// them. To find that out is to look at every file of the directory, which a start
// has no time for. [Noted] believes the note while it is as old as dir itself, in
// whose time stamp it shows that something came or went: whoever makes dir gives
// both one time stamp afterwards.
//
// Where a library is looked for in a place of its own there is no note.
func Note(dir string, p Program) error {
	modules, err := ExtensionModules(dir)
	if err != nil {
		return err
	}
	r := &resolver{homes: append(slices.Clone(p.Homes), dir)}
	if _, _, err := r.closure(p.Executable, slices.Concat(p.Modules, modules)); err != nil {
		return err
	}
	names, ok := r.needs(modules)
	if !ok {
		return nil
	}
	return WriteNote(dir, names)
}

// WriteNote is Note where the names are known already.
func WriteNote(dir string, names []string) error {
	if err := os.WriteFile(filepath.Join(dir, noteFile), []byte(strings.Join(names, "\n")+"\n"), 0o644); err != nil {
		return fmt.Errorf("libraries: %w", err)
	}
	return nil
}

// needs lists, after closure, the libraries outside that modules are linked
// against. It is false if one is to be found by more than its name.
func (r *resolver) needs(modules []string) (names []string, ok bool) {
	for _, m := range modules {
		o, err := readObject(r.root+m, m)
		if err != nil || o.machine != r.machine {
			continue // as closure does
		}
		for _, name := range o.needed {
			path, outside := r.outside[name]
			if !outside || slices.Contains(names, name) {
				continue
			}
			dir := filepath.Dir(path)
			if strings.Contains(name, "/") || path != "" && !slices.Contains(r.standard, dir) &&
				!slices.Contains(r.fallback, dir) {
				return nil, false
			}
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, true
}

// Noted reads what Note wrote in dir: names for Program.Names. ok is false if there
// is no note, or one that is not as old as dir.
func Noted(dir string) (names []string, ok bool) {
	of, err := os.Stat(dir)
	if err != nil {
		return nil, false
	}
	file := filepath.Join(dir, noteFile)
	note, err := os.Lstat(file)
	if err != nil || !note.Mode().IsRegular() || !note.ModTime().Equal(of.ModTime()) {
		return nil, false
	}
	text, err := os.ReadFile(file)
	return strings.Fields(string(text)), err == nil
}
