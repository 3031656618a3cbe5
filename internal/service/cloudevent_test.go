package service

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pyexec/pyexec/funcs/envelope"
	"github.com/pyexec/pyexec/internal/config"
)

// cloudEvent is an event that asks for the script of these tests.
func cloudEvent(t *testing.T) envelope.CloudEvent {
	t.Helper()
	var e envelope.CloudEvent
	e.SetSpecVersion("1.0")
	e.SetID("id")
	e.SetSource("/source")
	e.SetType("type")
	if err := e.SetData("application/json", []byte(script)); err != nil {
		t.Fatal(err)
	}
	return e
}

// An event that the caller gives up is neither run to its end nor published, so
// that it must come again.
func TestAnEventThatIsGivenUpComesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, started := at(t, testConfig(), &fakeEngine{hold: make(chan struct{})})
		started <- nil
		ctx, cancel := context.WithCancel(t.Context())
		handled := make(chan error, 1)
		go func() { handled <- s.HandleEvent(ctx, cloudEvent(t)) }()
		synctest.Wait()
		cancel()
		if err := <-handled; err == nil {
			t.Error("acknowledged")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// An event that asks for nothing is of no use the next time either.
func TestAnEventWithoutDataIsDone(t *testing.T) {
	s, started := at(t, testConfig(), &fakeEngine{})
	started <- nil
	e := cloudEvent(t)
	if err := e.SetData("", []byte(nil)); err != nil {
		t.Fatal(err)
	}
	if err := s.HandleEvent(t.Context(), e); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// Settings that would refuse every event, over and over, stop the start.
func TestCloudEventsCannotBeAsked(t *testing.T) {
	audience := []string{"EVENTS_AUDIENCE=x", "EVENTS_ACCOUNTS=a@b.example"}
	for name, tt := range map[string]struct {
		settings []string
		says     string
	}{
		"for a token": {audience, "EVENTS_AUDIENCE: "},
		"for a host":  {[]string{"ALLOWED_HOSTS=a.example"}, "ALLOWED_HOSTS: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("FUNCTION_TARGET", cloudEventFunction)
			cfg, err := config.Parse(tt.settings, roomy)
			if err != nil {
				t.Fatal(err)
			}
			s, err := newHosted(cfg, quiet())
			if err == nil {
				_ = s.Close()
			}
			if err == nil || !strings.HasPrefix(err.Error(), tt.says) {
				t.Errorf("got %v", err)
			}
		})
	}
	for _, settings := range [][]string{nil, {"ALLOWED_HOSTS=*"}, {"K_SERVICE=s"}} {
		cfg, err := config.Parse(settings, roomy)
		if err != nil {
			t.Fatal(err)
		}
		s, started := at(t, cfg, &fakeEngine{})
		started <- nil
		if err := s.HandleEvent(t.Context(), cloudEvent(t)); err != nil || unseen(&cfg) != nil {
			t.Errorf("%q: %v, %v", settings, err, unseen(&cfg))
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
