package testbed_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed"
)

// second is the environment beside the default one.
const second = "second"

// apart are two environments, each with a package that the other one lacks, in which a
// secret lies.
type apart struct {
	dir    string
	secret string // of the default one's package
	theirs string // of the other one's
}

func newApart(t *testing.T) *apart {
	t.Helper()
	dir, err := os.MkdirTemp("", "pyexec-apart-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // it is in the directory for such things
	a := &apart{dir: dir, secret: "apart-" + rest(dir), theirs: "theirs-" + rest(dir)}
	for path, text := range map[string]string{
		"default/of_default/__init__.py": "SECRET = '" + a.secret + "'\n", "default/of_default/data": a.secret,
		"sets/second/of_second/__init__.py": "SECRET = '" + a.theirs + "'\n", "sets/second/of_second/data": a.theirs,
	} {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return a
}

func rest(dir string) string { return strings.TrimPrefix(filepath.Base(dir), "pyexec-apart-") }

// added are the options of a server that has both.
func (a *apart) added(o testbed.Options) testbed.Options {
	dir := a.dir
	if o.Setup.Runtime != "" {
		dir = "/apart"
		o.Args = append(o.Args[:len(o.Args):len(o.Args)], "--volume", a.dir+":"+dir+":ro")
	}
	o.Settings = append(o.Settings[:len(o.Settings):len(o.Settings)],
		"ENVIRONMENTS="+dir+"/sets", "PYTHON_PACKAGES="+dir+"/default")
	return o
}

// TestEnvironmentsAreApart attacks one environment from another, both ways, in every
// set-up: its packages, and a run that goes on in it meanwhile.
func TestEnvironmentsAreApart(t *testing.T) {
	shared := preludeOf(t, escapes)
	bed := newBed(t)
	var names []string
	for _, name := range namesOf(t, escapes) {
		if strings.Contains(name, "neighbour") || strings.Contains(name, "zygote") {
			names = append(names, name)
		}
	}
	if len(names) < 9 {
		t.Errorf("only %d programs", len(names))
	}
	for _, setup := range setups() {
		t.Run(setup.Name, func(t *testing.T) {
			setup.Need(t)
			a := newApart(t)
			settings := append([]string{"BLOCKED_IMPORTS="}, tight...)
			o := a.added(testbed.Options{Setup: setup, Image: *image, Settings: settings})
			s := newTarget(t, bed, o, shared)
			for _, way := range []struct {
				from, to, module, dir, secret string
			}{
				{second, "", "of_default", "default", a.secret}, {"", second, "of_second", "sets/second", a.theirs},
			} {
				s.environment, s.neighbours = way.from, way.to
				s.Secrets["the packages of another environment"] = way.secret
				t.Run("of_"+strings.TrimPrefix(way.module, "of_"), func(t *testing.T) {
					s.lacks(t, a.dir, way.module, way.dir)
					for _, name := range names {
						t.Run(strings.TrimSuffix(name, ".py"), func(t *testing.T) { s.attack(t, name) })
					}
				})
			}
			s.unharmed(t)
		})
	}
}

// lacks runs a program that looks for the package of another environment, whose own run it
// is there for.
func (s *target) lacks(t *testing.T, dir, module, under string) {
	t.Helper()
	p, err := apartPrograms.Read("packages_are_out_of_reach.py")
	if err != nil {
		t.Fatal(err)
	}
	input := map[string]any{"module": module, "places": []string{filepath.Join(dir, under), "/apart/" + under}}
	for _, environment := range []string{s.environment, s.neighbours} {
		body, err := json.Marshal(map[string]any{
			"script": s.shared + p.Source, "input": input, "environment": orDefault(environment),
		})
		if err != nil {
			t.Fatal(err)
		}
		code, reply, err := s.post(patience, body)
		var members map[string]json.RawMessage
		if err != nil || json.Unmarshal([]byte(reply), &members) != nil {
			t.Fatalf("%d %s, %v", code, reply, err)
		}
		if environment == s.neighbours { // the twin: where it belongs it is found
			if found := string(members["result"]); !strings.Contains(found, `"import": "found"`) &&
				!strings.Contains(found, `"import":"found"`) {
				t.Errorf("its own environment: %d %s", code, reply)
			}
			continue
		}
		for _, wrong := range mismatches(p.In(places(s.setup)...), code, members) {
			t.Errorf("%s\nthe reply: %d %.1000s", wrong, code, reply)
		}
		s.keepsSecrets(t, p.Source, reply)
	}
}

func orDefault(environment string) string {
	if environment == "" {
		return "default"
	}
	return environment
}
