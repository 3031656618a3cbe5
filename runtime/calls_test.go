package runtime

import (
	"encoding/json"
	"fmt"
	"testing"

	"golang.org/x/sys/unix"
)

// lives is the outcome of a twin: the kernel carried out the call.
const lives = "lives"

// callAttacks are single system calls that a script tries. Most must be EPERM
// in every posture; the twins, which differ in what makes the attack one, live.
var callAttacks = []struct {
	name   string
	number uintptr
	args   []any // integers, strings, or slices of bytes to point at
	want   string
}{
	// Programs and processes.
	{"execve", unix.SYS_EXECVE, []any{"/bin/sh", 0, 0}, "EPERM"},
	{"execve of what is there", unix.SYS_EXECVE, []any{"/python/bin/python3.11", 0, 0}, "EPERM"},
	{"execveat", unix.SYS_EXECVEAT, []any{0, "", 0, 0, unix.AT_EMPTY_PATH}, "EPERM"},
	{"clone of a process", unix.SYS_CLONE, []any{int(unix.SIGCHLD), 0, 0, 0, 0}, "EPERM"},
	{"clone into a user namespace", unix.SYS_CLONE, []any{unix.CLONE_NEWUSER | int(unix.SIGCHLD), 0, 0, 0, 0},
		"EPERM"},
	{"clone3", unix.SYS_CLONE3, []any{make([]int, 88), 88}, "ENOSYS"},
	{"clone of a thread with descriptors of its own", unix.SYS_CLONE,
		[]any{unix.CLONE_THREAD | unix.CLONE_SIGHAND | unix.CLONE_VM, 0, 0, 0, 0}, "EPERM"},
	{"unshare user namespace", unix.SYS_UNSHARE, []any{unix.CLONE_NEWUSER}, "EPERM"},
	{"unshare nothing", unix.SYS_UNSHARE, []any{0}, "EPERM"},
	{"setns", unix.SYS_SETNS, []any{0, 0}, "EPERM"},
	{"wait4", unix.SYS_WAIT4, []any{-1, 0, unix.WNOHANG, 0}, "EPERM"},
	{"pidfd_open", unix.SYS_PIDFD_OPEN, []any{1, 0}, "EPERM"},
	{"pidfd_getfd", unix.SYS_PIDFD_GETFD, []any{3, 0, 0}, "EPERM"},
	{"setsid", unix.SYS_SETSID, nil, "EPERM"},
	{"setpgid", unix.SYS_SETPGID, []any{0, 0}, "EPERM"},
	{"personality", unix.SYS_PERSONALITY, []any{0x0400000}, "EPERM"},

	// Other processes.
	{"ptrace, attach", unix.SYS_PTRACE, []any{unix.PTRACE_ATTACH, 1, 0, 0}, "EPERM"},
	{"ptrace, be traced", unix.SYS_PTRACE, []any{unix.PTRACE_TRACEME, 0, 0, 0}, "EPERM"},
	{"process_vm_readv of pid 1", unix.SYS_PROCESS_VM_READV, []any{1, make([]int, 16), 1, make([]int, 16), 1, 0},
		"EPERM"},
	{"process_vm_writev of pid 1", unix.SYS_PROCESS_VM_WRITEV, []any{1, make([]int, 16), 1, make([]int, 16), 1, 0},
		"EPERM"},
	{"kcmp", unix.SYS_KCMP, []any{1, 2, 0, 0, 0}, "EPERM"},
	{"prlimit of pid 1", unix.SYS_PRLIMIT64, []any{1, unix.RLIMIT_NOFILE, 0, make([]int, 16)}, "EPERM"},
	{"prlimit of oneself", unix.SYS_PRLIMIT64, []any{0, unix.RLIMIT_NOFILE, 0, make([]int, 16)}, lives},
	{"tkill", unix.SYS_TKILL, []any{1, 0}, "EPERM"},
	{"rt_sigqueueinfo", unix.SYS_RT_SIGQUEUEINFO, []any{1, 0, make([]int, 128)}, "EPERM"},
	{"pidfd_send_signal", unix.SYS_PIDFD_SEND_SIGNAL, []any{0, 9, 0, 0}, "EPERM"},
	{"sched_setaffinity", unix.SYS_SCHED_SETAFFINITY, []any{0, 8, []int{1, 0, 0, 0, 0, 0, 0, 0}}, "EPERM"},
	{"sched_getaffinity", unix.SYS_SCHED_GETAFFINITY, []any{0, 128, make([]int, 128)}, lives},
	{"sched_setscheduler", unix.SYS_SCHED_SETSCHEDULER, []any{0, 1, make([]int, 8)}, "EPERM"},
	{"setpriority", unix.SYS_SETPRIORITY, []any{unix.PRIO_USER, 0, 19}, "EPERM"},
	{"getpriority", unix.SYS_GETPRIORITY, []any{unix.PRIO_PROCESS, 0}, lives},
	{"ioprio_set", unix.SYS_IOPRIO_SET, []any{1, 0, 0}, "EPERM"},

	// Memory.
	{"madvise MADV_COLLAPSE", unix.SYS_MADVISE, []any{0, 0, unix.MADV_COLLAPSE}, "EINVAL"},
	{"madvise MADV_DONTNEED", unix.SYS_MADVISE, []any{0, 0, unix.MADV_DONTNEED}, lives},

	// Sockets.
	{"socket, Unix", unix.SYS_SOCKET, []any{unix.AF_UNIX, unix.SOCK_STREAM, 0}, "EPERM"},
	{"socket, IPv4", unix.SYS_SOCKET, []any{unix.AF_INET, unix.SOCK_STREAM, 0}, "EPERM"},
	{"socket, IPv6", unix.SYS_SOCKET, []any{unix.AF_INET6, unix.SOCK_DGRAM, 0}, "EPERM"},
	{"socket, MPTCP, which Landlock does not know", unix.SYS_SOCKET,
		[]any{unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_MPTCP}, "EPERM"},
	{"socket, netlink", unix.SYS_SOCKET, []any{unix.AF_NETLINK, unix.SOCK_RAW, 0}, "EPERM"},
	{"socket, packet", unix.SYS_SOCKET, []any{unix.AF_PACKET, unix.SOCK_RAW, 0}, "EPERM"},
	{"socket, vsock", unix.SYS_SOCKET, []any{unix.AF_VSOCK, unix.SOCK_STREAM, 0}, "EPERM"},
	{"socket, alg", unix.SYS_SOCKET, []any{unix.AF_ALG, unix.SOCK_SEQPACKET, 0}, "EPERM"},
	{"socketpair of the Unix family", unix.SYS_SOCKETPAIR, []any{unix.AF_UNIX, unix.SOCK_STREAM, 0, make([]int, 8)},
		lives},
	{"socketpair of another family", unix.SYS_SOCKETPAIR, []any{unix.AF_TIPC, unix.SOCK_STREAM, 0, make([]int, 8)},
		"EPERM"},
	{"sendmsg", unix.SYS_SENDMSG, []any{3, make([]int, 56), 0}, "EPERM"},
	{"recvmsg", unix.SYS_RECVMSG, []any{3, make([]int, 56), unix.MSG_DONTWAIT}, "EPERM"},
	{"setsockopt", unix.SYS_SETSOCKOPT, []any{3, unix.SOL_SOCKET, unix.SO_SNDBUF, []int{0, 0, 0, 1}, 4}, "EPERM"},
	{"getsockopt, kind of the channel", unix.SYS_GETSOCKOPT,
		[]any{3, unix.SOL_SOCKET, unix.SO_TYPE, make([]int, 4), []int{4, 0, 0, 0}}, lives},
	{"getsockopt, the server's ids", unix.SYS_GETSOCKOPT,
		[]any{3, unix.SOL_SOCKET, unix.SO_PEERCRED, make([]int, 12), []int{12, 0, 0, 0}}, "EPERM"},
	{"getsockopt, a handle on the server", unix.SYS_GETSOCKOPT,
		[]any{3, unix.SOL_SOCKET, unix.SO_PEERPIDFD, make([]int, 4), []int{4, 0, 0, 0}}, "EPERM"},

	// The kernel's own machinery.
	{"io_uring_setup", unix.SYS_IO_URING_SETUP, []any{8, make([]int, 120)}, "EPERM"},
	{"bpf", unix.SYS_BPF, []any{0, make([]int, 128), 128}, "EPERM"},
	{"perf_event_open", unix.SYS_PERF_EVENT_OPEN, []any{make([]int, 128), 0, -1, -1, 0}, "EPERM"},
	{"userfaultfd", unix.SYS_USERFAULTFD, []any{1}, "EPERM"},
	{"keyctl", unix.SYS_KEYCTL, []any{unix.KEYCTL_GET_KEYRING_ID, unix.KEY_SPEC_SESSION_KEYRING, 0}, "EPERM"},
	{"add_key", unix.SYS_ADD_KEY, []any{"user", "k", "v", 1, unix.KEY_SPEC_SESSION_KEYRING}, "EPERM"},
	{"memfd_create", unix.SYS_MEMFD_CREATE, []any{"m", 0}, "EPERM"},
	{"shmget", unix.SYS_SHMGET, []any{1, 4096, 0o1600}, "EPERM"},
	{"semget", unix.SYS_SEMGET, []any{1, 1, 0o1600}, "EPERM"},
	{"msgget", unix.SYS_MSGGET, []any{1, 0o1600}, "EPERM"},
	{"mq_open", unix.SYS_MQ_OPEN, []any{"q", 0o102, 0o600, 0}, "EPERM"},
	{"mlock", unix.SYS_MLOCK, []any{0, 4096}, "EPERM"},
	{"splice", unix.SYS_SPLICE, []any{0, 0, 1, 0, 1, 0}, "EPERM"},
	{"timer_create", unix.SYS_TIMER_CREATE, []any{0, 0, make([]int, 8)}, "EPERM"},
	{"inotify_init1", unix.SYS_INOTIFY_INIT1, []any{0}, "EPERM"},
	{"syslog", unix.SYS_SYSLOG, []any{3, make([]int, 64), 64}, "EPERM"},
	{"seccomp", unix.SYS_SECCOMP, []any{1, 0, 0}, "EPERM"},
	{"landlock_create_ruleset", unix.SYS_LANDLOCK_CREATE_RULESET, []any{0, 0, 1}, "EPERM"},
	{"epoll_create1", unix.SYS_EPOLL_CREATE1, []any{0}, lives},
	{"eventfd2", unix.SYS_EVENTFD2, []any{0, 0}, lives},
	{"uname", unix.SYS_UNAME, []any{make([]int, 400)}, lives},

	// Mounts and roots.
	{"mount", unix.SYS_MOUNT, []any{"none", "/tmp", "tmpfs", 0, ""}, "EPERM"},
	{"umount", unix.SYS_UMOUNT2, []any{"/tmp", unix.MNT_DETACH}, "EPERM"},
	{"pivot_root", unix.SYS_PIVOT_ROOT, []any{".", "."}, "EPERM"},
	{"chroot", unix.SYS_CHROOT, []any{"."}, "EPERM"},
	{"fsopen", unix.SYS_FSOPEN, []any{"tmpfs", 0}, "EPERM"},
	{"open_tree", unix.SYS_OPEN_TREE, []any{unix.AT_FDCWD, "/", 1}, "EPERM"},
	{"open_by_handle_at", unix.SYS_OPEN_BY_HANDLE_AT, []any{0, make([]int, 128), 0}, "EPERM"},
	{"mknod", unix.SYS_MKNODAT, []any{unix.AT_FDCWD, "dev", unix.S_IFCHR | 0o600, 0x101}, "EPERM"},
	{"mkfifo", unix.SYS_MKNODAT, []any{unix.AT_FDCWD, "fifo", unix.S_IFIFO | 0o600, 0}, "EPERM"},
	{"chown", unix.SYS_FCHOWNAT, []any{unix.AT_FDCWD, ".", 0, 0, 0}, "EPERM"},

	// Who it is.
	{"setresuid", unix.SYS_SETRESUID, []any{0, 0, 0}, "EPERM"},
	{"setuid", unix.SYS_SETUID, []any{0}, "EPERM"},
	{"setgroups", unix.SYS_SETGROUPS, []any{0, 0}, "EPERM"},
	{"capset", unix.SYS_CAPSET, []any{make([]int, 8), make([]int, 24)}, "EPERM"},
	{"prctl, be dumpable", unix.SYS_PRCTL, []any{unix.PR_SET_DUMPABLE, 1, 0, 0, 0}, "EPERM"},
	{"prctl, survive the parent", unix.SYS_PRCTL, []any{unix.PR_SET_PDEATHSIG, 0, 0, 0, 0}, "EPERM"},
	{"prctl, be traceable", unix.SYS_PRCTL, []any{unix.PR_SET_PTRACER, -1, 0, 0, 0}, "EPERM"},
	{"prctl, ask for no_new_privs", unix.SYS_PRCTL, []any{unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0}, lives},

	// Descriptors.
	{"close_range into descriptors of one's own", unix.SYS_CLOSE_RANGE, []any{1000, 1000, unix.CLOSE_RANGE_UNSHARE},
		"EPERM"},
	{"close_range", unix.SYS_CLOSE_RANGE, []any{1000, 1000, 0}, lives},
	{"ioctl TIOCSTI", unix.SYS_IOCTL, []any{0, unix.TIOCSTI, []int{10}}, "EPERM"},
	{"ioctl FIONBIO", unix.SYS_IOCTL, []any{3, 0x5421, []int{0, 0, 0, 0}}, lives},
	{"fcntl F_SETOWN", unix.SYS_FCNTL, []any{0, unix.F_SETOWN, 1}, "EPERM"},
	{"fcntl F_SETPIPE_SZ", unix.SYS_FCNTL, []any{1, unix.F_SETPIPE_SZ, 1 << 20}, "EPERM"},
	{"fcntl F_GETFD", unix.SYS_FCNTL, []any{0, unix.F_GETFD, 0}, lives},
}

// tryCalls makes the calls of the input and says what came of each.
const tryCalls = `
def main(calls):
    return [call(c["call"], *(bytes(a) if isinstance(a, list) else a for a in c["args"])) for c in calls]`

func TestCalls(t *testing.T) {
	for _, posture := range postures {
		inPosture(t, posture, func(t *testing.T) {
			type one struct {
				Call uintptr `json:"call"`
				Args []any   `json:"args"`
			}
			var calls []one
			for _, a := range callAttacks {
				if a.args == nil {
					a.args = []any{}
				}
				calls = append(calls, one{a.number, a.args})
			}
			result := answer(t, start(t, nil), prelude(t)+tryCalls, calls)
			var got []any
			if err := json.Unmarshal([]byte(result), &got); err != nil || len(got) != len(calls) {
				t.Fatalf("%v: %s", err, result)
			}
			for i, a := range callAttacks {
				came := fmt.Sprint(got[i])
				if _, ok := got[i].(float64); ok {
					came = lives
				}
				if came != a.want {
					t.Errorf("%s: %v, want %s", a.name, got[i], a.want)
				}
			}
		})
	}
}
