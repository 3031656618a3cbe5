package runtime

import (
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// Programs that try a whole family of ways get nowhere, and ordinary ones live,
// each as its header says. The service goes on.
func TestAttacks(t *testing.T) {
	t.Setenv("SECRET_TOKEN", "of the server")
	for _, posture := range postures {
		inPosture(t, posture, func(t *testing.T) {
			r := start(t, nil)
			for _, name := range namesOf(t, attacks) {
				t.Run(name, func(t *testing.T) {
					p := read(t, attacks, name)
					if !p.Here() {
						need.Elsewhere(t, "machine code of %s", p.Value("arch"))
					}
					p.attack(t, r, nil)
					good(t, r)
				})
			}
		})
	}
}

// They get nowhere in another environment either, beside which the default one runs.
func TestAttacksInAnEnvironment(t *testing.T) {
	t.Setenv("SECRET_TOKEN", "of the server")
	for _, posture := range postures {
		inPosture(t, posture, func(t *testing.T) {
			r := start(t, twoThings(t))
			for _, name := range namesOf(t, attacks) {
				t.Run(name, func(t *testing.T) {
					p := read(t, attacks, name)
					if !p.Here() {
						need.Elsewhere(t, "machine code of %s", p.Value("arch"))
					}
					p.environment = "two"
					p.attack(t, r, nil)
					good(t, r)
					if got := executeIn(t, r, "two", versionOfThing, nil); string(got.Value) != `"2.0"` {
						t.Errorf("the next run there: %+v", got)
					}
				})
			}
			for _, s := range r.Stats().Environments {
				if s.Restarts != 0 {
					t.Errorf("%s: an interpreter has died: %+v", s.Name, s)
				}
			}
		})
	}
}

// good demands that the service still answers, and rightly.
func good(t *testing.T, r *Runtime) {
	t.Helper()
	if got := answer(t, r, "def main(x):\n    return x + 1", 41); got != "42" {
		t.Errorf("the next run: %s", got)
	}
	if err := r.Health(); err != nil {
		t.Errorf("health: %v", err)
	}
}
