package script

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// maxNesting bounds lists and tables within each other, and the parts of a key.
const maxNesting = 32

// bound refuses TOML that takes long to check: that keys are there once takes time
// quadratic in their number.
func (r *reader) bound(n *unstable.Node, depth int) error {
	if depth > maxNesting {
		return r.tooDeep(n)
	}
	if n.Kind == unstable.KeyValue || n.Kind == unstable.Table || n.Kind == unstable.ArrayTable {
		parts := 0
		for key := n.Key(); key.Next(); parts++ {
			if parts == maxNesting {
				return r.tooDeep(key.Node())
			}
			if r.keys++; r.keys > MaxDependencies {
				return &Error{r.lineOf(key.Node()), fmt.Sprintf("more than %d keys", MaxDependencies)}
			}
		}
		if n.Kind != unstable.KeyValue {
			return nil
		}
		return r.bound(n.Value(), depth+1)
	}
	if n.Kind != unstable.Array && n.Kind != unstable.InlineTable {
		return nil
	}
	for items := n.Children(); items.Next(); {
		if err := r.bound(items.Node(), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) tooDeep(n *unstable.Node) error {
	return &Error{r.lineOf(n),
		fmt.Sprintf("more than %d lists, tables or parts of a key within each other", maxNesting)}
}

// lineOf is the line of the script that a node begins in. Lists and tables have no
// place of their own: it is the one of what is in them, or the last line read.
func (r *reader) lineOf(n *unstable.Node) int {
	for n.Raw.Length == 0 && n.Child().Valid() {
		n = n.Child()
	}
	return r.lineAt(int(n.Raw.Offset))
}

func (r *reader) lineAt(offset int) int {
	return r.line + 1 + bytes.Count(r.text[:min(offset, len(r.text))], []byte("\n"))
}

// syntax is the error of a parser.
func (r *reader) syntax(err error) error {
	at := (*unstable.ParserError)(nil)
	if !errors.As(err, &at) {
		return r.toml(r.line+1, err)
	}
	// The end of the text is what has no place in it.
	offset := len(r.text)
	if len(at.Highlight) > 0 {
		offset = int(r.parser.Range(at.Highlight).Offset)
	}
	return r.toml(min(r.lineAt(offset), r.line+len(r.lines)), err)
}

// toml is an error of the TOML in a line of the script.
func (r *reader) toml(line int, err error) error {
	reason := strings.TrimPrefix(err.Error(), "toml: ")
	if i := line - r.line - 1; i < len(r.lines) && (r.lines[i] == closing || isOpening(r.lines[i])) {
		if next := slices.IndexFunc(r.lines[i:], isOpening); next >= 0 {
			return &Error{line + next, fmt.Sprintf("%q begins a block within that of line %d: between two blocks "+
				"must be a line that is no comment", r.lines[i+next], r.line)}
		}
	}
	return &Error{line, fmt.Sprintf(`%s: behind "# " must be TOML, such as dependencies = ["numpy>=2", "rich"]`,
		reason)}
}
