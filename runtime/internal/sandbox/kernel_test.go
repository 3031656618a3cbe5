package sandbox

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// launchFilters lists what a process needs to be filtered like the zygote, or,
// with worker, like a script.
func launchFilters(t *testing.T, worker bool) []Step {
	t.Helper()
	steps, err := (&Jail{Policy: Policy{Limits: testPolicy().Limits}}).Launch()
	if err != nil {
		t.Fatal(err)
	}
	var out []Step
	for _, s := range steps {
		if s.Layer == NoNewPrivs || s.Layer == Seccomp {
			out = append(out, s)
		}
	}
	if !worker {
		return out
	}
	plan := &Plan{On: map[Layer]bool{PrivateRoot: true, PIDNamespace: true}}
	all, err := (&Jail{Plan: *plan, Policy: testPolicy()}).Worker(testBase)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.Name == "worker filter" {
			out = append(out, s)
		}
	}
	return out
}

func call(name string, number uintptr, args ...Arg) Step {
	return Step{Name: name, Call: number, Args: args}
}

// Calls that the real kernel is asked to make, with arguments that do no harm
// where nothing is refused: a twin without filters makes every one of them too
// and must be answered otherwise, or the refusal would prove nothing.
var kernelCalls = []struct {
	step               Step
	free, base, worker syscall.Errno // without filters, like the zygote, like a script
}{
	{call("getpid", unix.SYS_GETPID), 0, 0, 0},
	{call("socketpair", unix.SYS_SOCKETPAIR, num(unix.AF_UNIX), num(unix.SOCK_STREAM), num(0), buf(make([]byte, 8))),
		0, 0, 0},
	{call("socketpair INET", unix.SYS_SOCKETPAIR, num(unix.AF_INET), num(unix.SOCK_STREAM), num(0),
		buf(make([]byte, 8))), unix.EOPNOTSUPP, unix.EPERM, unix.EPERM},
	{call("socket UNIX", unix.SYS_SOCKET, num(unix.AF_UNIX), num(unix.SOCK_STREAM), num(0)),
		0, unix.EPERM, unix.EPERM},
	{call("socket INET", unix.SYS_SOCKET, num(unix.AF_INET), num(unix.SOCK_DGRAM), num(0)),
		0, unix.EPERM, unix.EPERM},
	{call("sendto", unix.SYS_SENDTO, num(-1), num(0), num(0), num(0), num(0), num(0)),
		unix.EBADF, unix.EBADF, unix.EBADF},
	{call("sendto an address", unix.SYS_SENDTO, num(-1), num(0), num(0), num(0), num(1), num(0)),
		unix.EBADF, unix.EPERM, unix.EPERM},
	{call("sendto, high word", unix.SYS_SENDTO, num(-1), num(0), num(0), num(0), num(int64(1<<32)), num(0)),
		unix.EBADF, unix.EPERM, unix.EPERM},
	{call("sendmsg", unix.SYS_SENDMSG, num(-1), num(0), num(0)), unix.EBADF, unix.EBADF, unix.EPERM},
	{call("ioctl FIONBIO", unix.SYS_IOCTL, num(-1), num(fionbio), num(0)), unix.EBADF, unix.EBADF, unix.EBADF},
	{call("ioctl TIOCSTI", unix.SYS_IOCTL, num(-1), num(unix.TIOCSTI), num(0)), unix.EBADF, unix.EPERM, unix.EPERM},
	{call("fcntl F_GETFL", unix.SYS_FCNTL, num(-1), num(unix.F_GETFL), num(0)), unix.EBADF, unix.EBADF, unix.EBADF},
	{call("fcntl F_SETOWN", unix.SYS_FCNTL, num(-1), num(unix.F_SETOWN), num(0)), unix.EBADF, unix.EPERM, unix.EPERM},
	{call("clone3", unix.SYS_CLONE3, num(0), num(0)), unix.EINVAL, unix.ENOSYS, unix.ENOSYS},
	{call("clone, flags that exclude each other", unix.SYS_CLONE, num(unix.CLONE_FS|unix.CLONE_NEWNS)),
		unix.EINVAL, unix.EINVAL, unix.EPERM},
	{call("unshare nothing", unix.SYS_UNSHARE, num(0)), 0, 0, unix.EPERM},
	{call("setns", unix.SYS_SETNS, num(-1), num(0)), unix.EBADF, unix.EBADF, unix.EPERM},
	{call("execve", unix.SYS_EXECVE, num(0), num(0), num(0)), unix.EFAULT, unix.EFAULT, unix.EPERM},
	{call("execveat", unix.SYS_EXECVEAT, num(-1), num(0), num(0), num(0), num(0)),
		unix.EFAULT, unix.EPERM, unix.EPERM},
	{call("landlock_restrict_self", unix.SYS_LANDLOCK_RESTRICT_SELF, num(-1), num(0)),
		unix.EBADF, unix.EBADF, unix.EPERM},
	{call("seccomp", unix.SYS_SECCOMP, num(99), num(0), num(0)), unix.EINVAL, unix.EINVAL, unix.EPERM},
	{call("mmap, shared and anonymous", unix.SYS_MMAP, num(0), num(4096), num(unix.PROT_READ),
		num(unix.MAP_SHARED|unix.MAP_ANONYMOUS), num(-1), num(0)), 0, unix.EPERM, unix.EPERM},
	{call("mmap, fixed far away", unix.SYS_MMAP, num(1<<40), num(4096), num(unix.PROT_READ),
		num(unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_FIXED), num(-1), num(0)), 0, 0, unix.EPERM},
	{call("madvise MADV_COLLAPSE", unix.SYS_MADVISE, num(0), num(0), num(unix.MADV_COLLAPSE)),
		0, 0, unix.EINVAL},
	{call("madvise MADV_HUGEPAGE", unix.SYS_MADVISE, num(0), num(0), num(unix.MADV_HUGEPAGE)),
		0, unix.EINVAL, unix.EINVAL},
	{call("mremap to a fixed place", unix.SYS_MREMAP, num(0), num(4096), num(4096),
		num(unix.MREMAP_MAYMOVE|unix.MREMAP_FIXED), num(1)), unix.EINVAL, unix.EPERM, unix.EPERM},
	{call("sendfile", unix.SYS_SENDFILE, num(-1), num(-1), num(0), num(1)),
		unix.EBADF, unix.ENOTSOCK, unix.ENOTSOCK},
	{call("pipe2 of packets", unix.SYS_PIPE2, buf(make([]byte, 8)), num(unix.O_DIRECT)), 0, unix.EPERM, unix.EPERM},
	{call("memfd_create", unix.SYS_MEMFD_CREATE, num(0), num(0)), unix.EFAULT, unix.EPERM, unix.EPERM},
	{call("io_uring_setup", unix.SYS_IO_URING_SETUP, num(0), num(0)), unix.EFAULT, unix.EPERM, unix.EPERM},
	{call("process_vm_readv", unix.SYS_PROCESS_VM_READV, num(0), num(0), num(0), num(0), num(0), num(1)),
		unix.EINVAL, unix.EPERM, unix.EPERM},
	{call("prlimit of oneself", unix.SYS_PRLIMIT64, num(0), num(unix.RLIMIT_NOFILE), num(0), num(0)), 0, 0, 0},
	{call("prlimit of another", unix.SYS_PRLIMIT64, num(1<<30), num(unix.RLIMIT_NOFILE), num(0), num(0)),
		unix.ESRCH, unix.EPERM, unix.EPERM},
	{call("prctl PR_GET_DUMPABLE", unix.SYS_PRCTL, num(unix.PR_GET_DUMPABLE)), 0, 0, unix.EPERM},
	{call("prctl PR_GET_NO_NEW_PRIVS", unix.SYS_PRCTL, num(unix.PR_GET_NO_NEW_PRIVS), num(0), num(0), num(0), num(0)),
		0, 0, 0},
	{call("getsockopt SO_PEERCRED", unix.SYS_GETSOCKOPT, num(-1), num(unix.SOL_SOCKET), num(unix.SO_PEERCRED),
		num(0), num(0)), unix.EBADF, unix.EPERM, unix.EPERM},
	{call("a number that the kernel does not have", 1000), unix.ENOSYS, unix.EPERM, unix.EPERM},
	{call("a number of the x32 table", x32Bit|39), unix.ENOSYS, unix.EPERM, unix.EPERM},
}

