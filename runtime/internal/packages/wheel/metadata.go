package wheel

import (
	"errors"
	"fmt"
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
	for _, field := range header(string(text)) {
		name, value := strings.ToLower(field[0]), field[1]
		if name != "requires-dist" && name != "provides-extra" && seen[name] {
			continue // the first one counts, and other fields that may come often are not read
		}
		seen[name] = true
		if err := m.set(name, value); err != nil && !bad(field[0], value, err) {
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

// header splits what is before the first empty line into fields. A line that
// begins with a space goes on with the one before.
func header(text string) (fields [][2]string) {
	var value []string // of the field that goes on
	end := func() {
		if n := len(fields); n > 0 {
			fields[n-1][1] = strings.Join(value, " ")
		}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			value = append(value, strings.TrimSpace(line))
		} else if name, first, ok := strings.Cut(line, ":"); ok {
			end()
			fields = append(fields, [2]string{name})
			value = append(value[:0], strings.TrimSpace(first))
		}
	}
	end()
	return fields
}
