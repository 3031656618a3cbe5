package service

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/pyexec/pyexec/funcs/envelope"
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
