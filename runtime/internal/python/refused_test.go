package python_test

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/runtime/internal/python"
)

// Directories that cannot be used. The error names the path and the way out.
func TestUnusableCache(t *testing.T) {
	for _, tt := range []struct {
		name  string
		cache func(t *testing.T) string
		cause error
		want  string // %s is the cache
	}{
		{"none", func(*testing.T) string { return "" }, nil,
			"unpack: no cache directory: set XDG_CACHE_HOME to a writable directory"},
		{"below a file", func(t *testing.T) string {
			return filepath.Join(regular(t), "cache")
		}, syscall.ENOTDIR, "unpack: %s: not a directory: set XDG_CACHE_HOME to a writable directory"},
		{"a file", regular, nil, "unpack: %s: not a directory: set XDG_CACHE_HOME to a writable directory"},
		{"not writable", func(t *testing.T) string {
			notRoot(t)
			dir := t.TempDir()
			must(t, os.Chmod(dir, 0o555))
			return dir
		}, fs.ErrPermission, "unpack: %s/python.lock: permission denied: set XDG_CACHE_HOME to a writable directory"},
		{"not to be made", func(t *testing.T) string {
			notRoot(t)
			dir := t.TempDir()
			must(t, os.Chmod(dir, 0o555))
			return filepath.Join(dir, "cache")
		}, fs.ErrPermission, "unpack: %s: permission denied: set XDG_CACHE_HOME to a writable directory"},
		{"open to all", func(t *testing.T) string {
			dir := t.TempDir()
			must(t, os.Chmod(dir, 0o777))
			return dir
		}, nil, "unpack: %s: every user may write to it: set XDG_CACHE_HOME to a directory of your own"},
		{"of another user", func(t *testing.T) string {
			dir := t.TempDir()
			if err := os.Chown(dir, 54321, -1); err != nil {
				need.ThatAsRoot(t, "giving a file away", err)
			}
			return dir
		}, nil, "unpack: %s: belongs to user 54321, this is user 0: set XDG_CACHE_HOME to a directory of your own"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cache := tt.cache(t)
			_, err := python.Bundled(t.Context(), cache, slog.New(slog.DiscardHandler))
			wantError(t, err, strings.ReplaceAll(tt.want, "%s", cache))
			if tt.cause != nil && !errors.Is(err, tt.cause) {
				t.Errorf("%v does not wrap %v", err, tt.cause)
			}
		})
	}
}

// A directory like /tmp is not the best of places, but it is accepted.
func TestStickyCache(t *testing.T) {
	cache := linkTree(t, sharedCache(t))
	must(t, os.Chmod(cache, 0o777|fs.ModeSticky))
	bundled(t, cache)
}

// A tree that another user made is not executed.
func TestTreeOfAnotherUser(t *testing.T) {
	cache := linkTree(t, sharedCache(t))
	tree := filepath.Dir(bundled(t, cache).Home)
	if err := os.Chown(tree, 54321, -1); err != nil {
		need.ThatAsRoot(t, "giving a file away", err)
	}
	wantDiscarded(t, cache, "belongs to user 54321")
}

// regular makes a regular file.
func regular(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(path, nil, 0o644))
	return path
}

func notRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() == 0 {
		need.Elsewhere(t, "root writes to every directory; CI runs the tests as an ordinary user, too")
	}
}

// File systems that cannot take a tree, in a mount namespace of the test's own.
func TestUnusableFileSystem(t *testing.T) {
	for _, tt := range []struct {
		name, options string
		flags         uintptr
		want          string
	}{
		{"full", "size=20m", 0,
			"no space left on device: 150 MB and 2000 files are needed: set XDG_CACHE_HOME to a " +
				"directory with room"},
		{"too few files while compiling", "nr_inodes=1500", 0,
			"no space left on device: 150 MB and 2000 files are needed: set XDG_CACHE_HOME to a directory with room"},
		{"read-only", "", syscall.MS_RDONLY, "python.lock: read-only file system: set XDG_CACHE_HOME to a " +
			"writable directory"},
		{"not for programs", "", syscall.MS_NOEXEC,
			"bin/python3.11: permission denied: mounted noexec: set XDG_CACHE_HOME to a directory that programs may " +
				"be started from"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cmd := child(t, "mounted", t.TempDir(), tt.options, fmt.Sprint(tt.flags))
			cmd.SysProcAttr = privateMounts()
			out, err := cmd.CombinedOutput()
			if strings.Contains(string(out), refusedMount) || errors.Is(err, fs.ErrPermission) {
				need.ThatAsRoot(t, "a mount namespace", fmt.Errorf("%v %s", err, out))
			}
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if !strings.Contains(string(out), tt.want) {
				t.Errorf("got  %s\nwant %s", out, tt.want)
			}
		})
	}
}

// refusedMount is what a child says when it was not allowed to mount.
const refusedMount = "mount refused"

// privateMounts gives a child a mount namespace, with a user namespace if
// there is no other way to get one.
func privateMounts() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Geteuid() != 0 {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	return attr
}

// childMounted mounts a tmpfs, tries to unpack into it, prints the error and
// fails if anything is left there that the next start would take for a tree.
func childMounted(args []string) error {
	dir, options := args[0], args[1]
	var flags uintptr
	if _, err := fmt.Sscan(args[2], &flags); err != nil {
		return err
	}
	if err := mountAt("tmpfs", dir, "tmpfs", flags, options); err != nil {
		return err
	}
	err := childBundled(dir)
	fmt.Println(err)
	left, globErr := filepath.Glob(filepath.Join(dir, "[ps]*-*"))
	if len(left) > 0 || globErr != nil {
		return fmt.Errorf("left %q %v", left, globErr)
	}
	return nil
}

// mountAt mounts in a way that no other namespace sees.
func mountAt(source, target, kind string, flags uintptr, options string) error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("%s: %w", refusedMount, err)
	}
	if err := syscall.Mount(source, target, kind, flags, options); err != nil {
		return fmt.Errorf("%s: %s: %w", refusedMount, target, err)
	}
	return nil
}
