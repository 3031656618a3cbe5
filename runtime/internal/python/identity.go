package python

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pyexec/pyexec/runtime/internal/ldso"
)

// identityFile is a file in a prefix: what its interpreter has said of itself when the
// prefix was made. To ask it again is to start it once more at each start of a server.
const identityFile = ".identity"

// notedIdentity is what the file holds, as JSON. Paths are relative to the prefix, which
// is elsewhere when an image runs than when it was built.
type notedIdentity struct {
	Executable string
	Size       int64
	Version    string
	Extensions string
}

// NoteIdentity asks the interpreter of a prefix who it is, as [At] does, and writes it
// down, for At to believe as long as the executable has the same size and the time stamp
// that the file has: whoever gives all files of an image one does not disturb that. The
// time stamp of the prefix stays as it is.
func NoteIdentity(home string) error {
	p, err := At(home)
	if err != nil {
		return err
	}
	exe, err := filepath.Rel(p.Home, p.Executable)
	if err != nil {
		return fmt.Errorf("identity: %w", err)
	}
	extensions, err := filepath.Rel(p.Home, p.extensions)
	if err != nil {
		return fmt.Errorf("identity: %w", err)
	}
	prefix, err := os.Stat(p.Home)
	if err != nil {
		return fmt.Errorf("identity: %w", err)
	}
	fi, err := os.Stat(p.Executable)
	if err != nil {
		return fmt.Errorf("identity: %w", err)
	}
	text, err := json.Marshal(notedIdentity{exe, fi.Size(), p.Version, extensions})
	if err != nil {
		return fmt.Errorf("identity: %w", err)
	}
	path := filepath.Join(p.Home, identityFile)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("identity: %w", err)
	}
	err = os.WriteFile(path, text, 0o644)
	err = errors.Join(err, os.Chtimes(path, fi.ModTime(), fi.ModTime()),
		os.Chtimes(p.Home, prefix.ModTime(), prefix.ModTime()))
	if err != nil {
		return fmt.Errorf("identity: %w", err)
	}
	return nil
}

// noted returns what NoteIdentity has written about exe in prefix. ok is false if it has
// not, or if another executable has come since.
func noted(prefix, exe string) (id identity, ok bool) {
	file := filepath.Join(prefix, identityFile)
	note, err := os.Lstat(file)
	if err != nil || !note.Mode().IsRegular() || note.Size() > 4<<10 {
		return identity{}, false
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return identity{}, false
	}
	var n notedIdentity
	if err := json.Unmarshal(text, &n); err != nil || !filepath.IsLocal(n.Extensions) {
		return identity{}, false
	}
	fi, err := os.Stat(exe)
	if err != nil || filepath.Join(prefix, n.Executable) != exe || n.Size != fi.Size() ||
		!note.ModTime().Equal(fi.ModTime()) || !ldso.Within(prefix, exe) {
		return identity{}, false
	}
	return identity{"cpython", n.Version, prefix, filepath.Join(prefix, n.Extensions)}, true
}
