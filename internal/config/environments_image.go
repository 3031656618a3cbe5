package config

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/pelletier/go-toml/v2"
)

// What ENVIRONMENTS names, for whoever makes an image of it: read as a server reads it,
// and written for the server in the image.

// ImageEnvironment is an environment to be put into an image.
type ImageEnvironment struct {
	// Name is what requests call it.
	Name string
	// Packages is the absolute path of a requirements file or of a directory of packages,
	// empty for none.
	Packages string
	// Python is the absolute path of a prefix, or empty for the Python of the default
	// environment; Series names one that is to be fetched instead, such as "3.14".
	Python, Series string

	table environmentTable
}

// series is the version of a Python in place of the path of its prefix.
var series = regexp.MustCompile(`^3\.[0-9]{1,2}$`)

// ImageEnvironments reads a file or directory for ENVIRONMENTS. The errors say which
// environment is at fault; one called default is an error, as the image has its own.
func ImageEnvironments(path string) (list []ImageEnvironment, err error) {
	if path, err = filepath.Abs(path); err != nil {
		return nil, err
	}
	tables, dir, err := listEnvironments(path)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		e := ImageEnvironment{Name: t.Name}
		if t.Name == "default" {
			return nil, fmt.Errorf("environment %q: an image has its own, described by what it is built with", t.Name)
		}
		if series.MatchString(t.Python) {
			e.Series, t.Python = t.Python, ""
		}
		if err := t.complete(dir); err != nil {
			return nil, fmt.Errorf("environment %q: %w", t.Name, err)
		}
		e.Packages, e.Python, e.table = t.Packages, t.Python, t
		list = append(list, e)
	}
	return list, nil
}

// WriteImageEnvironments writes the file to name that ENVIRONMENTS names in the image. Packages
// and Python are where they are there; Series is not looked at.
func WriteImageEnvironments(name string, list []ImageEnvironment) error {
	var file environmentFile
	for _, e := range list {
		t := e.table
		t.Name, t.Packages, t.Python = e.Name, e.Packages, e.Python
		file.Environment = append(file.Environment, t)
	}
	text, err := toml.Marshal(file)
	if err != nil {
		return fmt.Errorf("environments: %w", err)
	}
	if err := os.WriteFile(name, text, 0o644); err != nil {
		return fmt.Errorf("environments: %w", err)
	}
	return nil
}
