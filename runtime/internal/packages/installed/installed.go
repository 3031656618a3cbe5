// Package installed reads what a directory of Python packages has: the
// distributions in it, by their metadata. It runs none of them and asks no index.
//
// What stands in such a directory is there, and can be imported, whatever its
// metadata look like. So nothing here is refused: what makes no sense is noted
// with the distribution.
package installed

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pyexec/pyexec/runtime/internal/packages/requirement"
	"github.com/pyexec/pyexec/runtime/internal/packages/version"
	"github.com/pyexec/pyexec/runtime/internal/packages/wheel"
)

// suffix ends the names of directories of metadata.
const suffix = ".dist-info"

// Distribution is one that can be imported.
type Distribution struct {
	wheel.Metadata
	// Text is the version as it is written. Metadata.Version is the zero value
	// where it is none as in PEP 440.
	Text string
	// Unread are the fields of its metadata that make no sense.
	Unread []wheel.Unread
}

// Set is what an environment has, by normalized name.
type Set map[string]Distribution

// Read reads directories in the order in which Python looks into them: of a
// distribution that is there twice, the first is imported and counts. A directory
// need not exist.
func Read(dirs ...string) (Set, error) {
	set := Set{}
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, fmt.Errorf("installed packages: %w", err)
		}
		for _, e := range entries {
			base, ok := strings.CutSuffix(e.Name(), suffix)
			if !ok {
				continue
			}
			d := read(filepath.Join(dir, e.Name()), base)
			if _, twice := set[d.Project]; !twice && d.Project != "" {
				set[d.Project] = d
			}
		}
	}
	return set, nil
}

// read reads a directory of metadata. Name and version are those of its own name,
// base, where the metadata have none that make sense.
func read(dir, base string) (d Distribution) {
	text, err := metadata(filepath.Join(dir, "METADATA"))
	if err != nil {
		d.Unread = []wheel.Unread{{Field: "METADATA", Cause: err}}
	} else {
		d.Metadata, d.Unread = wheel.ParseInstalled(text)
	}
	name, number, _ := strings.Cut(base, "-")
	if d.Project == "" && requirement.ValidName(name) {
		d.Project = requirement.Normalize(name)
	}
	d.Text = d.Version.String()
	if d.Text == "" {
		d.Text = number
		if v, err := version.Parse(number); err == nil {
			d.Version = v
		}
	}
	return d
}

func metadata(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, wheel.MetadataBytes+1))
	if err == nil && len(text) > wheel.MetadataBytes {
		err = fmt.Errorf("%s: larger than %d bytes", path, wheel.MetadataBytes)
	}
	return text, err
}

// Satisfies reports whether the version is one of those.
func (d Distribution) Satisfies(conditions version.Specifiers) bool {
	if d.Version.String() == "" {
		return conditions.ContainsText(d.Text)
	}
	return conditions.Contains(d.Version)
}

// Extra returns what an extra, a normalized name, needs beyond what the
// distribution needs anyway. It is an error if there is no such extra, or if what
// it needs makes no sense.
func (d Distribution) Extra(name string, env requirement.Environment) ([]requirement.Requirement, error) {
	var own []requirement.Requirement
	for _, r := range d.Needs {
		if !r.Marker.Holds(env, "") && r.Marker.Holds(env, name) {
			own = append(own, r)
		}
	}
	for _, u := range d.Unread {
		if u.Value == "" || mentions(u.Value, name) {
			return nil, fmt.Errorf("the metadata of %s %s make no sense: %s: %w", d.Project, d.Text, u.Field, u.Cause)
		}
	}
	if len(own) > 0 {
		return own, nil
	}
	for _, extra := range d.Extras {
		if extra == name {
			return nil, nil
		}
	}
	return nil, fmt.Errorf("%s %s has no extra %s", d.Project, d.Text, name)
}

// mentions reports whether a requirement that could not be read has a marker
// with the extra's name.
func mentions(text, extra string) bool {
	text = requirement.Normalize(text)
	return strings.Contains(text, `"`+extra+`"`) || strings.Contains(text, "'"+extra+"'")
}
