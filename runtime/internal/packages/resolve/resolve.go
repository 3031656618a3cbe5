// Package resolve finds out which versions to install: for each distribution
// that is asked for, or needed by one that is, the newest version with which all
// conditions hold.
//
// It tries the newest version first and goes back where that leads nowhere. What
// it goes back to is a choice that the dead end depends on; choices in between
// are not tried again for nothing. The number of tries is bounded.
package resolve

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pyexec/pyexec/runtime/internal/packages/requirement"
	"github.com/pyexec/pyexec/runtime/internal/packages/version"
)

// maxTries bounds how many versions are tried before it is given up.
const maxTries = 2000

// ErrUnusable is the cause when a version can't be installed whatever else is
// chosen: its metadata make no sense. Another version may do.
var ErrUnusable = errors.New("can't be used")

// Candidate is a version that could be installed.
type Candidate struct {
	Project string // normalized
	Version version.Version
	// Yanked versions are only taken where exactly they are asked for.
	Yanked bool
}

// Source knows what there is.
type Source interface {
	// Versions lists what there is of a project, the newest first.
	Versions(ctx context.Context, project string) ([]Candidate, error)
	// Needs lists what a candidate needs, whatever the markers say.
	Needs(ctx context.Context, c Candidate) ([]requirement.Requirement, error)
	// Else says what else there is of a project where no version will do, such
	// as source distributions. It is empty or ends the sentence.
	Else(project string) string
}

// Problem is what Solve solves.
type Problem struct {
	Source      Source
	Environment requirement.Environment
	// Wanted are the requirements of the user. Constraints are conditions on
	// projects that may not be needed at all.
	Wanted, Constraints []requirement.Requirement
	// Pre allows pre-releases of everything.
	Pre bool
	// By is where Wanted is from, in words for errors.
	By string
}

// Solve returns what to install, in the order in which it was found.
func (p Problem) Solve(ctx context.Context) ([]Candidate, error) {
	r := &run{Problem: p, ctx: ctx, constraints: make(map[string][]want)}
	for _, c := range p.Constraints {
		if c.Marker.Holds(p.Environment, "") {
			r.constraints[c.Name] = append(r.constraints[c.Name], want{requirement: c, reason: "a constraint"})
		}
	}
	var wanted []want
	for _, w := range p.Wanted {
		if w.Marker.Holds(p.Environment, "") {
			wanted = append(wanted, want{requirement: w, reason: p.By})
		}
	}
	s, blame, err := r.solve(newState(), wanted)
	switch {
	case err != nil:
		return nil, err
	case blame != nil:
		return nil, r.failure
	}
	found := make([]Candidate, len(s.order))
	for i, name := range s.order {
		found[i] = s.pins[name]
	}
	return found, nil
}

type run struct {
	Problem
	ctx         context.Context
	constraints map[string][]want
	tries       int
	failure     error // of the dead end with the fewest choices
	depth       int   // how many those were
}

// solve adds wants to s and then makes the next choice. It returns the finished
// state, or what made that impossible.
func (r *run) solve(s *state, more []want) (*state, blame, error) {
	if b, err := r.add(s, more); b != nil || err != nil {
		return nil, b, err
	}
	next, candidates := "", []Candidate(nil)
	for _, name := range s.order {
		if _, pinned := s.pins[name]; pinned {
			continue
		}
		fitting, err := r.fitting(s, name)
		if err != nil {
			return nil, nil, err
		}
		if len(fitting) == 0 {
			r.fail(len(s.pins), r.none(s, name))
			return nil, r.wanters(s, name), nil
		}
		if next == "" {
			next, candidates = name, fitting
		}
	}
	if next == "" {
		return s, nil, nil
	}
	return r.choose(s, next, candidates)
}

// choose tries one candidate after the other.
func (r *run) choose(s *state, name string, candidates []Candidate) (*state, blame, error) {
	all := r.wanters(s, name)
	for _, c := range candidates {
		if r.tries++; r.tries > maxTries {
			return nil, nil, fmt.Errorf("%d versions were tried, and no set of them fits: name the versions to "+
				"install; at last %w", maxTries, r.failure)
		}
		if err := r.ctx.Err(); err != nil {
			return nil, nil, err
		}
		needs, err := r.needs(c, append([]string{""}, s.extras[name]...))
		if errors.Is(err, ErrUnusable) {
			r.fail(len(s.pins), err)
			continue
		} else if err != nil {
			return nil, nil, err
		}
		tried := s.clone()
		tried.pins[name] = c
		found, b, err := r.solve(tried, needs)
		if b == nil {
			return found, nil, err
		}
		if !b[name] {
			return nil, b, nil // whatever is chosen here, that stays
		}
		maps.Copy(all, b)
	}
	delete(all, name)
	return nil, all, nil
}

