package filetree

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Stamp is the time stamp that settled files have. It is the one that buildpacks
// give to all files of a layer, so that a directory made while an image is built
// is still as it was when the image runs. It has no fraction of a second for an
// image format to cut off, and is not the epoch, which some tools take for "none".
var Stamp = time.Date(1980, 1, 1, 0, 0, 1, 0, time.UTC)

// Settle gives dir and everything below it the time stamp Stamp and the mode that
// mode returns, whatever the umask was: so the same contents make the same image.
// mode is called with the slash-separated path below dir, "." for dir itself, and
// with what lstat says. Symbolic links stay as they are.
func Settle(dir string, mode func(rel string, info fs.FileInfo) fs.FileMode) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type() != fs.ModeSymlink { // package os can't date a link
			err = settle(dir, path, d, mode)
		}
		if err != nil {
			return fmt.Errorf("settle: %w", err)
		}
		return nil
	})
}

func settle(dir, path string, d fs.DirEntry, mode func(string, fs.FileInfo) fs.FileMode) error {
	rel, err := filepath.Rel(dir, path)
	if err != nil {
		return err
	}
	info, err := d.Info()
	if err != nil {
		return err
	}
	if err := os.Chmod(path, mode(filepath.ToSlash(rel), info)); err != nil {
		return err
	}
	return os.Chtimes(path, Stamp, Stamp)
}
