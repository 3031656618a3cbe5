package sandbox

import (
	"crypto/rand"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Tree is what a chroot makes the root of scripts.
type Tree struct {
	// Root is its absolute path on this machine.
	Root string
	// Devices are those of the policy that are there, or have a stand-in.
	Devices []string
	// Stdin is an empty file to read from, where the null device is none.
	Stdin string
	// Note says which devices are not what they ought to be; empty if all are.
	Note string

	pipes []*os.File
	lock  *os.File // of a tree that others might find, too
}

// LayOut builds in dir, which must be empty and nobody else's, what a private
// root is built of with mounts: the policy's binds, as hard links where dir is
// on the same file system and as copies otherwise, and its devices. No uid but
// that of the caller can write in it, or list dir itself. It must be closed.
func LayOut(dir string, p Policy) (*Tree, error) {
	t := &Tree{Root: dir}
	err := AllowsExecution(dir)
	if err == nil {
		err = os.Chmod(dir, 0o711)
	}
	for _, b := range p.Binds {
		if err == nil {
			err = plant(b.Source, filepath.Join(dir, b.Target))
		}
	}
	if err == nil {
		err = t.devices(p.Devices)
	}
	if err != nil {
		t.Close()
		return nil, fmt.Errorf("sandbox: tree: %w", err)
	}
	return t, nil
}

// AllowsExecution returns an error that says what to change if dir is on a file
// system from which no program may be started: an interpreter that is copied
// there is of no use.
func AllowsExecution(dir string) error {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return &os.PathError{Op: "statfs", Path: dir, Err: err}
	}
	if st.Flags&unix.ST_NOEXEC != 0 {
		return fmt.Errorf("%s: mounted noexec: root without namespaces shuts scripts in a copy of the "+
			"interpreter there; XDG_CACHE_HOME names another directory, docker run --tmpfs /tmp:exec makes one", dir)
	}
	return nil
}

func (t *Tree) devices(names []string) error {
	for _, d := range names {
		if err := t.device(t.Root, d); err != nil {
			return err
		}
	}
	return nil
}

// device puts the device d into the tree at dir, or what stands in for it where
// nodes can't be made: pipes that this process drains or fills.
func (t *Tree) device(dir, d string) error {
	target := filepath.Join(dir, d)
	if err := makeDir(filepath.Dir(target)); err != nil {
		return err
	}
	if mknod(d, target) == nil {
		t.Devices = append(t.Devices, d)
		return nil
	}
	t.Note = "mknod is refused: " + os.DevNull + " can only be written"
	switch d {
	case os.DevNull:
		t.Stdin = emptyFile
		if err := os.WriteFile(filepath.Join(dir, emptyFile), nil, 0o444); err != nil {
			return err
		}
		return t.pipe(d, target, 0o622, func(f *os.File) { _, _ = io.Copy(io.Discard, f) })
	case "/dev/urandom":
		return t.pipe(d, target, 0o644, fill)
	}
	return nil // programs cope without
}

// emptyFile is where stdin comes from in a tree whose null device is a pipe.
const emptyFile = "/dev/empty"

// fill writes random bytes until the pipe is closed. Each byte is read once.
func fill(f *os.File) { _, _ = io.Copy(f, rand.Reader) }

// pipe makes target a named pipe that serve serves until Close. Held open for
// both directions, it never ends and nobody waits to open it.
func (t *Tree) pipe(d, target string, mode fs.FileMode, serve func(*os.File)) error {
	if err := unix.Mkfifo(target, uint32(mode)); err != nil {
		return fmt.Errorf("mkfifo %s: %w", target, err)
	}
	if err := os.Chmod(target, mode); err != nil {
		return err
	}
	f, err := os.OpenFile(target, os.O_RDWR|unix.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	t.pipes, t.Devices = append(t.pipes, f), append(t.Devices, d)
	go serve(f)
	return nil
}

// Close ends the pipes and gives up the tree.
func (t *Tree) Close() {
	for _, f := range t.pipes {
		_ = f.Close() // nothing is buffered
	}
	if t.lock != nil {
		_ = t.lock.Close() // it was only read
	}
}

// plant makes target what source is: a file, or a directory with all below it.
func plant(source, target string) error {
	return filepath.WalkDir(source, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(source, path)
		if err != nil {
			return err
		}
		to := filepath.Join(target, rel)
		switch {
		case d.IsDir():
			return makeDir(to)
		case d.Type()&fs.ModeSymlink != 0:
			link, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(link, to)
		case !d.Type().IsRegular():
			return nil
		}
		if err := makeDir(filepath.Dir(to)); err != nil {
			return err
		}
		return linkOrCopy(path, to)
	})
}

// makeDir makes a directory that everybody may enter, whatever the umask is.
func makeDir(dir string) error {
	if _, err := os.Lstat(dir); err == nil {
		return nil
	}
	if err := makeDir(filepath.Dir(dir)); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	return os.Chmod(dir, 0o755)
}

// linkOrCopy makes target a file with what source holds, readable by everybody.
func linkOrCopy(source, target string) error {
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	mode := info.Mode().Perm()
	if mode&0o444 == 0o444 && mode&0o022 == 0 && os.Link(source, target) == nil {
		return nil
	}
	in, err := os.Open(source)
	if err != nil {
		return err
	}
	defer in.Close()
	mode = 0o444 | mode&0o111
	out, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	if err := out.Chmod(mode); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

// mknod makes target the device that source is, if that works: a file system
// may take the node and refuse to open it.
func mknod(source, target string) error {
	var st unix.Stat_t
	if err := unix.Stat(source, &st); err != nil {
		return err
	}
	if err := unix.Mknod(target, unix.S_IFCHR|0o666, int(st.Rdev)); err != nil {
		return err
	}
	err := os.Chmod(target, 0o666)
	if err == nil {
		var f *os.File
		if f, err = os.OpenFile(target, os.O_RDWR, 0); err == nil {
			return f.Close()
		}
	}
	_ = os.Remove(target) // it was made just now
	return err
}