func TestFiltersInTheKernel(t *testing.T) {
	var tries []Step
	for _, c := range kernelCalls {
		tries = append(tries, c.step)
	}
	free := do(t, nil, task{Steps: launchFilters(t, false)[:1], Tries: tries}) // no_new_privs alone
	base := do(t, nil, task{Steps: launchFilters(t, false), Tries: tries})
	worker := do(t, nil, task{Steps: launchFilters(t, true), Tries: tries})
	for i, c := range kernelCalls {
		t.Run(c.step.Name, func(t *testing.T) {
			got := [3]syscall.Errno{free.Errno[i], base.Errno[i], worker.Errno[i]}
			want := [3]syscall.Errno{c.free, c.base, c.worker}
			if got[0] != want[0] && (got[0] == unix.EPERM || got[0] == unix.ENOSYS) {
				need.Unmet(t, "%v of a process without filters: the call is refused here by others", got[0])
			}
			if got != want {
				t.Errorf("free %v, zygote %v, script %v; want %v", got[0], got[1], got[2], want)
			}
		})
	}
}

// landlockCase is a call with what Landlock makes of it. Without, all succeed.
type landlockCase struct {
	step Step
	want syscall.Errno
}

// landlockCases are calls in a directory of the caller's own, beside one that is
// granted and one that is not. There is a file in each.
func landlockCases(granted, hidden string) []landlockCase {
	open := func(path string, flags int) Step {
		return call("open "+path, unix.SYS_OPENAT, num(unix.AT_FDCWD), str(path), num(flags|unix.O_CLOEXEC),
			num(0o600))
	}
	return []landlockCase{
		{open(filepath.Join(granted, "file"), unix.O_RDONLY), 0},
		{open(granted, unix.O_RDONLY), 0},
		{open(filepath.Join(granted, "file"), unix.O_WRONLY), unix.EACCES},
		{open(filepath.Join(granted, "new"), unix.O_WRONLY|unix.O_CREAT), unix.EACCES},
		{open(filepath.Join(hidden, "file"), unix.O_RDONLY), unix.EACCES},
		{open(hidden, unix.O_RDONLY), unix.EACCES},
		{open("/etc/passwd", unix.O_RDONLY), unix.EACCES},
		{open("/", unix.O_RDONLY), unix.EACCES},
		{open("/proc/self/environ", unix.O_RDONLY), unix.EACCES},
		{open("/dev/null", unix.O_RDWR), 0},
		{open("/dev/zero", unix.O_RDONLY), unix.EACCES},
		{open("file", unix.O_RDWR|unix.O_TRUNC), 0},
		{open("new", unix.O_RDWR|unix.O_CREAT), 0},
		{open("../"+filepath.Base(hidden)+"/file", unix.O_RDONLY), unix.EACCES},
		{call("symlink out", unix.SYS_SYMLINKAT, str(filepath.Join(hidden, "file")), num(unix.AT_FDCWD), str("link")),
			0},
		{open("link", unix.O_RDONLY), unix.EACCES},
		{call("fifo", unix.SYS_MKNODAT, num(unix.AT_FDCWD), str("fifo"), num(unix.S_IFIFO|0o600), num(0)),
			unix.EACCES},
		{call("hard link in", unix.SYS_LINKAT, num(unix.AT_FDCWD), str(filepath.Join(granted, "file")),
			num(unix.AT_FDCWD), str("hard"), num(0)), unix.EXDEV},
		{call("mkdir", unix.SYS_MKDIRAT, num(unix.AT_FDCWD), str("dir"), num(0o700)), 0},
		{call("rename into it", unix.SYS_RENAMEAT2, num(unix.AT_FDCWD), str("new"), num(unix.AT_FDCWD),
			str("dir/new"), num(0)), 0},
		{call("unlink", unix.SYS_UNLINKAT, num(unix.AT_FDCWD), str("dir/new"), num(0)), 0},
		{call("unlink outside", unix.SYS_UNLINKAT, num(unix.AT_FDCWD), str(filepath.Join(hidden, "file")), num(0)),
			unix.EACCES},
	}
}

