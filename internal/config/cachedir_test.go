package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/filetree"
)

func TestSecureDirIsMadePrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there", "pyexec")
	for range 2 { // made, then found
		got, err := secureDir([]string{dir})
		if err != nil || got != dir {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if perm := info.Mode().Perm(); perm != 0o700 {
		t.Errorf("permissions %o", perm)
	}
}

func TestSecureDirRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, says string
		make       func(t *testing.T, dir string)
	}{
		{"a symbolic link", "is no directory", func(t *testing.T, dir string) {
			if err := os.Symlink(t.TempDir(), dir); err != nil {
				t.Fatal(err)
			}
		}},
		{"a file", "is no directory", func(t *testing.T, dir string) {
			if err := os.WriteFile(dir, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}},
		{"a directory others can write to", "others can write", func(t *testing.T, dir string) {
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(dir, 0o777); err != nil { // past the umask
				t.Fatal(err)
			}
		}},
		{"a parent that is a file", "not a directory", func(t *testing.T, dir string) {
			parent := filepath.Dir(dir)
			if err := os.Remove(parent); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(parent, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			base := t.TempDir()
			bad, good := filepath.Join(base, "x", "pyexec"), filepath.Join(base, "good")
			if err := os.Mkdir(filepath.Dir(bad), 0o700); err != nil {
				t.Fatal(err)
			}
			tt.make(t, bad)
			if got, err := secureDir([]string{bad}); err == nil {
				t.Errorf("accepted as %q", got)
			} else if !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), "cache directory: ") {
				t.Errorf("got %q, want %q in it", err, tt.says)
			}
			if got, err := secureDir([]string{bad, good}); err != nil || got != good {
				t.Errorf("next candidate: got %q, %v", got, err)
			}
		})
	}
}

func TestSecureDirOfAnotherUser(t *testing.T) {
	dir := t.TempDir()
	info, err := os.Lstat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := filetree.Private(dir, info, os.Getuid()+1); err == nil || !strings.Contains(err.Error(),
		"another user") {
		t.Errorf("got %v", err)
	}
}

func TestCacheCandidates(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "/home/x")
	t.Setenv("TMPDIR", "/scratch")
	if got := cacheCandidates(); len(got) != 3 || got[0] != "/home/x/.cache/pyexec" {
		t.Errorf("with a home: %q", got)
	}
	t.Setenv("HOME", "")
	got := cacheCandidates()
	if len(got) != 2 || !strings.HasPrefix(got[0], "/scratch/pyexec-") || !strings.HasPrefix(got[1],
		"/dev/shm/pyexec-") {
		t.Errorf("without one: %q", got)
	}
}
