package sandbox

import (
	"testing"

	"golang.org/x/sys/unix"
)

// thread are the flags that glibc makes a thread with.
const thread = unix.CLONE_VM | unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_SYSVSEM |
	unix.CLONE_SIGHAND | unix.CLONE_THREAD | unix.CLONE_SETTLS | unix.CLONE_PARENT_SETTID | unix.CLONE_CHILD_CLEARTID

// upper sets a bit of an argument that is in its high word.
const upper = 1 << 32

// argumentCases are calls that a script may make with some arguments only.
var argumentCases = []struct {
	name string
	call uint32
	args [6]uint64
	want uint32
}{
	{"clone of a thread", unix.SYS_CLONE, [6]uint64{thread}, allow},
	{"clone of a process", unix.SYS_CLONE, [6]uint64{uint64(unix.SIGCHLD)}, eperm},
	{"clone without flags", unix.SYS_CLONE, [6]uint64{}, eperm},
	{"clone as vfork does", unix.SYS_CLONE, [6]uint64{unix.CLONE_VM | unix.CLONE_VFORK | uint64(unix.SIGCHLD)},
		eperm},
	{"clone sharing memory without being a thread", unix.SYS_CLONE, [6]uint64{thread &^ unix.CLONE_THREAD},
		eperm},
	{"clone of a thread with descriptors of its own", unix.SYS_CLONE, [6]uint64{thread &^ unix.CLONE_FILES},
		eperm},
	{"clone, thread flag in the high word", unix.SYS_CLONE,
		[6]uint64{thread&^unix.CLONE_THREAD | unix.CLONE_THREAD<<32}, eperm},
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
	{"fcntl, only the low word counts", unix.SYS_FCNTL, [6]uint64{0, upper | unix.F_SETOWN}, eperm},
	{"fcntl F_SETOWN", unix.SYS_FCNTL, [6]uint64{0, unix.F_SETOWN}, eperm},
	{"fcntl F_SETSIG", unix.SYS_FCNTL, [6]uint64{0, unix.F_SETSIG}, eperm},
	{"fcntl F_SETPIPE_SZ", unix.SYS_FCNTL, [6]uint64{0, unix.F_SETPIPE_SZ}, eperm},
	{"fcntl F_SETLEASE", unix.SYS_FCNTL, [6]uint64{0, unix.F_SETLEASE}, eperm},
	{"fcntl F_NOTIFY", unix.SYS_FCNTL, [6]uint64{0, unix.F_NOTIFY}, eperm},
	{"fcntl F_ADD_SEALS", unix.SYS_FCNTL, [6]uint64{0, unix.F_ADD_SEALS}, eperm},

	{"fcntl F_SETLK", unix.SYS_FCNTL, [6]uint64{0, unix.F_SETLK, 0x1000}, allow},
	{"fcntl F_OFD_SETLK", unix.SYS_FCNTL, [6]uint64{0, unix.F_OFD_SETLK, 0x1000}, eperm},
	{"fcntl F_OFD_SETLKW", unix.SYS_FCNTL, [6]uint64{0, unix.F_OFD_SETLKW, 0x1000}, eperm},
	{"fcntl F_SETFL", unix.SYS_FCNTL, [6]uint64{0, unix.F_SETFL, unix.O_NONBLOCK}, allow},
	{"fcntl F_SETFL, packets", unix.SYS_FCNTL, [6]uint64{0, unix.F_SETFL, unix.O_DIRECT}, eperm},
	{"fcntl F_SETFL, signals", unix.SYS_FCNTL, [6]uint64{0, unix.F_SETFL, unix.O_ASYNC}, eperm},
	{"fcntl F_GETFL, whatever is in the third argument", unix.SYS_FCNTL,
		[6]uint64{0, unix.F_GETFL, unix.O_DIRECT}, allow},

	{"mmap", unix.SYS_MMAP, [6]uint64{0, 4096, 3, unix.MAP_PRIVATE | unix.MAP_ANONYMOUS}, allow},
	{"mmap of a file, shared", unix.SYS_MMAP, [6]uint64{0, 4096, 3, unix.MAP_SHARED}, allow},
	{"mmap, shared and anonymous", unix.SYS_MMAP, [6]uint64{0, 4096, 3, unix.MAP_SHARED | unix.MAP_ANONYMOUS},
		eperm},
	{"mmap, shared and anonymous, with more", unix.SYS_MMAP,
		[6]uint64{0, 4096, 3, unix.MAP_SHARED | unix.MAP_ANONYMOUS | unix.MAP_NORESERVE | unix.MAP_POPULATE},
		eperm},
	{"mmap, validated and anonymous", unix.SYS_MMAP,
		[6]uint64{0, 4096, 3, unix.MAP_SHARED_VALIDATE | unix.MAP_ANONYMOUS}, eperm},
	{"mmap of huge pages", unix.SYS_MMAP,
		[6]uint64{0, 4096, 3, unix.MAP_PRIVATE | unix.MAP_ANONYMOUS | unix.MAP_HUGETLB}, eperm},
	{"mmap near what is mapped", unix.SYS_MMAP,
		[6]uint64{0x7f0010000000, 4096, 3, unix.MAP_PRIVATE | unix.MAP_ANONYMOUS | unix.MAP_FIXED}, allow},
	{"mmap far above", unix.SYS_MMAP,
		[6]uint64{0x7f0100000000, 4096, 3, unix.MAP_PRIVATE | unix.MAP_ANONYMOUS | unix.MAP_FIXED}, eperm},
	{"mmap far below, a hint alone", unix.SYS_MMAP,
		[6]uint64{0x7eff00000000, 4096, 3, unix.MAP_PRIVATE | unix.MAP_ANONYMOUS}, eperm},
	{"mmap at the bottom", unix.SYS_MMAP, [6]uint64{0x10000, 4096, 3, unix.MAP_PRIVATE | unix.MAP_ANONYMOUS},
		eperm},
	{"mremap that may move", unix.SYS_MREMAP, [6]uint64{0, 4096, 8192, unix.MREMAP_MAYMOVE}, allow},
	{"mremap to a fixed place", unix.SYS_MREMAP,
		[6]uint64{0, 4096, 8192, unix.MREMAP_MAYMOVE | unix.MREMAP_FIXED}, eperm},
	{"mremap that leaves the old mapping", unix.SYS_MREMAP,
		[6]uint64{0, 4096, 4096, unix.MREMAP_MAYMOVE | unix.MREMAP_DONTUNMAP}, eperm},
	{"madvise MADV_DONTNEED", unix.SYS_MADVISE, [6]uint64{0, 4096, unix.MADV_DONTNEED}, allow},
	{"madvise MADV_HUGEPAGE", unix.SYS_MADVISE, [6]uint64{0, 4096, unix.MADV_HUGEPAGE}, refuse(unix.EINVAL)},
	{"madvise MADV_COLLAPSE", unix.SYS_MADVISE, [6]uint64{0, 4096, unix.MADV_COLLAPSE}, refuse(unix.EINVAL)},
	{"madvise MADV_MERGEABLE", unix.SYS_MADVISE, [6]uint64{0, 4096, unix.MADV_MERGEABLE}, refuse(unix.EINVAL)},
	{"sendfile", unix.SYS_SENDFILE, [6]uint64{1, 2, 0, 1}, refuse(unix.ENOTSOCK)},
	{"pipe2", unix.SYS_PIPE2, [6]uint64{0, unix.O_CLOEXEC | unix.O_NONBLOCK}, allow},
	{"pipe2 of packets", unix.SYS_PIPE2, [6]uint64{0, unix.O_CLOEXEC | unix.O_DIRECT}, eperm},

	{"futex among threads", unix.SYS_FUTEX, [6]uint64{0, 1 | futexPrivate}, allow},
	{"futex that waits as pthread_join does", unix.SYS_FUTEX, [6]uint64{0, futexWaitBitset | futexRealtime},
		allow},
	{"futex that wakes others", unix.SYS_FUTEX, [6]uint64{0, 1}, eperm},

	{"kill with a signal that can be caught", unix.SYS_KILL, [6]uint64{1, uint64(unix.SIGTERM)}, allow},
	{"kill without a word", unix.SYS_KILL, [6]uint64{1, uint64(unix.SIGKILL)}, eperm},
	{"kill that stops", unix.SYS_KILL, [6]uint64{1, uint64(unix.SIGSTOP)}, eperm},
	{"tgkill without a word", unix.SYS_TGKILL, [6]uint64{1, 1, uint64(unix.SIGKILL)}, eperm},
	{"tgkill that stops", unix.SYS_TGKILL, [6]uint64{1, 1, uint64(unix.SIGTSTP)}, eperm},

	{"close_range", unix.SYS_CLOSE_RANGE, [6]uint64{4, 1<<32 - 1, 0}, allow},
	{"close_range, at the next exec", unix.SYS_CLOSE_RANGE, [6]uint64{4, 1<<32 - 1, unix.CLOSE_RANGE_CLOEXEC},
		allow},
	{"close_range, descriptors of one's own", unix.SYS_CLOSE_RANGE,
		[6]uint64{4, 1<<32 - 1, unix.CLOSE_RANGE_UNSHARE}, eperm},
	{"close_range, both", unix.SYS_CLOSE_RANGE,
		[6]uint64{4, 1<<32 - 1, unix.CLOSE_RANGE_UNSHARE | unix.CLOSE_RANGE_CLOEXEC}, eperm},

	{"ioctl FIONBIO", unix.SYS_IOCTL, [6]uint64{0, fionbio}, allow},
	{"ioctl TCGETS", unix.SYS_IOCTL, [6]uint64{0, unix.TCGETS}, allow},
	{"ioctl TIOCSTI", unix.SYS_IOCTL, [6]uint64{0, unix.TIOCSTI}, eperm},
	{"ioctl TIOCSTI, high word set", unix.SYS_IOCTL, [6]uint64{0, upper | unix.TIOCSTI}, eperm},
	{"ioctl TIOCLINUX", unix.SYS_IOCTL, [6]uint64{0, unix.TIOCLINUX}, eperm},
	{"ioctl TIOCSCTTY", unix.SYS_IOCTL, [6]uint64{0, unix.TIOCSCTTY}, eperm},
	{"ioctl of random, which resets it", unix.SYS_IOCTL, [6]uint64{0, unix.RNDCLEARPOOL}, eperm},

	{"socketpair of the Unix family", unix.SYS_SOCKETPAIR, [6]uint64{unix.AF_UNIX, unix.SOCK_STREAM}, allow},
	{"socketpair, with flags", unix.SYS_SOCKETPAIR,
		[6]uint64{unix.AF_UNIX, unix.SOCK_STREAM | unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK}, allow},
	{"socketpair of datagrams", unix.SYS_SOCKETPAIR, [6]uint64{unix.AF_UNIX, unix.SOCK_DGRAM}, allow},
	{"socketpair of another family", unix.SYS_SOCKETPAIR, [6]uint64{unix.AF_TIPC, unix.SOCK_STREAM}, eperm},
	{"sendto without an address", unix.SYS_SENDTO, [6]uint64{4, 0x7fff0000, 1, 0, 0, 0}, allow},
	{"sendto, a length without an address", unix.SYS_SENDTO, [6]uint64{4, 0x7fff0000, 1, 0, 0, 16}, allow},
	{"sendto with an address", unix.SYS_SENDTO, [6]uint64{4, 0, 1, 0, 0x1000, 16}, eperm},
	{"sendto, only the high word of the address set", unix.SYS_SENDTO, [6]uint64{4, 0, 1, 0, upper, 16}, eperm},
	{"sendto, urgent", unix.SYS_SENDTO, [6]uint64{4, 0, 1, unix.MSG_OOB}, eperm},
	{"sendto, urgent and at once", unix.SYS_SENDTO, [6]uint64{4, 0, 1, unix.MSG_OOB | unix.MSG_DONTWAIT}, eperm},
	{"sendto, at once and without a signal", unix.SYS_SENDTO,
		[6]uint64{4, 0, 1, unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL}, allow},
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
	{"prlimit of processor time, to ask", unix.SYS_PRLIMIT64, [6]uint64{0, unix.RLIMIT_CPU, 0, 0x1000}, allow},
	{"prlimit of processor time, to lower it", unix.SYS_PRLIMIT64, [6]uint64{0, unix.RLIMIT_CPU, 0x1000, 0},
		eperm},
	{"prlimit of memory, to lower it", unix.SYS_PRLIMIT64, [6]uint64{0, unix.RLIMIT_AS, 0x1000, 0}, allow},
	{"setrlimit of processor time", unix.SYS_SETRLIMIT, [6]uint64{unix.RLIMIT_CPU, 0x1000}, eperm},
	{"setrlimit of memory", unix.SYS_SETRLIMIT, [6]uint64{unix.RLIMIT_AS, 0x1000}, allow},
	{"prlimit of another", unix.SYS_PRLIMIT64, [6]uint64{1, unix.RLIMIT_NOFILE}, eperm},
	{"prlimit of oneself, high word set: the kernel takes an int", unix.SYS_PRLIMIT64,
		[6]uint64{upper, unix.RLIMIT_NOFILE}, allow},

	{"prctl PR_SET_NAME", unix.SYS_PRCTL, [6]uint64{unix.PR_SET_NAME}, allow},
	{"prctl PR_GET_NO_NEW_PRIVS", unix.SYS_PRCTL, [6]uint64{unix.PR_GET_NO_NEW_PRIVS}, allow},
	{"prctl PR_SET_VMA, which takes memory for each name", unix.SYS_PRCTL, [6]uint64{unix.PR_SET_VMA}, eperm},
	{"prctl PR_SET_THP_DISABLE", unix.SYS_PRCTL, [6]uint64{unix.PR_SET_THP_DISABLE}, eperm},
	{"prctl PR_SET_DUMPABLE", unix.SYS_PRCTL, [6]uint64{unix.PR_SET_DUMPABLE, 1}, eperm},
	{"prctl PR_SET_PDEATHSIG", unix.SYS_PRCTL, [6]uint64{unix.PR_SET_PDEATHSIG, 0}, eperm},
	{"prctl PR_SET_PTRACER", unix.SYS_PRCTL, [6]uint64{unix.PR_SET_PTRACER, 1}, eperm},
	{"prctl PR_SET_SECCOMP", unix.SYS_PRCTL, [6]uint64{unix.PR_SET_SECCOMP}, eperm},
	{"prctl PR_SET_MM", unix.SYS_PRCTL, [6]uint64{unix.PR_SET_MM}, eperm},
	{"prctl PR_CAP_AMBIENT", unix.SYS_PRCTL, [6]uint64{unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE}, eperm},
	{"prctl PR_SET_CHILD_SUBREAPER", unix.SYS_PRCTL, [6]uint64{unix.PR_SET_CHILD_SUBREAPER, 1}, eperm},
}

func TestArguments(t *testing.T) {
	worker := workerVM(t)
	for _, tt := range argumentCases {
		t.Run(tt.name, func(t *testing.T) {
			if got := worker(attempt{call: tt.call, args: tt.args}); got != tt.want {
				t.Errorf("%#x, want %#x", got, tt.want)
			}
		})
	}
}
