package runtime

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// steps says which steps are meant.
type steps func(sandbox.Step) bool

// of means all steps of layers, their checks included.
func of(layers ...sandbox.Layer) steps {
	return func(s sandbox.Step) bool { return slices.Contains(layers, s.Layer) }
}

// stepsOf means the steps of a layer with these names.
func stepsOf(layer sandbox.Layer, names ...string) steps {
	return func(s sandbox.Step) bool { return s.Layer == layer && slices.Contains(names, s.Name) }
}

// checksOf means the checks of a layer.
func checksOf(layer sandbox.Layer) steps {
	return func(s sandbox.Step) bool { return s.Layer == layer && strings.HasPrefix(s.Name, "check") }
}

// either means the steps of any.
func either(any ...steps) steps {
	return func(s sandbox.Step) bool {
		return slices.ContainsFunc(any, func(means steps) bool { return means(s) })
	}
}

// edit makes of a list of steps of a jail another one.
type edit func(*sandbox.Jail, []sandbox.Step) []sandbox.Step

// leaveOut leaves steps out.
func leaveOut(out ...steps) edit {
	return func(_ *sandbox.Jail, list []sandbox.Step) []sandbox.Step {
		return slices.DeleteFunc(slices.Clone(list), either(out...))
	}
}

// weakness is what a jail lacks in a test. Nothing but these tests can make such a
// jail: what New makes has all that the machine grants.
type weakness struct {
	// alter takes layers out of the plan that the lists of the zygote and of the
	// workers are made of. That of the launch stage is made of the whole one.
	alter func(*sandbox.Plan)
	// edit is done to all lists.
	edit edit
	// untold are the layers of which the zygote learns nothing, though the lists
	// have them.
	untold []sandbox.Layer
}

// without is a weakness of steps that are left out.
func without(out ...steps) weakness { return weakness{edit: leaveOut(out...)} }

// newWeak is New with a jail that lacks something.
func newWeak(ctx context.Context, cfg Config, w weakness) (*Runtime, error) {
	s, err := newSetup(ctx, cfg)
	if err != nil {
		return nil, err
	}
	whole, altered := *s.jail, *s.jail
	altered.On = maps.Clone(whole.On)
	if w.alter != nil {
		w.alter(&altered.Plan)
	}
	if s.scratch != nil && !altered.OwnRoot() {
		s.scratch.Seen = ""
	}
	s.jail = &altered
	s.zygote = zygoteConfig(s.cfg, s.software, s.jail)
	s.zygote.Jail = weakJail{Jail: s.jail, whole: &whole, weakness: w}
	return s.open(ctx)
}

// weakJail is the jail of a zygote, with a weakness.
type weakJail struct {
	*sandbox.Jail // altered
	whole         *sandbox.Jail
	weakness      weakness
}

func (j weakJail) Has(l sandbox.Layer) bool {
	return j.Jail.Has(l) && !slices.Contains(j.weakness.untold, l)
}

func (j weakJail) Launch() ([]sandbox.Step, error) {
	list, err := j.whole.Launch()
	return j.edited(list), err
}

func (j weakJail) Prepare() []sandbox.Step { return j.edited(j.Jail.Prepare()) }

func (j weakJail) Worker(base sandbox.Base) ([]sandbox.Step, error) {
	list, err := j.Jail.Worker(base)
	return j.edited(list), err
}

func (j weakJail) edited(list []sandbox.Step) []sandbox.Step {
	if j.weakness.edit == nil {
		return list
	}
	return j.weakness.edit(j.Jail, list)
}

// off takes a layer out of a plan.
func off(l sandbox.Layer) func(*sandbox.Plan) {
	return func(p *sandbox.Plan) { p.On[l] = false }
}

// noClone takes flags off those that the jail is cloned with.
func noClone(flags uintptr) func(*sandbox.Plan) {
	return func(p *sandbox.Plan) { p.Clone &^= flags }
}

// workerFilter means the filter that takes back what only the zygote needs.
var workerFilter = either(stepsOf(sandbox.Seccomp, "worker filter"), checksOf(sandbox.Seccomp))

// baseFilter means the filter that all processes of a jail have, and its checks.
var baseFilter = either(stepsOf(sandbox.Seccomp, "base filter"), checksOf(sandbox.Seccomp))

// anyAddress replaces the worker filter by one that lets a script map memory
// wherever it likes.
func anyAddress(jail *sandbox.Jail, list []sandbox.Step) []sandbox.Step {
	return otherFilter(jail, list)
}

// ownersFilter replaces the worker filter by the one for scripts that don't have
// the uid of whoever owns the interpreter. It lacks only the calls that change what
// belongs to a file.
func ownersFilter(jail *sandbox.Jail, list []sandbox.Step) []sandbox.Step {
	other := *jail
	other.On = maps.Clone(jail.On)
	other.On[sandbox.OwnUID] = true
	return otherFilter(&other, list)
}

// otherFilter replaces the worker filter in the list by that of another jail, for
// any address.
func otherFilter(other *sandbox.Jail, list []sandbox.Step) []sandbox.Step {
	named := func(s sandbox.Step) bool { return s.Layer == sandbox.Seccomp && s.Name == "worker filter" }
	at := slices.IndexFunc(list, named)
	if at < 0 {
		return list // those of the launch stage
	}
	steps, err := other.Worker(sandbox.Base{Bytes: 1 << 46, MappedAt: 1 << 46})
	if err != nil {
		panic(err)
	}
	list = slices.Clone(list)
	list[at] = steps[slices.IndexFunc(steps, named)]
	return list
}
