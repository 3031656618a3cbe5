package sandbox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// prepare lays out a directory as an image has it.
func prepare(t *testing.T) (root string, p Policy) {
	t.Helper()
	root = filepath.Join(t.TempDir(), "jail")
	for _, name := range []string{"python/lib/os.py", "lib/libc.so.6"} {
		if err := makeDir(filepath.Join(root, filepath.Dir(name))); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root, Policy{
		Binds: []Bind{
			{Source: root + "/python", Target: "/python", Dir: true},
			{Source: root + "/lib/libc.so.6", Target: "/lib/libc.so.6"},
		},
		Devices: []string{os.DevNull},
	}
}

func TestPreparedIsTakenAsItIs(t *testing.T) {
	root, policy := prepare(t)
	for _, name := range []string{"dev/left", "runs/left"} { // by a server that was killed
		if err := os.MkdirAll(filepath.Join(root, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(root, "dev"), 0o755); err != nil {
		t.Fatal(err)
	}
	inode := func() uint64 {
		var st unix.Stat_t
		if err := unix.Stat(root+"/python/lib/os.py", &st); err != nil || st.Nlink != 1 {
			t.Fatalf("%d links, %v", st.Nlink, err)
		}
		return st.Ino
	}
	before := inode()
	tree, err := Prepared(policy)
	if err != nil {
		t.Fatal(err)
	}
	if tree.Root != root || inode() != before {
		t.Errorf("root %s, want %s as it is", tree.Root, root)
	}
	if _, err := os.Stat(root + os.DevNull); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(root + "/dev/left"); err == nil {
		t.Error("/dev is not new")
	}
	if fi, err := os.Stat(root); err != nil || fi.Mode().Perm() != 0o711 {
		t.Errorf("%v, %v: can be listed", fi.Mode(), err)
	}
	if _, err := Prepared(policy); err == nil || !strings.Contains(err.Error(), "flock") {
		t.Errorf("second server in the same tree: %v", err)
	}
	tree.Close()
	if tree, err = Prepared(policy); err != nil {
		t.Fatal(err)
	}
	tree.Close()
}

// Where the tree is read-only, as in an image, its two directories can be file systems of
// their own, which everybody may write to at first.
func TestPreparedReadOnly(t *testing.T) {
	if os.Getuid() != 0 {
		need.Elsewhere(t, "takes root, to mount")
	}
	for _, tt := range []struct {
		name    string
		mounted []string
		says    string // empty where it is taken
	}{
		{"devices and runs", []string{"/dev", RunsDir}, ""},
		{"devices alone", []string{"/dev"}, "read-only file system"},
		{"runs alone", []string{RunsDir}, "read-only file system"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root, policy := prepare(t)
			for _, dir := range []string{"/dev", RunsDir} {
				if err := os.Mkdir(root+dir, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Chmod(root, 0o711); err != nil {
				t.Fatal(err)
			}
			mountFor(t, root, root, "", unix.MS_BIND, "")
			for _, dir := range tt.mounted {
				mountFor(t, "none", root+dir, "tmpfs", 0, "mode=1777")
			}
			mountFor(t, "none", root, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, "")
			tree, err := Prepared(policy)
			if tt.says != "" {
				if err == nil || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("%v, want %q", err, tt.says)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer tree.Close()
			if _, err := os.Stat(root + os.DevNull); err != nil {
				t.Error(err)
			}
			for _, dir := range tt.mounted {
				if fi, err := os.Stat(root + dir); err != nil || fi.Mode() != os.ModeDir|0o755 {
					t.Errorf("%s: %v, %v: may be written by others", dir, fi.Mode(), err)
				}
			}
		})
	}
}

// mountFor mounts until the end of the test.
func mountFor(t *testing.T, source, target, fstype string, flags uintptr, data string) {
	t.Helper()
	if err := unix.Mount(source, target, fstype, flags, data); err != nil {
		need.Unmet(t, "mount %s: %v", target, err)
	}
	if flags&unix.MS_REMOUNT == 0 {
		t.Cleanup(func() {
			if err := unix.Unmount(target, unix.MNT_DETACH); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPreparedIsRefused(t *testing.T) {
	for _, tt := range []struct {
		name string
		make func(root string, p *Policy) error
		says string
	}{
		{"a file that is to be seen by nobody", func(root string, _ *Policy) error {
			return os.WriteFile(root+"/lib/secret", nil, 0o644)
		}, "none of the files"},
		{"an empty directory that is to be seen by nobody", func(root string, _ *Policy) error {
			return os.Mkdir(root+"/packages", 0o755)
		}, ""}, // an empty one tells nothing
		{"a link out of the binds", func(root string, _ *Policy) error {
			return os.Symlink("/etc", root+"/etc")
		}, "none of the files"},
		{"a file that others may write", func(root string, _ *Policy) error {
			return os.Chmod(root+"/python/lib/os.py", 0o666)
		}, "may be written by others"},
		{"a directory that others may write", func(root string, _ *Policy) error {
			return os.Chmod(root+"/python/lib", 0o777)
		}, "may be written by others"},
		{"the tree itself", func(root string, _ *Policy) error { return os.Chmod(root, 0o733) },
			"may be written by others"},
		{"a file of a run's uid", func(root string, _ *Policy) error {
			return os.Chown(root+"/lib/libc.so.6", FirstUID, 0)
		}, "uid of the runs"},
		{"a device", func(root string, _ *Policy) error { return unix.Mkfifo(root+"/python/lib/pipe", 0o644) },
			"pipe"},
		{"devices by a link", func(root string, _ *Policy) error { return os.Symlink("/tmp", root+"/dev") },
			"none of the files"},
		{"runs by a link", func(root string, _ *Policy) error { return os.Symlink("/tmp", root+"/runs") },
			"none of the files"},
		{"a bind from elsewhere", func(_ string, p *Policy) error {
			p.Binds = append(p.Binds, Bind{Source: "/etc", Target: "/etc/other", Dir: true})
			return nil
		}, "not laid out in one directory"},
		{"the machine's own root", func(_ string, p *Policy) error {
			p.Binds = []Bind{{Source: "/etc", Target: "/etc", Dir: true}}
			return nil
		}, "not laid out in one directory"},
		{"no binds", func(_ string, p *Policy) error { p.Binds = nil; return nil }, "not laid out in one directory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root, policy := prepare(t)
			if err := tt.make(root, &policy); err != nil {
				if os.Getuid() != 0 {
					need.Elsewhere(t, "takes root: %v", err)
				}
				t.Fatal(err)
			}
			tree, err := Prepared(policy)
			if err == nil {
				tree.Close()
			}
			if tt.says == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want %q", err, tt.says)
			}
		})
	}
}
