package sandbox

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// jailNamespaces are made once per jail and shared by its workers. Sharing the
// network namespace matters: making one per run costs 0.4 ms and the kernel
// cleans them up one after the other.
const jailNamespaces = unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS | unix.CLONE_NEWNET

// always are the layers without which nothing runs in any posture.
var always = []Layer{NoNewPrivs, Seccomp, Rlimits, Descriptors}

// namespaced are the layers that the postures with a private root rest on.
var namespaced = []Layer{MountNamespace, PIDNamespace, IPCNamespace, UTSNamespace, NetworkNamespace, PrivateRoot, PrivateTmp, Capabilities}

// Compile chooses the strongest posture that the grants allow and lists its
// steps. It is a pure function. An error names every layer that is missing and
// who refused it.
func Compile(g Grants, p Policy) (*Plan, error) {
	if missing := g.missing(always); len(missing) > 0 {
		return nil, fmt.Errorf("sandbox: required layers refused: %s", strings.Join(missing, "; "))
	}
	plan := &Plan{On: map[Layer]bool{}, Notes: map[Layer]string{}, lastCap: g.LastCap}
	plan.turnOn(always...)
	inFull := g.missing(append(slices.Clone(namespaced), OwnUID))
	inUser := g.missing(append(slices.Clone(namespaced), UserNamespace))
	switch {
	case g.Root && len(inFull) == 0:
		plan.Posture, plan.Clone = Full, jailNamespaces
		plan.turnOn(append(slices.Clone(namespaced), OwnUID)...)
		plan.OwnUID = true
		plan.Notes[UserNamespace] = "not needed: every run has a uid of its own and no capabilities"
	case !g.Root && len(inUser) == 0:
		plan.Posture, plan.Clone = User, jailNamespaces|unix.CLONE_NEWUSER
		plan.turnOn(append(slices.Clone(namespaced), UserNamespace)...)
		plan.Notes[OwnUID] = "an ordinary user has one uid; a user namespace per run stands in"
	case g.Has(Landlock) && p.Scratch != "":
		plan.Posture = LandlockOnly
		plan.landlockNotes(g)
	default:
		missing := append(g.missing([]Layer{Landlock}), inUser...)
		if g.Root {
			missing = append(g.missing([]Layer{Landlock}), inFull...)
		}
		return nil, fmt.Errorf("sandbox: nothing here hides the host's files: %s", strings.Join(missing, "; "))
	}
	if g.Has(Landlock) {
		plan.turnOn(Landlock)
	} else {
		plan.Notes[Landlock] = g.Refused[Landlock] + "; the private root hides the host's files"
	}
	plan.PIDNamespace = plan.On[PIDNamespace]
	var err error
	plan.Launch, err = jail(p, plan)
	return plan, err
}

// standIns say what does the work of a layer where Landlock alone hides the
// host's files.
var standIns = map[Layer]string{
	PrivateRoot:      "Landlock hides what the host's files hold, not their names and sizes; seccomp refuses to change their modes and times",
	PrivateTmp:       "a directory per run, watched by the server, stands in",
	NetworkNamespace: "seccomp refuses every socket",
	IPCNamespace:     "seccomp refuses every call that it covers",
	PIDNamespace:     "Landlock or seccomp refuses signals to others; a run ends with the interpreter it was forked from",
	Capabilities:     "the sets are emptied, the bounding set stays; seccomp refuses execve",
}

// landlockNotes says of every layer that is off who refused it and what stands
// in for it.
func (p *Plan) landlockNotes(g Grants) {
	for _, l := range append(slices.Clone(namespaced), UserNamespace, OwnUID) {
		why, refused := g.Refused[l]
		if !refused {
			why = "granted here, of no use without the layers that are refused"
		}
		if instead := standIns[l]; instead != "" {
			why += "; " + instead
		}
		p.Notes[l] = why
	}
	p.Notes[Rlimits] = "threads are counted and bounded by the server: the kernel counts all that the user runs together"
}

// Unconfined is the plan of the opt-out: nothing but the limits and clean descriptors.
func Unconfined() *Plan {
	plan := &Plan{Posture: Off, On: map[Layer]bool{}, Notes: map[Layer]string{}}
	for _, l := range Layers() {
		plan.Notes[l] = "switched off by the operator"
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

// missing lists the refused ones of layers with their reasons.
func (g Grants) missing(layers []Layer) []string {
	var out []string
	for _, l := range layers {
		if why, no := g.Refused[l]; no {
			out = append(out, fmt.Sprintf("%s: %s", l, why))
		}
	}
	return out
}
