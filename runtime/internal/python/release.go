package python

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// A release is a CPython as one version of the module go-embed-python carries it,
// and what has to be done with its files. All that differs between versions here
// is in these values; what differs in the confined process is in versions.py of
// package harness.
type release struct {
	version string // "3.11.11"
	module  string // the version of the module
	sum     string // of the module's archive, as in go.sum; empty where go.sum has it
	linked  bool   // the executable is linked against libpython, and not one file
	trimmed []trimRule
}

// modulePath is the module that carries them.
const modulePath = "github.com/kluctl/go-embed-python"

// releases are all that can be made a tree of. The first is in this binary, the
// others are fetched: Go takes one version of a module.
var releases = []release{
	{
		version: "3.11.11",
		module:  "v0.0.0-3.11.11-20241219-1",
		linked:  true,
	},
	{
		version: "3.14.6",
		module:  "v0.0.0-3.14.6-20260610-1",
		sum:     "h1:oGUS7++Wm3LgxUfD6AmJgKbKQD2wdQFO9PzyJv6T+E4=",
		trimmed: []trimRule{
			{Pattern: "lib/libpython*", Reason: "21 MB for programs with a Python in them: this executable has it all"},
			{Pattern: "lib/libtcl*", Reason: "no display"},
			{Pattern: "lib/python3.14/lib-dynload/_tkinter*", Reason: "no display, and no Tcl"},
			{Pattern: "lib/python3.14/lib-dynload/_ctypes_test*", Reason: "fixture of CPython's tests"},
			{Pattern: "lib/python3.14/build-details.json", Reason: "for building extension modules"},
		},
	},
}

// bundled is the one in this binary.
var bundled = &releases[0]

// BundledSeries is the version of the language of the CPython in this binary, such as
// "3.11", empty where there is none.
func BundledSeries() string {
	if supported() != nil {
		return ""
	}
	return bundled.series()
}

// accepted are the series that [At] takes, in the order in which they are looked
// for: those that the harness, the wire protocol and the list of system calls
// are tested with.
var accepted = []string{"3.11", "3.14"}

// Series is the version of the language in a full version: "3.11" of "3.11.11".
func Series(version string) string {
	if dot := strings.LastIndexByte(version, '.'); dot >= 0 {
		return version[:dot]
	}
	return version
}

func (r *release) series() string { return Series(r.version) }

// exe is the interpreter, relative to the prefix.
func (r *release) exe() string { return "bin/python" + r.series() }

// rules are those that every release is trimmed by, and its own.
func (r *release) rules() []trimRule {
	return append(slices.Clip(trimRules(r.series())), r.trimmed...)
}

// stdlib is where the standard library of a series is, relative to the prefix.
func stdlib(series string) string { return "lib/python" + series }

// sitePackages is the directory beside it for distributions.
func sitePackages(series string) string { return path.Join(stdlib(series), "site-packages") }

// ErrBundled says that a release needs no fetching.
var ErrBundled = errors.New("is in this binary")

// A Source is the version of a Go module that carries a CPython.
type Source struct {
	// Module and Version name it; Sum is the hash of its archive, as in go.sum.
	Module, Version, Sum string
}

// SourceOf says what carries the CPython of a series, such as "3.14". The error
// is [ErrBundled] where that is this binary.
func SourceOf(series string) (Source, error) {
	var known []string
	for _, r := range releases {
		if r.series() != series {
			known = append(known, r.series())
			continue
		}
		if r.sum == "" {
			return Source{}, fmt.Errorf("CPython %s: %w", series, ErrBundled)
		}
		return Source{Module: modulePath, Version: r.module, Sum: r.sum}, nil
	}
	return Source{}, fmt.Errorf("CPython %q: not known, want one of %s", series, strings.Join(known, ", "))
}

// releaseOf is the release of a series that SourceOf knows.
func releaseOf(series string) *release {
	i := slices.IndexFunc(releases, func(r release) bool { return r.series() == series })
	return &releases[i]
}
