// Package provision installs on a machine, or in an image, what a server would
// unpack or fetch when it starts: the interpreter and packages. It is for
// cmd/rootfs and cmd/packages; a server finds by itself what they have made.
package provision

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"

	"github.com/pyexec/pyexec/runtime/internal/bytecode"
	"github.com/pyexec/pyexec/runtime/internal/modproxy"
	"github.com/pyexec/pyexec/runtime/internal/packages"
	"github.com/pyexec/pyexec/runtime/internal/python"
	"github.com/pyexec/pyexec/runtime/internal/software"
)

// Config says which interpreter and packages are meant: its fields are those of
// the same names of runtime.Config. Log must not be nil.
type Config = software.Config

// InstallPython puts a CPython and the shared libraries that it needs of this
// machine below root, which is to become the root directory of an image: the
// prefix at home there, for Config.PythonHome of a server without a bundled one
// (build tag nopython). home is absolute and must not exist yet. The CPython is a
// copy of the prefix from, or the bundled one where from is empty.
func InstallPython(ctx context.Context, from, root, home string, log *slog.Logger) error {
	if err := python.Install(ctx, from, root, home, log); err != nil {
		return err
	}
	return prepare(ctx, filepath.Join(root, home))
}

// prepare puts into the prefix of an interpreter what saves a server time when it starts:
// byte code of what it runs in there, and who the interpreter is.
func prepare(ctx context.Context, prefix string) error {
	p, err := python.At(prefix)
	if err != nil {
		return err
	}
	if err := bytecode.Install(ctx, p.Executable, p.Home); err != nil {
		return err
	}
	return python.NoteIdentity(prefix)
}

// ErrBundled says of a series that it is the bundled one's, and needs no fetching.
var ErrBundled = python.ErrBundled

// FetchPython makes target, which must not exist yet, the prefix of the CPython of
// a series that is not the bundled one's, such as "3.14", for Config.PythonHome. It
// fetches 110 MB from the first of proxies, as in GOPROXY, that has them, and
// compares them with the hash that this program has of them.
func FetchPython(ctx context.Context, proxies, series, target string, log *slog.Logger) error {
	fetch := func(from python.Source, to string) error {
		return modproxy.Fetch(ctx, proxies, module.Version{Path: from.Module, Version: from.Version}, from.Sum, to)
	}
	if err := python.Unpack(ctx, series, target, fetch, log); err != nil {
		return err
	}
	return prepare(ctx, target)
}

// InstallPackages makes target, which must not exist yet, a directory for
// Config.Packages of what the requirements file names: wheels, byte-compiled,
// without what no script can use. It takes the interpreter that cfg names, a
// network, and up to some minutes.
func InstallPackages(ctx context.Context, cfg Config, requirements, target string) error {
	p, err := software.Interpreter(ctx, cfg)
	if err != nil {
		return err
	}
	return packages.Install(ctx, p, cfg.Index, requirements, target, cfg.Log)
}

// Library is a shared library of this machine.
type Library struct {
	// Path is where the dynamic loader looks for it, Source the file itself.
	Path, Source string
}

// Libraries lists the shared libraries that the interpreter and cfg.Packages need
// of this machine. The error names a library that only an extension module needs
// and that this machine does not have, for whoever builds an image: importing the
// module would fail there. The others are listed all the same.
func Libraries(ctx context.Context, cfg Config) (files []Library, err error) {
	s, err := software.Find(ctx, cfg)
	if err != nil {
		return nil, err
	}
	for _, l := range s.Libraries {
		files = append(files, Library(l))
	}
	if len(s.Missing) > 0 {
		err = fmt.Errorf("libraries: not found on this machine: %s", strings.Join(s.Missing, ", "))
	}
	return files, err
}
