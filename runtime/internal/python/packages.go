package python

import (
	"context"
	"path/filepath"

	"github.com/pyexec/pyexec/internal/filetree"
	"github.com/pyexec/pyexec/runtime/internal/ldso"
)

// AddPackages counts the extension modules below dir, a directory of
// distributions outside Home, for Libraries and Missing. Like Home it may be
// shown at another path as a whole. Nothing in it is executed.
func (p *Interpreter) AddPackages(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if names, ok := ldso.Noted(dir); ok {
		p.needs = append(p.needs, names...)
	} else {
		found, err := ldso.ExtensionModules(dir)
		if err != nil {
			return err
		}
		p.modules = append(p.modules, found...)
	}
	p.packages = append(p.packages, dir)
	return p.findLibraries()
}

// NoteLibraries writes down what the extension modules below dir, a directory of
// distributions, need of the machine, so that AddPackages need not look at every
// file of it. It comes before Settle; see [ldso.Note].
func (p *Interpreter) NoteLibraries(dir string) error { return ldso.Note(dir, p.program()) }

// Compile writes byte code for every module below dir, which scripts will see
// at the path shown. A later import does not compare it with its source. A
// module that is no Python of this version stays without: distributions carry templates
// and sources for other versions.
func (p *Interpreter) Compile(ctx context.Context, dir, shown string) error {
	return byteCompile(ctx, p.Executable, dir, shown, true)
}

// Settle gives every file below dir a mode that lets everybody read and nobody
// but the owner write, and everything the time stamp of the bundled tree: see
// [filetree.Settle].
func Settle(dir string) error { return filetree.Settle(dir, settledMode) }
