package runtime

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed"
	"github.com/pyexec/pyexec/internal/testbed/program"
	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// The hostile programs that are run here, each with its expectation in its header,
// by the postures of this package's tests and by what else a place may lack.
var (
	attacks  = setOf("attacks")          // run by themselves
	arranged = setOf("attacks/arranged") // a test prepares something for each
	layers   = setOf("layers")
)

// What a place may lack whatever its posture is.
const (
	noDevices = "no-devices" // a container whose root may make none
	noSys     = "no-sys"     // a chroot without /sys
)

func setOf(dir string) program.Set {
	places := []string{noDevices, noSys}
	for _, p := range postures {
		places = append(places, string(p))
	}
	shared := []string{"shared/kernel.py", "shared/attempt.py"}
	return program.Set{Files: testbed.Programs(), Dir: dir, Shared: shared, Places: places}
}

// hostile is a program, ready to run.
type hostile struct {
	*program.Program
	script string // with what is put before it
	// environment is where it is run, empty for the default one.
	environment string
}

// read reads a program of a set, by its name without the ending.
func read(t *testing.T, s program.Set, name string) hostile {
	t.Helper()
	p, err := s.Read(name + ".py")
	if err != nil {
		t.Fatal(err)
	}
	return hostile{Program: p, script: prelude(t) + p.Source}
}

// prelude is what is put before each program.
func prelude(t *testing.T) string {
	t.Helper()
	text, err := attacks.Prelude() // the same for all sets
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// namesOf lists the programs of a set, without the ending.
func namesOf(t *testing.T, s program.Set) []string {
	t.Helper()
	names, err := s.Names()
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		names[i] = strings.TrimSuffix(name, ".py")
	}
	return names
}

// expected is what the header says for where this process is and what r has there.
func (h hostile) expected(r *Runtime) program.Expected {
	in := []string{string(here())}
	if madeOfFiles(r) {
		in = append(in, noDevices)
	}
	if _, err := os.Lstat("/sys/kernel"); err != nil {
		in = append(in, noSys)
	}
	return h.In(in...)
}

// madeOfFiles says whether files stand in for devices.
func madeOfFiles(r *Runtime) bool {
	return strings.HasPrefix(r.Info().LayerNotes[string(sandbox.Chroot)], "mknod is refused")
}

// attack runs a program, compares what comes of it with its header, and returns it.
func (h hostile) attack(t *testing.T, r *Runtime, input any) Result {
	t.Helper()
	want := h.expected(r)
	got := executeIn(t, r, h.environment, h.script, inputOf(want, input))
	for _, wrong := range want.Mismatches(reply(t, got)) {
		t.Errorf("%s\nthe reply: %s %.1000s %s %s", wrong, got.Status, got.Value, got.Error, got.Traceback)
	}
	return got
}

// inputOf is an input, or without one the header's.
func inputOf(want program.Expected, input any) any {
	if text, given := want.Says("input"); given && input == nil {
		return json.RawMessage(text)
	}
	return input
}

// reply is a result as the service would send it, in what programs are judged by.
func reply(t *testing.T, got Result) map[string]json.RawMessage {
	t.Helper()
	members := map[string]json.RawMessage{}
	if got.Status == OK {
		members["result"] = got.Value
	}
	for name, value := range map[string]string{"status": string(got.Status), "error": got.Error} {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		members[name] = text
	}
	return members
}

// Every program has a header that can be read, and every program of a layer runs.
func TestProgramsCanBeRead(t *testing.T) {
	for _, s := range []program.Set{attacks, arranged, layers} {
		names := namesOf(t, s)
		if len(names) < 8 {
			t.Errorf("%s: only %d programs", s.Dir, len(names))
		}
		for _, name := range names {
			read(t, s, name)
		}
	}
	for _, name := range namesOf(t, layers) {
		if !slices.ContainsFunc(layerTests, func(l layerTest) bool { return l.name == name }) {
			t.Errorf("no row of layerTests runs %s", name)
		}
	}
}
