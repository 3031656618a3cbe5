package sandbox

import (
	"slices"

	"golang.org/x/sys/unix"
)

// Scheme names one manner to build a jail, tried and granted as a whole: layers
// depend on each other, a mount on the namespace it is made in, so that a layer
// may be refused in one scheme and granted in another.
type Scheme string

// The schemes, strongest first.
const (
	ByRoot      Scheme = "namespaces"                          // by root, a uid per run
	ByUserRange Scheme = "user namespace with a range of uids" // by root in a container, a uid per run
	ByUser      Scheme = "user namespace"                      // by anybody, a user namespace per run
	ByChroot    Scheme = "chroot"                              // by root without namespaces, a uid per run
	ByLandlock  Scheme = "Landlock alone"                      // by anybody
)

// jailNamespaces are made once per jail and shared by its workers. Sharing the
// network namespace matters: making one per run costs 0.4 ms and the kernel
// cleans them up one after the other.
const jailNamespaces = unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS | unix.CLONE_NEWNET

// always are the layers without which nothing runs in any posture.
var always = []Layer{NoNewPrivs, Seccomp, Rlimits, Descriptors}

// namespaced are the layers that the postures with a private root rest on.
var namespaced = []Layer{
	MountNamespace, PIDNamespace, IPCNamespace, NetworkNamespace, PrivateRoot, PrivateTmp, Capabilities,
}

// welcome are layers that a scheme takes where it can have them: without Landlock
// another layer hides the files, behind a host name that can't be changed is
// nothing but the name, and a control group bounds all runs together, each of
// which is bounded by itself.
func (s *scheme) welcome() []Layer {
	if s.clone != 0 {
		return []Layer{Landlock, UTSNamespace, MemoryCgroup}
	}
	return []Layer{Landlock, MemoryCgroup}
}

// scheme is what a manner to build a jail takes and gives.
type scheme struct {
	name    Scheme
	posture Posture
	root    bool // takes uid 0
	clone   uintptr
	layers  []Layer // beside always; all are needed
	notes   map[Layer]string
}

var schemes = []scheme{
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
			PrivateRoot:  "a chroot into a tree of nothing but the interpreter stands in",
			UTSNamespace: hostName,
			PrivateTmp: "a directory per run that only the run's uid may enter, watched by the server, " +
				"stands in",
			NetworkNamespace: "seccomp refuses every socket",
			IPCNamespace:     "seccomp refuses every call that it covers",
			PIDNamespace: "signals reach the run's own uid only; a run ends with the interpreter it was " +
				"forked from",
		},
	},
	{
		name: ByLandlock, posture: LandlockOnly,
		layers: []Layer{Landlock},
		notes: map[Layer]string{
			PrivateRoot: "Landlock hides what the host's files hold, not their names and sizes; seccomp " +
				"refuses to change their modes and times",
			UTSNamespace:     hostName,
			PrivateTmp:       "a directory per run, watched by the server, stands in",
			NetworkNamespace: "seccomp refuses every socket",
			IPCNamespace:     "seccomp refuses every call that it covers",
			PIDNamespace: "Landlock or seccomp refuses signals to others; a run ends with the interpreter it " +
				"was forked from",
			Capabilities: "the sets are emptied, the bounding set stays; seccomp refuses execve",
		},
	},
}

const hostName = "the host's name can be read"

// has reports whether layer l is one that the scheme rests on.
func (s *scheme) has(l Layer) bool { return slices.Contains(s.layers, l) }

// uses reports whether layer l does anything in the scheme.
func (s *scheme) uses(l Layer) bool {
	return slices.Contains(slices.Concat(always, s.layers, s.welcome()), l)
}

// missing lists the refused ones of the layers that the scheme rests on, with reasons.
func (s *scheme) missing(refused map[Layer]string) []string {
	var out []string
	for _, l := range slices.Concat(always, s.layers) {
		if why, no := refused[l]; no {
			out = append(out, string(l)+": "+why)
		}
	}
	return out
}
