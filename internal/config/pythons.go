package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/pyexec/pyexec/runtime"
)

// prefixes is a comma-separated list of prefixes of installed Pythons, which are there.
func prefixes(field func(*Config) *[]string) kind {
	const accepts = "absolute paths, separated by commas"
	return kind{
		accepts: accepts,
		set: func(c *Config, text string) error {
			var list []string
			for path := range strings.SplitSeq(text, ",") {
				path = strings.TrimSpace(path)
				if path == "" {
					continue
				}
				if !filepath.IsAbs(path) {
					return errors.New("must be " + accepts)
				}
				if _, err := os.Stat(filepath.Join(path, "bin")); err != nil {
					return fmt.Errorf("%s: no prefix of a Python: %w", path, err)
				}
				list = append(list, path)
			}
			*field(c) = list
			return nil
		},
		show: func(c *Config) string { return strings.Join(*field(c), ",") },
	}
}

// pythonSeries is a version of the language, which an environment may name in the place
// of a prefix.
var pythonSeries = regexp.MustCompile(`^[0-9]+\.[0-9]+$`)

// errNoPython says what to do about a series that is nowhere.
var errNoPython = errors.New("no CPython of that version in PYTHON_HOME, PYTHONS or this program: " +
	"cmd/python makes a prefix of 3.14 to name in PYTHONS")

// prefixOf is where the CPython that an environment names is, empty for the one in this
// binary: named is a prefix, a series, or empty for that of the default environment. A
// series is looked for in that one, then in PYTHONS, then in the binary.
func (c *Config) prefixOf(named string) (string, error) {
	home := c.Runtime.PythonHome
	if named == "" {
		return home, nil
	}
	if !pythonSeries.MatchString(named) {
		return named, nil
	}
	for _, prefix := range append([]string{home}, c.pythons...) {
		if prefix == "" {
			continue
		}
		if _, err := os.Stat(filepath.Join(prefix, "bin", "python"+named)); err == nil {
			return prefix, nil
		}
	}
	if named == runtime.BundledPython() {
		return "", nil
	}
	return "", fmt.Errorf("python: %s: %w", named, errNoPython)
}
