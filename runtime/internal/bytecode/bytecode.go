// Package bytecode keeps the byte code of the harness, which an interpreter takes 25 ms to
// make of its text and half of one to read.
//
// It is in a file whose name is made of the harness and of the version of byte code, with
// a digest of what it holds, in a directory that no script can write to and whose files
// are executed anyway: beside an interpreter that was installed for an image, or in the
// cache directory. One that is missing, of another user or damaged is made again.
package bytecode

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/harness"
)

// Store is where byte code is found and kept.
type Store struct {
	// Beside is the prefix of an interpreter, where [Install] may have put some.
	Beside string
	// Cache is a directory of this user's, made if need be.
	Cache string
	// Log must not be nil.
	Log *slog.Logger
}

// most is how many bytes a file may have.
const most = 10 << 20

// magicBytes is how long the number of a version of byte code is.
const magicBytes = 4

// Find returns the byte code of the harness for an interpreter that reads the version of
// this number, nil if there is none that can be used.
func (s *Store) Find(magic []byte) []byte {
	name, err := fileName(magic)
	if err != nil {
		return nil
	}
	for _, dir := range []string{s.Beside, s.Cache} {
		if dir == "" {
			continue
		}
		code, err := read(filepath.Join(dir, name))
		if err == nil {
			return code
		}
		if !errors.Is(err, os.ErrNotExist) {
			s.Log.Warn("byte code of the harness is made again", "cause", err)
		}
	}
	return nil
}

// Keep writes byte code to the cache directory, in a goroutine of its own. Where it can't
// be written the next start makes it again, which costs time and nothing else.
func (s *Store) Keep(magic, code []byte) {
	if s.Cache == "" {
		return
	}
	go func() {
		if _, err := write(s.Cache, magic, code); err != nil {
			s.Log.Debug("byte code of the harness is not kept", "cause", err)
		}
	}()
}

// Install makes byte code with an interpreter and puts it into its prefix, beside, for
// [Store.Beside]. The file has the prefix's time stamp, which stays as it is.
func Install(ctx context.Context, executable, beside string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	text, err := harness.Text()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, executable, "-B", "-I", "-S", "-c", harness.Compiler())
	cmd.Env = []string{} // not nil, which would be this process's own
	cmd.Stdin = bytes.NewReader(text)
	var said bytes.Buffer
	cmd.Stderr = &said
	made, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("byte code of the harness: %s: %w: %s", executable, err, said.Bytes())
	}
	if len(made) <= magicBytes {
		return fmt.Errorf("byte code of the harness: %s: made none", executable)
	}
	was, err := os.Stat(beside)
	if err != nil {
		return fmt.Errorf("byte code of the harness: %w", err)
	}
	path, err := write(beside, made[:magicBytes], made[magicBytes:])
	for _, changed := range []string{path, beside} {
		if err == nil {
			err = os.Chtimes(changed, was.ModTime(), was.ModTime())
		}
	}
	if err != nil {
		return fmt.Errorf("byte code of the harness: %w", err)
	}
	return nil
}

// fileName names the file of the present harness for a version of byte code.
func fileName(magic []byte) (string, error) {
	sources, err := harness.Sources()
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%x %q", magic, harness.Compiler())
	for _, s := range sources {
		fmt.Fprintf(sum, " %s %d ", s[0], len(s[1]))
		_, _ = io.WriteString(sum, s[1]) // a hash takes all
	}
	return "harness-" + hex.EncodeToString(sum.Sum(nil)[:8]), nil
}

// read returns what write has written.
func read(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := ours(path, info); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, err
	}
	if len(data) <= sha256.Size || len(data) > most {
		return nil, fmt.Errorf("%s: %d bytes", path, len(data))
	}
	code := data[sha256.Size:]
	if sum := sha256.Sum256(code); !bytes.Equal(sum[:], data[:sha256.Size]) {
		return nil, fmt.Errorf("%s: damaged", path)
	}
	return code, nil
}

// ours refuses a file that another user could have written: what it holds is run by the
// process that all runs are forked from.
func ours(path string, info os.FileInfo) error {
	owner, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s: %v: not a regular file", path, info.Mode())
	case ok && owner.Uid != 0 && int(owner.Uid) != os.Geteuid():
		return fmt.Errorf("%s: belongs to user %d", path, owner.Uid)
	case info.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("%s: others can write to it (%v)", path, info.Mode())
	}
	return nil
}

// write makes the file, whole or not at all, and returns its path.
func write(dir string, magic, code []byte) (path string, err error) {
	name, err := fileName(magic)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(dir, ".harness-*") // of mode 0600, and nobody's who could guess its name
	if err != nil {
		return "", err
	}
	defer os.Remove(f.Name()) // which fails where it has its name already
	sum := sha256.Sum256(code)
	_, err = f.Write(append(sum[:], code...))
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, name)
	return path, os.Rename(f.Name(), path)
}
