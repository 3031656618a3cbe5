package sandbox

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// From asm-generic/ioctls.h; x/sys does not name them.
const (
	fionbio  = 0x5421
	fioclex  = 0x5451
	fionclex = 0x5450
)

// From linux/futex.h.
const (
	futexWait       = 0
	futexWaitBitset = 9
	futexPrivate    = 128
	futexRealtime   = 256
)

// mute are the signals that end or stop a process whatever it thinks of them.
var mute = []uint32{
	uint32(unix.SIGKILL), uint32(unix.SIGSTOP), uint32(unix.SIGTSTP), uint32(unix.SIGTTIN), uint32(unix.SIGTTOU),
}

// advices are what a script may advise the kernel about its memory. Not huge
// pages: of one only a part may be mapped, and only that is counted. EINVAL is
// what a kernel says that has none.
var advices = []uint32{
	unix.MADV_NORMAL, unix.MADV_RANDOM, unix.MADV_SEQUENTIAL, unix.MADV_WILLNEED, unix.MADV_DONTNEED, unix.MADV_FREE,
	unix.MADV_DONTDUMP, unix.MADV_DODUMP, unix.MADV_WIPEONFORK, unix.MADV_KEEPONFORK,
}

// zygoteAdvices are what the zygote may advise beside them, which the worker filter
// takes back: its heap in huge pages is copied and let go of in half the time by a
// fork (heap.py of the harness). They are off then, see noHugePages.
var zygoteAdvices = []uint32{unix.MADV_COLLAPSE}

// socketFlags are those of a single message.
const socketFlags = unix.MSG_PEEK | unix.MSG_DONTWAIT | unix.MSG_WAITALL | unix.MSG_TRUNC | unix.MSG_NOSIGNAL

// allowed is a system call that a script may make. Calls that are in neither
// list of this file are refused with EPERM, for the zygote too.
type allowed struct {
	call uintptr
	when []cond
}

