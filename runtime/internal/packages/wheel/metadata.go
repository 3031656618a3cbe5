package wheel

import (
	"fmt"
	"strings"

	"github.com/pyexec/pyexec/runtime/internal/packages/requirement"
	"github.com/pyexec/pyexec/runtime/internal/packages/version"
)

// MetadataBytes bounds the file METADATA, most of which is a description.
const MetadataBytes = 8 << 20

// maxRequirements bounds how many requirements one distribution may have.
const maxRequirements = 5000

// Metadata is what a distribution says of itself.
type Metadata struct {
	Project string // normalized
	Version version.Version
	// Needs are the distributions that it needs, markers and all.
	Needs []requirement.Requirement
	// Python says which versions of Python it is for; none: all.
	Python version.Specifiers
}

// ParseMetadata reads the header of a file METADATA.
func ParseMetadata(text []byte) (m Metadata, err error) {
	seen := map[string]bool{}
	for _, field := range header(string(text)) {
		name, value := strings.ToLower(field[0]), field[1]
		if name != "requires-dist" && seen[name] {
			continue // the first one counts, and those that may come often are not read
		}
		seen[name] = true
		switch name {
		case "name":
			if !requirement.ValidName(value) {
				return m, fmt.Errorf("metadata: Name: %.100q: not a name", value)
			}
			m.Project = requirement.Normalize(value)
		case "version":
			m.Version, err = version.Parse(value)
		case "requires-python":
			m.Python, err = version.ParseSpecifiers(value)
		case "requires-dist":
			var r requirement.Requirement
			if r, err = requirement.Parse(value); err == nil {
				if m.Needs = append(m.Needs, r); len(m.Needs) > maxRequirements {
					err = fmt.Errorf("more than %d requirements", maxRequirements)
				}
			}
		}
		if err != nil {
			return m, fmt.Errorf("metadata: %s: %w", field[0], err)
		}
	}
	if m.Project == "" || m.Version.String() == "" {
		return m, fmt.Errorf("metadata: without a name or a version")
	}
	return m, nil
}

// header splits what is before the first empty line into fields. A line that
// begins with a space goes on with the one before.
func header(text string) (fields [][2]string) {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			if n := len(fields); n > 0 {
				fields[n-1][1] += " " + strings.TrimSpace(line)
			}
			continue
		}
		if name, value, ok := strings.Cut(line, ":"); ok {
			fields = append(fields, [2]string{name, strings.TrimSpace(value)})
		}
	}
	return fields
}