// add takes in wants, and the needs of new extras of versions that are chosen
// already.
func (r *run) add(s *state, queue []want) (blame, error) {
	for len(queue) > 0 {
		w := queue[0]
		queue = queue[1:]
		name := w.requirement.Name
		if !slices.Contains(s.order, name) {
			s.order = append(s.order, name)
		}
		s.wants[name] = append(s.wants[name], w)
		var fresh []string
		for _, extra := range w.requirement.Extras {
			if !slices.Contains(s.extras[name], extra) {
				s.extras[name] = append(s.extras[name], extra)
				fresh = append(fresh, extra)
			}
		}
		pin, pinned := s.pins[name]
		if !pinned {
			continue
		}
		if !w.requirement.Specifiers.Contains(pin.Version) {
			r.fail(len(s.pins), r.none(s, name))
			b := blame{name: true}
			if w.from != "" {
				b[w.from] = true
			}
			return b, nil
		}
		if len(fresh) > 0 {
			needs, err := r.needs(pin, fresh)
			if err != nil {
				return nil, err
			}
			queue = append(queue, needs...)
		}
	}
	return nil, nil
}

// needs are what c needs for any of the extras, of which the empty one stands
// for the distribution itself.
func (r *run) needs(c Candidate, extras []string) (list []want, err error) {
	all, err := r.Source.Needs(r.ctx, c)
	if err != nil {
		return nil, err
	}
	for _, n := range all {
		if slices.ContainsFunc(extras, func(extra string) bool { return n.Marker.Holds(r.Environment, extra) }) {
			n.Marker = nil // it can be large, and is done with
			list = append(list, want{requirement: n, from: c.Project, reason: c.Project + " " + c.Version.String()})
		}
	}
	return list, nil
}

// fitting lists the versions of a project for which all conditions hold.
func (r *run) fitting(s *state, name string) ([]Candidate, error) {
	all, err := r.Source.Versions(r.ctx, name)
	if err != nil {
		return nil, err
	}
	conditions := append(slices.Clip(s.wants[name]), r.constraints[name]...)
	pre, pinned := r.Pre, false
	for _, w := range conditions {
		pre = pre || w.requirement.Specifiers.AllowPre()
		pinned = pinned || w.requirement.Specifiers.Pinned()
	}
	var list, early []Candidate
	for _, c := range all {
		missed := slices.ContainsFunc(conditions,
			func(w want) bool { return !w.requirement.Specifiers.Contains(c.Version) })
		switch {
		case missed || c.Yanked && !pinned:
		case c.Version.IsPre() && !pre:
			early = append(early, c)
		default:
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		return early, nil // there is nothing but pre-releases
	}
	return list, nil
}

// wanters are the choices that ask for a project. The user is not among them.
func (r *run) wanters(s *state, name string) blame {
	b := blame{}
	for _, w := range s.wants[name] {
		if w.from != "" {
			b[w.from] = true
		}
	}
	return b
}

// fail notes the error of a dead end, if it has fewer choices than the one noted
// before.
func (r *run) fail(depth int, err error) {
	if r.failure == nil || depth < r.depth {
		r.failure, r.depth = err, depth
	}
}

// none says that no version of a project will do.
func (r *run) none(s *state, name string) error {
	var conditions []string
	for _, w := range append(slices.Clip(s.wants[name]), r.constraints[name]...) {
		text := "any"
		if len(w.requirement.Specifiers) > 0 {
			text = w.requirement.Specifiers.String()
		}
		conditions = append(conditions, text+" ("+w.reason+")")
	}
	text := fmt.Sprintf("%s: no version fits: wanted is %s", name, strings.Join(conditions, ", "))
	if there := r.Source.Else(name); there != "" {
		text += "; " + there
	}
	return errors.New(text)
}
