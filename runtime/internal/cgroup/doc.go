// Package cgroup gives a jail a control group of its own, so that all that its
// processes hold together is bounded: also what the kernel holds for them, which
// no rlimit counts. It needs version 2 and the memory controller, and the right
// to write; what can't be had is reported and left.
//
// # Groups
//
//	G                       the group that this process was started in
//	├─ pyexec-PID-server    this process; not where G is the root of all groups
//	├─ pyexec-PID-probe     at the start, for one child that is to die of its limit
//	└─ pyexec-PID-jail-N    a zygote and its workers: memory.max, no swap
//
// A group that hands a controller down may hold no processes, except the root.
// So this process moves into a group below its own, and only if it is alone there:
// processes of others are never moved, nor is anything done to a group above G.
// A group that systemd manages and has not delegated is left alone, too. Whatever
// is refused on the way, what was done before is undone.
//
// # Nothing is assumed
//
// Files of that name are no proof: gVisor has had groups that took every limit and
// kept none. Before the first jail a child of this binary, cloned into a group with
// a small limit, takes more than that, and the kernel has to kill it and to count
// the kill. That also tries the clone, which takes clone3.
package cgroup
