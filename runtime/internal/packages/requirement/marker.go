package requirement

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pyexec/pyexec/runtime/internal/packages/version"
)

// Environment is what markers ask about: each variable of PEP 508 but extra.
type Environment map[string]string

// NewEnvironment describes a CPython of the full version on Linux, on a machine
// as uname calls it. The release of the kernel is left empty: what is installed
// runs on other machines than this one.
func NewEnvironment(full, machine string) Environment {
	short := full
	if parts := strings.SplitN(full, ".", 3); len(parts) == 3 {
		short = parts[0] + "." + parts[1]
	}
	return Environment{
		"os_name": "posix", "sys_platform": "linux", "platform_system": "Linux", "platform_machine": machine,
		"platform_python_implementation": "CPython", "implementation_name": "cpython", "implementation_version": full,
		"python_version": short, "python_full_version": full, "platform_release": "", "platform_version": "",
	}
}

// Marker is a condition on the environment.
type Marker struct {
	operator    string // of a comparison, or and, or
	left, right operand
	parts       []*Marker // of and, or
}

// operand is a variable or a text.
type operand struct {
	variable bool
	text     string
}

// maxNesting bounds brackets within brackets.
const maxNesting = 50

// old are names of variables from before PEP 508.
var old = map[string]string{
	"os.name": "os_name", "sys.platform": "sys_platform", "platform.version": "platform_version",
	"platform.machine":               "platform_machine",
	"platform.python_implementation": "platform_python_implementation",
	"python_implementation":          "platform_python_implementation",
}

var comparisons = []string{"===", "==", "!=", "~=", "<=", ">=", "<", ">"}

// ParseMarker reads a condition, that is what follows the semicolon.
func ParseMarker(text string) (*Marker, error) {
	p := markerParser{rest: text}
	m, err := p.or(0)
	if err == nil && p.skip() != "" {
		err = fmt.Errorf("%.40q is too much", p.rest)
	}
	if err != nil {
		return nil, fmt.Errorf("marker %.200q: %w", strings.TrimSpace(text), err)
	}
	return m, nil
}

type markerParser struct{ rest string }

func (p *markerParser) skip() string {
	p.rest = strings.TrimLeft(p.rest, " \t")
	return p.rest
}

// word takes a word such as and, which no letter may follow.
func (p *markerParser) word(w string) bool {
	rest, ok := strings.CutPrefix(p.skip(), w)
	if !ok || rest != "" && (alphanumeric(rest[0]) || rest[0] == '_' || rest[0] == '.') {
		return false
	}
	p.rest = rest
	return true
}

func (p *markerParser) or(depth int) (*Marker, error) {
	return p.list("or", func() (*Marker, error) {
		return p.list("and", func() (*Marker, error) { return p.one(depth) })
	})
}

func (p *markerParser) list(operator string, next func() (*Marker, error)) (*Marker, error) {
	first, err := next()
	if err != nil {
		return nil, err
	}
	all := &Marker{operator: operator, parts: []*Marker{first}}
	for p.word(operator) {
		m, err := next()
		if err != nil {
			return nil, err
		}
		all.parts = append(all.parts, m)
	}
	if len(all.parts) == 1 {
		return first, nil
	}
	return all, nil
}

func (p *markerParser) one(depth int) (*Marker, error) {
	if rest, ok := strings.CutPrefix(p.skip(), "("); ok {
		if depth == maxNesting {
			return nil, fmt.Errorf("more than %d brackets within each other", maxNesting)
		}
		p.rest = rest
		m, err := p.or(depth + 1)
		if err != nil {
			return nil, err
		}
		if p.rest, ok = strings.CutPrefix(p.skip(), ")"); !ok {
			return nil, errors.New("a bracket is not closed")
		}
		return m, nil
	}
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	operator, err := p.comparison()
	if err != nil {
		return nil, err
	}
	right, err := p.operand()
	if err != nil {
		return nil, err
	}
	if left.variable == right.variable {
		return nil, errors.New("compares no variable with a text")
	}
	return &Marker{operator: operator, left: left, right: right}, nil
}

func (p *markerParser) comparison() (string, error) {
	text := p.skip()
	for _, c := range comparisons {
		if strings.HasPrefix(text, c) {
			p.rest = text[len(c):]
			return c, nil
		}
	}
	switch {
	case p.word("in"):
		return "in", nil
	case p.word("not") && p.word("in"):
		return "not in", nil
	}
	return "", fmt.Errorf("%.40q is no comparison", text)
}

func (p *markerParser) operand() (operand, error) {
	text := p.skip()
	if text != "" && (text[0] == '"' || text[0] == '\'') {
		inner, rest, ok := strings.Cut(text[1:], text[:1])
		if !ok {
			return operand{}, errors.New("a text is not closed")
		}
		p.rest = rest
		return operand{text: inner}, nil
	}
	end := nameEnd(text)
	name := text[:end]
	if now, ok := old[name]; ok {
		name = now
	}
	if _, known := NewEnvironment("", "")[name]; !known && name != "extra" {
		return operand{}, fmt.Errorf("%.40q is no variable", text)
	}
	p.rest = text[end:]
	return operand{variable: true, text: name}, nil
}

// Holds evaluates the condition where the extra is asked for; an empty one
// stands for none. A nil marker always holds.
func (m *Marker) Holds(env Environment, extra string) bool {
	if m == nil {
		return true
	}
	holds := func(part *Marker) bool { return part.Holds(env, extra) }
	switch m.operator {
	case "and":
		return !slices.ContainsFunc(m.parts, func(part *Marker) bool { return !holds(part) })
	case "or":
		return slices.ContainsFunc(m.parts, holds)
	}
	value := func(o operand) string {
		switch {
		case !o.variable:
			return o.text
		case o.text == "extra":
			return extra
		}
		return env[o.text]
	}
	left, right := value(m.left), value(m.right)
	variable := m.left.text
	if m.right.variable {
		variable = m.right.text
	}
	if variable == "extra" {
		left, right = Normalize(left), Normalize(right)
	}
	if versions[variable] {
		if s, err := version.ParseSpecifiers(m.operator + right); err == nil && len(s) == 1 {
			return contains(s, left)
		}
	}
	return compare(left, m.operator, right)
}

// versions are the variables that are compared as versions. A machine or a
// platform is a text, even where it looks like one.
var versions = map[string]bool{
	"python_version": true, "python_full_version": true, "implementation_version": true, "platform_release": true,
}

func contains(list version.Specifiers, text string) bool {
	if v, err := version.Parse(text); err == nil {
		return list.Contains(v)
	}
	return list.ContainsText(text)
}

// compare compares texts, which have no order: one is neither before nor after
// another, so that <= is ==.
func compare(left, operator, right string) bool {
	switch operator {
	case "in":
		return strings.Contains(right, left)
	case "not in":
		return !strings.Contains(right, left)
	case "==", "===", "<=", ">=":
		return left == right
	case "!=":
		return left != right
	}
	return false // < and >, and ~= of what is no version
}