// scriptCalls is what ordinary programs of the standard library need, found by
// running them (internal/e2e/testdata/semantics), each odd entry with its reason.
// The portable part; syscalls_<arch>.go adds the older names of an architecture.
var scriptCalls = []allowed{
	// Memory. mlock and memfd_create are left out: memory no rlimit counts. So
	// is all of a shared anonymous mapping but what is mapped just now, which is
	// why there is none, and a huge page, which comes from another pool.
	{call: unix.SYS_BRK}, {call: unix.SYS_MUNMAP}, {call: unix.SYS_MPROTECT},
	{call: unix.SYS_MMAP, when: []cond{
		{arg: 3, notAll: unix.MAP_SHARED | unix.MAP_ANONYMOUS},
		{arg: 3, noneSet: unix.MAP_HUGETLB},
	}},
	// Not to an address of the caller's choice: see window.
	{call: unix.SYS_MREMAP, when: []cond{{arg: 3, noneSet: unix.MREMAP_FIXED | unix.MREMAP_DONTUNMAP}}},
	{call: unix.SYS_MSYNC}, {call: unix.SYS_MINCORE}, {call: unix.SYS_MEMBARRIER},

	// Descriptors that are open already, and pipes.
	{call: unix.SYS_READ}, {call: unix.SYS_WRITE}, {call: unix.SYS_READV}, {call: unix.SYS_WRITEV},
	{call: unix.SYS_PREAD64}, {call: unix.SYS_PWRITE64}, {call: unix.SYS_PREADV}, {call: unix.SYS_PWRITEV},
	{call: unix.SYS_PREADV2}, {call: unix.SYS_PWRITEV2},
	{call: unix.SYS_LSEEK}, {call: unix.SYS_CLOSE},
	// Not into a table of the thread's own: each has a limit to itself, and what
	// is open in it shows nowhere else.
	{call: unix.SYS_CLOSE_RANGE, when: []cond{{arg: 2, noneSet: unix.CLOSE_RANGE_UNSHARE}}},
	{call: unix.SYS_DUP}, {call: unix.SYS_DUP3},
	// Not packets, each of which takes a page, nor for notices of the kernel's.
	{call: unix.SYS_PIPE2, when: []cond{{arg: 1, noneSet: ^uint32(unix.O_CLOEXEC | unix.O_NONBLOCK)}}},
	{call: unix.SYS_FTRUNCATE}, {call: unix.SYS_FSYNC}, {call: unix.SYS_FDATASYNC}, {call: unix.SYS_FALLOCATE},
	// Not sendfile, tee, splice, vmsplice: they put whole pages into sockets and
	// pipes, which count the bytes. Who would use the first copies instead.
	{call: unix.SYS_FADVISE64}, {call: unix.SYS_COPY_FILE_RANGE},
	// Not F_SETPIPE_SZ (kernel memory), F_SETOWN, F_SETSIG (signals to others),
	// F_SETLEASE, F_NOTIFY (not namespaced). Nor the locks of an open file, which
	// outlive the descriptor as long as the file is mapped: kernel memory without
	// a bound. Those of the process go when it closes the file.
	{call: unix.SYS_FCNTL, when: []cond{
		{arg: 1, oneOf: []uint32{
			unix.F_DUPFD, unix.F_GETFD, unix.F_SETFD, unix.F_GETFL, unix.F_SETFL,
			unix.F_GETLK, unix.F_SETLK, unix.F_SETLKW, // sqlite3
			unix.F_DUPFD_CLOEXEC, unix.F_GETPIPE_SZ,
		}},
		// A pipe of packets by another way, and signals to others.
		{arg: 2, noneSet: unix.O_DIRECT | unix.O_ASYNC, only: &only{arg: 1, is: unix.F_SETFL}},
	}},
	// isatty, set_blocking, set_inheritable and the size of a terminal; never
	// TIOCSTI or a device's own commands.
	{call: unix.SYS_IOCTL, when: []cond{{arg: 1, oneOf: []uint32{
		unix.TCGETS, unix.TIOCGWINSZ, unix.TIOCINQ, fionbio, fioclex, fionclex,
	}}}},

	// Files by name; the private root and Landlock say which.
	{call: unix.SYS_OPENAT}, {call: unix.SYS_FSTAT}, {call: unix.SYS_STATX},
	{call: unix.SYS_STATFS}, {call: unix.SYS_FSTATFS}, {call: unix.SYS_FACCESSAT}, {call: unix.SYS_FACCESSAT2},
	{call: unix.SYS_GETCWD}, {call: unix.SYS_CHDIR}, {call: unix.SYS_FCHDIR}, {call: unix.SYS_GETDENTS64},
	{call: unix.SYS_READLINKAT}, {call: unix.SYS_MKDIRAT}, {call: unix.SYS_UNLINKAT}, {call: unix.SYS_RENAMEAT2},
	{call: unix.SYS_LINKAT}, {call: unix.SYS_SYMLINKAT}, {call: unix.SYS_FCHMOD}, {call: unix.SYS_FCHMODAT},
	{call: unix.SYS_UTIMENSAT}, {call: unix.SYS_TRUNCATE}, {call: unix.SYS_UMASK},
	// shutil.copy2 gives up on EPERM from these, though it never sets any.
	{call: unix.SYS_LISTXATTR}, {call: unix.SYS_LLISTXATTR}, {call: unix.SYS_FLISTXATTR},
	{call: unix.SYS_GETXATTR}, {call: unix.SYS_LGETXATTR}, {call: unix.SYS_FGETXATTR},

	// Waiting, and asyncio's self-pipe: one connected pair, no address ever.
	{call: unix.SYS_PPOLL}, {call: unix.SYS_PSELECT6}, {call: unix.SYS_EPOLL_CREATE1}, {call: unix.SYS_EPOLL_CTL},
	{call: unix.SYS_EPOLL_PWAIT}, {call: unix.SYS_EVENTFD2},
	{call: unix.SYS_SOCKETPAIR, when: []cond{{arg: 0, oneOf: []uint32{unix.AF_UNIX}}}},
	// No flags but those that sockets of one's own have a use for: bytes out of
	// band, for one, have been a way into the kernel (CVE-2025-38236).
	{call: unix.SYS_SENDTO, when: []cond{{arg: 4, null: true}, {arg: 3, noneSet: ^uint32(socketFlags)}}},
	{call: unix.SYS_RECVFROM, when: []cond{{arg: 3, noneSet: ^uint32(socketFlags)}}}, {call: unix.SYS_SHUTDOWN},
	{call: unix.SYS_GETSOCKNAME}, {call: unix.SYS_GETPEERNAME},
	// Not SO_PEERCRED and SO_PEERPIDFD: the peer of the result channel is the
	// server.
	{call: unix.SYS_GETSOCKOPT, when: []cond{
		{arg: 1, oneOf: []uint32{unix.SOL_SOCKET}},
		{arg: 2, oneOf: []uint32{
			unix.SO_TYPE, unix.SO_PROTOCOL, unix.SO_DOMAIN, unix.SO_ERROR, unix.SO_RCVBUF, unix.SO_SNDBUF,
		}},
	}},

	// Time.
	{call: unix.SYS_NANOSLEEP}, {call: unix.SYS_CLOCK_NANOSLEEP}, {call: unix.SYS_CLOCK_GETTIME},
	{call: unix.SYS_CLOCK_GETRES}, {call: unix.SYS_GETTIMEOFDAY}, {call: unix.SYS_TIMES},
	{call: unix.SYS_SETITIMER}, {call: unix.SYS_GETITIMER},

	// Threads. glibc tries clone3 first (see below) and falls back to clone.
	// Among the process's own threads. On a page of a file that all runs map one
	// could wake another. To wait is needed: so does pthread_join.
	{call: unix.SYS_FUTEX, when: []cond{{
		arg: 1, orSet: futexPrivate, oneOf: []uint32{futexWait, futexWaitBitset, futexWaitBitset | futexRealtime},
	}}},
	{call: unix.SYS_SET_ROBUST_LIST}, {call: unix.SYS_GET_ROBUST_LIST},
	{call: unix.SYS_SET_TID_ADDRESS}, {call: unix.SYS_RSEQ}, {call: unix.SYS_SCHED_YIELD},
	{call: unix.SYS_SCHED_GETAFFINITY}, {call: unix.SYS_SCHED_GETPARAM}, {call: unix.SYS_SCHED_GETSCHEDULER},
	{call: unix.SYS_EXIT}, {call: unix.SYS_EXIT_GROUP}, {call: unix.SYS_RESTART_SYSCALL},

	// Signals; the PID namespace (or Landlock's scope) keeps them inside.
	{call: unix.SYS_RT_SIGACTION}, {call: unix.SYS_RT_SIGPROCMASK}, {call: unix.SYS_RT_SIGRETURN},
	{call: unix.SYS_RT_SIGSUSPEND}, {call: unix.SYS_RT_SIGTIMEDWAIT}, {call: unix.SYS_RT_SIGPENDING},
	// Not those that can't be caught and leave no word: that a script was killed
	// or stopped is then always somebody else's doing.
	{call: unix.SYS_SIGALTSTACK},
	{call: unix.SYS_KILL, when: []cond{{arg: 1, noneOf: mute}}},
	{call: unix.SYS_TGKILL, when: []cond{{arg: 2, noneOf: mute}}},

	// Who and where am I.
	{call: unix.SYS_GETPID}, {call: unix.SYS_GETPPID}, {call: unix.SYS_GETTID}, {call: unix.SYS_GETUID},
	{call: unix.SYS_GETEUID}, {call: unix.SYS_GETGID}, {call: unix.SYS_GETEGID}, {call: unix.SYS_GETRESUID},
	{call: unix.SYS_GETRESGID}, {call: unix.SYS_GETGROUPS}, {call: unix.SYS_GETPGID}, {call: unix.SYS_GETSID},
	{call: unix.SYS_GETPRIORITY}, {call: unix.SYS_GETRUSAGE}, {call: unix.SYS_GETCPU}, {call: unix.SYS_UNAME},
	{call: unix.SYS_SYSINFO}, {call: unix.SYS_GETRANDOM},
	// A process may look at and lower its own limits.
	{call: unix.SYS_PRLIMIT64, when: []cond{{arg: 0, oneOf: []uint32{0}}}},
	{call: unix.SYS_PRCTL, when: []cond{{arg: 0, oneOf: []uint32{
		unix.PR_SET_NAME, unix.PR_GET_NAME, // names of threads
		unix.PR_GET_NO_NEW_PRIVS, // the worker checks itself
	}}}},
}

