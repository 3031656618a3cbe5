package filetree

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// CopyFile makes the file to with the contents of the file from and the given mode,
// whatever the umask is; mode 0 stands for the permissions of from. The directories
// above to are made if need be. If from is a link it is followed. A file that is at
// to is written over.
func CopyFile(from, to string, mode fs.FileMode) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	if mode == 0 {
		info, err := in.Stat()
		if err != nil {
			return err
		}
		mode = info.Mode().Perm()
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Chmod(mode), out.Close())
}
