package inflight

import "testing"

// After Shut nobody enters, and the channel is closed when the last one has left.
func TestCounter(t *testing.T) {
	c := New()
	for range 2 {
		if !c.Enter() {
			t.Fatal("not let in")
		}
	}
	if n := c.Count(); n != 2 {
		t.Fatalf("%d inside", n)
	}
	idle := c.Shut()
	if c.Enter() {
		t.Error("let in afterwards")
	}
	c.Leave()
	select {
	case <-idle:
		t.Error("idle with one inside")
	default:
	}
	c.Leave()
	<-idle
	<-c.Shut()
}
