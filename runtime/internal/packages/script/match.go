package script

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/pyexec/pyexec/runtime/internal/packages/installed"
	"github.com/pyexec/pyexec/runtime/internal/packages/requirement"
	"github.com/pyexec/pyexec/runtime/internal/packages/version"
)

// Environment is what a script can be run in.
type Environment struct {
	Name string
	// Python is its full version.
	Python version.Version
	// Markers are what the markers of requirements ask about.
	Markers requirement.Environment
	// Installed are the distributions beside the standard library.
	Installed installed.Set
}

// NewEnvironment describes a CPython of the full version, such as 3.11.11, on a
// machine as uname calls it, and what is installed beside it.
func NewEnvironment(name, python, machine string, set installed.Set) (*Environment, error) {
	v, err := version.Parse(python)
	if err != nil {
		return nil, fmt.Errorf("environment %q: Python: %w", name, err)
	}
	return &Environment{name, v, requirement.NewEnvironment(python, machine), set}, nil
}

// Failure is a requirement of a script that an environment does not satisfy.
type Failure struct {
	// Line is the line of the script that has the requirement.
	Line int
	// Requirement is what is required, Reason why it is not there.
	Requirement, Reason string
	// Distribution is the normalised name of what is required, empty where it is a Python.
	Distribution string
}

// String is the failure in words, such as "numpy>=3: 2.4.6 is installed".
func (f Failure) String() string { return f.Requirement + ": " + f.Reason }

// Choose returns the first environment that satisfies the header. If none does it
// returns the one that fails the fewest requirements, with those that fail; of several
// the one that has the most of it in another version, of these the first. It returns nil
// if the list is empty.
func (h *Header) Choose(list []*Environment) (*Environment, []Failure) {
	var nearest *Environment
	var fewest []Failure
	for _, e := range list {
		failing := h.Failures(e)
		if nearest == nil || cmp.Or(len(failing)-len(fewest), absent(failing)-absent(fewest)) < 0 {
			nearest, fewest = e, failing
		}
		if len(failing) == 0 {
			break
		}
	}
	return nearest, fewest
}

// absent counts the distributions that are not there in any version.
func absent(failing []Failure) (n int) {
	for _, f := range failing {
		if f.Reason == notInstalled {
			n++
		}
	}
	return n
}

const notInstalled = "not installed"

// Failures lists what an environment does not satisfy, in the order of the
// script; none if it satisfies all.
//
// A requirement whose marker does not hold there is none. A pre-release that is
// installed is a version like others: to prefer final ones is for whoever installs.
// Of what a distribution needs itself, only what its extras need is looked at:
// the rest is the business of who installed it.
func (h *Header) Failures(e *Environment) (list []Failure) {
	if !h.Python.Contains(e.Python) {
		list = append(list, Failure{Line: h.PythonLine, Requirement: "requires-python " + h.Python.String(),
			Reason: "Python is " + e.Python.String()})
	}
	j := judge{Environment: e, extras: map[string]extra{}}
	for _, need := range h.Needs {
		if !need.Marker.Holds(e.Markers, "") {
			continue
		}
		if reasons := j.missing(need.Requirement); len(reasons) > 0 {
			list = append(list, Failure{need.Line, need.String(), inWords(reasons), need.Name})
		}
	}
	return list
}

// shownReasons is how many reasons one failure has in words. The extra "all" of a
// large distribution can miss dozens.
const shownReasons = 3

func inWords(reasons []string) string {
	if more := len(reasons) - shownReasons; more > 0 {
		reasons = append(reasons[:shownReasons:shownReasons], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(reasons, "; ")
}

// judge compares requirements with one environment.
type judge struct {
	*Environment
	extras map[string]extra // by distribution and name, as they are asked for
}

// extra is what an extra needs, or why that can't be said.
type extra struct {
	needs []requirement.Requirement
	err   error
}

// missing lists why a requirement is not satisfied, in the order in which it is
// found. Extras may need others, and themselves: each is looked at once.
func (j *judge) missing(r requirement.Requirement) (reasons []string) {
	seen := map[string]bool{}
	add := func(reason string) {
		if !seen[reason] {
			seen[reason] = true
			reasons = append(reasons, reason)
		}
	}
	needs, from := []requirement.Requirement{r}, ""
	for i := 0; i < len(needs); i++ {
		need := needs[i]
		if i > 0 {
			from = "needs " + need.String() + ": "
		}
		d, ok := j.Installed[need.Name]
		switch {
		case !ok:
			add(from + "not installed")
			continue
		case !d.Satisfies(need.Specifiers):
			add(from + d.Text + " is installed")
			continue
		}
		for _, name := range need.Extras {
			key := d.Project + "[" + name + "]"
			if seen[key] {
				continue
			}
			seen[key] = true
			more := j.extra(d, key, name)
			if more.err != nil {
				add(from + more.err.Error())
			}
			needs = append(needs, more.needs...)
		}
	}
	return reasons
}

// extra is what an extra of a distribution needs, worked out once.
func (j *judge) extra(d installed.Distribution, key, name string) extra {
	known, ok := j.extras[key]
	if !ok {
		known.needs, known.err = d.Extra(name, j.Markers)
		j.extras[key] = known
	}
	return known
}
