package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/pyexec/pyexec/runtime"
)

// Environments are described by a file or a directory that ENVIRONMENTS names: see
// environmentFile and environmentsIn.

// Bounds of what is read. Each environment may hold an interpreter in memory, and a
// list of them goes to callers.
const (
	maxEnvironments    = 32
	maxEnvironmentFile = 1 << 20
)

// environmentName is what an environment may be called: it stands in URLs, in the
// metrics and in sentences.
var environmentName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

const environmentNameRule = "a name has up to 63 of a-z, 0-9, '.', '_' and '-', and begins with a letter or digit"

// environmentFile is the form of the file, in TOML:
//
//	[[environment]]
//	name = "data"
//	packages = "data.txt"
//	python = "3.14"
//	preload = ["numpy", "pandas"]
//	start = "at once"
type environmentFile struct {
	Environment []environmentTable `toml:"environment"`
}

// environmentTable is one environment. What is left out is as for the default one,
// except for the packages: there are none then.
type environmentTable struct {
	Name     string    `toml:"name"`
	Packages string    `toml:"packages,omitempty"`
	Python   string    `toml:"python,omitempty"`
	Preload  *[]string `toml:"preload,omitempty"`
	Start    string    `toml:"start,omitempty"`
}

// The values of start.
const (
	startAtOnce = "at once"
	startAsked  = "when asked"
)

// environments is a file that lists environments, or a directory of them.
func environments() kind {
	k := existingPath(func(c *Config) *string { return &c.environmentsPath })
	k.accepts = "a path to a TOML file or a directory"
	path := k.set
	k.set = func(c *Config, text string) error {
		if err := path(c, text); err != nil || text == "" {
			return err
		}
		var err error
		c.environments, err = readEnvironments(c.environmentsPath)
		return err
	}
	return k
}

// readEnvironments reads what is at an absolute path. Its errors say which environment
// is at fault.
func readEnvironments(path string) ([]environmentTable, error) {
	list, dir, err := listEnvironments(path)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if err := list[i].complete(dir); err != nil {
			return nil, fmt.Errorf("environment %q: %w", list[i].Name, err)
		}
	}
	return list, nil
}

// listEnvironments is readEnvironments without a look at what they name. Their paths are
// relative to dir.
func listEnvironments(path string) (list []environmentTable, dir string, err error) {
	fi, err := os.Stat(path)
	if err != nil {
		return nil, "", err
	}
	dir = path
	if fi.IsDir() {
		list, err = environmentsIn(path)
	} else {
		dir = filepath.Dir(path)
		list, err = environmentsOf(path)
	}
	if err != nil {
		return nil, "", err
	}
	if len(list) > maxEnvironments {
		return nil, "", fmt.Errorf("%d environments, at most %d", len(list), maxEnvironments)
	}
	seen := map[string]bool{}
	for _, e := range list {
		if !environmentName.MatchString(e.Name) {
			return nil, "", fmt.Errorf("environment %q: %s", e.Name, environmentNameRule)
		}
		if seen[e.Name] {
			return nil, "", fmt.Errorf("environment %q: is there twice", e.Name)
		}
		seen[e.Name] = true
	}
	return list, dir, nil
}

// environmentsIn makes an environment of each requirements file NAME.txt and of each
// directory of packages in a directory, in the order of their names. Other files may
// stand beside them.
func environmentsIn(dir string) (list []environmentTable, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		name := entry.Name()
		fi, err := os.Stat(filepath.Join(dir, name)) // what a link leads to
		if strings.HasPrefix(name, ".") {
			continue // of a tool, or of a mounted ConfigMap
		}
		if err != nil {
			return nil, err
		}
		base, requirements := strings.CutSuffix(name, ".txt")
		switch {
		case fi.IsDir():
			list = append(list, environmentTable{Name: name, Packages: name})
		case requirements:
			list = append(list, environmentTable{Name: base, Packages: name})
		}
	}
	return list, nil
}

// environmentsOf reads a file of environments.
func environmentsOf(path string) ([]environmentTable, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxEnvironmentFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxEnvironmentFile {
		return nil, fmt.Errorf("%s: more than %d bytes", path, maxEnvironmentFile)
	}
	var file environmentFile
	err = toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&file)
	if unknown := (*toml.StrictMissingError)(nil); errors.As(err, &unknown) && len(unknown.Errors) > 0 {
		first := &unknown.Errors[0]
		line, _ := first.Position()
		return nil, fmt.Errorf("%s: line %d: %s: unknown; [[environment]] has name, packages, python, preload and "+
			"start", path, line, strings.Join(first.Key(), "."))
	}
	if at := (*toml.DecodeError)(nil); errors.As(err, &at) {
		line, _ := at.Position()
		return nil, fmt.Errorf("%s: line %d: %w", path, line, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(file.Environment) == 0 {
		return nil, fmt.Errorf("%s: it has no [[environment]]", path)
	}
	return file.Environment, nil
}

// complete checks an environment, whose paths are relative to dir, and makes these
// absolute.
func (e *environmentTable) complete(dir string) error {
	for _, p := range []struct {
		key  string
		path *string
	}{{"packages", &e.Packages}, {"python", &e.Python}} {
		if *p.path == "" || p.key == "python" && pythonSeries.MatchString(*p.path) {
			continue
		}
		if !filepath.IsAbs(*p.path) {
			*p.path = filepath.Join(dir, *p.path)
		}
		if _, err := os.Stat(*p.path); err != nil {
			return fmt.Errorf("%s: %w", p.key, err)
		}
	}
	if e.Preload != nil {
		for _, name := range *e.Preload {
			if !isModule(name, true) {
				return fmt.Errorf("preload: %q is no name of a module", name)
			}
		}
	}
	switch e.Start {
	case "", startAtOnce, startAsked:
		return nil
	}
	return fmt.Errorf("start: %q: must be %q or %q", e.Start, startAtOnce, startAsked)
}

// setEnvironments hands the environments on to the runtime. The one called default is
// that of the settings of its own, which must not be given then.
func (c *Config) setEnvironments() error {
	rt := &c.Runtime
	for _, e := range c.environments {
		if e.Name != runtime.DefaultEnvironment {
			continue
		}
		if rt.Packages != "" || rt.PythonHome != "" || rt.Preload != nil {
			return errors.New("setting ENVIRONMENTS: environment \"default\": PYTHON_PACKAGES, PYTHON_HOME and " +
				"PRELOAD describe it, too: leave these out")
		}
		if e.Start == startAsked {
			return errors.New("setting ENVIRONMENTS: environment \"default\": start: it is always there")
		}
		rt.Packages = e.Packages
		var err error
		if rt.PythonHome, err = c.prefixOf(e.Python); err != nil {
			return fmt.Errorf("setting ENVIRONMENTS: environment %q: %w", e.Name, err)
		}
		if e.Preload != nil {
			rt.Preload = append([]string{}, *e.Preload...)
		}
	}
	for _, e := range c.environments {
		if e.Name == runtime.DefaultEnvironment {
			continue
		}
		home, err := c.prefixOf(e.Python)
		if err != nil {
			return fmt.Errorf("setting ENVIRONMENTS: environment %q: %w", e.Name, err)
		}
		one := runtime.Environment{Name: e.Name, Packages: e.Packages, PythonHome: home,
			AtOnce: e.Start == startAtOnce}
		if e.Preload != nil {
			one.Preload = *e.Preload
		} else {
			one.Preload, one.PreloadInstalled, one.PreloadLate = standardPreload, installedPreload(), true
		}
		rt.Environments = append(rt.Environments, one)
	}
	return nil
}
