package python

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// needsFile is a file in a directory of distributions: the names of the shared
// libraries that they need of the machine, one a line.
const needsFile = ".libraries"

// NoteLibraries writes down what the extension modules below dir need of the
// machine that they do not bring with them. To find that out is to look at
// every file of the directory, which a start has no time for. It comes before
// Settle: [Interpreter.AddPackages] believes the note while it is as old as dir
// itself, in whose time stamp it shows that something came or went.
//
// Where a library is looked for in a place of its own there is no note.
func (p *Interpreter) NoteLibraries(dir string) error {
	modules, err := extensionModules(dir)
	if err != nil {
		return err
	}
	r := &resolver{homes: []string{p.Home, dir}}
	if _, _, err := r.closure(p.Executable, slices.Concat(p.modules, modules)); err != nil {
		return err
	}
	names, ok := r.needs(modules)
	if !ok {
		return nil
	}
	if err := os.WriteFile(filepath.Join(dir, needsFile), []byte(strings.Join(names, "\n")+"\n"), 0o644); err != nil {
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
			if strings.Contains(name, "/") || path != "" && !slices.Contains(r.standard, dir) && !slices.Contains(r.fallback, dir) {
				return nil, false
			}
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, true
}

// noted reads what NoteLibraries wrote in dir. It is false if there is no note,
// or one that is not as old as dir.
func noted(dir string) (names []string, ok bool) {
	of, err := os.Stat(dir)
	if err != nil {
		return nil, false
	}
	file := filepath.Join(dir, needsFile)
	note, err := os.Lstat(file)
	if err != nil || !note.Mode().IsRegular() || !note.ModTime().Equal(of.ModTime()) {
		return nil, false
	}
	text, err := os.ReadFile(file)
	return strings.Fields(string(text)), err == nil
}
