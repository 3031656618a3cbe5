package sandbox

import (
	"fmt"

	"golang.org/x/sys/unix"
)

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
