package script

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/pyexec/pyexec/runtime/internal/packages/requirement"
	"github.com/pyexec/pyexec/runtime/internal/packages/version"
)

// Bounds of a header. Real ones have some hundreds of bytes.
const (
	// MaxBytes is how large the comment may be.
	MaxBytes = 128 << 10
	// MaxDependencies is how many distributions it may ask for, and how many
	// keys the TOML in it may have, those of other tools among them.
	MaxDependencies = 1000
	// maxExtras is how many extras a dependency may name.
	maxExtras = 50
)

// Header is what a script says that it needs.
type Header struct {
	// Python says for which versions of Python it is; none: all. PythonLine is the
	// line of the script that says so.
	Python     version.Specifiers
	PythonLine int
	// Needs are the distributions it needs.
	Needs []Dependency
}

// Dependency is one distribution that a script needs.
type Dependency struct {
	requirement.Requirement
	// Line is its line in the script, from 1.
	Line int
}

// Error is a header that makes no sense, or more than is read: the fault of who
// wrote it.
type Error struct {
	// Line is the line in the script, from 1.
	Line int
	// Reason says what is wrong there, and what must be there.
	Reason string
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("metadata of the script: line %d: %s", e.Line, e.Reason)
}

// Has reports whether a script may have a header. Most have none, and to find that
// out costs next to nothing.
func Has(script string) bool { return strings.Contains(script, opening+kind) }

// Read returns the header of a script, nil if it has none. Every error is an
// *[Error].
//
// Keys that the specification does not know are not looked at, nor is the table
// tool: they are for other programs.
func Read(script string) (*Header, error) {
	if !Has(script) {
		return nil, nil
	}
	b, err := find(script)
	if b == nil || err != nil {
		return nil, err
	}
	text := b.content()
	if len(text) > MaxBytes {
		return nil, &Error{b.line, fmt.Sprintf("%q has %d bytes: at most %d, with at most %d dependencies in them, "+
			"are read", opening+kind, len(text), MaxBytes, MaxDependencies)}
	}
	r := &reader{block: b, text: []byte(text)}
	if err := r.read(); err != nil {
		return nil, err
	}
	return &r.header, nil
}

// reader reads the TOML of one block.
type reader struct {
	*block
	text   []byte
	parser unstable.Parser
	keys   int // so far
	header Header
}

func (r *reader) read() error {
	r.parser.Reset(r.text)
	top := true // before the first table
	for r.parser.NextExpression() {
		e := r.parser.Expression()
		if err := r.bound(e, 0); err != nil {
			return err
		}
		if e.Kind == unstable.Table || e.Kind == unstable.ArrayTable {
			top = false
		} else if !top {
			continue
		}
		if err := r.field(e); err != nil {
			return err
		}
	}
	if err := r.parser.Error(); err != nil {
		return r.syntax(err)
	}
	// What the parser does not see, such as a key that is there twice.
	err := toml.Unmarshal(r.text, &struct{}{})
	if at := (*toml.DecodeError)(nil); errors.As(err, &at) {
		row, _ := at.Position()
		return r.toml(r.line+row, at)
	} else if err != nil {
		return r.toml(r.line+1, err)
	}
	return nil
}

// field sets what a key at the top, or the name of a table, stands for.
func (r *reader) field(e *unstable.Node) error {
	key := e.Key()
	key.Next()
	name, line := string(key.Node().Data), r.lineOf(key.Node())
	plain := e.Kind == unstable.KeyValue && key.IsLast()
	switch name {
	case "requires-python":
		if !plain || e.Value().Kind != unstable.String {
			return &Error{line, `requires-python is no text: it must be one such as ">=3.11"`}
		}
		return r.python(string(e.Value().Data), line)
	case "dependencies":
		if !plain || e.Value().Kind != unstable.Array {
			return &Error{line, `dependencies is no list: it must be a list of texts, such as ["numpy>=2", "rich"]`}
		}
		return r.dependencies(e.Value(), line)
	}
	return nil
}

func (r *reader) python(text string, line int) (err error) {
	if r.header.Python, err = version.ParseSpecifiers(text); err != nil {
		return &Error{line, fmt.Sprintf(`requires-python: %v: it must be conditions such as ">=3.11,<4"`, err)}
	}
	r.header.PythonLine = line
	return nil
}

func (r *reader) dependencies(list *unstable.Node, line int) error {
	items := list.Children()
	for items.Next() {
		item := items.Node()
		if item.Raw.Length > 0 { // nested ones have no place of their own
			line = r.lineOf(item)
		}
		if len(r.header.Needs) == MaxDependencies {
			return &Error{line, fmt.Sprintf("dependencies: more than %d", MaxDependencies)}
		}
		if item.Kind != unstable.String {
			return &Error{line, fmt.Sprintf("dependencies: number %d is no text: it must be one such as "+
				`"numpy>=2"`, len(r.header.Needs)+1)}
		}
		need, err := dependency(string(item.Data))
		if err != nil {
			return &Error{line, "dependencies: " + err.Error()}
		}
		r.header.Needs = append(r.header.Needs, Dependency{need, line})
	}
	return nil
}

// archives are ends of names that are no names of distributions, though they have
// the form of one.
var archives = []string{".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2"}

// dependency reads a requirement. Its errors say what must be there.
func dependency(text string) (requirement.Requirement, error) {
	need, err := requirement.Parse(text)
	if errors.Is(err, requirement.ErrURL) {
		return need, fmt.Errorf("%.200q is a URL, a path or a repository: it must be a name and versions, such as "+
			`"numpy>=2"`, text)
	} else if err != nil {
		return need, fmt.Errorf(`%w: it must be a name and versions, such as "numpy>=2"`, err)
	}
	name := strings.TrimSpace(text)
	if i := strings.IndexAny(name, " \t\r\n[(<>=!~;"); i >= 0 {
		name = name[:i]
	}
	for _, end := range archives {
		if strings.HasSuffix(strings.ToLower(name), end) {
			return need, fmt.Errorf(`%.200q is a file: it must be a name and versions, such as "numpy>=2"`, text)
		}
	}
	if len(need.Extras) > maxExtras {
		return need, fmt.Errorf("%s: more than %d extras", need.Name, maxExtras)
	}
	return need, nil
}
