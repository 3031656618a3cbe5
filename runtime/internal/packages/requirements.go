package packages

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/pyexec/pyexec/runtime/internal/python"
)

// requirementsBytes bounds a requirements file. The hashes of all wheels of a
// large distribution take some 10 KiB.
const requirementsBytes = 4 << 20

// refused are options of a requirements file with which the file alone does not
// say what gets installed, so that its hash would be no key.
var refused = []struct{ option, instead string }{
	{"-r", "put the other file's lines into this one"},
	{"--requirement", "put the other file's lines into this one"},
	{"-c", "put the constraints' versions into this file"},
	{"--constraint", "put the constraints' versions into this file"},
	{"-e", "only wheels are installed"},
	{"--editable", "only wheels are installed"},
	{"--no-binary", "only wheels are installed"},
}

// requirements is a requirements file that was read and found usable.
type requirements struct {
	path   string // absolute
	text   []byte
	hashed bool // it has hashes, so pip demands one of every distribution
}

// readRequirements reads and checks a requirements file. What pip itself
// understands better, it leaves to pip.
func readRequirements(path string) (*requirements, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, requirementsBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > requirementsBytes {
		return nil, fmt.Errorf("%s: larger than %d bytes: not a requirements file", path, requirementsBytes)
	}
	hashed, err := check(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &requirements{path: path, text: text, hashed: hashed}, nil
}

// check looks at every line for what is refused.
func check(text string) (hashed bool, err error) {
	wanted := 0
	number := 0
	for line := range strings.Lines(text) {
		number++
		if strings.ContainsRune(line, 0) {
			return false, fmt.Errorf("line %d: not text", number)
		}
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		hashed = hashed || strings.Contains(line, "--hash")
		if !strings.HasPrefix(line, "-") {
			wanted++
		}
		for _, r := range refused {
			if hasOption(line, r.option) {
				return false, fmt.Errorf("line %d: %s is not supported: %s", number, r.option, r.instead)
			}
		}
	}
	if wanted == 0 {
		return false, errors.New("names no package")
	}
	return hashed, nil
}

// hasOption reports whether line is the option, with or without its value. A
// short option may have its value right behind it, as in -rother.txt.
func hasOption(line, option string) bool {
	rest, ok := strings.CutPrefix(line, option)
	if !ok {
		return false
	}
	return len(option) == 2 || rest == "" || slices.Contains([]byte(" \t="), rest[0])
}

// key names the directory that comes of the file: with this interpreter, on this
// architecture, by this code.
func (r *requirements) key(p *python.Interpreter) string {
	h := sha256.New()
	fmt.Fprintf(h, "%d %s %s %q %q\n", recipeVersion, runtime.GOARCH, p.Version, pipOptions, prepareFonts)
	for _, t := range trimRules {
		fmt.Fprintf(h, "%q %t\n", t.Pattern, t.Anywhere)
	}
	h.Write(r.text)
	return hex.EncodeToString(h.Sum(nil)[:8])
}
