package filetree

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// There are two rules for who may own a directory whose files are executed. A
// directory that a program has chosen by itself, in a place like /tmp, must be
// Private: anybody could have made it first. A directory that an operator has
// named, or that is part of an image, must be Trusted: root's are good as well, and
// a group may be meant to write to it.

// Private returns an error unless dir is a directory, not a symbolic link, that
// belongs to uid and that nobody but its owner can write to. info is what lstat
// says of dir.
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

// Trusted returns an error for a directory that belongs neither to this process's
// user nor to root, and for one that everybody may write to, unless it is sticky:
// there nobody can replace a file of another user. info is what stat says of dir.
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
