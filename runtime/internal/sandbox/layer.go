package sandbox

import (
	"fmt"
	"syscall"
)

// Layer names one independent means of confinement. The names appear in
// reports, so they are part of the API.
type Layer string

// The layers, outermost first.
const (
	MemoryCgroup     Layer = "memory_cgroup"
	UserNamespace    Layer = "user_namespace"
	MountNamespace   Layer = "mount_namespace"
	PIDNamespace     Layer = "pid_namespace"
	IPCNamespace     Layer = "ipc_namespace"
	UTSNamespace     Layer = "uts_namespace"
	NetworkNamespace Layer = "network_namespace"
	PrivateRoot      Layer = "private_root"
	Chroot           Layer = "chroot"
	PrivateTmp       Layer = "private_tmp"
	Rlimits          Layer = "rlimits"
	Descriptors      Layer = "descriptors"
	OwnUID           Layer = "own_uid"
	Capabilities     Layer = "capabilities"
	NoNewPrivs       Layer = "no_new_privs"
	Landlock         Layer = "landlock"
	Seccomp          Layer = "seccomp"
)

// Layers lists every layer in the order of reports.
func Layers() []Layer {
	return []Layer{
		MemoryCgroup, UserNamespace, MountNamespace, PIDNamespace, IPCNamespace, UTSNamespace, NetworkNamespace,
		PrivateRoot, Chroot, PrivateTmp, Descriptors, Rlimits, OwnUID, Capabilities, NoNewPrivs, Landlock, Seccomp,
	}
}

// Refusal is a confinement step that the kernel refused. It travels as JSON
// from the launch stage and from workers to the server.
type Refusal struct {
	Layer Layer         `json:"layer"`
	Step  string        `json:"step"`
	Errno syscall.Errno `json:"errno"`
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("sandbox: layer %s: %s: %v", r.Layer, r.Step, r.Errno)
}

func (r *Refusal) Unwrap() error { return r.Errno }
