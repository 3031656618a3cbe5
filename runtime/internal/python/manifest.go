package python

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The manifest is text: a first line, one line for each file ("digest size
// mode path"), a last line with their number, without which it is not whole.
const (
	manifestFirst = "pyexec manifest 1"
	manifestLast  = "files "
)

// manifest is what a finished tree looks like.
type manifest struct {
	files map[string]fileRecord // by slash-separated path below the prefix
	dirs  map[string]bool       // every directory that holds one of them, and "."
}

// fileRecord is one file of the tree. Its time stamp is filetree.Stamp.
type fileRecord struct {
	size   int64
	mode   fs.FileMode
	digest string // SHA-256, hexadecimal
}

// treeMode is the mode that a path of the tree has.
func treeMode(rel string, dir bool) fs.FileMode {
	base := filepath.Base(rel)
	if dir || strings.HasPrefix(rel, "bin/") || strings.HasSuffix(base, ".so") || strings.Contains(base, ".so.") {
		return 0o755
	}
	return 0o644
}

// settledMode is treeMode for filetree.Settle.
func settledMode(rel string, info fs.FileInfo) fs.FileMode { return treeMode(rel, info.IsDir()) }

// add records a file.
func (m *manifest) add(rel string, r fileRecord) {
	m.files[rel] = r
	for dir := rel; dir != "."; {
		if i := strings.LastIndexByte(dir, '/'); i >= 0 {
			dir = dir[:i]
		} else {
			dir = "."
		}
		if m.dirs[dir] {
			return
		}
		m.dirs[dir] = true
	}
}

// newManifest returns an empty one.
func newManifest() *manifest {
	return &manifest{files: make(map[string]fileRecord, 2048), dirs: make(map[string]bool, 128)}
}

// takeManifest reads every file below prefix. Only directories and regular
// files may be there.
func takeManifest(prefix string) (*manifest, error) {
	m := newManifest()
	err := filepath.WalkDir(prefix, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		if !fi.Mode().IsRegular() {
			return fmt.Errorf("%s: %v: not a regular file", path, fi.Mode())
		}
		digest, err := digestOf(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(prefix, path)
		if err != nil {
			return err
		}
		m.add(filepath.ToSlash(rel), fileRecord{size: fi.Size(), mode: fi.Mode(), digest: digest})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	return m, nil
}

// write stores the manifest at path and flushes it to disk. The files of the
// tree are not flushed one by one, which takes seconds: a file system that
// loses their data in a crash loses their sizes with it, and sizes are checked
// at every start.
func (m *manifest) write(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, manifestFirst)
	for _, rel := range slices.Sorted(maps.Keys(m.files)) {
		r := m.files[rel]
		fmt.Fprintf(w, "%s %d %o %s\n", r.digest, r.size, r.mode, rel)
	}
	fmt.Fprintf(w, "%s%d\n", manifestLast, len(m.files))
	if err := w.Flush(); err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	if err := f.Chmod(0o644); err != nil { // whatever the umask took
		return fmt.Errorf("manifest: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	return f.Close()
}

// readManifest reads what write wrote.
func readManifest(path string) (*manifest, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	m, err := parseManifest(data)
	if err != nil {
		return nil, fmt.Errorf("manifest: %s: %w", path, err)
	}
	return m, nil
}

// parseManifest is the inverse of write. It refuses text that was cut short.
func parseManifest(data []byte) (*manifest, error) {
	first, rest, _ := strings.Cut(string(data), "\n")
	if first != manifestFirst {
		return nil, fmt.Errorf("line 1: %.40q: want %q", first, manifestFirst)
	}
	m := newManifest()
	for n := 2; ; n++ {
		line, after, whole := strings.Cut(rest, "\n")
		if !whole {
			return nil, errors.New("cut short")
		}
		if count, ok := strings.CutPrefix(line, manifestLast); ok {
			if count != strconv.Itoa(len(m.files)) || after != "" {
				return nil, fmt.Errorf("line %d: %q after %d files", n, line, len(m.files))
			}
			return m, nil
		}
		rel, r, err := parseRecord(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		m.add(rel, r)
		rest = after
	}
}

// parseRecord reads the line of one file.
func parseRecord(line string) (string, fileRecord, error) {
	digest, rest, _ := strings.Cut(line, " ")
	size, rest, _ := strings.Cut(rest, " ")
	mode, rel, _ := strings.Cut(rest, " ")
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil {
		return "", fileRecord{}, err
	}
	bits, err := strconv.ParseUint(mode, 8, 32)
	if err != nil {
		return "", fileRecord{}, err
	}
	if len(digest) != hex.EncodedLen(sha256.Size) || rel == "" {
		return "", fileRecord{}, fmt.Errorf("%.80q: want digest, size, mode and path", line)
	}
	return rel, fileRecord{size: n, mode: fs.FileMode(bits), digest: digest}, nil
}

// digestOf is the SHA-256 of a file, hexadecimal.
func digestOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
