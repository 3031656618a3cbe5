package sandbox

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Policy says what a run may touch. It is data: a [Jail] turns it into steps.
type Policy struct {
	// Binds are the files and directories that a script sees, read-only.
	Binds []Bind
	// Devices are device nodes that a script may read and write.
	Devices []string
	// Root is the tree that a chroot makes the root of scripts, with the binds
	// in it as links or copies. Empty where the root is built of mounts.
	Root string
	// Stdin is an empty file that scripts may read; without one it is the null device.
	Stdin  string
	Limits Limits
}

// In returns the policy of scripts that are shut in a tree, which was laid out,
// or found, for this policy.
func (p Policy) In(t *Tree) Policy {
	p.Root, p.Devices, p.Stdin = t.Root, t.Devices, t.Stdin
	return p
}

// Bind makes Source of the host appear as Target inside the private root.
type Bind struct {
	Source, Target string // absolute paths
	Dir            bool   // it is a directory, with all that is below it
	// Locked are the mount flags of Source's filesystem that a user namespace
	// may not clear, so that the read-only remount has to repeat them.
	Locked uintptr
}

// Limits are the kernel-enforced bounds of one worker. All are positive.
type Limits struct {
	// MemoryBytes is the address space a script may add to [Base], that of the
	// zygote it is forked from.
	MemoryBytes int64
	CPUSeconds  int64
	// TmpBytes and TmpFiles are what the run's /tmp, or what stands in for it, may
	// hold; no single file is larger than TmpBytes.
	TmpBytes, TmpFiles int64
	OpenFiles, Threads int64
}

// lockable are the mount flags that statfs reports and a user namespace may
// not clear, in both spellings.
var lockable = []struct {
	st    int64
	mount uintptr
}{
	{unix.ST_NOSUID, unix.MS_NOSUID},
	{unix.ST_NODEV, unix.MS_NODEV},
	{unix.ST_NOEXEC, unix.MS_NOEXEC},
	{unix.ST_NOATIME, unix.MS_NOATIME},
	{unix.ST_NODIRATIME, unix.MS_NODIRATIME},
	{unix.ST_RELATIME, unix.MS_RELATIME},
}

// NewBind describes the bind mount of source as target, with the flags that
// source's own mount forces on it. A source that does not allow execution is
// refused, because CPython could not be started from there.
func NewBind(source, target string, dir bool) (Bind, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(source, &st); err != nil {
		return Bind{}, fmt.Errorf("sandbox: statfs: %s: %w", source, err)
	}
	if st.Flags&unix.ST_NOEXEC != 0 {
		return Bind{}, fmt.Errorf("sandbox: bind: %s: its file system is mounted noexec", source)
	}
	b := Bind{Source: source, Target: target, Dir: dir}
	for _, f := range lockable {
		if int64(st.Flags)&f.st != 0 {
			b.Locked |= f.mount
		}
	}
	return b, nil
}
