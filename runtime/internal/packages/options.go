package packages

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// option is one that may be on a line of its own in a requirements file.
type option struct {
	names []string
	value bool
	// refused says what to do instead of it.
	refused string
	set     func(r *requirements, value string)
}

const onlyWheels = "only wheels are installed"

var options = []option{
	{names: []string{"-i", "--index-url", "--pypi-url"}, value: true,
		set: func(r *requirements, v string) { r.index.IndexURL = v }},
	{names: []string{"--extra-index-url"}, value: true, set: func(r *requirements, v string) {
		r.index.ExtraIndexURLs = append(r.index.ExtraIndexURLs, v)
	}},
	{names: []string{"-f", "--find-links"}, value: true,
		set: func(r *requirements, v string) { r.index.FindLinks = append(r.index.FindLinks, v) }},
	{names: []string{"--trusted-host"}, value: true,
		set: func(r *requirements, v string) { r.index.TrustedHosts = append(r.index.TrustedHosts, v) }},
	{names: []string{"--no-index"}, set: func(r *requirements, _ string) { r.index.NoIndex = true }},
	{names: []string{"--pre"}, set: func(r *requirements, _ string) { r.pre = true }},
	{names: []string{"--require-hashes"}, set: func(r *requirements, _ string) { r.hashed = true }},
	{names: []string{"--only-binary"}, value: true, set: func(*requirements, string) {}}, // as it is anyway
	{names: []string{"--prefer-binary"}, set: func(*requirements, string) {}},

	{names: []string{"-e", "--editable"}, value: true, refused: onlyWheels},
	{names: []string{"--no-binary"}, value: true, refused: onlyWheels},
	{names: []string{"--use-feature"}, value: true, refused: "it is not pip that reads this"},
}

// option reads a line that begins with a dash.
func (r *requirements) option(text, path, at string, within []string) error {
	name, value := splitOption(text)
	if name == "-r" || name == "--requirement" || name == "-c" || name == "--constraint" {
		if value == "" || isURL(value) || strings.Contains(value, "://") {
			return fmt.Errorf("%s: %s %.200q: not a file on this machine", at, name, value)
		}
		if err := r.include(beside(path, value), name == "-c" || name == "--constraint", within); err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
		return nil
	}
	for _, o := range options {
		if !slices.Contains(o.names, name) {
			continue
		}
		var err error
		switch {
		case o.refused != "":
			err = fmt.Errorf("%s is not supported: %s", name, o.refused)
		case o.value != (value != ""):
			err = fmt.Errorf("%s: %q is not its value", name, value)
		case o.names[0] == "-f" && !isURL(value):
			o.set(r, beside(path, strings.TrimPrefix(value, "file://")))
		default:
			o.set(r, value)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
		return nil
	}
	return fmt.Errorf("%s: %w", at, errors.New(name+" is not supported in a requirements file"))
}

// splitOption splits a line such as --index-url=URL, -i URL or -rfile.
func splitOption(text string) (name, value string) {
	if !strings.HasPrefix(text, "--") && len(text) > 2 {
		return text[:2], strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text[2:]), "="))
	}
	i := strings.IndexAny(text, " \t=")
	if i < 0 {
		return text, ""
	}
	return text[:i], strings.TrimSpace(text[i+1:])
}

// beside is a path that a file names: relative to the directory of that file.
func beside(file, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(filepath.Dir(file), path)
}
