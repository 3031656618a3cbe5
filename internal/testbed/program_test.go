package testbed_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed"
)

// The programs, and beside them what they share.
const (
	programsDir = "testdata/escape"
	sharedFile  = programsDir + "/shared/kernel.py"
)

// program is a hostile script with what its caller must see. That stands in
// its first lines, comments of the form "# name: value":
//
//	status   the word in the reply, ok without one; several are separated by |
//	result   the JSON of the result, which is compared as JSON
//	error, denied, stdout, stderr
//	         the whole text; with ~ after the name a regular expression that
//	         has to match all of it, for result too
//	blocked  the statement that the check of imports names, when it is on;
//	         without this line the program gets past the check
//	timeout  that the request asks for, in seconds
//	before   a program whose run has to be over when this one starts
//	beside   a program whose run goes on while this one runs
//	arch     the only architecture that it is for
//	holds, leaves
//	         for TestMemory: MiB that it may hold beside its own pages, and
//	         that may be left of it
//	in SET-UPS: NAME  the same for some set-ups only, where a status takes the
//	         place of all that is said above; the next line says
//	because  why it is so
//
// Lines of the first comment that have no such name say what is tried.
type program struct {
	name, source string
	want         map[string]string
	differs      []difference
}

// difference is what is otherwise in some set-ups.
type difference struct {
	setups      []string
	name, value string
}

var (
	headerNames = []string{
		"status", "result", "result~", "error", "error~", "denied", "denied~", "stdout", "stdout~", "stderr",
		"stderr~",
		"blocked", "timeout", "before", "beside", "arch", "because", "holds", "leaves",
	}
	headerLine = regexp.MustCompile(`^# (?:in ([a-z -]+): )?([a-z]+~?): (.*)$`)
)

// readProgram reads a program below programsDir.
func readProgram(name string) (*program, error) { return readProgramIn(programsDir, name) }

func readProgramIn(dir, name string) (*program, error) {
	source, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	p, err := parseProgram(name, string(source))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

func parseProgram(name, source string) (*program, error) {
	p := &program{name: name, source: source, want: map[string]string{}}
	unexplained, told := false, false
	for line := range strings.Lines(source) {
		line = strings.TrimSuffix(line, "\n")
		if !strings.HasPrefix(line, "#") {
			break
		}
		m := headerLine.FindStringSubmatch(line)
		if m == nil || !slices.Contains(headerNames, m[2]) {
			told = true
			continue
		}
		setups, key, value := m[1], m[2], m[3]
		if unexplained != (key == "because") {
			return nil, fmt.Errorf("header: %s: every difference has a reason in the next line", line)
		}
		unexplained = setups != ""
		switch _, twice := p.want[key]; {
		case key == "because":
		case setups != "":
			p.differs = append(p.differs, difference{strings.Fields(setups), key, value})
		case twice:
			return nil, fmt.Errorf("header: %s: given twice", key)
		default:
			p.want[key] = value
		}
	}
	if unexplained || !told {
		return nil, fmt.Errorf("header: a difference without a reason, or nothing says what is tried")
	}
	return p, p.check()
}

// check refuses headers that could not fail or never match.
func (p *program) check() error {
	known := map[string]bool{}
	for _, s := range testbed.Setups() {
		known[s.Name] = true
	}
	for _, d := range p.differs {
		for _, s := range d.setups {
			if !known[s] {
				return fmt.Errorf("header: in %s: no such set-up", s)
			}
		}
	}
	for s := range known {
		want := p.in(s)
		for name, value := range want {
			if strings.HasSuffix(name, "~") {
				if _, err := regexp.Compile(value); err != nil {
					return fmt.Errorf("header: %w", err)
				}
			}
			if name == "result" && !json.Valid([]byte(value)) {
				return fmt.Errorf("header: result: not JSON: %s", value)
			}
		}
		if want["status"] == "" && want["result"] == "" && want["result~"] == "" {
			return fmt.Errorf("header: neither a status nor a result is expected")
		}
	}
	return nil
}

// in is what is expected in a set-up.
func (p *program) in(setup string) map[string]string {
	want := map[string]string{}
	for name, value := range p.want {
		want[name] = value
	}
	for _, d := range p.differs {
		if slices.Contains(d.setups, setup) {
			if d.name == "status" { // what goes with the other one is of no use
				want = map[string]string{"blocked": want["blocked"]}
			}
			plain := strings.TrimSuffix(d.name, "~")
			delete(want, plain)
			delete(want, plain+"~")
			want[d.name] = d.value
		}
	}
	return want
}

// request is the body that runs p.
func (p *program) request(shared string, targets testbed.Targets) ([]byte, error) {
	// input goes to main; a program whose main takes nothing shows that
	// another way to the targets is tried.
	body := map[string]any{"script": shared + p.source}
	if strings.Contains(p.source, "def main(targets)") {
		body["input"] = targets
	}
	if text := p.want["timeout"]; text != "" {
		seconds, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, err
		}
		body["timeout"] = seconds
	}
	return json.Marshal(body)
}

// shared is what stands before each program: the numbers of the system calls,
// and functions. It takes a way past the check of imports, so that the programs
// run with it, too.
func sharedSource(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile(sharedFile)
	if err != nil {
		t.Fatal(err)
	}
	numbers, err := json.Marshal(callNumbers)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("NUMBERS = %s\n%s\n", numbers, source)
}

// programs lists the names of all programs that run by themselves.
func programs(t *testing.T) []string { return programsIn(t, programsDir) }

func programsIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(dir + "/*.py")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		names = append(names, filepath.Base(f))
	}
	return names
}

func (p *program) here() bool { return p.want["arch"] == "" || p.want["arch"] == runtime.GOARCH }

// Broken headers are refused: a program with one would prove nothing.
func TestProgramHeaders(t *testing.T) {
	for _, tt := range []struct{ source, says string }{
		{"# Tries.\n# status: killed\n", ""},
		{"# Tries: this and that.\n# result: 1\n", ""},
		{"# Tries.\n# result: 1\n# in podman: result: 2\n# because: so\n", ""},
		{"# status: killed\n", "nothing says"},
		{"# Tries.\n", "neither"},
		{"# Tries.\n# error: x\n", "neither"},
		{"# Tries.\n# result: {\n", "not JSON"},
		{"# Tries.\n# result~: (\n", "missing closing"},
		{"# Tries.\n# result: 1\n# result: 2\n", "twice"},
		{"# Tries.\n# result: 1\n# in podman: result: 2\n", "reason"},
		{"# Tries.\n# result: 1\n# in podman: result: 2\n# result: 3\n", "reason"},
		{"# Tries.\n# result: 1\n# in nowhere: result: 2\n# because: so\n", "no such set-up"},
	} {
		_, err := parseProgram("p", tt.source+"def main(): pass\n")
		if got := fmt.Sprint(err); tt.says == "" && err != nil || !strings.Contains(got, tt.says) {
			t.Errorf("%q: %v, want %q", tt.source, err, tt.says)
		}
	}
}
