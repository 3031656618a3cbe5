package python

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/pyexec/pyexec/internal/filetree"
)

// Install puts an interpreter into root, which is to become the root directory of
// an image: its prefix at home, an absolute path in there, and beside it the
// shared libraries that it needs of this machine, where its dynamic loader looks
// for them. [At] finds it there when the image runs. The interpreter is a copy of
// the prefix from, which [Unpack] has made, or the bundled one where from is empty.
//
// home must not exist yet. After an error root holds nothing that counts.
func Install(ctx context.Context, from, root, home string, log *slog.Logger) error {
	if err := os.MkdirAll(root, 0o755); err != nil {
		return fmt.Errorf("install: %w", err)
	}
	to := filepath.Join(root, home)
	if err := free(to); err != nil {
		return err
	}
	// In root, so that a rename is all it takes.
	staging, err := os.MkdirTemp(root, ".install-*")
	if err != nil {
		return fmt.Errorf("install: %w", err)
	}
	defer os.RemoveAll(staging)
	p, err := prefixIn(ctx, from, staging, log)
	if err != nil {
		return err
	}
	if err := move(p.Home, to); err != nil {
		return err
	}
	for _, l := range p.Libraries {
		if err := filetree.CopyFile(l.Source, filepath.Join(root, l.Path), 0o755); err != nil {
			return fmt.Errorf("install: %w", err)
		}
	}
	return nil
}

// prefixIn makes a prefix below dir.
func prefixIn(ctx context.Context, from, dir string, log *slog.Logger) (*Interpreter, error) {
	if from == "" {
		return Bundled(ctx, dir, log)
	}
	if _, err := At(from); err != nil {
		return nil, err
	}
	to := filepath.Join(dir, "prefix")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return nil, fmt.Errorf("install: %w", err)
	}
	if err := filetree.Settle(to, settledMode); err != nil {
		return nil, fmt.Errorf("install: %w", err)
	}
	return At(to)
}

// Unpack makes target, which must not exist yet, the prefix of the CPython of a
// series such as "3.14" that is not in this binary. fetch writes the archive of the
// module that carries it to the file to, and compares it with the hash that from has.
// What is made has what a bundled one has, see the package documentation, but for the
// manifest: like any other interpreter that [At] takes it is the operator's to look
// after. It takes some seconds and 250 MB of disk, of which 50 MB stay.
//
// After an error target does not exist. It is [ErrBundled] for the bundled one.
func Unpack(ctx context.Context, series, target string, fetch func(from Source, to string) error,
	log *slog.Logger) error {
	if err := supported(); err != nil {
		return err
	}
	from, err := SourceOf(series)
	if err != nil {
		return err
	}
	if err := free(target); err != nil {
		return err
	}
	parent := filepath.Dir(filepath.Clean(target))
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return fmt.Errorf("install: %w", err)
	}
	staging, err := os.MkdirTemp(parent, ".python-*") // so that a rename is all it takes
	if err != nil {
		return fmt.Errorf("install: %w", err)
	}
	defer os.RemoveAll(staging)
	archive := filepath.Join(staging, "module.zip")
	if err := fetch(from, archive); err != nil {
		return err
	}
	r, start := releaseOf(series), time.Now()
	extract := func(dir string) error { return extractModule(archive, r.module, dir) }
	if err := r.build(ctx, staging, extract); err != nil {
		return explain(staging, err)
	}
	if err := move(filepath.Join(staging, "prefix"), target); err != nil {
		return err
	}
	log.Info("unpacked CPython "+r.version, "dir", target, "took", time.Since(start).Round(time.Millisecond).String())
	return nil
}

// free says that nothing is at path.
func free(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("install: %s: is there already", path)
	}
	return nil
}

// move renames a prefix, and makes the directories above its new name.
func move(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return fmt.Errorf("install: %w", err)
	}
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("install: %w", err)
	}
	return nil
}
