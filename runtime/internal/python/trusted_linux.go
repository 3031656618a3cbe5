package python

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// trusted refuses a directory that another user owns or that everybody may
// change: what is in it gets executed. Root's directories are trusted.
func trusted(dir string, fi fs.FileInfo) error {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	if uid := int(st.Uid); uid != 0 && uid != os.Geteuid() {
		return fmt.Errorf("%s: belongs to user %d, this is user %d: set XDG_CACHE_HOME to a directory of your own", dir, uid, os.Geteuid())
	}
	if fi.Mode().Perm()&0o002 != 0 && fi.Mode()&fs.ModeSticky == 0 {
		return fmt.Errorf("%s: every user may write to it: set XDG_CACHE_HOME to a directory of your own", dir)
	}
	return nil
}