// threadFlags must all be set for clone to make a thread, processFlags never. A
// thread without CLONE_FILES would have a table of descriptors of its own.
const (
	threadFlags  = unix.CLONE_THREAD | unix.CLONE_SIGHAND | unix.CLONE_VM | unix.CLONE_FILES
	processFlags = unix.CLONE_NEWNS | unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNET |
		unix.CLONE_NEWIPC | unix.CLONE_NEWUTS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWTIME |
		unix.CLONE_PIDFD | unix.CLONE_PARENT | unix.CLONE_UNTRACED
)

// zygoteCalls is what only building the jail, forking and confining takes. The
// base filter allows them, the worker filter takes them back.
var zygoteCalls = []uintptr{
	unix.SYS_EXECVE,                                  // launch becomes CPython
	unix.SYS_SETPGID,                                 // a process group of each worker's own
	unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_MOUNT, // namespaces and /tmp of a worker
	unix.SYS_SETGROUPS, unix.SYS_SETRESGID, unix.SYS_SETRESUID, unix.SYS_CAPSET,
	unix.SYS_LANDLOCK_CREATE_RULESET, unix.SYS_LANDLOCK_ADD_RULE, unix.SYS_LANDLOCK_RESTRICT_SELF,
	unix.SYS_SECCOMP,
	unix.SYS_WAIT4, unix.SYS_WAITID, unix.SYS_PIDFD_OPEN, // waiting for workers
	unix.SYS_SENDMSG, unix.SYS_RECVMSG, // passing descriptors
}

