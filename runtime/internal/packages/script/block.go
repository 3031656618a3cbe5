package script

import (
	"fmt"
	"strings"
)

const (
	opening = "# /// "
	closing = "# ///"
	// kind is the one type of block that there is a meaning for.
	kind = "script"
)

// block is a comment with metadata, without its first and last line.
type block struct {
	line  int      // of the first line in the script, from 1
	lines []string // as in the script, with their #
}

// find returns the block of type script, nil if there is none. It finds what the
// specification's regular expression finds,
//
//	(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$
//
// in the text as Python reads it from a file. So a comment without its last line
// is no block, the last of several such lines ends it, and a block in a string of
// the script counts. It takes time linear in the text, which the expression does
// not.
func find(script string) (*block, error) {
	var found *block
	for l := (lines{rest: pythonText(script)}); l.next(); {
		if !isOpening(l.text) {
			continue
		}
		// All comments that follow are looked at together: other beginnings among
		// them are content, or have no end either.
		b, first := block{line: l.number}, l.text
		for l.peek() {
			b.lines = append(b.lines, l.text)
		}
		end := lastClosing(b.lines)
		if end < 1 || first != opening+kind {
			continue // it has no end, or nothing in it; or it is of another type
		}
		if found != nil {
			return nil, &Error{b.line, fmt.Sprintf("a second block %q begins: a script has one, "+
				"and the first is in line %d", first, found.line)}
		}
		b.lines = b.lines[:end]
		found = &b
	}
	return found, nil
}

// pythonText is the text with ends of lines as Python's own reading makes them,
// and without a byte order mark.
func pythonText(script string) string {
	script = strings.TrimPrefix(script, "\ufeff")
	if strings.Contains(script, "\r") {
		script = strings.ReplaceAll(strings.ReplaceAll(script, "\r\n", "\n"), "\r", "\n")
	}
	return script
}

// lines goes through a text.
type lines struct {
	rest   string
	text   string
	number int
	over   bool
}

// next goes on to the next line.
func (l *lines) next() bool {
	if l.over {
		return false
	}
	var more bool
	l.text, l.rest, more = strings.Cut(l.rest, "\n")
	l.over = !more
	l.number++
	return true
}

// peek goes on to the next line if a block may contain it: it is a comment that is
// empty or begins with a space.
func (l *lines) peek() bool {
	rest, comment := strings.CutPrefix(l.rest, "#")
	if l.over || !comment || rest != "" && rest[0] != ' ' && rest[0] != '\n' {
		return false
	}
	return l.next()
}

// isOpening reports whether a block begins with the line.
func isOpening(line string) bool {
	name, ok := strings.CutPrefix(line, opening)
	return ok && name != "" && strings.IndexFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-'
	}) < 0
}

// lastClosing is the index of the last line that may end a block, -1 for none.
func lastClosing(list []string) int {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i] == closing {
			return i
		}
	}
	return -1
}

// content is the text in a block. A line of it is a line of the script.
func (b *block) content() string {
	var text strings.Builder
	for _, line := range b.lines {
		text.WriteString(strings.TrimPrefix(strings.TrimPrefix(line, "#"), " "))
		text.WriteByte('\n')
	}
	return text.String()
}
