package sandbox

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// What the probe finds out on a machine like CI: root on a plain kernel with
// Landlock and user namespaces.
func TestProbe(t *testing.T) {
	var ordinary *syscall.SysProcAttr
	if isRoot() {
		ordinary = asNobody()
	}
	for _, tt := range []struct {
		name    string
		mode    string
		attr    *syscall.SysProcAttr
		root    bool // needs root
		posture Posture
	}{
		{"root", "probe", nil, true, Full},
		{"ordinary user", "probe", ordinary, false, User},
		{"ordinary user without namespaces", "denied", ordinary, false, LandlockOnly},
		{"root without namespaces", "denied", nil, true, Container},
		{"root with few resources", "limited", nil, true, Full},
		{"ordinary user with few resources", "limited", ordinary, false, User},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.root && !isRoot() {
				need.Elsewhere(t, "only root can try what root is granted; CI runs the tests as root, too")
			}
			began := time.Now()
			var g Grants
			child(t, tt.mode, tt.attr, nil, &g)
			t.Logf("%v: %+v", time.Since(began), g)
			if g.Root != tt.root {
				t.Errorf("root: %v", g.Root)
			}
			if g.LastCap < 30 || g.LastCap > 63 {
				t.Errorf("the last capability is said to be %d", g.LastCap)
			}
			expectGrants(t, g, tt.posture)
		})
	}
}

func expectGrants(t *testing.T, g Grants, want Posture) {
	t.Helper()
	if g.Landlock == 0 {
		need.Unmet(t, "this kernel has no Landlock")
	}
	plan, err := Choose(g, "/scratch")
	if err != nil {
		need.Unmet(t, "this machine grants too little: %v", err)
	}
	if plan.Posture != want {
		need.Unmet(t, "this machine grants only posture %s: %v", plan.Posture, g.Refused)
	}
	if plan.Notes[MemoryCgroup] != "not tried; "+NoGroup {
		t.Errorf("%s: %q", MemoryCgroup, plan.Notes[MemoryCgroup]) // nobody has tried it, so that there is none
	}
	g.Tried(MemoryCgroup, "")
	refused := g.Refused[plan.Scheme]
	if len(refused) != 0 || len(g.Left) != 0 {
		t.Errorf("refused: %v, %v", refused, g.Left)
	}
	for scheme, refused := range g.Refused { // the stronger ones
		if scheme == plan.Scheme {
			continue
		}
		for _, l := range allNamespaced {
			why, no := refused[l]
			granted := !no && l == PrivateRoot && scheme != ByChroot
			if no && !strings.Contains(why, "operation not permitted") || granted {
				t.Errorf("%s: %s: %q", scheme, l, why)
			}
		}
	}
}

// A machine that refuses a layer in the middle of the list is told from one
// that refuses what comes after it.
func TestProbeGoesOn(t *testing.T) {
	g := found{Refused: map[Layer]string{}}
	steps := []Step{
		with(fails, func(s *Step) { s.Layer = PrivateRoot }),
		with(fails, func(s *Step) { s.Layer, s.Name = PrivateRoot, "not tried" }),
		with(works, func(s *Step) { s.Layer = Seccomp }),
		with(fails, func(s *Step) { s.Layer = Landlock }),
	}
	g.note(steps, map[string]int64{})
	if len(g.Refused) != 2 || g.Refused[PrivateRoot] != "close: bad file descriptor" || g.Refused[Landlock] == "" {
		t.Errorf("%v", g.Refused)
	}
}

// Whoever takes away what nobody holds, a server that starts, waits for a probe.
func TestProbeTreeIsHeld(t *testing.T) {
	base := t.TempDir()
	dir, remove, err := probeTree(base)
	if err != nil {
		t.Fatal(err)
	}
	sweeper, err := os.Open(base)
	if err != nil {
		t.Fatal(err)
	}
	defer sweeper.Close()
	if err := unix.Flock(int(sweeper.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != unix.EWOULDBLOCK {
		t.Errorf("locked while %s is in use: %v", dir, err)
	}
	remove()
	if err := unix.Flock(int(sweeper.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Errorf("%s is still there", dir)
	}
}
