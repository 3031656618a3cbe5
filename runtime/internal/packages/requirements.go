package packages

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/pyexec/pyexec/runtime/internal/packages/index"
	"github.com/pyexec/pyexec/runtime/internal/packages/requirement"
	"github.com/pyexec/pyexec/runtime/internal/python"
)

// requirementsBytes bounds a requirements file and what it includes. The hashes
// of all wheels of a large distribution take some 10 KiB. requirementsFiles
// bounds how many files those may be.
const (
	requirementsBytes = 4 << 20
	requirementsFiles = 50
)

// wanted is one line that names a distribution.
type wanted struct {
	requirement.Requirement
	hashes []index.Hash
	at     string // file and line
}

// requirements is a requirements file that was read and found usable.
type requirements struct {
	path        string // absolute
	text        []byte // of all files, for the key
	files       int
	wanted      []wanted
	constraints []wanted
	hashed      bool // so every distribution has to have a hash
	pre         bool
	index       index.Config // what the file adds to the settings
}

// readRequirements reads a requirements file and those that it includes.
func readRequirements(path string) (*requirements, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	r := &requirements{path: path}
	if err := r.include(path, false, nil); err != nil {
		return nil, err
	}
	if len(r.wanted) == 0 {
		return nil, fmt.Errorf("%s: names no package", path)
	}
	return r, r.checkHashes()
}

// include reads one file. Its lines are constraints or wishes; within are the
// files that led to it.
func (r *requirements) include(path string, constraints bool, within []string) error {
	for _, outer := range within {
		if outer == path {
			return fmt.Errorf("%s: includes itself", path)
		}
	}
	if r.files++; r.files > requirementsFiles {
		return fmt.Errorf("%s: more than %d files", path, requirementsFiles)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, requirementsBytes+1))
	if err != nil {
		return err
	}
	if len(r.text)+len(text) > requirementsBytes {
		return fmt.Errorf("%s: larger than %d bytes: not a requirements file", path, requirementsBytes)
	}
	r.text = append(append(r.text, text...), 0)
	for _, l := range logicalLines(string(text)) {
		if err := r.line(l.text, path, fmt.Sprintf("%s: line %d", path, l.number), constraints,
			append(within, path)); err != nil {
			return err
		}
	}
	return nil
}

type logicalLine struct {
	number int // of its first line
	text   string
}

// logicalLines joins lines that end in a backslash and drops comments.
func logicalLines(text string) (list []logicalLine) {
	number, open := 0, false
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		number++
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			line = "" // a comment between ends what goes on, as pip has it
		} else if i := comment(line); i >= 0 {
			line = line[:i]
		}
		line, goesOn := strings.CutSuffix(line, "\\")
		if open {
			list[len(list)-1].text += " " + strings.TrimSpace(line)
		} else {
			list = append(list, logicalLine{number, strings.TrimSpace(line)})
		}
		open = goesOn
	}
	return list
}

// comment is the index of a comment after other text, at a # after a space; -1 if
// there is none.
func comment(line string) int {
	for i := 1; i < len(line); i++ {
		if line[i] == '#' && (line[i-1] == ' ' || line[i-1] == '\t') {
			return i
		}
	}
	return -1
}

// line reads one logical line.
func (r *requirements) line(text, path, at string, constraints bool, within []string) error {
	var err error
	switch {
	case strings.ContainsRune(text, 0):
		err = errors.New("not text")
	case strings.Contains(text, "${"):
		err = errors.New("variables are not replaced: give an index with its password as PIP_INDEX_URL")
	case text == "":
	case strings.HasPrefix(text, "-"):
		return r.option(text, path, at, within)
	default:
		var w wanted
		if w, err = parseWanted(text); err == nil {
			w.at = at
			r.hashed = r.hashed || len(w.hashes) > 0
			if constraints {
				r.constraints = append(r.constraints, w)
			} else {
				r.wanted = append(r.wanted, w)
			}
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", at, err)
	}
	return nil
}

// parseWanted reads a requirement and the options behind it.
func parseWanted(text string) (w wanted, err error) {
	body, options := text, ""
	if i := strings.Index(text, " --"); i >= 0 {
		body, options = text[:i], text[i:]
	}
	fields := strings.Fields(options)
	for i := 0; i < len(fields); i++ {
		name, value, ok := strings.Cut(fields[i], "=")
		if name != "--hash" {
			return w, fmt.Errorf("%.80s is not supported behind a requirement: only --hash is", name)
		}
		if !ok && i+1 < len(fields) {
			i++
			value = fields[i]
		}
		h, err := index.ParseHash(value, ":")
		if err != nil {
			return w, err
		}
		w.hashes = append(w.hashes, h)
	}
	w.Requirement, err = requirement.Parse(body)
	return w, err
}

// checkHashes requires hashes of all if there is one: else distributions without a
// hash would come along with those that have one.
func (r *requirements) checkHashes() error {
	if !r.hashed {
		return nil
	}
	for _, w := range r.wanted {
		switch {
		case len(r.hashes(w.Name)) == 0:
			return fmt.Errorf("%s: hashes are required as soon as there is one: %s has none", w.at, w.Name)
		case !w.Specifiers.Pinned() && !r.pinnedByConstraint(w.Name):
			return fmt.Errorf("%s: with hashes, each version has to be named with ==: that of %s is not", w.at,
				w.Name)
		}
	}
	return nil
}

func (r *requirements) pinnedByConstraint(name string) bool {
	for _, c := range r.constraints {
		if c.Name == name && c.Specifiers.Pinned() {
			return true
		}
	}
	return false
}

// hashes are those of the lines about a distribution.
func (r *requirements) hashes(name string) (list []index.Hash) {
	for _, lines := range [][]wanted{r.wanted, r.constraints} {
		for _, w := range lines {
			if w.Name == name {
				list = append(list, w.hashes...)
			}
		}
	}
	return list
}

// indexConfig returns the settings with those of the file in front.
func (r *requirements) indexConfig(c index.Config) index.Config {
	if r.index.IndexURL != "" {
		c.IndexURL = r.index.IndexURL
	}
	c.ExtraIndexURLs = append(append([]string{}, c.ExtraIndexURLs...), r.index.ExtraIndexURLs...)
	c.FindLinks = append(append([]string{}, c.FindLinks...), r.index.FindLinks...)
	c.TrustedHosts = append(append([]string{}, c.TrustedHosts...), r.index.TrustedHosts...)
	c.NoIndex = c.NoIndex || r.index.NoIndex
	return c
}

// isURL reports whether an option's value is one of http or https.
func isURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https")
}

// key names the directory that comes of the file: with this interpreter, on this
// architecture, by this code.
func (r *requirements) key(p *python.Interpreter) string {
	h := sha256.New()
	fmt.Fprintf(h, "%d %s %s %q\n", recipeVersion, runtime.GOARCH, p.Version, prepareFonts)
	for _, t := range trimRules {
		fmt.Fprintf(h, "%q %t\n", t.Pattern, t.Anywhere)
	}
	h.Write(r.text)
	return hex.EncodeToString(h.Sum(nil)[:8])
}
