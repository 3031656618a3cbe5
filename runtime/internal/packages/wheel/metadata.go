package wheel

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/pyexec/pyexec/runtime/internal/packages/requirement"
	"github.com/pyexec/pyexec/runtime/internal/packages/version"
)

// MetadataBytes bounds the file METADATA, most of which is a description.
const MetadataBytes = 8 << 20

// maxRequirements bounds how many requirements one distribution may have, and how
// many extras.
const maxRequirements = 5000

// Metadata is what a distribution says of itself.
type Metadata struct {
	Project string // normalized
	Version version.Version
	// Needs are the distributions that it needs, markers and all.
	Needs []requirement.Requirement
	// Extras are the optional parts that it has, normalized.
	Extras []string
	// Python says which versions of Python it is for; none: all.
	Python version.Specifiers
}

// ParseMetadata reads the header of a file METADATA.
func ParseMetadata(text []byte) (m Metadata, err error) {
	m.read(text, func(name, value string, cause error) bool {
		err = fmt.Errorf("metadata: %s: %w", name, cause)
		return false
	})
	if err == nil && (m.Project == "" || m.Version.String() == "") {
		err = errors.New("metadata: without a name or a version")
	}
	return m, err
}

// Unread is a field of metadata that makes no sense, and why.
type Unread struct {
	Field, Value string
	Cause        error
}

// ParseInstalled is ParseMetadata for what is installed already, however old its
// metadata: a field that makes no sense is left out of m and listed.
func ParseInstalled(text []byte) (m Metadata, unread []Unread) {
	m.read(text, func(name, value string, cause error) bool {
		unread = append(unread, Unread{name, value, cause})
		return len(unread) < maxRequirements
	})
	return m, unread
}

// read sets the fields. It hands those that make no sense to bad, which says
// whether to go on.
func (m *Metadata) read(text []byte, bad func(name, value string, cause error) bool) {
	seen := map[string]bool{}
	for field, value := range header(string(Header(text))) {
		name := strings.ToLower(field)
		switch name {
		case "name", "version", "requires-python":
			if seen[name] {
				continue // the first one counts
			}
			seen[name] = true
		}
		if err := m.set(name, value); err != nil && !bad(field, value, err) {
			return
		}
	}
}

func (m *Metadata) set(name, value string) (err error) {
	switch name {
	case "name":
		if !requirement.ValidName(value) {
			return fmt.Errorf("%.100q: not a name", value)
		}
		m.Project = requirement.Normalize(value)
	case "version":
		m.Version, err = version.Parse(value)
	case "requires-python":
		m.Python, err = version.ParseSpecifiers(value)
	case "requires-dist":
		var r requirement.Requirement
		if r, err = requirement.Parse(value); err != nil {
			return err
		}
		if len(m.Needs) == maxRequirements {
			return fmt.Errorf("more than %d requirements", maxRequirements)
		}
		m.Needs = append(m.Needs, r)
	case "provides-extra":
		// Most readers don't look at them, so one that is no name harms nobody.
		if requirement.ValidName(value) && len(m.Extras) < maxRequirements {
			m.Extras = append(m.Extras, requirement.Normalize(value))
		}
	}
	return err
}

// Header is the part of a file METADATA that is read: what is before its first empty
// line. The rest is a description, most of the file.
func Header(text []byte) []byte {
	at := 0
	for line := range bytes.Lines(text) {
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			break
		}
		at += len(line)
	}
	return text[:at]
}

// header splits a header into names and values, of which there may be millions. A line
// that begins with a space goes on with the one before.
func header(text string) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		var name string
		var value []string // of the field that goes on, nil before the first
		for line := range strings.Lines(text) {
			line = strings.TrimRight(line, "\r\n")
			if line == "" {
				break
			}
			if line[0] == ' ' || line[0] == '\t' {
				value = append(value, strings.TrimSpace(line))
			} else if next, first, ok := strings.Cut(line, ":"); ok {
				if name != "" && !yield(name, strings.Join(value, " ")) {
					return
				}
				name, value = next, append(value[:0], strings.TrimSpace(first))
			}
		}
		if name != "" {
			yield(name, strings.Join(value, " "))
		}
	}
}
