package sandbox

import (
	"slices"

	"golang.org/x/sys/unix"
)

// Way names one manner to build a jail, tried and granted as a whole: layers
// depend on each other, a mount on the namespace it is made in, so that a layer
// may be refused in one way and granted in another.
type Way string

// The ways, strongest first.
const (
	ByRoot      Way = "namespaces"                          // by root, a uid per run
	ByUserRange Way = "user namespace with a range of uids" // by root in a container, a uid per run
	ByUser      Way = "user namespace"                      // by anybody, a user namespace per run
	ByChroot    Way = "chroot"                              // by root without namespaces, a uid per run
	ByLandlock  Way = "Landlock alone"                      // by anybody
)

// jailNamespaces are made once per jail and shared by its workers. Sharing the
// network namespace matters: making one per run costs 0.4 ms and the kernel
// cleans them up one after the other.
const jailNamespaces = unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS | unix.CLONE_NEWNET

// always are the layers without which nothing runs in any posture.
var always = []Layer{NoNewPrivs, Seccomp, Rlimits, Descriptors}

// namespaced are the layers that the postures with a private root rest on.
var namespaced = []Layer{MountNamespace, PIDNamespace, IPCNamespace, NetworkNamespace, PrivateRoot, PrivateTmp, Capabilities}

// welcome are layers that a way takes where it can have them: without Landlock
// another layer hides the files, behind a host name that can't be changed is
// nothing but the name, and a control group bounds all runs together, each of
// which is bounded by itself.
func (w *way) welcome() []Layer {
	if w.clone != 0 {
		return []Layer{Landlock, UTSNamespace, MemoryCgroup}
	}
	return []Layer{Landlock, MemoryCgroup}
}

// way is what a manner to build a jail takes and gives.
type way struct {
	name    Way
	posture Posture
	root    bool // takes uid 0
	clone   uintptr
	layers  []Layer // beside always; all are needed
	notes   map[Layer]string
}

var ways = []way{
	{
		name: ByRoot, posture: Full, root: true, clone: jailNamespaces,
		layers: append(slices.Clone(namespaced), OwnUID),
		notes: map[Layer]string{
			UserNamespace: "not needed: every run has a uid of its own and no capabilities",
			UTSNamespace:  hostName,
		},
	},
	{
		name: ByUserRange, posture: Full, root: true, clone: jailNamespaces | unix.CLONE_NEWUSER,
		layers: append(slices.Clone(namespaced), UserNamespace, OwnUID),
		notes:  map[Layer]string{UTSNamespace: hostName},
	},
	{
		name: ByUser, posture: User, clone: jailNamespaces | unix.CLONE_NEWUSER,
		layers: append(slices.Clone(namespaced), UserNamespace),
		notes: map[Layer]string{
			OwnUID:       "one uid for all; a user namespace per run stands in",
			UTSNamespace: hostName,
		},
	},
	{
		name: ByChroot, posture: Container, root: true,
		layers: []Layer{Chroot, OwnUID, Capabilities},
		notes: map[Layer]string{
			PrivateRoot:      "a chroot into a tree of nothing but the interpreter stands in",
			UTSNamespace:     hostName,
			PrivateTmp:       "a directory per run that only the run's uid may enter, watched by the server, stands in",
			NetworkNamespace: "seccomp refuses every socket",
			IPCNamespace:     "seccomp refuses every call that it covers",
			PIDNamespace:     "signals reach the run's own uid only; a run ends with the interpreter it was forked from",
		},
	},
	{
		name: ByLandlock, posture: LandlockOnly,
		layers: []Layer{Landlock},
		notes: map[Layer]string{
			PrivateRoot:      "Landlock hides what the host's files hold, not their names and sizes; seccomp refuses to change their modes and times",
			UTSNamespace:     hostName,
			PrivateTmp:       "a directory per run, watched by the server, stands in",
			NetworkNamespace: "seccomp refuses every socket",
			IPCNamespace:     "seccomp refuses every call that it covers",
			PIDNamespace:     "Landlock or seccomp refuses signals to others; a run ends with the interpreter it was forked from",
			Capabilities:     "the sets are emptied, the bounding set stays; seccomp refuses execve",
		},
	},
}

const hostName = "the host's name can be read"

// has reports whether layer l is one that way w rests on.
func (w *way) has(l Layer) bool { return slices.Contains(w.layers, l) }

// uses reports whether layer l does anything in way w.
func (w *way) uses(l Layer) bool {
	return slices.Contains(slices.Concat(always, w.layers, w.welcome()), l)
}

// missing lists the refused ones of the layers that w rests on, with reasons.
func (w *way) missing(refused map[Layer]string) []string {
	var out []string
	for _, l := range slices.Concat(always, w.layers) {
		if why, no := refused[l]; no {
			out = append(out, string(l)+": "+why)
		}
	}
	return out
}
