package runtime

import (
	"context"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/pool"
	"github.com/pyexec/pyexec/runtime/internal/sandbox"
	"github.com/pyexec/pyexec/runtime/internal/software"
)

// LayerReport says whether one layer of confinement is in force on this machine.
type LayerReport struct {
	Name string `json:"name"`
	// On says that the layer would be in force here.
	On bool `json:"on"`
	// Note says why a layer is off and what stands in for it, or what a layer
	// that is on does not cover.
	Note string `json:"note,omitempty"`
}

// Examination says how scripts would be confined here.
type Examination struct {
	// Posture is the plan that New would carry out, empty when it would refuse.
	Posture string `json:"posture,omitempty"`
	// Refusal is the error that New would end with.
	Refusal string        `json:"refusal,omitempty"`
	Layers  []LayerReport `json:"layers"`
	// Advice says what to change to be granted more, the best first.
	Advice []string `json:"advice,omitempty"`
	// ProbeMS is how long trying took, in milliseconds.
	ProbeMS float64 `json:"probe_ms"`
}

// chrootRefusal returns why New could not lay out the root directory that a
// chroot needs, nil if it could. It lays out nothing.
func chrootRefusal(ctx context.Context, cfg Config) error {
	refused := sandbox.AllowsExecution(scratchBase(cfg))
	if refused == nil {
		return nil
	}
	s, err := software.Find(ctx, cfg.software())
	if err != nil {
		return err
	}
	policy, err := newPolicy(cfg, s)
	if err != nil {
		return err
	}
	tree, err := sandbox.Prepared(policy)
	if err != nil {
		return refused
	}
	tree.Close()
	return nil
}

// Examine tries every layer in a throw-away child, as New does, and reports
// what it found without starting anything. An error says that it could not try.
func Examine(ctx context.Context, cfg Config) (Examination, error) {
	began := time.Now()
	groups, refusal := pool.OpenGroups(ctx, cfg.jailBytes(), cfg.Log)
	defer groups.Close()
	grants, err := sandbox.Probe(ctx, scratchBase(cfg))
	if err != nil {
		return Examination{}, err
	}
	grants.Tried(sandbox.MemoryCgroup, refusal)
	out := Examination{ProbeMS: float64(time.Since(began).Microseconds()) / 1000, Advice: grants.Advice()}
	plan, err := sandbox.Choose(grants, scratchBase(cfg))
	if cfg.SandboxOff {
		plan, err = sandbox.Unconfined(), nil
	}
	if err != nil {
		out.Refusal = err.Error()
		out.Layers = layerReports(nil, grants.Refusals(), true)
		return out, nil
	}
	if plan.Has(sandbox.Chroot) {
		if err := chrootRefusal(ctx, cfg); err != nil {
			out.Refusal = err.Error()
		}
	}
	if out.Refusal == "" {
		out.Posture = string(plan.Posture)
	}
	notes := withNotes(plan.Notes, map[sandbox.Layer]string{sandbox.MemoryCgroup: groups.Note()})
	out.Layers = layerReports(plan.On, notes, out.Refusal != "")
	return out, nil
}

// layerReports lists all layers. Where the start is refused, a layer counts as in
// force unless a note says why it would not be.
func layerReports(on map[sandbox.Layer]bool, notes map[sandbox.Layer]string, refused bool) []LayerReport {
	var list []LayerReport
	for _, l := range sandbox.Layers() {
		list = append(list, LayerReport{Name: string(l), On: on[l] || refused && notes[l] == "", Note: notes[l]})
	}
	return list
}
