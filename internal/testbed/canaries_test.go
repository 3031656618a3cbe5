package testbed_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed"
)

// unconfined are the settings of a server that confines nothing.
var unconfined = []string{"SANDBOX=off", "BLOCKED_IMPORTS=", "EXEC_WORKERS=1"}

// contacts are the ways that the canary is reached there.
var contacts = []string{
	"connection: tcp", "connection: unix", "connection: unix abstract", "datagram", "signal",
}

// TestCanaries is the twin of TestEscape: where nothing confines scripts, one
// of them reaches every canary. So they can be reached, and are watched.
func TestCanaries(t *testing.T) {
	bed := newBed(t)
	for _, setup := range setups() {
		t.Run(setup.Name, func(t *testing.T) {
			setup.Need(t)
			s := &target{
				Server: bed.Start(t, testbed.Options{Setup: setup, Settings: unconfined}),
				setup:  setup.Name, shared: preludeOf(t, escapes),
			}
			p, err := escapes.Read("unconfined/reaches_everything.py")
			if err != nil {
				t.Fatal(err)
			}
			body, err := request(p, "", s.shared, s.Targets)
			if err != nil {
				t.Fatal(err)
			}
			code, reply, err := s.post(patience, body)
			if err != nil || code != http.StatusOK {
				t.Fatalf("got %d %s, %v", code, reply, err)
			}
			for where, secret := range s.Secrets {
				if !strings.Contains(reply, secret) {
					t.Errorf("the secret of %s was not found: %s", where, reply)
				}
			}
			r, err := s.Canary(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			touched := strings.Join(r.Touched, ", ")
			for _, how := range contacts {
				if !strings.Contains(touched, how) {
					t.Errorf("the canary does not know of %s: %s", how, touched)
				}
			}
			if len(r.Lost) == 0 {
				t.Error("the canary does not know that its file was changed")
			}
		})
	}
}
