package version

import (
	"fmt"
	"slices"
	"strings"
)

// Specifiers are conditions on a version, all of which have to hold. None at
// all hold for every version.
type Specifiers []Specifier

// Specifier is one condition, such as >=1.0.
type Specifier struct {
	operator string
	text     string // of the version, as it was written
	version  Version
	prefix   bool // ==1.*
}

// operators, longest first.
var operators = []string{"===", "==", "!=", "~=", "<=", ">=", "<", ">"}

// maxConditions bounds how many conditions one requirement may have.
const maxConditions = 100

// ParseSpecifiers reads conditions with commas between them.
func ParseSpecifiers(text string) (Specifiers, error) {
	var list Specifiers
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		s, err := parseSpecifier(part)
		if err != nil {
			return nil, err
		}
		if list = append(list, s); len(list) > maxConditions {
			return nil, fmt.Errorf("specifier: more than %d conditions", maxConditions)
		}
	}
	return list, nil
}

func parseSpecifier(text string) (Specifier, error) {
	i := slices.IndexFunc(operators, func(o string) bool { return strings.HasPrefix(text, o) })
	if i < 0 {
		return Specifier{}, fmt.Errorf("specifier: %.80q: begins with none of %s", text, strings.Join(operators, " "))
	}
	s := Specifier{operator: operators[i], text: strings.TrimSpace(text[len(operators[i]):])}
	if s.operator == "===" {
		if s.text == "" || len(s.text) > maxBytes || strings.ContainsAny(s.text, " \t\r\n;)") {
			return Specifier{}, fmt.Errorf("specifier: %.80q: names no version", text)
		}
		return s, nil
	}
	release := s.text
	if s.operator == "==" || s.operator == "!=" {
		release, s.prefix = strings.CutSuffix(s.text, ".*")
	}
	var err error
	if s.version, err = Parse(release); err != nil {
		return Specifier{}, fmt.Errorf("specifier: %.80q: %w", text, err)
	}
	v := s.version
	switch {
	case s.prefix && (v.IsPre() || v.post != "" || v.local != nil):
		return Specifier{}, fmt.Errorf("specifier: %.80q: .* may follow numbers only", text)
	case v.local != nil && s.operator != "==" && s.operator != "!=":
		return Specifier{}, fmt.Errorf("specifier: %.80q: a local version can only be == or !=", text)
	case s.operator == "~=" && len(v.release) < 2:
		return Specifier{}, fmt.Errorf("specifier: %.80q: ~= takes at least two numbers", text)
	}
	return s, nil
}

// Contains reports whether all conditions hold for v, be it a pre-release or not.
func (list Specifiers) Contains(v Version) bool {
	return !slices.ContainsFunc(list, func(s Specifier) bool { return !s.holds(v) })
}

// ContainsText is Contains for what is installed under a text that is no version
// as in PEP 440, such as 2004d: only === and no condition at all hold for it.
func (list Specifiers) ContainsText(text string) bool {
	return !slices.ContainsFunc(list, func(s Specifier) bool {
		return s.operator != "===" || !strings.EqualFold(text, s.text)
	})
}

// AllowPre reports whether a condition names a pre-release itself and so asks
// for them.
func (list Specifiers) AllowPre() bool {
	return slices.ContainsFunc(list, func(s Specifier) bool {
		v := s.version
		if s.operator == "===" {
			v, _ = Parse(s.text)
		}
		return v.IsPre() && s.operator != "!=" && s.operator != "<" && s.operator != ">"
	})
}

// Pinned reports whether a condition names the one version there is to take.
func (list Specifiers) Pinned() bool {
	return slices.ContainsFunc(list, func(s Specifier) bool {
		return s.operator == "===" || s.operator == "==" && !s.prefix
	})
}

// String is what was read, with commas.
func (list Specifiers) String() string {
	parts := make([]string, len(list))
	for i, s := range list {
		parts[i] = s.operator + s.text
	}
	return strings.Join(parts, ",")
}

func (s Specifier) holds(v Version) bool {
	w := s.version
	switch s.operator {
	case "===":
		return strings.EqualFold(v.String(), s.text)
	case "==":
		return s.equals(v)
	case "!=":
		return !s.equals(v)
	case "~=":
		up := w.release[:len(w.release)-1]
		return v.public().Compare(w) >= 0 && v.epoch == w.epoch && hasPrefix(v.release, up)
	case "<=":
		return v.public().Compare(w) <= 0
	case ">=":
		return v.public().Compare(w) >= 0
	case "<": // 1.0rc1 is not meant by <1.0
		final := v.public()
		final.pre, final.preNum, final.dev = "", "", ""
		return v.Compare(w) < 0 && (w.IsPre() || !v.IsPre() || final.Compare(w) != 0)
	default: // ">": neither 1.0.post1 nor 1.0+local is meant by >1.0
		first := v.public()
		if w.post == "" && v.post != "" {
			first.post, first.dev = "", ""
		}
		return v.Compare(w) > 0 && first.Compare(w) != 0
	}
}

func (s Specifier) equals(v Version) bool {
	switch {
	case s.prefix:
		return v.epoch == s.version.epoch && hasPrefix(v.release, s.version.release)
	case s.version.local == nil:
		v = v.public()
	}
	return v.Compare(s.version) == 0
}

func hasPrefix(release, prefix []string) bool {
	for i, part := range prefix {
		if at(release, i) != part {
			return false
		}
	}
	return true
}
