package runtime

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
)

// scratch hands out a directory per run where no private /tmp can be mounted.
// Scripts write into these, so everything here goes through os.Root, which
// never follows a link out of the tree.
type scratch struct {
	dir  string
	root *os.Root
	next atomic.Uint64
}

// newScratch makes an empty directory that only this process uses.
func newScratch(cfg Config) (*scratch, error) {
	base := filepath.Join(cfg.CacheDir, "runs")
	if err := os.MkdirAll(base, 0o700); err != nil {
		return nil, fmt.Errorf("runtime: scratch: %w", err)
	}
	dir, err := os.MkdirTemp(base, strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return nil, fmt.Errorf("runtime: scratch: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("runtime: scratch: %w", err)
	}
	return &scratch{dir: dir, root: root}, nil
}

// make returns the absolute path of a new directory for one run.
func (s *scratch) make() (string, error) {
	name := strconv.FormatUint(s.next.Add(1), 10)
	if err := s.root.Mkdir(name, 0o700); err != nil {
		return "", fmt.Errorf("runtime: scratch: %w", err)
	}
	return filepath.Join(s.dir, name), nil
}

// clear removes a run's directory, whatever modes the script left behind. The
// run's process must be gone.
func (s *scratch) clear(dir string) error {
	name := filepath.Base(dir)
	for {
		err := s.root.RemoveAll(name)
		var denied *fs.PathError
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
func (s *scratch) open(name string) (opened int, err error) {
	err = fs.WalkDir(s.root.FS(), name, func(path string, d fs.DirEntry, err error) error {
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

// use is what a run's directory holds: bytes allocated and entries.
func (s *scratch) use(dir string) (bytes, files int64) {
	_ = fs.WalkDir(s.root.FS(), filepath.Base(dir), func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // it is being changed under us; the next look counts again
		}
		files++
		if info, err := d.Info(); err == nil {
			bytes += info.Size()
		}
		return nil
	})
	return bytes, files
}

// remove takes the whole tree away.
func (s *scratch) remove() {
	if s == nil {
		return
	}
	_ = s.root.Close()
	_ = os.RemoveAll(s.dir) // a run that is still dying may hold it up; the next start is not disturbed
}
