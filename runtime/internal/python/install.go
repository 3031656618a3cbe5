package python

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/pyexec/pyexec/internal/filetree"
)

// Install puts the bundled interpreter into root, which is to become the root
// directory of an image: its prefix at home, an absolute path in there, and
// beside it the shared libraries that it needs of this machine, where its
// dynamic loader looks for them. [At] finds it there when the image runs.
//
// home must not exist yet. After an error root holds nothing that counts.
func Install(ctx context.Context, root, home string, log *slog.Logger) error {
	if err := os.MkdirAll(root, 0o755); err != nil {
		return fmt.Errorf("install: %w", err)
	}
	to := filepath.Join(root, home)
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("install: %s: is there already", to)
	}
	// In root, so that a rename is all it takes.
	cache, err := os.MkdirTemp(root, ".install-*")
	if err != nil {
		return fmt.Errorf("install: %w", err)
	}
	defer os.RemoveAll(cache)
	p, err := Bundled(ctx, cache, log)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return fmt.Errorf("install: %w", err)
	}
	if err := os.Rename(p.Home, to); err != nil {
		return fmt.Errorf("install: %w", err)
	}
	for _, l := range p.Libraries {
		if err := filetree.CopyFile(l.Source, filepath.Join(root, l.Path), 0o755); err != nil {
			return fmt.Errorf("install: %w", err)
		}
	}
	return nil
}
