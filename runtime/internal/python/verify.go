package python

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pyexec/pyexec/internal/filetree"
)

// verify compares prefix with the manifest: every file must be there with its
// size, mode and time stamp, and nothing else may be. Nothing else anywhere,
// because any directory of a library is a package to Python. The digest is
// compared of the executable alone: to read all files takes a start too long.
func (m *manifest) verify(prefix string) error {
	fi, err := os.Lstat(prefix)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	if err := m.verifyEntry(".", fi); err != nil {
		return fmt.Errorf("verify: %s: %w", prefix, err)
	}
	seen, err := m.verifyDir(prefix, ".")
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	if seen != len(m.files) {
		return fmt.Errorf("verify: %w", m.firstMissing(prefix))
	}
	return m.verifyDigest(prefix, bundled.exe())
}

// verifyDigest compares what one file of the manifest holds.
func (m *manifest) verifyDigest(prefix, rel string) error {
	path := filepath.Join(prefix, filepath.FromSlash(rel))
	digest, err := digestOf(path)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	if want := m.files[rel].digest; digest != want {
		return fmt.Errorf("verify: %s: SHA-256 is %s, want %s", path, digest, want)
	}
	return nil
}

// verifyDir checks one directory and those below it, and returns how many
// files of the manifest it came across.
func (m *manifest) verifyDir(prefix, rel string) (int, error) {
	dir := filepath.Join(prefix, filepath.FromSlash(rel))
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	seen := 0
	for _, e := range entries {
		fi, err := e.Info() // lstat
		if err != nil {
			return 0, err
		}
		name := e.Name()
		if rel != "." {
			name = rel + "/" + name
		}
		if err := m.verifyEntry(name, fi); err != nil {
			return 0, fmt.Errorf("%s: %w", filepath.Join(dir, e.Name()), err)
		}
		if !fi.IsDir() {
			seen++
			continue
		}
		below, err := m.verifyDir(prefix, name)
		if err != nil {
			return 0, err
		}
		seen += below
	}
	return seen, nil
}

// verifyEntry compares what lstat says of one path with its record.
func (m *manifest) verifyEntry(rel string, fi fs.FileInfo) error {
	r, ok := m.files[rel]
	if fi.IsDir() {
		r, ok = fileRecord{mode: fs.ModeDir | treeMode(rel, true)}, m.dirs[rel]
	}
	switch {
	case !ok:
		return errors.New("not in the manifest")
	case fi.Mode() != r.mode:
		return fmt.Errorf("mode is %v, want %v", fi.Mode(), r.mode)
	case fi.IsDir():
		return nil
	case fi.Size() != r.size:
		return fmt.Errorf("size is %d, want %d", fi.Size(), r.size)
	case !fi.ModTime().Equal(filetree.Stamp):
		return fmt.Errorf("changed at %v", fi.ModTime().UTC())
	}
	return nil
}

// firstMissing names a file of the manifest that is not there.
func (m *manifest) firstMissing(prefix string) error {
	for rel := range m.files {
		if _, err := os.Lstat(filepath.Join(prefix, filepath.FromSlash(rel))); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s: changed while it was read", prefix)
}
