package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// RunsDir is the directory of a [Tree] that holds those of the runs.
const RunsDir = "/runs"

// deviceDir is the directory of a tree that holds the devices.
const deviceDir = "/dev"

// errUnprepared says that the policy's binds lie here and there.
var errUnprepared = errors.New("what scripts see is not laid out in one directory")

// Prepared takes a directory as it is for what [LayOut] would build, if the
// policy's binds are in one that holds nothing else: each at its target below
// it, as an image has them. Nothing is copied then. On a layered file system a
// hard link copies the whole file, too.
//
// Only devices are put into it, and [RunsDir] may be. It is this process's own
// until Close. The error says why there is no such directory, or why it can't be
// trusted: a file that another uid could write, for one.
func Prepared(p Policy) (*Tree, error) {
	root := commonRoot(p.Binds)
	if root == "" {
		return nil, errUnprepared
	}
	t := &Tree{Root: root}
	err := t.take(p)
	if err != nil {
		t.Close()
		return nil, fmt.Errorf("sandbox: prepared tree: %w", err)
	}
	return t, nil
}

// commonRoot is the directory below which every bind is at its target, empty if
// there is none, or if it is the machine's own root.
func commonRoot(binds []Bind) string {
	root := ""
	for _, b := range binds {
		r, ok := strings.CutSuffix(b.Source, b.Target)
		if !ok || r == "" || root != "" && r != root {
			return ""
		}
		root = r
	}
	return root
}

func (t *Tree) take(p Policy) error {
	var err error
	if t.lock, err = os.Open(t.Root); err != nil {
		return err
	}
	if err := syscall.Flock(int(t.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return &os.PathError{Op: "flock", Path: t.Root, Err: err}
	}
	if err := onlyBinds(t.Root, p.Binds); err != nil {
		return err
	}
	// What a server that was killed left, and no script could write.
	if err := os.RemoveAll(filepath.Join(t.Root, deviceDir)); err != nil {
		return err
	}
	if err := os.Chmod(t.Root, 0o711); err != nil {
		return err
	}
	return t.devices(p.Devices)
}

// onlyBinds reports what else is in root, or what a script could write there.
func onlyBinds(root string, binds []Bind) error {
	dirs, files := map[string]bool{}, map[string]bool{}
	for _, b := range binds {
		if b.Dir {
			dirs[b.Source] = true
		} else {
			files[b.Source] = true
		}
	}
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if err := onlyOwners(path, info); err != nil {
			return err
		}
		switch rel := strings.TrimPrefix(path, root); {
		case d.IsDir() && (rel == deviceDir || rel == RunsDir):
			return fs.SkipDir
		case d.IsDir() && dirs[path]:
			if err := filepath.WalkDir(path, checkOwners); err != nil {
				return err
			}
			return fs.SkipDir
		case d.IsDir() || files[path] && d.Type().IsRegular():
			return nil
		}
		return fmt.Errorf("%s: is none of the files that scripts are to see", path)
	})
}

func checkOwners(path string, d fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	info, err := d.Info()
	if err != nil {
		return err
	}
	return onlyOwners(path, info)
}

// onlyOwners refuses what a uid of a run could change.
func onlyOwners(path string, info fs.FileInfo) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok || st.Uid >= FirstUID && st.Uid <= LastUID:
		return fmt.Errorf("%s: belongs to a uid of the runs", path)
	case info.Mode()&0o022 != 0 && info.Mode().Type() != fs.ModeSymlink:
		return fmt.Errorf("%s: mode %v: may be written by others", path, info.Mode())
	}
	if t := info.Mode().Type(); t != 0 && t != fs.ModeDir && t != fs.ModeSymlink {
		return &os.PathError{Op: "open", Path: path, Err: unix.EINVAL} // a device or a pipe
	}
	return nil
}
