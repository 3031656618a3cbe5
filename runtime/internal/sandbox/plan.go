package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// Compile chooses the strongest way that the grants allow and lists its steps.
// It is a pure function. An error names for every way the layers that are
// missing and who refused them.
func Compile(g Grants, p Policy) (*Plan, error) {
	var refusals []string
	for i := range ways {
		w := &ways[i]
		refused, tried := g.Refused[w.name]
		if !tried || w.clone == 0 && p.Scratch == "" {
			continue
		}
		if missing := w.missing(refused); len(missing) > 0 {
			refusals = append(refusals, fmt.Sprintf("%s: %s", w.name, strings.Join(missing, ", ")))
			continue
		}
		plan := newPlan(w, g)
		return plan, plan.Build(p)
	}
	if len(refusals) == 0 {
		refusals = []string{"no directory for what runs write"}
	}
	return nil, fmt.Errorf("sandbox: required layers refused: %s", strings.Join(refusals, "; "))
}

// Build lists the steps of the launch stage for a policy.
func (p *Plan) Build(policy Policy) (err error) {
	p.Launch, err = jail(policy, p)
	return err
}

// Refusals says of each layer that was refused in every way that has a use for
// it how that was done in the strongest.
func (g Grants) Refusals() map[Layer]string {
	out := map[Layer]string{}
	for _, l := range Layers() {
		first := ""
		for i := range ways {
			refused, tried := g.Refused[ways[i].name]
			if !tried || !ways[i].uses(l) {
				continue
			}
			why, no := refused[l]
			if !no {
				first = ""
				break
			}
			if first == "" {
				first = why
			}
		}
		if first != "" {
			out[l] = first
		}
	}
	return out
}

// newPlan says which layers are on in way w and what stands in for the others.
func newPlan(w *way, g Grants) *Plan {
	refused := g.Refused[w.name]
	plan := &Plan{
		Posture: w.posture, Way: w.name, Clone: w.clone,
		On: map[Layer]bool{}, Notes: map[Layer]string{}, gVisor: g.GVisor, lastCap: g.LastCap, left: g.Left,
	}
	plan.turnOn(always...)
	plan.turnOn(w.layers...)
	for _, l := range w.welcome() {
		if _, no := refused[l]; !no {
			plan.turnOn(l)
		}
	}
	if g.GVisor && w.clone != 0 {
		plan.Posture = GVisor
	}
	plan.PIDNamespace, plan.OwnUID = plan.On[PIDNamespace], plan.On[OwnUID]
	// Linux counts for each user namespace by itself, gVisor for each user.
	plan.WatchThreads = !plan.OwnUID && (g.GVisor || !plan.On[UserNamespace])
	for _, l := range Layers() {
		if !plan.On[l] {
			plan.Notes[l] = g.why(l, w)
		}
	}
	plan.limitNotes()
	plan.gVisorNotes()
	return plan
}

// why says of a layer that is off in way w who refused it and what stands in.
func (g Grants) why(l Layer, w *way) string {
	instead := w.notes[l]
	if l == MemoryCgroup {
		instead = NoGroup
	}
	if l == Landlock {
		instead = "the private root hides the host's files"
		if w.has(Chroot) {
			instead = "the chroot hides the host's files"
		}
	}
	if l == Chroot && w.has(PrivateRoot) {
		return "not needed: a private root leaves no way back"
	}
	refusal := "only root can have it"
	for i := range ways {
		refused, tried := g.Refused[ways[i].name]
		if why, no := refused[l]; no {
			refusal = why
			break
		}
		if tried && ways[i].uses(l) {
			refusal = "granted here, of no use without the layers that are refused"
		}
	}
	switch {
	case instead == "":
		return refusal
	case w.clone != 0 && !w.uses(l): // not needed
		return instead
	}
	return refusal + "; " + instead
}

// NoGroup is what stands in for a control group.
const NoGroup = "each run is bounded by itself, by rlimits and by the server, which looks at it"

// limitNotes says which limits something else than the kernel's rlimits keeps.
func (p *Plan) limitNotes() {
	var notes []string
	if p.WatchThreads {
		notes = append(notes, "threads are counted and bounded by the server: the kernel counts all that the user runs together")
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
	if !p.OwnUID {
		p.Notes[Seccomp] += ", and to change modes and times of files, in which gVisor does not heed read-only mounts"
	}
}

// optional are the rlimits that something else stands in for, so that a kernel
// that does not take them loses nothing.
var optional = map[string]string{
	"RLIMIT_MSGQUEUE":   "not known here; seccomp refuses every call for POSIX queues",
	"RLIMIT_SIGPENDING": "not known here; the server watches what a run holds",
	thpDisable:          "not known here; seccomp refuses the advice to make huge pages",
	oomScore:            "can't be raised here: when memory runs out the kernel goes by size alone",
}

// Note adds to what is said of a layer.
func (p *Plan) Note(l Layer, note string) {
	if said := p.Notes[l]; said != "" {
		note = said + "; " + note
	}
	p.Notes[l] = note
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

// OwnRoot says that scripts see a tree of their own as root.
func (p *Plan) OwnRoot() bool { return p.On[PrivateRoot] || p.On[Chroot] }
