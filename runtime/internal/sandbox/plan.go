package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// Posture names a kind of confinement that is tested as a whole. Several schemes may
// come to the same one.
type Posture string

// The postures, strongest first.
const (
	Full         Posture = "full"      // root: every layer, a uid of its own per run
	GVisor       Posture = "gVisor"    // the same or User under gVisor, which has no Landlock
	User         Posture = "user"      // an ordinary user with user namespaces
	Container    Posture = "container" // root without namespaces: chroot, a uid of its own per run
	LandlockOnly Posture = "landlock"  // an ordinary user without: Landlock alone hides the files
	Off          Posture = "off"       // the opt-out
)

// Plan says how scripts are confined on this machine: it is what [Choose] made of
// the grants. It is not changed once it is made.
type Plan struct {
	Posture Posture
	Scheme  Scheme
	// Clone are the namespaces that the launch stage is cloned into.
	Clone uintptr
	// WatchThreads says that the server bounds the threads of a run: the kernel
	// counts them together with those of other runs.
	WatchThreads bool
	// On are the layers in force, Notes what stands in for one that is not, or
	// for the part of one that is not.
	On    map[Layer]bool
	Notes map[Layer]string

	landlock int // version of its interface, 0 without
	gVisor   bool
	probing  bool // by a Go program, which maps memory wherever it likes
	lastCap  int
	left     []string // Grants.Left
}

// Choose takes the strongest scheme that the grants allow. It is a pure function.
// scratch is the directory below which every run gets one of its own where no tmpfs
// can be mounted, empty where there is no such place. An error names for every
// scheme the layers that are missing and who refused them.
func Choose(g Grants, scratch string) (*Plan, error) {
	var refusals []string
	for i := range schemes {
		s := &schemes[i]
		refused, tried := g.Refused[s.name]
		if !tried || s.clone == 0 && scratch == "" {
			continue
		}
		if missing := s.missing(refused); len(missing) > 0 {
			refusals = append(refusals, fmt.Sprintf("%s: %s", s.name, strings.Join(missing, ", ")))
			continue
		}
		return newPlan(s, g), nil
	}
	if len(refusals) == 0 {
		refusals = []string{"no directory for what runs write"}
	}
	return nil, fmt.Errorf("sandbox: required layers refused: %s", strings.Join(refusals, "; "))
}

// newPlan says which layers are on in a scheme and what stands in for the others.
func newPlan(s *scheme, g Grants) *Plan {
	refused := g.Refused[s.name]
	plan := &Plan{
		Posture: s.posture, Scheme: s.name, Clone: s.clone,
		On: map[Layer]bool{}, Notes: map[Layer]string{},
		landlock: g.Landlock, gVisor: g.GVisor, lastCap: g.LastCap, left: g.Left,
	}
	plan.turnOn(always...)
	plan.turnOn(s.layers...)
	for _, l := range s.welcome() {
		if _, no := refused[l]; !no {
			plan.turnOn(l)
		}
	}
	if g.GVisor && s.clone != 0 {
		plan.Posture = GVisor
	}
	// Linux counts for each user namespace by itself, gVisor for each user.
	plan.WatchThreads = !plan.On[OwnUID] && (g.GVisor || !plan.On[UserNamespace])
	for _, l := range Layers() {
		if !plan.On[l] {
			plan.Notes[l] = g.why(l, s)
		}
	}
	plan.limitNotes()
	plan.gVisorNotes()
	return plan
}

// limitNotes says which limits something else than the kernel's rlimits keeps.
func (p *Plan) limitNotes() {
	var notes []string
	if p.WatchThreads {
		notes = append(notes, "threads are counted and bounded by the server: the kernel counts all that the "+
			"user runs together")
	}
	for _, name := range p.left {
		notes = append(notes, fmt.Sprintf("%s: %s", name, optional[name]))
	}
	if len(notes) > 0 {
		p.Notes[Rlimits] = strings.Join(notes, "; ")
	}
}

// gVisorNotes says what seccomp stands in for where gVisor differs from Linux.
func (p *Plan) gVisorNotes() {
	if !p.gVisor {
		return
	}
	p.Notes[Seccomp] = "refuses hard links, too, which gVisor does not count as files"
	if !p.On[OwnUID] {
		p.Notes[Seccomp] += ", and to change modes and times of files, in which gVisor does not heed read-only mounts"
	}
}

// without leaves out the steps that this kernel does not take.
func (p *Plan) without(steps []Step) []Step {
	return slices.DeleteFunc(steps, func(s Step) bool { return slices.Contains(p.left, s.Name) })
}

// Unconfined is the plan of the opt-out: nothing but the limits and clean descriptors.
func Unconfined() *Plan {
	plan := &Plan{Posture: Off, WatchThreads: true, On: map[Layer]bool{}, Notes: map[Layer]string{}}
	for _, l := range Layers() {
		plan.Notes[l] = "switched off by the operator"
	}
	for name := range optional {
		plan.left = append(plan.left, name) // nothing was tried, and not every kernel knows it
	}
	for _, l := range []Layer{Rlimits, Descriptors} {
		plan.turnOn(l)
		delete(plan.Notes, l)
	}
	return plan
}

func (p *Plan) turnOn(layers ...Layer) {
	for _, l := range layers {
		p.On[l] = true
	}
}

// Has reports whether a layer is in force.
func (p *Plan) Has(l Layer) bool { return p.On[l] }

// OwnRoot says that scripts see a tree of their own as root.
func (p *Plan) OwnRoot() bool { return p.On[PrivateRoot] || p.On[Chroot] }
