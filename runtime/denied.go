package runtime

import (
	"slices"

	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// refusal is something that the sandbox refuses, in words: what, and what to do
// instead, for the hint. The layers are the ones that refuse it, the first one
// in force is named.
type refusal struct {
	words   string
	layers  []sandbox.Layer
	instead string
	// takenBack is the family of calls that seccomp refuses in some plans. In
	// the others it is the file that can't be had.
	takenBack sandbox.Family
}

var bySeccomp = []sandbox.Layer{sandbox.Seccomp}

const (
	outside   = "files outside the script's own directory are not available to scripts"
	bringFile = "Use the working directory, and the field files to bring others along."
)

// refusals are all refusals, by the word a worker uses.
var refusals = map[string]refusal{
	"network": {words: "network access is not available to scripts", layers: bySeccomp,
		instead: "Hand over what the script needs as input or files, and send on what it returns."},
	"process": {words: "starting processes is not available to scripts", layers: bySeccomp,
		instead: "Call Python instead of a program; threads are available."},
	"signal": {words: "signals to other processes, and those that can't be caught, are not available to scripts", layers: bySeccomp,
		instead: "A script can signal only itself, and ends itself with sys.exit() or an exception."},
	"identity": {words: "changing identity or privileges is not available to scripts", layers: bySeccomp,
		instead: "A script has no rights beyond its own directory, and no setting gives it any."},
	"files": {words: outside, layers: []sandbox.Layer{sandbox.Landlock, sandbox.OwnUID, sandbox.PrivateRoot, sandbox.Chroot},
		instead: bringFile},
	// Where Landlock alone hides files they are seen and can't be opened.
	"absent": {words: outside, layers: []sandbox.Layer{sandbox.PrivateRoot, sandbox.Chroot},
		instead: bringFile},
	"read_only": {words: outside, layers: []sandbox.Layer{sandbox.PrivateRoot, sandbox.Chroot, sandbox.Landlock},
		instead: bringFile},
	"owner": {words: outside, layers: []sandbox.Layer{sandbox.OwnUID, sandbox.PrivateRoot, sandbox.Chroot, sandbox.Landlock},
		instead: bringFile},
	"attributes": {words: "changing modes and times of files is not available to scripts", layers: bySeccomp, takenBack: sandbox.Attributes,
		instead: "Leave it out: the files are the script's own for this one run. To copy use shutil.copyfile."},
	"truncation": {words: "truncating a file by its name is not available to scripts", layers: bySeccomp, takenBack: sandbox.Truncation,
		instead: "Open the file and call its method truncate()."},
	"links": {words: "hard links are not available to scripts", layers: bySeccomp, takenBack: sandbox.Links,
		instead: "Make a symbolic link, or a copy."},
	"kernel": {words: "this system call is not available to scripts", layers: bySeccomp,
		instead: "No setting allows it; a library that can't do without it is worth a report to the operator."},
}

// refusal is what a worker's word stands for in this jail.
func (r *Runtime) refusal(what string) (refusal, bool) {
	found, ok := refusals[what]
	if ok && found.takenBack != "" && !slices.Contains(r.jail.TakenBack(), found.takenBack) {
		return refusals["owner"], true
	}
	return found, ok
}

// denied words a refusal for the caller; empty for a word that is not ours.
func (r *Runtime) denied(what string) string {
	refusal, _ := r.refusal(what)
	for _, l := range refusal.layers {
		if r.jail.Has(l) {
			return refusal.words + " (refused by " + string(l) + ")"
		}
	}
	return ""
}