// askers are calls that tell something of any process by its pid: they are left
// for the caller's own, where no PID namespace hides the others.
var askers = []rule{
	ofOneself(unix.SYS_GETPGID, 0, unix.EPERM),
	ofOneself(unix.SYS_GETSID, 0, unix.EPERM),
	ofOneself(unix.SYS_GETPRIORITY, 1, unix.EPERM),
	ofOneself(unix.SYS_SCHED_GETPARAM, 0, unix.EPERM),
	ofOneself(unix.SYS_SCHED_GETSCHEDULER, 0, unix.EPERM),
	// pthread_getattr_np, with which libraries find a stack, goes on without.
	ofOneself(unix.SYS_SCHED_GETAFFINITY, 0, unix.ENOSYS),
	// The kernel tells the processor time of any process there is, but of other
	// processes' threads nothing.
	{
		call: unix.SYS_CLOCK_GETTIME, when: []cond{{arg: 0, oneOf: ownClocks, orSet: clockOfThread}},
		then: allow, els: refuse(unix.EPERM),
	},
}

// ofOneself allows a call whose argument arg, a pid, is 0: the caller's own.
func ofOneself(call uintptr, arg int, otherwise syscall.Errno) rule {
	return rule{call: call, when: []cond{{arg: arg, oneOf: []uint32{0}}}, then: allow, els: refuse(otherwise)}
}

// clockOfThread is the bit in the id of a clock that makes it one of a thread,
// see linux/posix-timers.h. Among those with a name it has no meaning.
const clockOfThread = 4

// ownClocks are those without that bit: by name, and the caller's own by number.
var ownClocks = []uint32{
	unix.CLOCK_REALTIME, unix.CLOCK_MONOTONIC, unix.CLOCK_PROCESS_CPUTIME_ID, unix.CLOCK_THREAD_CPUTIME_ID,
	unix.CLOCK_REALTIME_ALARM, unix.CLOCK_BOOTTIME_ALARM, unix.CLOCK_TAI,
	^uint32(7), ^uint32(6), ^uint32(5),
}
