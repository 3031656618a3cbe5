package filetree

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// There are two rules for who may own a directory whose files are executed. One
// that a program has chosen by itself, in a place like /tmp, must be Private:
// anybody could have been there first. One that an operator has named, or that is
// part of an image, must be Trusted: root's are good as well, and a group may be
// meant to write to it.

// Private returns an error for what is no directory, symbolic links included, what
// does not belong to uid, and what others than its owner can write to. info is what
// lstat says of dir.
func Private(dir string, info fs.FileInfo, uid int) error {
	owner, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !info.IsDir():
		return fmt.Errorf("%s: is no directory (%s)", dir, info.Mode().Type())
	case !ok || int(owner.Uid) != uid:
		return fmt.Errorf("%s: belongs to another user", dir)
	case info.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("%s: others can write to it (%s)", dir, info.Mode().Perm())
	}
	return nil
}

// Trusted returns an error for a directory that belongs to another user than this
// process's and root, and for one that everybody may change, but for a sticky one,
// where nobody can replace what is another's. info is what stat says of dir.
func Trusted(dir string, info fs.FileInfo) error {
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	if uid := int(owner.Uid); uid != 0 && uid != os.Geteuid() {
		return fmt.Errorf("%s: belongs to user %d, this is user %d: set XDG_CACHE_HOME to a directory of your own",
			dir, uid, os.Geteuid())
	}
	if info.Mode().Perm()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0 {
		return fmt.Errorf("%s: every user may write to it: set XDG_CACHE_HOME to a directory of your own", dir)
	}
	return nil
}
