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
// Only devices are put into it, and [RunsDir] may be: where the rest can't be written to
// both directories may be file systems of their own. It is this process's own
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
	devices, err := own(filepath.Join(t.Root, deviceDir))
	if err != nil {
		return err
	}
	defer devices.Close()
	// What a server that was killed left, and no script could write. It may be the mount
	// point of a file system, which stays.
	left, err := fs.ReadDir(devices.FS(), ".")
	for _, d := range left {
		err = errors.Join(err, devices.RemoveAll(d.Name()))
	}
	if err != nil {
		return err
	}
	runs, err := own(filepath.Join(t.Root, RunsDir))
	if err != nil {
		return err
	}
	_ = runs.Close() // it was only opened
	// One that can't be changed may be as it is to be.
	if fi, err := os.Stat(t.Root); err != nil || fi.Mode().Perm() != 0o711 {
		if err := os.Chmod(t.Root, 0o711); err != nil {
			return err
		}
	}
	return t.devices(p.Devices)
}

// own makes dir a directory that only this process's user may write to, whether it is
// there or not: a file system that is mounted there everybody may write to at first.
func own(dir string) (*os.Root, error) {
	if err := makeDir(dir); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	err = errors.Join(root.Chown(".", os.Geteuid(), os.Getegid()), root.Chmod(".", 0o755))
	if err != nil {
		_ = root.Close()
		return nil, err
	}
	return root, nil
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
		rel := strings.TrimPrefix(path, root)
		if d.IsDir() && (rel == deviceDir || rel == RunsDir) {
			return fs.SkipDir // which own is about
		}
		if err := onlyOwners(path, info); err != nil {
			return err
		}
		switch {
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
