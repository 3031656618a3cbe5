// Package software provides what scripts find: the interpreter, and the packages
// beside its standard library. It knows where they are on this machine and in a
// private root, and which modules are worth importing beforehand. What is not there
// yet is unpacked or installed on the way (packages python and packages).
package software

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pyexec/pyexec/runtime/internal/packages"
	"github.com/pyexec/pyexec/runtime/internal/packages/index"
	"github.com/pyexec/pyexec/runtime/internal/packages/installed"
	"github.com/pyexec/pyexec/runtime/internal/packages/script"
	"github.com/pyexec/pyexec/runtime/internal/python"
)

// home is where the interpreter stands inside a private root; the packages are
// at packages.Shown.
const home = "/python"

// Config says what scripts run on and where it is kept.
type Config struct {
	// PythonHome is the prefix of an installed CPython, 3.11 or 3.14, empty for the bundled
	// one, which is unpacked below CacheDir.
	PythonHome string
	// Packages is a directory of distributions, or a requirements file, of which
	// such a directory is made below CacheDir. Empty for none.
	Packages string
	// Untrusted says that nobody vouches for the packages: see python.AddNoted and Late.
	Untrusted bool
	// Index is where the packages of a requirements file come from. Its zero
	// value is PyPI.
	Index index.Config
	// CacheDir is where the interpreter and the packages are kept.
	CacheDir string
	// Log must not be nil.
	Log *slog.Logger
}

// Software is an interpreter with packages, ready to be started.
type Software struct {
	*python.Interpreter
	// Packages is their directory on this machine, empty without.
	Packages string
	// Untrusted is as in Config.
	Untrusted bool
}

// Find unpacks and installs what is not there yet: that takes seconds, and with
// packages a network and up to some minutes.
func Find(ctx context.Context, cfg Config) (*Software, error) {
	p, err := Interpreter(ctx, cfg)
	if err != nil {
		return nil, err
	}
	s := &Software{Interpreter: p, Untrusted: cfg.Untrusted}
	if cfg.Packages == "" {
		return s, s.takeBeside()
	}
	if s.Packages, err = packages.Open(ctx, p, cfg.Index, cfg.Packages, cfg.CacheDir, cfg.Log); err != nil {
		return nil, err
	}
	add := s.AddPackages
	if s.Untrusted {
		add = s.AddNoted
	}
	if err := add(s.Packages); err != nil {
		return nil, err
	}
	if len(s.Missing) > 0 {
		cfg.Log.Warn("shared libraries not found, the packages that need them cannot be imported",
			"libraries", strings.Join(s.Missing, ", "))
	}
	return s, s.takeBeside()
}

// Interpreter is Find without the packages.
func Interpreter(ctx context.Context, cfg Config) (*python.Interpreter, error) {
	if cfg.PythonHome != "" {
		return python.At(cfg.PythonHome)
	}
	return python.Bundled(ctx, cfg.CacheDir, cfg.Log)
}

// Tree is a directory of this machine, Source, and where it is in a private root.
type Tree struct{ Source, Target string }

// Trees lists what a private root needs beside the shared libraries.
func (s *Software) Trees() []Tree {
	list := []Tree{{s.Home, home}}
	if s.Packages != "" {
		list = append(list, Tree{s.Packages, packages.Shown})
	}
	return list
}

// Inside is where a path of a tree is in a private root; another path is the same.
func (s *Software) Inside(path string) string {
	for _, t := range s.Trees() {
		if rest, ok := strings.CutPrefix(path, t.Source); ok && (rest == "" || rest[0] == filepath.Separator) {
			return t.Target + rest
		}
	}
	return path
}

// Path lists the directories to import from beside the standard library. Those
// of the interpreter come first: what it needs itself can't be replaced.
func (s *Software) Path() []string {
	dirs := []string{s.SitePackages()}
	if s.Packages != "" {
		dirs = append(dirs, s.Packages)
	}
	return dirs
}

// Late lists the directories of Path that only a confined run may import from. The
// interpreter tries modules by names that it does not have itself, such as org.python:
// a package could have one, and would be run in the process that all runs are forked
// from.
func (s *Software) Late() []string {
	if s.Untrusted && s.Packages != "" {
		return []string{s.Packages}
	}
	return nil
}

// FontDir is where matplotlib's list of fonts is, empty if there is none.
func (s *Software) FontDir() string {
	for _, dir := range s.Path() {
		fonts := filepath.Join(dir, packages.FontDir)
		if fi, err := os.Stat(fonts); err == nil && fi.IsDir() {
			return fonts
		}
	}
	return ""
}

// Preload lists the modules to import beforehand: all of always, and those of
// installed that are there. One of the latter counts as there when its top-level
// package is.
func (s *Software) Preload(always, installed []string) []string {
	list := slices.Clone(always)
	for _, module := range installed {
		if s.has(module) {
			list = append(list, module)
		}
	}
	return list
}

// has reports whether a module's top-level package is installed.
func (s *Software) has(module string) bool {
	top, _, _ := strings.Cut(module, ".")
	for _, dir := range s.Path() {
		for _, name := range []string{filepath.Join(top, "__init__.py"), top + ".py"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
				return true
			}
		}
	}
	return false
}

// Environment describes it under a name, for the choice by what a script says that
// it needs. It reads the metadata of all distributions, some milliseconds' work.
func (s *Software) Environment(name string) (*script.Environment, error) {
	machine, err := packages.Machine()
	if err != nil {
		return nil, err
	}
	set, err := installed.Read(s.Path()...)
	if err != nil {
		return nil, err
	}
	return script.NewEnvironment(name, s.Version, machine, set)
}

// Distributions lists what is installed, as name and version.
func (s *Software) Distributions() []string {
	var list []string
	for _, dir := range s.Path() {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // there need not be one
		}
		for _, e := range entries {
			base, ok := strings.CutSuffix(e.Name(), ".dist-info")
			if !ok {
				continue
			}
			name, version, _ := strings.Cut(base, "-")
			// A library that is there twice is imported from the first place.
			if !slices.ContainsFunc(list, func(have string) bool { return strings.HasPrefix(have, name+" ") }) {
				list = append(list, name+" "+version)
			}
		}
	}
	slices.Sort(list)
	return list
}
