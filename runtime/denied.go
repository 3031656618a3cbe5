package runtime

import "github.com/pyexec/pyexec/runtime/internal/sandbox"

// refusals says in words what the sandbox refused, by the word a worker uses.
// The layers are the ones that refuse it, the first one in force is named.
var refusals = map[string]struct {
	words  string
	layers []sandbox.Layer
}{
	"network":  {"network access is not available to scripts", []sandbox.Layer{sandbox.Seccomp}},
	"process":  {"starting processes is not available to scripts", []sandbox.Layer{sandbox.Seccomp}},
	"signal":   {"signals to other processes are not available to scripts", []sandbox.Layer{sandbox.Seccomp}},
	"identity": {"changing identity or privileges is not available to scripts", []sandbox.Layer{sandbox.Seccomp}},
	"files":    {"files outside the script's own directory are not available to scripts", []sandbox.Layer{sandbox.Landlock, sandbox.PrivateRoot, sandbox.Chroot}},
	"kernel":   {"this system call is not available to scripts", []sandbox.Layer{sandbox.Seccomp}},
}

// denied words a refusal for the caller; empty for a word that is not ours.
func (r *Runtime) denied(what string) string {
	refusal, ok := refusals[what]
	if !ok {
		return ""
	}
	for _, l := range refusal.layers {
		if r.plan.On[l] {
			return refusal.words + " (refused by " + string(l) + ")"
		}
	}
	return ""
}
