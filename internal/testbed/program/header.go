package program

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	headerNames = []string{
		"status", "result", "result~", "error", "error~", "denied", "denied~", "stdout", "stdout~", "stderr",
		"stderr~",
		"entries", "each~", "contained", "contained~", "free", "free~",
		"blocked", "timeout", "input", "before", "beside", "arch", "because", "holds", "leaves",
	}
	headerLine = regexp.MustCompile(`^# (?:in ([a-zA-Z0-9. -]+): )?([a-z]+~?): (.*)$`)

	// One of them is in every header.
	outcomes = []string{"status", "result", "result~", "entries", "each~", "contained", "contained~"}
)

// difference is what is otherwise in some places.
type difference struct {
	places      []string
	name, value string
}

// Parse reads a program from its text; see Set.Read.
func Parse(source string, places []string) (*Program, error) {
	p := &Program{Source: source, want: map[string]string{}}
	unexplained, told := "", false // the places of a difference whose reason is to come
	for line := range strings.Lines(source) {
		line = strings.TrimSuffix(line, "\n")
		if !strings.HasPrefix(line, "#") {
			break
		}
		m := headerLine.FindStringSubmatch(line)
		if m == nil || !slices.Contains(headerNames, m[2]) {
			told = true
			continue
		}
		in, key, value := m[1], m[2], m[3]
		if (unexplained != "") != (key == "because") && (in == "" || in != unexplained) {
			return nil, fmt.Errorf("header: %s: every difference has a reason in the next line", line)
		}
		unexplained = in
		if key == "because" {
			continue
		}
		if err := p.add(in, key, value); err != nil {
			return nil, err
		}
	}
	if unexplained != "" || !told {
		return nil, errors.New("header: a difference without a reason, or nothing says what is tried")
	}
	return p, p.check(places)
}

// add takes in a line of the header.
func (p *Program) add(in, key, value string) error {
	before, given := p.want[key]
	switch {
	case key == "entries" && in == "":
		all, err := merged(before, value, func(there bool) bool { return !there })
		p.want[key] = all
		return err
	case in != "":
		p.differs = append(p.differs, difference{strings.Fields(in), key, value})
	case given:
		return fmt.Errorf("header: %s: given twice", key)
	default:
		p.want[key] = value
	}
	return nil
}

// merged adds members to an object. Whether there may be one of that name is up to
// allowed.
func merged(object, members string, allowed func(there bool) bool) (string, error) {
	all, more := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	if object != "" {
		if err := json.Unmarshal([]byte(object), &all); err != nil {
			return "", fmt.Errorf("header: entries: %w", err)
		}
	}
	if err := json.Unmarshal([]byte("{"+members+"}"), &more); err != nil {
		return "", fmt.Errorf("header: entries: %s: not JSON: %w", members, err)
	}
	for name, value := range more {
		if _, there := all[name]; !allowed(there) {
			return "", fmt.Errorf("header: entries: %s: given twice, or for some places only", name)
		}
		all[name] = value
	}
	text, err := json.Marshal(all)
	return string(text), err
}

// check refuses headers that could not fail or never match.
func (p *Program) check(places []string) error {
	for _, d := range p.differs {
		for _, in := range d.places {
			if !slices.Contains(places, in) {
				return fmt.Errorf("header: in %s: no such place", in)
			}
		}
		if d.name == "entries" {
			if _, err := merged(p.want["entries"], d.value, func(there bool) bool { return there }); err != nil {
				return err
			}
		}
	}
	for _, place := range places {
		if err := possible(p.In(place)); err != nil {
			return err
		}
	}
	return nil
}

// possible refuses what is expected in a place if it could not fail or never match.
func possible(want map[string]string) error {
	for name, value := range want {
		if strings.HasSuffix(name, "~") {
			if _, err := regexp.Compile(value); err != nil {
				return fmt.Errorf("header: %w", err)
			}
		}
		if (name == "result" || name == "input") && !json.Valid([]byte(value)) {
			return fmt.Errorf("header: %s: not JSON: %s", name, value)
		}
	}
	if !slices.ContainsFunc(outcomes, func(name string) bool { return want[name] != "" }) {
		return errors.New("header: neither a status nor a result is expected")
	}
	return nil
}
