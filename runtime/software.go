package runtime

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pyexec/pyexec/runtime/internal/packages"
	"github.com/pyexec/pyexec/runtime/internal/packages/index"
	"github.com/pyexec/pyexec/runtime/internal/python"
)

// home is where the interpreter stands inside a private root; the packages are
// at packages.Shown.
const home = "/python"

// PackageIndex says where packages come from: see the fields.
type PackageIndex = index.Config

// DefaultPackageIndex is what the zero value of PackageIndex stands for.
const DefaultPackageIndex = index.Default

// RedactURL is a URL of a PackageIndex without its secrets, for logs.
func RedactURL(url string) string { return index.Redact(url) }

// software is what scripts run on: the interpreter, and the packages beside its
// standard library.
type software struct {
	*python.Interpreter
	packages string // a directory on this machine, empty without
}

// findSoftware unpacks and installs what is not there yet.
func findSoftware(ctx context.Context, cfg Config) (*software, error) {
	s, err := findInterpreter(ctx, cfg)
	if err != nil || cfg.Packages == "" {
		return s, err
	}
	if s.packages, err = packages.Open(ctx, s.Interpreter, cfg.Index, cfg.Packages, cfg.CacheDir, cfg.Log); err != nil {
		return nil, err
	}
	if err := s.AddPackages(s.packages); err != nil {
		return nil, err
	}
	if len(s.Missing) > 0 {
		cfg.Log.Warn("shared libraries not found, the packages that need them cannot be imported", "libraries", strings.Join(s.Missing, ", "))
	}
	return s, nil
}

func findInterpreter(ctx context.Context, cfg Config) (*software, error) {
	var p *python.Interpreter
	var err error
	if cfg.PythonHome != "" {
		p, err = python.At(cfg.PythonHome)
	} else {
		p, err = python.Bundled(ctx, cfg.CacheDir, cfg.Log)
	}
	if err != nil {
		return nil, err
	}
	return &software{Interpreter: p}, nil
}

// tree is a directory of this machine and where it is in a private root.
type tree struct{ source, target string }

func (s *software) trees() []tree {
	list := []tree{{s.Home, home}}
	if s.packages != "" {
		list = append(list, tree{s.packages, packages.Shown})
	}
	return list
}

// inside is where a path of a tree is in a private root.
func (s *software) inside(path string) string {
	for _, t := range s.trees() {
		if rest, ok := strings.CutPrefix(path, t.source); ok && (rest == "" || rest[0] == filepath.Separator) {
			return t.target + rest
		}
	}
	return path
}

// path lists the directories to import from beside the standard library. Those
// of the interpreter come first: what it needs itself can't be replaced.
func (s *software) path() []string {
	dirs := []string{s.SitePackages()}
	if s.packages != "" {
		dirs = append(dirs, s.packages)
	}
	return dirs
}

// fontDir is where matplotlib's list of fonts is, empty if there is none.
func (s *software) fontDir() string {
	for _, dir := range s.path() {
		fonts := filepath.Join(dir, packages.FontDir)
		if fi, err := os.Stat(fonts); err == nil && fi.IsDir() {
			return fonts
		}
	}
	return ""
}

// preload lists the modules to import beforehand. One without a dot in front of
// which nothing is installed is left out if it need not be there.
func (s *software) preload(cfg Config) []string {
	list := slices.Clone(cfg.Preload)
	for _, module := range cfg.PreloadInstalled {
		if s.has(module) {
			list = append(list, module)
		}
	}
	return list
}

// has reports whether a module's top-level package is installed.
func (s *software) has(module string) bool {
	top, _, _ := strings.Cut(module, ".")
	for _, dir := range s.path() {
		for _, name := range []string{filepath.Join(top, "__init__.py"), top + ".py"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
				return true
			}
		}
	}
	return false
}

// distributions lists what is installed, as name and version.
func (s *software) distributions() []string {
	var list []string
	for _, dir := range s.path() {
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

// InstallPackages makes target, which must not exist yet, a directory for
// Config.Packages of what the requirements file names: wheels, byte-compiled,
// without what no script can use. It takes the interpreter that cfg names, a
// network, and up to some minutes.
func InstallPackages(ctx context.Context, cfg Config, requirements, target string) error {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s, err := findInterpreter(ctx, cfg)
	if err != nil {
		return err
	}
	return packages.Install(ctx, s.Interpreter, cfg.Index, requirements, target, cfg.Log)
}

// Libraries lists the shared libraries that the interpreter and cfg.Packages need
// of this machine, as path and the file that has to be there. A library that
// only an extension module needs and that this machine does not have is in the
// error, for whoever builds an image: importing the module would fail there.
func Libraries(ctx context.Context, cfg Config) (files [][2]string, err error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s, err := findSoftware(ctx, cfg)
	if err != nil {
		return nil, err
	}
	for _, l := range s.Interpreter.Libraries {
		files = append(files, [2]string{l.Path, l.Source})
	}
	if len(s.Missing) > 0 {
		err = fmt.Errorf("libraries: not found on this machine: %s", strings.Join(s.Missing, ", "))
	}
	return files, err
}
