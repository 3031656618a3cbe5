package bytecode

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var magic, code = []byte{1, 2, 13, 10}, []byte("some code")

// What is found is what was kept, for the same version of byte code.
func TestFind(t *testing.T) {
	s := &Store{Beside: t.TempDir(), Cache: filepath.Join(t.TempDir(), "cache"), Log: slog.New(slog.DiscardHandler)}
	if found := s.Find(magic); found != nil {
		t.Fatalf("found %q in an empty directory", found)
	}
	if _, err := write(s.Cache, magic, code); err != nil {
		t.Fatal(err)
	}
	if found := s.Find(magic); !bytes.Equal(found, code) {
		t.Errorf("found %q", found)
	}
	if found := s.Find([]byte{2, 2, 13, 10}); found != nil {
		t.Errorf("found %q for another version", found)
	}
	if _, err := write(s.Beside, magic, []byte("beside")); err != nil {
		t.Fatal(err)
	}
	if found := s.Find(magic); string(found) != "beside" {
		t.Errorf("found %q", found)
	}
	if left, err := filepath.Glob(filepath.Join(s.Cache, ".*")); err != nil || left != nil {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

// What others may have written, or is not whole, is not run.
func TestFindRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(path string) error
		says  string
	}{
		"of another user": {func(path string) error {
			if os.Getuid() != 0 {
				return os.Chmod(path, 0o666) // it can't be given away
			}
			return os.Chown(path, 65000, 65000)
		}, ""},
		"written by a group":   {func(path string) error { return os.Chmod(path, 0o664) }, "others can write to it"},
		"written by everybody": {func(path string) error { return os.Chmod(path, 0o646) }, "others can write to it"},
		"cut short":            {func(path string) error { return os.Truncate(path, 35) }, "damaged"},
		"empty":                {func(path string) error { return os.Truncate(path, 0) }, "0 bytes"},
		"endless":              {func(path string) error { return os.Truncate(path, most+1) }, " bytes"},
		"changed":              {func(path string) error { return flip(path, 40) }, "damaged"},
		"of another digest":    {func(path string) error { return flip(path, 3) }, "damaged"},
		"a link": {func(path string) error {
			if err := os.Rename(path, path+".real"); err != nil {
				return err
			}
			return os.Symlink(path+".real", path)
		}, "too many levels of symbolic links"},
		"a directory": {func(path string) error {
			if err := os.Remove(path); err != nil {
				return err
			}
			return os.Mkdir(path, 0o755)
		}, "not a regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			s := &Store{Cache: t.TempDir(), Log: slog.New(slog.NewTextHandler(&log, nil))}
			path, err := write(s.Cache, magic, code)
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.spoil(path); err != nil {
				t.Fatal(err)
			}
			if found := s.Find(magic); found != nil {
				t.Errorf("found %q", found)
			}
			if !strings.Contains(log.String(), "made again") || !strings.Contains(log.String(), tt.says) {
				t.Errorf("logged %s", &log)
			}
		})
	}
}

// flip changes one byte of a file.
func flip(path string, at int) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	data[at] ^= 1
	return os.WriteFile(path, data, 0o644)
}
