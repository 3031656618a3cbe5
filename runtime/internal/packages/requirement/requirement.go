// Package requirement reads what distributions say they need, and users, too:
// PEP 508, such as
//
//	pandas[excel] >=2,<3 ; python_version >= "3.9"
//
// without URLs: nothing is installed but wheels of an index.
package requirement

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pyexec/pyexec/runtime/internal/packages/version"
)

// maxBytes bounds the text of one requirement. Those of metadata have some
// hundreds of bytes.
const maxBytes = 8 << 10

// ErrURL is the cause when a requirement names a place instead of versions.
var ErrURL = errors.New("a URL, a file or a repository: only wheels of an index are installed")

// Requirement is one distribution that is needed.
type Requirement struct {
	// Name is in the form of [Normalize].
	Name string
	// Extras are the optional parts that are asked for, normalized like names.
	Extras []string
	// Specifiers say which versions will do.
	Specifiers version.Specifiers
	// Marker says where it is needed at all; nil: everywhere.
	Marker *Marker
}

// String is name, extras and conditions in one spelling, without the marker.
func (r Requirement) String() string {
	text := r.Name
	if len(r.Extras) > 0 {
		text += "[" + strings.Join(r.Extras, ",") + "]"
	}
	return text + r.Specifiers.String()
}

// Normalize is the one spelling of a name of a distribution or an extra.
func Normalize(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(name) {
		if r == '-' || r == '_' || r == '.' {
			gap = true
			continue
		}
		if gap {
			b.WriteByte('-')
			gap = false
		}
		b.WriteRune(r)
	}
	if gap {
		b.WriteByte('-')
	}
	return b.String()
}

// ValidName reports whether text may be the name of a distribution or an extra.
func ValidName(text string) bool {
	if text == "" || len(text) > 200 || !alphanumeric(text[0]) || !alphanumeric(text[len(text)-1]) {
		return false
	}
	return nameEnd(text) == len(text)
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func nameEnd(text string) int {
	for i := range len(text) {
		if c := text[i]; !alphanumeric(c) && c != '-' && c != '_' && c != '.' {
			return i
		}
	}
	return len(text)
}

// Parse reads one requirement.
func Parse(text string) (Requirement, error) {
	r, err := parse(text)
	if err != nil {
		return Requirement{}, fmt.Errorf("requirement: %.200q: %w", text, err)
	}
	return r, nil
}

func parse(text string) (r Requirement, err error) {
	if len(text) > maxBytes {
		return r, fmt.Errorf("longer than %d bytes", maxBytes)
	}
	rest := strings.TrimSpace(text)
	end := nameEnd(rest)
	name := rest[:end]
	if !ValidName(name) || end < len(rest) && strings.ContainsRune(`:/\+`, rune(rest[end])) {
		if looksLikePlace(rest) {
			return r, ErrURL
		}
		return r, errors.New("does not begin with a name")
	}
	r.Name = Normalize(name)
	rest = strings.TrimSpace(rest[end:])
	if strings.HasPrefix(rest, "[") {
		if r.Extras, rest, err = extras(rest); err != nil {
			return r, err
		}
	}
	if strings.HasPrefix(rest, "@") {
		return r, ErrURL
	}
	conditions, marker, marked := strings.Cut(rest, ";")
	conditions = strings.TrimSpace(conditions)
	if inner, ok := strings.CutPrefix(conditions, "("); ok {
		if conditions, ok = strings.CutSuffix(inner, ")"); !ok {
			return r, errors.New("a bracket is not closed")
		}
	}
	if items := strings.Split(conditions, ","); len(items) > 1 && slices.ContainsFunc(items[:len(items)-1], blank) {
		return r, errors.New("nothing stands before a comma")
	}
	if r.Specifiers, err = version.ParseSpecifiers(conditions); err != nil {
		return r, err
	}
	if marked {
		r.Marker, err = ParseMarker(marker)
	}
	return r, err
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }

// looksLikePlace recognises what pip would take for a URL, a file or a directory.
func looksLikePlace(text string) bool {
	return strings.Contains(text, "://") || strings.HasPrefix(text, ".") || strings.HasPrefix(text, "/") ||
		strings.HasPrefix(text, "~") || strings.ContainsAny(text, `/\`) || strings.HasPrefix(text, "file:")
}

// extras reads [a, b] and returns what follows.
func extras(text string) (list []string, rest string, err error) {
	inner, rest, ok := strings.Cut(text[1:], "]")
	if !ok {
		return nil, "", errors.New("a bracket is not closed")
	}
	if strings.TrimSpace(inner) != "" {
		for name := range strings.SplitSeq(inner, ",") {
			if name = strings.TrimSpace(name); !ValidName(name) {
				return nil, "", fmt.Errorf("extra %q: not a name", name)
			}
			list = append(list, Normalize(name))
		}
	}
	return list, strings.TrimSpace(rest), nil
}
