package sandbox

import (
	"testing"

	"golang.org/x/sys/unix"
)

// thread are the flags that glibc makes a thread with.
const thread = unix.CLONE_VM | unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_SYSVSEM | unix.CLONE_SIGHAND | unix.CLONE_THREAD |
	unix.CLONE_SETTLS | unix.CLONE_PARENT_SETTID | unix.CLONE_CHILD_CLEARTID

func TestArguments(t *testing.T) {
	const high = 1 << 32
	worker := workerVM(t)
	for _, tt := range []struct {
		name string
		call uint32
		args [6]uint64
		want uint32
	}{
		{"clone of a thread", unix.SYS_CLONE, [6]uint64{thread}, allow},
		{"clone of a process", unix.SYS_CLONE, [6]uint64{uint64(unix.SIGCHLD)}, eperm},
		{"clone without flags", unix.SYS_CLONE, [6]uint64{}, eperm},
		{"clone as vfork does", unix.SYS_CLONE, [6]uint64{unix.CLONE_VM | unix.CLONE_VFORK | uint64(unix.SIGCHLD)}, eperm},
		{"clone sharing memory without being a thread", unix.SYS_CLONE, [6]uint64{thread &^ unix.CLONE_THREAD}, eperm},
		{"clone of a thread with descriptors of its own", unix.SYS_CLONE, [6]uint64{thread &^ unix.CLONE_FILES}, eperm},
		{"clone, thread flag in the high word", unix.SYS_CLONE, [6]uint64{thread&^unix.CLONE_THREAD | unix.CLONE_THREAD<<32}, eperm},
		{"clone, mount namespace", unix.SYS_CLONE, [6]uint64{thread | unix.CLONE_NEWNS}, eperm},
		{"clone, user namespace", unix.SYS_CLONE, [6]uint64{thread | unix.CLONE_NEWUSER}, eperm},
		{"clone, PID namespace", unix.SYS_CLONE, [6]uint64{thread | unix.CLONE_NEWPID}, eperm},
		{"clone, network namespace", unix.SYS_CLONE, [6]uint64{thread | unix.CLONE_NEWNET}, eperm},
		{"clone, IPC namespace", unix.SYS_CLONE, [6]uint64{thread | unix.CLONE_NEWIPC}, eperm},
		{"clone, UTS namespace", unix.SYS_CLONE, [6]uint64{thread | unix.CLONE_NEWUTS}, eperm},
		{"clone, cgroup namespace", unix.SYS_CLONE, [6]uint64{thread | unix.CLONE_NEWCGROUP}, eperm},
		{"clone, time namespace", unix.SYS_CLONE, [6]uint64{thread | unix.CLONE_NEWTIME}, eperm},
		{"clone, pidfd", unix.SYS_CLONE, [6]uint64{thread | unix.CLONE_PIDFD}, eperm},
		{"clone, sibling", unix.SYS_CLONE, [6]uint64{thread | unix.CLONE_PARENT}, eperm},
		{"clone3", unix.SYS_CLONE3, [6]uint64{}, enosys},

		{"fcntl F_GETFL", unix.SYS_FCNTL, [6]uint64{0, unix.F_GETFL}, allow},
		{"fcntl F_DUPFD", unix.SYS_FCNTL, [6]uint64{0, unix.F_DUPFD}, allow},
		{"fcntl F_DUPFD_CLOEXEC", unix.SYS_FCNTL, [6]uint64{0, unix.F_DUPFD_CLOEXEC}, allow},
		{"fcntl, only the low word counts", unix.SYS_FCNTL, [6]uint64{0, high | unix.F_SETOWN}, eperm},
		{"fcntl F_SETOWN", unix.SYS_FCNTL, [6]uint64{0, unix.F_SETOWN}, eperm},
		{"fcntl F_SETSIG", unix.SYS_FCNTL, [6]uint64{0, unix.F_SETSIG}, eperm},
		{"fcntl F_SETPIPE_SZ", unix.SYS_FCNTL, [6]uint64{0, unix.F_SETPIPE_SZ}, eperm},
		{"fcntl F_SETLEASE", unix.SYS_FCNTL, [6]uint64{0, unix.F_SETLEASE}, eperm},
		{"fcntl F_NOTIFY", unix.SYS_FCNTL, [6]uint64{0, unix.F_NOTIFY}, eperm},
		{"fcntl F_ADD_SEALS", unix.SYS_FCNTL, [6]uint64{0, unix.F_ADD_SEALS}, eperm},

		{"close_range", unix.SYS_CLOSE_RANGE, [6]uint64{4, 1<<32 - 1, 0}, allow},
		{"close_range, at the next exec", unix.SYS_CLOSE_RANGE, [6]uint64{4, 1<<32 - 1, unix.CLOSE_RANGE_CLOEXEC}, allow},
		{"close_range, descriptors of one's own", unix.SYS_CLOSE_RANGE, [6]uint64{4, 1<<32 - 1, unix.CLOSE_RANGE_UNSHARE}, eperm},
		{"close_range, both", unix.SYS_CLOSE_RANGE, [6]uint64{4, 1<<32 - 1, unix.CLOSE_RANGE_UNSHARE | unix.CLOSE_RANGE_CLOEXEC}, eperm},

		{"ioctl FIONBIO", unix.SYS_IOCTL, [6]uint64{0, fionbio}, allow},
		{"ioctl TCGETS", unix.SYS_IOCTL, [6]uint64{0, unix.TCGETS}, allow},
		{"ioctl TIOCSTI", unix.SYS_IOCTL, [6]uint64{0, unix.TIOCSTI}, eperm},
		{"ioctl TIOCSTI, high word set", unix.SYS_IOCTL, [6]uint64{0, high | unix.TIOCSTI}, eperm},
		{"ioctl TIOCLINUX", unix.SYS_IOCTL, [6]uint64{0, unix.TIOCLINUX}, eperm},
		{"ioctl TIOCSCTTY", unix.SYS_IOCTL, [6]uint64{0, unix.TIOCSCTTY}, eperm},
		{"ioctl of random, which resets it", unix.SYS_IOCTL, [6]uint64{0, unix.RNDCLEARPOOL}, eperm},

		{"socketpair of the Unix family", unix.SYS_SOCKETPAIR, [6]uint64{unix.AF_UNIX, unix.SOCK_STREAM}, allow},
		{"socketpair of another family", unix.SYS_SOCKETPAIR, [6]uint64{unix.AF_TIPC, unix.SOCK_STREAM}, eperm},
		{"sendto without an address", unix.SYS_SENDTO, [6]uint64{4, 0x7fff0000, 1, 0, 0, 0}, allow},
		{"sendto, a length without an address", unix.SYS_SENDTO, [6]uint64{4, 0x7fff0000, 1, 0, 0, 16}, allow},
		{"sendto with an address", unix.SYS_SENDTO, [6]uint64{4, 0, 1, 0, 0x1000, 16}, eperm},
		{"sendto, only the high word of the address set", unix.SYS_SENDTO, [6]uint64{4, 0, 1, 0, high, 16}, eperm},
		{"sendto, urgent", unix.SYS_SENDTO, [6]uint64{4, 0, 1, unix.MSG_OOB}, eperm},
		{"sendto, urgent and at once", unix.SYS_SENDTO, [6]uint64{4, 0, 1, unix.MSG_OOB | unix.MSG_DONTWAIT}, eperm},
		{"sendto, at once and without a signal", unix.SYS_SENDTO, [6]uint64{4, 0, 1, unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL}, allow},
		{"sendto, without a copy", unix.SYS_SENDTO, [6]uint64{4, 0, 1, unix.MSG_ZEROCOPY}, eperm},
		{"recvfrom", unix.SYS_RECVFROM, [6]uint64{4, 0, 1}, allow},
		{"recvfrom, all of it", unix.SYS_RECVFROM, [6]uint64{4, 0, 1, unix.MSG_WAITALL}, allow},
		{"recvfrom, looking ahead", unix.SYS_RECVFROM, [6]uint64{4, 0, 1, unix.MSG_PEEK | unix.MSG_TRUNC}, allow},
		{"recvfrom, urgent", unix.SYS_RECVFROM, [6]uint64{4, 0, 1, unix.MSG_OOB}, eperm},
		{"recvfrom, errors", unix.SYS_RECVFROM, [6]uint64{4, 0, 1, unix.MSG_ERRQUEUE}, eperm},
		{"sendmsg", unix.SYS_SENDMSG, [6]uint64{}, eperm},
		{"recvmsg", unix.SYS_RECVMSG, [6]uint64{}, eperm},
		{"getsockopt SO_TYPE", unix.SYS_GETSOCKOPT, [6]uint64{3, unix.SOL_SOCKET, unix.SO_TYPE}, allow},
		{"getsockopt SO_ERROR", unix.SYS_GETSOCKOPT, [6]uint64{3, unix.SOL_SOCKET, unix.SO_ERROR}, allow},
		{"getsockopt SO_PEERCRED", unix.SYS_GETSOCKOPT, [6]uint64{3, unix.SOL_SOCKET, unix.SO_PEERCRED}, eperm},
		{"getsockopt SO_PEERPIDFD", unix.SYS_GETSOCKOPT, [6]uint64{3, unix.SOL_SOCKET, unix.SO_PEERPIDFD}, eperm},
		{"getsockopt of another level", unix.SYS_GETSOCKOPT, [6]uint64{3, unix.SOL_TCP, unix.SO_TYPE}, eperm},

		{"prlimit of oneself", unix.SYS_PRLIMIT64, [6]uint64{0, unix.RLIMIT_NOFILE}, allow},
		{"prlimit of another", unix.SYS_PRLIMIT64, [6]uint64{1, unix.RLIMIT_NOFILE}, eperm},
		{"prlimit of oneself, high word set: the kernel takes an int", unix.SYS_PRLIMIT64, [6]uint64{high, unix.RLIMIT_NOFILE}, allow},

		{"prctl PR_SET_NAME", unix.SYS_PRCTL, [6]uint64{unix.PR_SET_NAME}, allow},
		{"prctl PR_GET_NO_NEW_PRIVS", unix.SYS_PRCTL, [6]uint64{unix.PR_GET_NO_NEW_PRIVS}, allow},
		{"prctl PR_SET_VMA", unix.SYS_PRCTL, [6]uint64{unix.PR_SET_VMA}, allow},
		{"prctl PR_SET_DUMPABLE", unix.SYS_PRCTL, [6]uint64{unix.PR_SET_DUMPABLE, 1}, eperm},
		{"prctl PR_SET_PDEATHSIG", unix.SYS_PRCTL, [6]uint64{unix.PR_SET_PDEATHSIG, 0}, eperm},
		{"prctl PR_SET_PTRACER", unix.SYS_PRCTL, [6]uint64{unix.PR_SET_PTRACER, 1}, eperm},
		{"prctl PR_SET_SECCOMP", unix.SYS_PRCTL, [6]uint64{unix.PR_SET_SECCOMP}, eperm},
		{"prctl PR_SET_MM", unix.SYS_PRCTL, [6]uint64{unix.PR_SET_MM}, eperm},
		{"prctl PR_CAP_AMBIENT", unix.SYS_PRCTL, [6]uint64{unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE}, eperm},
		{"prctl PR_SET_CHILD_SUBREAPER", unix.SYS_PRCTL, [6]uint64{unix.PR_SET_CHILD_SUBREAPER, 1}, eperm},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := worker(attempt{call: tt.call, args: tt.args}); got != tt.want {
				t.Errorf("%#x, want %#x", got, tt.want)
			}
		})
	}
}
