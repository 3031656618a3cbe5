package cgroup

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// kernel is all that this package does to the machine. Tests have another
// implementation of it, which refuses whatever a test wants refused.
type kernel interface {
	read(file string) (string, error)
	write(file, text string) error
	mkdir(dir string) error
	rmdir(dir string) error
	// list returns the directories in dir with the time since they were made.
	list(dir string) (map[string]time.Duration, error)
	// alive reports whether there is a process of that id.
	alive(pid int) bool
	// owned says whether the directory belongs to the user of this process, who is
	// not root.
	owned(dir string) bool
	// attribute is an extended attribute, empty if there is none to be seen.
	attribute(dir, name string) string
	// hold has a child in the group of dir take so much memory, and returns when
	// the child is gone.
	hold(ctx context.Context, dir string, bytes int64) error
}

// linux is the kernel.
type linux struct{}

func (linux) read(file string) (string, error) {
	text, err := os.ReadFile(file)
	return string(text), err
}

// write never makes a file: there are those that the kernel made.
func (linux) write(file, text string) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

func (linux) mkdir(dir string) error { return os.Mkdir(dir, 0o755) }
func (linux) rmdir(dir string) error { return syscall.Rmdir(dir) }

func (linux) list(dir string) (map[string]time.Duration, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	found := map[string]time.Duration{}
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), prefix) {
			continue
		}
		if info, err := os.Stat(filepath.Join(dir, e.Name())); err == nil {
			found[e.Name()] = time.Since(info.ModTime())
		}
	}
	return found, nil
}

func (linux) alive(pid int) bool { return syscall.Kill(pid, 0) != syscall.ESRCH }

func (linux) owned(dir string) bool {
	var st syscall.Stat_t
	uid := os.Geteuid()
	return uid != 0 && syscall.Stat(dir, &st) == nil && int(st.Uid) == uid
}

func (linux) attribute(dir, name string) string {
	buf := make([]byte, 16)
	n, err := syscall.Getxattr(dir, name, buf)
	if err != nil {
		return ""
	}
	return string(buf[:n])
}
