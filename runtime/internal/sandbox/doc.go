// Package sandbox confines a process, layer by layer, and says what it did.
//
// Policy is data: [Policy] says what a run may touch, syscalls.go which system
// calls it may make. [Choose] is a pure function that turns what the machine
// grants ([Grants]) into a [Plan], which says what layers there are. A [Jail] is
// plan and policy in one value, from which all else follows: three flat lists of
// steps, each with the reason why it stands where it stands. A step is one system
// call with its arguments, so that the same list can be carried out by Go (the
// launch stage, [Apply]) and by Python (a worker) and be read by a person.
//
// # Order of confinement
//
// The jail, built once per zygote by the launch stage ([Jail.Launch]), in namespaces that
// clone made (mount, PID, IPC, UTS, network; and, except for root on a plain kernel,
// inside a user namespace):
//
//  0. oom_score_adj, while there is a /proc: what is in the jail is killed before
//     the server
//  1. mounts made private: nothing done here reaches the host
//  2. a new root on a tmpfs: the interpreter, its libraries, two device
//     nodes, an empty /tmp; everything read-only, nosuid, nodev
//  3. pivot_root, the old root detached, the new root made read-only
//  4. a host name that says nothing about the host
//  5. capabilities cut down to what forking workers takes, the bounding set
//     emptied; rlimits that the zygote can live with too; no huge pages
//  6. no_new_privs: before the filter, so that it also holds without privilege
//  7. the base seccomp filter: all that zygote or worker ever call, EPERM for
//     everything else, installed once and inherited
//  8. execve of CPython with an empty environment
//
// The zygote, once ([Jail.Prepare]): not dumpable (except where the server watches what a worker
// holds open), and it opens the paths that Landlock rules will name.
//
// Memory is bounded by address space in the worker (rlimits), by what seccomp
// refuses because no limit would count it, by the window that the worker filter
// leaves for mappings at an address of the script's choice, and by the server, which
// watches what a run holds: docs/decisions/079.
//
// A worker ([Jail.Worker]), forked from the zygote into a PID namespace of its own:
//
//  1. a process group of its own: signals to a group go through namespaces
//  2. a mount namespace and a fresh, size-limited tmpfs on /tmp: mounts come
//     first because Landlock forbids them and because a rule on a directory
//     that a mount hides later would not count
//  3. rlimits of its own: memory, processor time
//  4. groups, gid, uid (or, for an ordinary user, a user namespace of its own),
//     then the limit of threads, which the kernel counts for these, then all
//     capability sets emptied
//  5. Landlock: after mounts and ids, needs no_new_privs
//  6. every descriptor closed but the result channel and the standard streams,
//     and a stdin of its own; only now a limit to their number
//  7. the worker seccomp filter, which takes back the calls only the zygote
//     needs: last, because every step before it is such a call
//  8. checks that the layers hold, then warm-up, then the script
//
// There are several schemes to build a jail, see schemes.go; [Probe] tries them from
// the strongest down. Root without the right to make namespaces makes a user
// namespace that maps the uids of the runs, and all is as above. Where no
// namespaces are granted at all, root shuts scripts in a chroot instead of a
// private root: a tree of links or copies ([LayOut]), or one that an image has
// ready made ([Prepared]), a uid of its own for every
// run, and a directory per run that belongs to that uid. The server watches the
// directory with the run's own uid.
//
// Where an ordinary user is granted no namespaces, Landlock alone hides the
// host's files. It does not cover their modes, times and extended attributes, and
// in its older versions neither signals nor truncate: the worker filter refuses
// these calls then. What stat and readlink tell of a file whose path is known can
// be seen. The server watches the run's directory and its threads, and a run ends
// with the zygote by its parent-death signal.
//
// A step that is refused is never skipped: it comes home as {layer, step,
// errno} and the worker, or the start, fails.
package sandbox
