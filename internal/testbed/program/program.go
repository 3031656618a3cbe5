// Package program reads hostile programs: Python scripts that say in their own
// header what must come of them. One format serves all suites, whether they
// attack the server from outside or the runtime from inside.
//
// The header is the first lines of the script, comments of the form "# name:
// value":
//
//	status   the word in the reply, ok without one; several are separated by |
//	result   the JSON of the result, which is compared as JSON
//	error, denied, stdout, stderr
//	         the whole text; with ~ after the name a regular expression that
//	         has to match all of it, for result too
//	entries  members of the object that the result is, as JSON without the
//	         braces. Several lines add up, and the result has no others
//	each~    for a result that is an object of objects of texts: a regular
//	         expression that has to match each of the texts
//	contained, free
//	         for a program that shows what one layer does: what comes of it with
//	         the layer and without, as the suite puts it; with ~ as above
//	blocked  the statement that the check of imports names, when it is on;
//	         without this line the program gets past the check
//	timeout  that the request asks for, in seconds
//	input    the JSON that main takes
//	before   a program whose run has to be over when this one starts
//	beside   a program whose run goes on while this one runs
//	arch     the only architecture that it is for
//	holds, leaves
//	         MiB that it may hold beside its own pages, and that may be left of
//	         it
//	in PLACES: NAME  the same for some places only, where a status takes the
//	         place of all that is said above, and entries that of entries with
//	         the same names. It may take several such lines for the same places.
//	         The next line says
//	because  why it is so
//
// Lines of the header that have no such name say what is tried. Which names
// places have is the suite's matter: set-ups of the testbed, postures of the
// runtime.
//
// program.go finds programs, header.go reads one, expected.go says what is
// expected in a place and compares, prelude.go makes what is put before them. The
// package knows neither a server nor a sandbox.
package program

import (
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"strconv"
)

// Set is a directory of programs that have something in common.
type Set struct {
	// Files hold the programs.
	Files fs.FS
	// Dir is the directory of Files that the programs are in.
	Dir string
	// Shared are the files of Files that make up the prelude.
	Shared []string
	// Places are the names that a header may give after "in".
	Places []string
}

// Names lists the programs that run by themselves, by the names of their files.
// Those in directories below, which go with others, are not among them.
func (s Set) Names() ([]string, error) {
	files, err := fs.Glob(s.Files, s.Dir+"/*.py")
	if err != nil {
		return nil, err
	}
	for i, f := range files {
		files[i] = path.Base(f)
	}
	return files, nil
}

// Read reads a program, given by the path of its file from the set's directory.
// A header that could not fail, or that could never be met, is an error.
func (s Set) Read(name string) (*Program, error) {
	source, err := fs.ReadFile(s.Files, path.Join(s.Dir, name))
	if err != nil {
		return nil, err
	}
	p, err := Parse(string(source), s.Places)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path.Join(s.Dir, name), err)
	}
	return p, nil
}

// Program is a hostile script with what must come of it.
type Program struct {
	// Source is the script, without the prelude.
	Source string

	want    map[string]string
	differs []difference
}

// Value is what the header says under a name for all places, empty if nothing.
func (p *Program) Value(name string) string { return p.want[name] }

// Number is the value of a name as a number, zero without one.
func (p *Program) Number(name string) (float64, error) {
	text := p.want[name]
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, fmt.Errorf("header: %s: %w", name, err)
	}
	return n, nil
}

// Here says whether the program is for this architecture.
func (p *Program) Here() bool { return p.want["arch"] == "" || p.want["arch"] == runtime.GOARCH }