// Landlock, alone, in a child that may do all else that this user may.
func TestLandlockInTheKernel(t *testing.T) {
	abi := landlockABI()
	if abi == 0 {
		need.Unmet(t, "this kernel has no Landlock")
	}
	granted, hidden, own := t.TempDir(), t.TempDir(), t.TempDir()
	for _, dir := range []string{granted, hidden, own} {
		if err := os.WriteFile(filepath.Join(dir, "file"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	policy := Policy{Binds: []Bind{{Source: granted, Dir: true}}, Devices: []string{"/dev/null"}}
	jail := &Jail{Plan: Plan{On: map[Layer]bool{Landlock: true, PrivateTmp: false}, landlock: abi}, Policy: policy}
	steps := []Step{
		noHugePages, // the zygote checks it
		{
			Layer: NoNewPrivs, Name: "no_new_privs", Call: unix.SYS_PRCTL,
			Args: []Arg{num(unix.PR_SET_NO_NEW_PRIVS), num(1), num(0), num(0), num(0)},
		},
		{Layer: PrivateTmp, Name: "chdir", Call: unix.SYS_CHDIR, Args: []Arg{str(own)}},
	}
	confined := append(append(steps, jail.Prepare()...), jail.restrictFiles()...)
	cases := landlockCases(granted, hidden)
	var tries []Step
	for _, c := range cases {
		tries = append(tries, c.step)
	}
	got := do(t, nil, task{Steps: confined, Tries: tries})
	for i, c := range cases {
		if got.Errno[i] != c.want {
			t.Errorf("%s: %v, want %v", c.step.Name, got.Errno[i], c.want)
		}
	}
	if err := os.RemoveAll(own); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(own, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(own, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	free := do(t, nil, task{Steps: steps, Tries: tries})
	for i, c := range cases {
		if free.Errno[i] != 0 {
			t.Errorf("without Landlock: %s: %v", c.step.Name, free.Errno[i])
		}
	}
}
