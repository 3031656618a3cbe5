package sandbox

import "golang.org/x/sys/unix"

// checks prove from inside that the layers hold, before a script is read.
func (j *Jail) checks() []Step {
	one := num(1)
	hidden := "/" // by Landlock and nothing else
	if j.On[Chroot] {
		hidden = "/dev"
	}
	open := Step{
		Layer: Landlock, Name: "check open", Call: unix.SYS_OPENAT,
		Args:  []Arg{num(unix.AT_FDCWD), str(hidden), num(unix.O_RDONLY | unix.O_DIRECTORY), num(0)},
		Errno: int(unix.EACCES),
	}
	steps := []Step{
		{
			Layer: NoNewPrivs, Name: "check", Call: unix.SYS_PRCTL,
			Args: []Arg{num(unix.PR_GET_NO_NEW_PRIVS), num(0), num(0), num(0), num(0)}, Want: &one,
		},
		{
			Layer: Seccomp, Name: "check socket", Call: unix.SYS_SOCKET,
			Args: []Arg{num(unix.AF_INET), num(unix.SOCK_STREAM), num(0)}, Errno: int(unix.EPERM),
		},
		{
			Layer: Seccomp, Name: "check unshare", Call: unix.SYS_UNSHARE, Args: []Arg{num(unix.CLONE_NEWUSER)},
			Errno: int(unix.EPERM),
		},
	}
	if !j.On[PIDNamespace] {
		// Where namespaces are refused as such, unshare says nothing of the filter.
		steps = append(steps, Step{
			Layer: Seccomp, Name: "check setpgid", Call: unix.SYS_SETPGID, Args: []Arg{num(0), num(0)},
			Errno: int(unix.EPERM),
		})
	}
	if j.On[Landlock] {
		steps = append(steps, open)
	}
	if j.On[Chroot] {
		steps = append(steps, Step{
			Layer: Chroot, Name: "check /proc", Call: unix.SYS_FACCESSAT,
			Args: []Arg{num(unix.AT_FDCWD), str("/proc/self"), num(unix.F_OK)}, Errno: int(unix.ENOENT),
		})
	}
	if j.On[PIDNamespace] {
		steps = append(steps, Step{Layer: PIDNamespace, Name: "check pid", Call: unix.SYS_GETPID, Want: &one})
	}
	if j.On[OwnUID] {
		uid := ref("uid")
		steps = append(steps,
			Step{Layer: OwnUID, Name: "check uid", Call: unix.SYS_GETUID, Want: &uid},
			Step{Layer: OwnUID, Name: "check gid", Call: unix.SYS_GETEGID, Want: &uid})
	}
	return steps
}
