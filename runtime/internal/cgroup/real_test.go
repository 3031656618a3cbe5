package cgroup

import (
	"os"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

func init() { RunProbe() }

// What this machine says, and where it grants groups, that one is kept: a child
// that takes more than the limit is killed, and counted.
func TestOnThisMachine(t *testing.T) {
	before, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Open(t.Context())
	if err != nil {
		same(t, string(before))
		need.Elsewhere(t, "this process has no memory control group to divide: %v", err)
	}
	again, err := Open(t.Context())
	if err != nil || again != p {
		t.Errorf("the second in the same process: %v", err)
	}
	g, err := p.Make()
	if err != nil {
		t.Fatal(err)
	}
	const limit = 24 << 20
	if err := g.Limit(limit); err != nil {
		t.Error(err)
	}
	if err := p.k.hold(t.Context(), g.dir, 2*limit); err != nil {
		t.Error(err)
	}
	peak, ok := g.Peak() // the kernel lets a few pages pass where it must not wait
	if n := g.Kills(); n != 1 || ok && (peak < limit/2 || peak > limit+1<<20) {
		t.Errorf("%d killed, peak %d", n, peak)
	}
	if held, ok := g.Held(); !ok || held > limit/2 {
		t.Errorf("held when all are gone: %d", held)
	}
	g.Remove(func(err error) {
		if err != nil {
			t.Error(err)
		}
	})
	for range 2 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	same(t, string(before))
	left, err := p.k.list(p.dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// same checks that this process is in the group that it was in.
func same(t *testing.T, before string) {
	t.Helper()
	if after, err := os.ReadFile("/proc/self/cgroup"); err != nil || string(after) != before {
		t.Errorf("groups are %s, were %s: %v", after, before, err)
	}
}
