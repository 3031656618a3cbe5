package testbed_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed"
	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/internal/testbed/program"
)

// The programs of these suites. What the two of memory hold, honest ones want no
// more of than their due: they are what callers send, with nothing before them.
var (
	escapes = setOf("escape", "shared/kernel.py")
	memory  = setOf("memory", "shared/kernel.py", "shared/hold.py")
	honest  = setOf("memory/honest")

	apartPrograms = setOf("apart", "shared/kernel.py")
)

// python314 is a place of its own, wherever that is: a server whose scripts run on it.
const python314 = "python-3.14"

// places are the names of where a program runs, for its header.
func places(setup string) []string {
	if home := need.Python(); home != "" {
		if _, err := os.Stat(filepath.Join(home, "bin", "python3.14")); err == nil {
			return []string{setup, python314}
		}
	}
	return []string{setup}
}

// setOf are programs whose headers tell set-ups apart.
func setOf(dir string, shared ...string) program.Set {
	places := []string{python314}
	for _, s := range testbed.Setups() {
		places = append(places, s.Name)
	}
	return program.Set{Files: testbed.Programs(), Dir: dir, Shared: shared, Places: places}
}

// request is the body that runs p in an environment, empty for the default one.
func request(p *program.Program, environment, shared string, targets testbed.Targets) ([]byte, error) {
	// input goes to main; a program whose main takes nothing shows that
	// another way to the targets is tried.
	body := map[string]any{"script": shared + p.Source}
	if environment != "" {
		body["environment"] = environment
	}
	if strings.Contains(p.Source, "def main(targets)") {
		body["input"] = targets
	}
	seconds, err := p.Number("timeout")
	if err != nil {
		return nil, err
	}
	if seconds > 0 {
		body["timeout"] = seconds
	}
	return json.Marshal(body)
}

// holding is the body that runs p, which is told how many MiB to hold if it is
// hostile: that is what the prelude is for.
func holding(p *program.Program, environment, shared string, mib int) ([]byte, error) {
	body := map[string]any{"script": shared + p.Source, "report": true}
	if environment != "" {
		body["environment"] = environment
	}
	if shared != "" {
		body["input"] = mib
	}
	return json.Marshal(body)
}

// preludeOf is what stands before each program of a set.
func preludeOf(t *testing.T, s program.Set) string {
	t.Helper()
	prelude, err := s.Prelude()
	if err != nil {
		t.Fatal(err)
	}
	return prelude
}

// namesOf lists the names of all programs of a set that run by themselves.
func namesOf(t *testing.T, s program.Set) []string {
	t.Helper()
	names, err := s.Names()
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// Every program has a header that can be read: one that is found out to have none
// while a suite runs would have cost its time.
func TestProgramsCanBeRead(t *testing.T) {
	sets := []program.Set{apartPrograms, escapes, setOf("escape/before"), setOf("escape/beside"), memory, honest}
	for _, s := range sets {
		for _, name := range namesOf(t, s) {
			if _, err := s.Read(name); err != nil {
				t.Error(err)
			}
		}
	}
}
