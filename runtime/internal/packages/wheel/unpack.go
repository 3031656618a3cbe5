package wheel

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Installer is what the metadata of an installed distribution names as the one
// that installed it.
const Installer = "pyexec"

// Unpack writes the wheel's files below dir, except those for whose path there skip
// returns true, until ctx ends. A file that is there already, of another distribution, must be the
// same. Files that were written stay after an error: the caller has to remove dir.
func (w *Wheel) Unpack(ctx context.Context, dir *os.Root, skip func(name string) bool) error {
	installed := [][]string{}
	for _, e := range w.entries {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		name := e.to
		if path.Dir(e.Name) == w.info && slices.Contains(unrecorded, path.Base(e.Name)) {
			continue
		}
		if name == "" || skip(name) {
			name = "" // checked like the others
		}
		line, err := w.write(dir, e, name)
		if err != nil {
			return fmt.Errorf("wheel %s: %q: %w", w.file, e.Name, err)
		}
		if name != "" {
			installed = append(installed, line)
		}
	}
	if err := w.note(dir, installed); err != nil {
		return fmt.Errorf("wheel %s: %w", w.file, err)
	}
	return nil
}

// write unpacks one file to name, or nowhere, and compares it with RECORD. It
// returns the file's line for a RECORD.
func (w *Wheel) write(dir *os.Root, e entry, name string) (line []string, err error) {
	to := io.Discard
	twice := false
	if name != "" {
		if parent := path.Dir(name); parent != "." {
			if err := dir.MkdirAll(parent, 0o755); err != nil {
				return nil, err
			}
		}
		f, err := dir.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if twice = errors.Is(err, fs.ErrExist); err != nil && !twice {
			return nil, err
		}
		if !twice {
			to = f
			defer func() { err = errors.Join(err, f.Close()) }()
		}
	}
	r, err := e.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	want := w.record[e.Name]
	recordedSum, own := algorithms[want.algorithm](), sha256.New()
	// One byte more than announced: so what is too much is seen.
	size := int64(e.UncompressedSize64)
	n, err := io.Copy(io.MultiWriter(to, recordedSum, own), io.LimitReader(r, size+1))
	switch {
	case err != nil:
		return nil, err
	case n != size:
		return nil, fmt.Errorf("unpacks to other than the %d bytes that are announced", size)
	case sum(recordedSum) != strings.TrimRight(want.sum, "="):
		return nil, errors.New("differs from its hash in RECORD")
	case twice:
		if there, err := sumOf(dir, name); err != nil || there != sum(own) {
			return nil, errors.Join(errors.New("another distribution has a file of this name, which differs"), err)
		}
	}
	return []string{name, "sha256=" + sum(own), strconv.FormatInt(n, 10)}, nil
}

func sumOf(dir *os.Root, name string) (string, error) {
	f, err := dir.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return sum(h), nil
}

// note writes what importlib.metadata reads: RECORD of what was installed, and
// INSTALLER.
func (w *Wheel) note(dir *os.Root, installed [][]string) error {
	if err := dir.MkdirAll(w.info, 0o755); err != nil {
		return err
	}
	installer := path.Join(w.info, "INSTALLER")
	installed = slices.DeleteFunc(installed, func(line []string) bool { return line[0] == installer })
	if err := dir.WriteFile(installer, []byte(Installer+"\n"), 0o644); err != nil {
		return err
	}
	record := path.Join(w.info, "RECORD")
	slices.SortFunc(installed, func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	f, err := dir.OpenFile(record, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	out := csv.NewWriter(f)
	err = out.WriteAll(append(installed, []string{installer, "", ""}, []string{record, "", ""}))
	return errors.Join(err, f.Close())
}
