package resolve

import (
	"maps"
	"slices"

	"github.com/pyexec/pyexec/runtime/internal/packages/requirement"
)

// want is a requirement and where it comes from.
type want struct {
	requirement requirement.Requirement
	from        string // the project, empty for the user
	reason      string // where it comes from, in words
}

// state is how far a run has come. It is copied before each choice.
type state struct {
	pins   map[string]Candidate
	wants  map[string][]want
	extras map[string][]string
	order  []string // what is wanted, as it was found
}

func newState() *state {
	return &state{pins: map[string]Candidate{}, wants: map[string][]want{}, extras: map[string][]string{}}
}

func (s *state) clone() *state {
	c := &state{pins: maps.Clone(s.pins), wants: maps.Clone(s.wants), extras: maps.Clone(s.extras),
		order: slices.Clone(s.order)}
	for name, list := range c.wants {
		c.wants[name] = slices.Clip(list) // appending copies it
	}
	for name, list := range c.extras {
		c.extras[name] = slices.Clip(list)
	}
	return c
}

// blame is the set of choices that a dead end depends on. It is nil without one.
type blame map[string]bool
