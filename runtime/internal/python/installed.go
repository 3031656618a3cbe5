package python

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/ldso"
)

// identity is what an interpreter says of itself.
type identity struct {
	implementation string // "cpython"
	version        string // "3.11.11"
	prefix         string // where it found its standard library
	extensions     string // directory of the extension modules among it
}

// askIdentity is run with -I -S -c. The fields are separated by NUL because
// paths may contain anything else.
const askIdentity = `import sys
print(sys.implementation.name, "%d.%d.%d" % sys.version_info[:3], sys.prefix,
      ([d for d in sys.path if d.endswith("lib-dynload")] + [""])[0], sep="\0", end="")`

// identify runs exe and asks it what it is. It bounds the time itself.
func identify(ctx context.Context, exe string) (identity, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, exe, "-B", "-I", "-S", "-c", askIdentity)
	cmd.Env = []string{}
	cmd.WaitDelay = time.Second // a script that is no interpreter may leave children
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return identity{}, fmt.Errorf("run: %s: %w%s", exe, startError(ctx, exe, err), tail([]byte(stderr.String())))
	}
	fields := strings.Split(string(out), "\x00")
	if len(fields) != 4 {
		return identity{}, fmt.Errorf("run: %s: not a Python interpreter%s", exe, tail(out))
	}
	return identity{fields[0], fields[1], fields[2], fields[3]}, nil
}

// startError is the cause of a start of exe that ended with err. "No such file"
// about a program that is there means its loader or a library of it.
func startError(ctx context.Context, exe string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, fs.ErrNotExist) {
		if _, _, cause := ldso.Closure(ldso.Program{Executable: exe,
			Homes: []string{filepath.Dir(filepath.Dir(exe))}}); cause != nil {
			return cause
		}
	}
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	return err
}

// At returns the CPython installed with the prefix home, as the operator names
// it with PYTHON_HOME: one of home/bin/python3.11, home/bin/python3.14 and
// home/bin/python3 must be there, and the first of them a CPython of one of
// these series that finds its standard library below home. So a virtual
// environment is refused, its base installation is not. What is installed in
// its site-packages counts for Libraries. Nothing is added or changed. It is started to be
// asked, unless [NoteIdentity] has been there.
func At(home string) (*Interpreter, error) {
	p, err := at(home)
	if err != nil {
		return nil, fmt.Errorf("PYTHON_HOME: %w", err)
	}
	return p, nil
}

func at(home string) (*Interpreter, error) {
	prefix, err := ldso.RealPath(home)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", home, err)
	}
	if fi, err := os.Stat(prefix); err != nil || !fi.IsDir() {
		return nil, fmt.Errorf("%s: not a directory", prefix)
	}
	exe, series, err := findExecutable(prefix)
	if err != nil {
		return nil, err
	}
	p := &Interpreter{Home: prefix, Executable: exe, Version: series + ".0"} // of which more is known soon
	extensions := filepath.Join(prefix, filepath.FromSlash(stdlib(series)), "lib-dynload")
	found := make(chan error, 1)
	go func() { found <- p.find(extensions) }() // while the interpreter starts
	id, ok := noted(prefix, exe)
	if !ok {
		id, err = identify(context.Background(), exe)
	}
	notFound := <-found
	if err != nil {
		return nil, err
	}
	if id.implementation != "cpython" || !slices.Contains(accepted, Series(id.version)) {
		return nil, fmt.Errorf("%s: is %s %s, want cpython %s", exe, id.implementation, id.version, wanted)
	}
	if own, err := ldso.RealPath(id.prefix); err != nil || own != prefix {
		return nil, fmt.Errorf("%s: belongs to the installation in %s: name that one", exe, id.prefix)
	}
	p.Version, p.extensions = id.version, id.extensions
	if id.extensions != extensions { // they need not be at the usual place
		notFound = p.find(id.extensions)
	}
	if notFound != nil {
		return nil, notFound
	}
	return p, nil
}

// find lists the extension modules, those of the standard library in the given
// directory, and what they need.
func (p *Interpreter) find(extensions string) (err error) {
	if p.modules, err = ldso.ExtensionModules(extensions, p.SitePackages()); err != nil {
		return err
	}
	return p.findLibraries()
}

// wanted are the series that are accepted, in words.
var wanted = strings.Join(accepted, " or ")

// findExecutable picks the interpreter below home, and says of which series it is
// by its name.
func findExecutable(home string) (exe, series string, err error) {
	for _, series := range append(slices.Clip(accepted), "3") {
		path := filepath.Join(home, "bin", "python"+series)
		switch err := executable(path); {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return "", "", err
		}
		target, err := ldso.RealPath(path)
		if err != nil {
			return "", "", fmt.Errorf("%s: %w", path, err)
		}
		if !ldso.Within(home, target) {
			return "", "", fmt.Errorf("%s: is a link to %s: name the prefix of that one", path, target)
		}
		return path, strings.TrimPrefix(filepath.Base(target), "python"), nil
	}
	return "", "", fmt.Errorf("%s: none of bin/python%s and bin/python3 is in it", home,
		strings.Join(accepted, ", bin/python"))
}
