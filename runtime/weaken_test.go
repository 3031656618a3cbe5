package runtime

import (
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

// without is what Config.weaken takes: alter the plan, leave out steps.
func without(alter func(*sandbox.Plan), out ...steps) func(*sandbox.Plan, []sandbox.Step) []sandbox.Step {
	return func(plan *sandbox.Plan, list []sandbox.Step) []sandbox.Step {
		if alter != nil {
			alter(plan)
		}
		return slices.DeleteFunc(slices.Clone(list), either(out...))
	}
}

// noClone takes flags off those that the jail is cloned with.
func noClone(flags uintptr) func(*sandbox.Plan) {
	return func(p *sandbox.Plan) { p.Clone &^= flags }
}

// workerFilter means the filter that takes back what only the zygote needs.
var workerFilter = either(stepsOf(sandbox.Seccomp, "worker filter"), checksOf(sandbox.Seccomp))

// baseFilter means the filter that all processes of a jail have, and its checks.
var baseFilter = either(stepsOf(sandbox.Seccomp, "base filter"), checksOf(sandbox.Seccomp))

// anyAddress puts in the place of the worker filter one that lets a script map
// memory wherever it likes.
func anyAddress(plan *sandbox.Plan, list []sandbox.Step) []sandbox.Step {
	return otherFilter(plan, sandbox.Policy{Limits: sandbox.Limits{MappedAt: 1 << 46, BaseBytes: 1 << 46}}, list)
}

// ownersFilter puts in the place of the worker filter the one for scripts that
// don't have the uid of who owns the interpreter. It lacks only the calls that
// change what belongs to a file.
func ownersFilter(plan *sandbox.Plan, list []sandbox.Step) []sandbox.Step {
	other := *plan
	other.OwnUID = true
	return otherFilter(&other, sandbox.Policy{Limits: sandbox.Limits{MappedAt: 1 << 46, BaseBytes: 1 << 46}}, list)
}

// otherFilter puts the worker filter of another plan and policy in the place of
// the one in the list.
func otherFilter(plan *sandbox.Plan, policy sandbox.Policy, list []sandbox.Step) []sandbox.Step {
	named := func(s sandbox.Step) bool { return s.Layer == sandbox.Seccomp && s.Name == "worker filter" }
	at := slices.IndexFunc(list, named)
	if at < 0 {
		return list // those of the launch stage
	}
	steps, err := sandbox.Confine(policy, plan, 0)
	if err != nil {
		panic(err)
	}
	list = slices.Clone(list)
	list[at] = steps[slices.IndexFunc(steps, named)]
	return list
}
