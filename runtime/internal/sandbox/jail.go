package sandbox

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Jail is a plan with the policy that it is carried out for: all that decides how
// scripts are confined here, but for what shows only when the zygote runs. Its
// methods list the steps: [Jail.Launch], [Jail.Prepare] and [Jail.Worker], in the
// order in which they are taken. It is not changed once it is made, so that every
// zygote and every worker gets the same.
type Jail struct {
	Plan
	// Policy is, for a plan with a chroot, that of a tree: see [Policy.In].
	Policy Policy
}

// Base is what a worker has in memory before its script begins.
type Base struct {
	// Bytes is the size of its address space.
	Bytes int64
	// MappedAt is an address among those that are mapped.
	MappedAt uint64
}

// Namespaces says how the launch stage is cloned into the namespaces of the jail.
func (p *Plan) Namespaces() *syscall.SysProcAttr { return cloneInto(p.Clone, p.On[OwnUID]) }

// The first and the last of the uids that workers get: systemd's range for ids made up at run time
// (systemd.io/UIDS-GIDS), which no packaged user has.
const (
	FirstUID = 61184
	LastUID  = 65519
)

// cloneInto is how a child is put into the namespaces of flags. In a user namespace
// the caller is its root, and with uids those of the runs are there too.
func cloneInto(flags uintptr, uids bool) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Cloneflags: flags, Setsid: true}
	if flags&unix.CLONE_NEWUSER == 0 {
		return attr
	}
	attr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
	attr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	if uids {
		runs := syscall.SysProcIDMap{ContainerID: FirstUID, HostID: FirstUID, Size: LastUID - FirstUID + 1}
		attr.UidMappings, attr.GidMappings = append(attr.UidMappings, runs), append(attr.GidMappings, runs)
		attr.GidMappingsEnableSetgroups = true
	}
	return attr
}
