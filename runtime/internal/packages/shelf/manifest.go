package shelf

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/pyexec/pyexec/internal/filetree"
)

// The manifest is text: a first line with the bytes that the set takes on disk, which
// is read alone to add them up; one line for each file, "digest size path"; a last line
// without which it is not whole.
const (
	manifestName  = "manifest"
	manifestFirst = "pyexec packages 1 %d"
	manifestLast  = "end"
	// manifestBytes is how large one may be: that of 100,000 files.
	manifestBytes = 32 << 20
	block         = 4 << 10
)

// writeManifest writes that of a finished directory of packages, below dir, and
// returns how many bytes all of it takes.
func writeManifest(dir string) (int64, error) {
	lines, size, err := list(filepath.Join(dir, packages))
	if err != nil {
		return 0, err
	}
	text := strings.Join(append(lines, manifestLast, ""), "\n")
	size += int64(len(text)) + 2*block
	f, err := os.OpenFile(filepath.Join(dir, manifestName), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return 0, err
	}
	_, err = fmt.Fprintf(f, manifestFirst+"\n%s", size, text)
	return size, errors.Join(err, f.Sync(), f.Close())
}

// list describes every file of a directory: regular ones of this user that nobody else
// can write to. size is what they take on disk.
func list(dir string) (lines []string, size int64, err error) {
	uid := os.Geteuid()
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		size += block
		if d.IsDir() {
			return filetree.Private(path, info, uid)
		}
		owner, ok := info.Sys().(*syscall.Stat_t)
		mode := info.Mode()
		if mode != 0o644 && mode != 0o755 || !ok || int(owner.Uid) != uid || owner.Nlink != 1 {
			return fmt.Errorf("%s: not a file of this user alone (%v)", path, info.Mode())
		}
		sum, err := digest(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		size += (info.Size() + block - 1) / block * block
		lines = append(lines, fmt.Sprintf("%s %d %s", sum, info.Size(), rel))
		return err
	})
	return lines, size, err
}

func digest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
}

// verify compares a set at dir with its manifest.
func verify(f *os.File, dir string) error {
	info, err := os.Lstat(dir)
	if err == nil {
		err = filetree.Private(dir, info, os.Geteuid())
	}
	if err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(f, manifestBytes))
	if err != nil {
		return err
	}
	want := strings.Split(string(text), "\n")
	if len(want) < 3 || !slices.Equal(want[len(want)-2:], []string{manifestLast, ""}) {
		return errors.New("its manifest is not whole")
	}
	tree := filepath.Join(dir, packages)
	have, _, err := list(tree)
	if err != nil {
		return err
	}
	if !slices.Equal(have, want[1:len(want)-2]) {
		return errors.New("its files are not those of its manifest")
	}
	// What a start believes about libraries shows in the time: see package ldso.
	if info, err = os.Lstat(tree); err == nil && !info.ModTime().Equal(filetree.Stamp) {
		err = fmt.Errorf("%s: was changed", tree)
	}
	return err
}

// sizeOf is how many bytes the set with a manifest takes.
func sizeOf(manifest string) (size int64) {
	f, err := os.Open(manifest)
	if err != nil {
		return 0
	}
	defer f.Close()
	line, _ := bufio.NewReader(io.LimitReader(f, 100)).ReadString('\n')
	if _, err := fmt.Sscanf(line, manifestFirst, &size); err != nil {
		return 0
	}
	return size
}
