package python

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

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

// AddNoted is AddPackages for a directory that nobody vouches for: it must have a note
// (NoteStandard), and no file of it is looked at.
func (p *Interpreter) AddNoted(dir string) error {
	names, ok := ldso.Noted(dir)
	if !ok {
		return fmt.Errorf("packages: %s: says nothing of the libraries that it needs", dir)
	}
	p.needs = append(p.needs, names...)
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

// standardLibraries are what wheels for manylinux may take for granted of a machine
// (PEP 599, PEP 600), without those for a display.
var standardLibraries = []string{"libgcc_s.so.1", "libstdc++.so.6", "libm.so.6", "libdl.so.2", "librt.so.1",
	"libc.so.6", "libpthread.so.0", "libutil.so.1", "libresolv.so.2", "libmvec.so.1", "libatomic.so.1", "libz.so.1",
	"libexpat.so.1"}

// NoteStandard is NoteLibraries for distributions that nobody vouches for: which of
// the libraries that wheels may take for granted this machine has. What the extension
// modules say is not read: they could name any file of it.
func (p *Interpreter) NoteStandard(dir string) error {
	program := p.program()
	program.Names = slices.Concat(program.Names, standardLibraries)
	_, missing, err := ldso.Closure(program)
	if err != nil {
		return err
	}
	var names []string
	for _, name := range standardLibraries {
		if !slices.Contains(missing, name) {
			names = append(names, name)
		}
	}
	return ldso.WriteNote(dir, names)
}
