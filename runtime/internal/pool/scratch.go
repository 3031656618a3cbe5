package pool

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/pyexec/pyexec/runtime/internal/sandbox"
	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// Scratch hands out a directory per run where no private /tmp can be mounted.
// Scripts write into these, so everything here goes through os.Root, which
// never follows a link out of the tree.
type Scratch struct {
	home string        // this server's own
	tree *sandbox.Tree // where scripts are shut in, nil where they are not
	dir  string        // holds the runs' directories
	root *os.Root
	// Seen is where runs see dir; empty: where it is.
	Seen string
	lock *os.File
}

// NewScratch makes an empty directory below base that only this process uses, and
// takes away what servers that were killed have left behind.
func NewScratch(base string) (*Scratch, error) {
	if err := os.MkdirAll(base, 0o700); err != nil {
		return nil, fmt.Errorf("runtime: scratch: %w", err)
	}
	// One server at a time: a new directory is not locked from its first moment.
	all, err := lock(base, syscall.LOCK_EX)
	if err != nil {
		return nil, fmt.Errorf("runtime: scratch: %w", err)
	}
	defer all.Close()
	sweep(base)
	dir, err := os.MkdirTemp(base, strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return nil, fmt.Errorf("runtime: scratch: %w", err)
	}
	return openScratch(dir)
}

// WarnOfRoom says so if the disk has not enough room for all runs at once, which
// may take need bytes: they share it, and one may find it full before its own limit.
func (s *Scratch) WarnOfRoom(need int64, log *slog.Logger) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(s.dir, &st); err != nil {
		return // nobody knows
	}
	free := int64(st.Bavail) * st.Bsize
	if free < need {
		log.Warn("the disk has less room than all runs may take at once: one may find it full before its own "+
			"limit",
			"dir", s.dir, "free_bytes", free, "runs_bytes", need)
	}
}

// ShutIn finds the root that scripts are shut in, or else makes the server's own
// directory one. It returns the policy with that root.
func (s *Scratch) ShutIn(policy sandbox.Policy, log *slog.Logger) (sandbox.Policy, error) {
	tree, err := sandbox.Prepared(policy)
	if err != nil {
		log.Debug("the root of scripts is laid out anew", "cause", err)
		if tree, err = sandbox.LayOut(s.home, policy); err != nil {
			return policy, err
		}
	}
	s.tree = tree
	dir := filepath.Join(tree.Root, sandbox.RunsDir)
	if err := os.Mkdir(dir, 0o711); err != nil && !errors.Is(err, fs.ErrExist) {
		return policy, fmt.Errorf("runtime: scratch: %w", err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		return policy, fmt.Errorf("runtime: scratch: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return policy, fmt.Errorf("runtime: scratch: %w", err)
	}
	_ = s.root.Close() // it was only read
	s.dir, s.root, s.Seen = dir, root, sandbox.RunsDir
	s.empty() // a killed server may have left directories in a tree that outlived it
	return policy.In(tree), nil
}

// Note says what is wrong with the tree that scripts are shut in, empty if nothing.
func (s *Scratch) Note() string {
	if s == nil || s.tree == nil {
		return ""
	}
	return s.tree.Note
}

// openScratch takes a directory for this server, unless another one holds its lock.
func openScratch(dir string) (*Scratch, error) {
	mine, err := lock(dir, syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		return nil, fmt.Errorf("runtime: scratch: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		mine.Close()
		return nil, fmt.Errorf("runtime: scratch: %w", err)
	}
	return &Scratch{home: dir, dir: dir, root: root, lock: mine}, nil
}

// lock holds a lock on a directory until the file is closed or the process dead.
func lock(dir string, how int) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), how); err != nil {
		f.Close()
		return nil, &os.PathError{Op: "flock", Path: dir, Err: err}
	}
	return f, nil
}

// sweep removes the directories that no living server holds. What can't be
// removed disturbs nobody.
func sweep(base string) {
	left, err := os.ReadDir(base)
	if err != nil {
		return
	}
	for _, d := range left {
		if s, err := openScratch(filepath.Join(base, d.Name())); err == nil {
			s.Remove()
		}
	}
}

// make makes a new directory for one run, which is uid's unless that is 0. Where
// every worker has a private /tmp there is none.
func (s *Scratch) make(uid uint32) (zygote.Place, error) {
	if s == nil {
		return zygote.Place{}, nil
	}
	// Where Landlock alone separates runs they can look each other's names up,
	// so that a name must not be guessable.
	name := rand.Text()
	if err := s.root.Mkdir(name, 0o700); err != nil {
		return zygote.Place{}, fmt.Errorf("runtime: scratch: %w", err)
	}
	if uid != 0 {
		if err := s.root.Chown(name, int(uid), int(uid)); err != nil {
			_ = s.root.Remove(name) // else it is empty, and goes with the others
			return zygote.Place{}, fmt.Errorf("runtime: scratch: %w", err)
		}
	}
	dir := filepath.Join(s.dir, name)
	if s.Seen != "" {
		return zygote.Place{Dir: dir, Seen: s.Seen + "/" + name}, nil
	}
	return zygote.Place{Dir: dir, Seen: dir}, nil
}

// clear removes a run's directory, whatever modes the script left behind. The
// run's process must be gone.
func (s *Scratch) clear(dir string) error {
	name := filepath.Base(dir)
	for {
		err := s.root.RemoveAll(name)
		var denied *fs.PathError
		if errors.Is(err, fs.ErrClosed) {
			return nil // Remove does it
		}
		if err == nil || !errors.As(err, &denied) || !errors.Is(err, fs.ErrPermission) {
			return err
		}
		opened, walkErr := s.open(name)
		if walkErr != nil || opened == 0 {
			return errors.Join(err, walkErr)
		}
	}
}

// open gives back the owner's rights on the directories below name and says
// how many lacked them.
func (s *Scratch) open(name string) (opened int, err error) {
	err = fs.WalkDir(s.root.FS(), name, func(path string, d fs.DirEntry, _ error) error {
		if !d.IsDir() {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o700 == 0o700 {
			return nil
		}
		opened++
		if err := s.root.Chmod(path, 0o700); err != nil {
			return err
		}
		return fs.SkipDir // read again on the next pass
	})
	return opened, err
}

// maxNesting is how far directories may be nested: to look at one costs a step
// for each above it.
const maxNesting = 64

// use returns the bytes and the entries in a run's directory. They are more than
// any limit when directories are nested too deeply to be watched.
func (s *Scratch) use(dir string) (bytes, files int64) {
	_ = fs.WalkDir(s.root.FS(), filepath.Base(dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrPermission) {
				_ = s.root.Chmod(path, 0o700) // made without the right to be read; the next look sees what is in it
			}
			return nil // or it is being changed under us; the next look counts again
		}
		if strings.Count(path, "/") > maxNesting {
			files = 1 << 62
			return fs.SkipAll
		}
		files++
		if info, err := d.Info(); err == nil {
			bytes += info.Size()
		}
		return nil
	})
	return bytes, files
}

// empty takes away the directories of all runs.
func (s *Scratch) empty() {
	left, _ := fs.ReadDir(s.root.FS(), ".") // nothing to do where it is closed already
	for _, d := range left {
		_ = s.clear(d.Name()) // a run that is still dying may hold it up
	}
}

// Remove takes the whole tree away. Every run must be dead or dying.
func (s *Scratch) Remove() {
	if s == nil {
		return
	}
	s.empty()
	if s.tree != nil {
		s.tree.Close()
	}
	_ = os.RemoveAll(s.home) // what is left is swept at the next start
	_ = s.root.Close()
	_ = s.lock.Close()
}
