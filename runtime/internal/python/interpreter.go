package python

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pyexec/pyexec/runtime/internal/ldso"
)

// Interpreter is a CPython that is ready to be started.
type Interpreter struct {
	// Home is the prefix on this machine: absolute, without symbolic links.
	Home string
	// Executable is absolute, below Home and not a link out of it.
	Executable string
	// Version is the full version, such as "3.11.11".
	Version string
	// Libraries are the shared libraries that the interpreter and its extension
	// modules need besides what is in Home, the dynamic loader first. One that
	// is in Home is among them if it is not found relative to what needs it:
	// where Home is shown at another path, it has to be shown at its own too.
	Libraries []ldso.Library
	// Missing are the names of libraries that only an extension module needs
	// and this machine does not have. Importing such a module fails; nothing
	// else does.
	Missing []string

	extensions string // directory of the extension modules of the standard library, of one that At found

	modules  []string // extension modules that Libraries and Missing are about
	needs    []string // names of more libraries that they are about, see NoteLibraries
	packages []string // directories added by AddPackages
}

// SitePackages is the directory for distributions beside the standard library.
// "-I -S" leaves it off sys.path, on purpose: site.py costs time and reads .pth
// files. Whoever starts the interpreter adds this directory itself; without it the
// bundled interpreter has no time zones. It need not exist.
func (p *Interpreter) SitePackages() string {
	return filepath.Join(p.Home, filepath.FromSlash(sitePackages(Series(p.Version))))
}

// HasStandard reports whether a module of the standard library is there as a file of
// Python source, of which importing it is to be expected to succeed.
func (p *Interpreter) HasStandard(module string) bool {
	base := filepath.Join(p.Home, stdlib(Series(p.Version)), strings.ReplaceAll(module, ".", "/"))
	for _, file := range []string{base + ".py", filepath.Join(base, "__init__.py")} {
		if fi, err := os.Stat(file); err == nil && fi.Mode().IsRegular() {
			return true
		}
	}
	return false
}

// program is the interpreter with the directories that it may import from.
func (p *Interpreter) program() ldso.Program {
	return ldso.Program{
		Executable: p.Executable,
		Modules:    p.modules,
		Names:      p.needs,
		Homes:      append([]string{p.Home}, p.packages...),
	}
}

// findLibraries fills in Libraries and Missing.
func (p *Interpreter) findLibraries() (err error) {
	p.Libraries, p.Missing, err = ldso.Closure(p.program())
	return err
}

// executable reports whether path is a file that somebody may execute.
func executable(path string) error {
	fi, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !fi.Mode().IsRegular() || fi.Mode().Perm()&0o111 == 0 {
		return fmt.Errorf("%s: not an executable file (%v)", path, fi.Mode())
	}
	return nil
}
