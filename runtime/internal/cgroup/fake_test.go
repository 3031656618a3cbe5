package cgroup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	self  = 100 // this process
	mount = "/sys/fs/cgroup"
)

// fake is a kernel with control groups of version 2, as far as they matter here:
// who is where, which controllers are handed down, and the rules of both.
type fake struct {
	t      *testing.T
	name   string // of the group that this process was started in
	root   bool   // which is the root of all
	groups map[string]*fakeGroup
	ages   map[string]time.Duration
	dead   []int
	attrs  map[string]string
	mine   bool

	broken func(operation string) error // refuses what a test wants refused
	did    []string                     // every change, in order
	lies   bool                         // takes limits and keeps none
	lacks  []string                     // files that an older kernel has not
	mounts string
}

type fakeGroup struct {
	pids    []int
	down    bool // memory is in subtree_control
	max     int64
	swap    string
	current int64
	kills   int64
}

// newFake has this process alone in a group of its own, as in a container.
func newFake(t *testing.T) *fake {
	return &fake{
		t: t, name: "/a", groups: map[string]*fakeGroup{mount + "/a": {pids: []int{self}}},
		broken: func(string) error { return nil }, ages: map[string]time.Duration{}, attrs: map[string]string{},
		mounts: "31 23 0:28 / /sys rw shared:7 - sysfs sysfs rw\n41 31 0:38 / /sys/fs/cgroup rw,nosuid - cgroup2 " +
			"cgroup2 rw,nsdelegate\n",
	}
}

// state is what a test compares: groups, and who is in them.
func (f *fake) state() string {
	var out []string
	for _, dir := range slices.Sorted(maps.Keys(f.groups)) {
		out = append(out, fmt.Sprintf("%s %v down=%v", dir, f.groups[dir].pids, f.groups[dir].down))
	}
	return strings.Join(out, "\n")
}

func (f *fake) children(dir string) (names []string) {
	for d := range f.groups {
		if path.Dir(d) == dir {
			names = append(names, path.Base(d))
		}
	}
	return names
}

// group is the group that a file belongs to, if it has such a file.
func (f *fake) group(file string) (*fakeGroup, error) {
	dir, base := path.Split(file)
	dir = path.Clean(dir)
	g := f.groups[dir]
	inRoot := f.root && dir == mount
	switch {
	case g == nil, slices.Contains(f.lacks,
		base), inRoot && (base == "cgroup.type" || strings.HasPrefix(base, "memory.")):
		return nil, fs.ErrNotExist
	case strings.HasPrefix(base, "memory.") && (f.groups[path.Dir(dir)] == nil || !f.groups[path.Dir(dir)].down):
		return nil, fs.ErrNotExist
	}
	return g, nil
}

func (f *fake) read(file string) (string, error) {
	if err := f.broken("read " + path.Base(file)); err != nil {
		return "", err
	}
	switch file {
	case "/proc/self/cgroup":
		return "4:memory:/x\n0::" + f.name + "\n", nil
	case "/proc/self/mountinfo":
		return f.mounts, nil
	}
	g, err := f.group(file)
	if err != nil {
		return "", &fs.PathError{Op: "open", Path: file, Err: err}
	}
	switch path.Base(file) {
	case "cgroup.controllers":
		return "cpu io memory pids\n", nil
	case "cgroup.type":
		return "domain\n", nil
	case "cgroup.procs":
		var text string
		for _, pid := range g.pids {
			text += fmt.Sprintln(pid)
		}
		return text, nil
	case "cgroup.subtree_control":
		if g.down {
			return "memory\n", nil
		}
		return "\n", nil
	case "memory.events":
		return fmt.Sprintf("low 0\nhigh 0\nmax 9\noom 8\noom_kill %d\noom_group_kill 0\n", g.kills), nil
	case "memory.current", "memory.peak":
		return fmt.Sprintln(g.current), nil
	case "memory.stat":
		return fmt.Sprintf("anon %d\nfile 50\nactive_file 30\ninactive_file 20\n", g.current-50), nil
	}
	f.t.Errorf("%s is read", file)
	return "", fs.ErrNotExist
}

func (f *fake) write(file, text string) error {
	what := "write " + path.Base(file) + " " + text
	if err := f.broken(what); err != nil {
		return err
	}
	g, err := f.group(file)
	if err != nil {
		return &fs.PathError{Op: "open", Path: file, Err: err}
	}
	f.did = append(f.did, what)
	dir := path.Dir(file)
	switch path.Base(file) {
	case "cgroup.procs":
		if g.down && !(f.root && dir == mount) {
			return syscall.EBUSY
		}
		pid, err := strconv.Atoi(text)
		if err != nil || pid != self {
			f.t.Errorf("process %s is moved", text)
		}
		for _, other := range f.groups {
			other.pids = slices.DeleteFunc(other.pids, func(p int) bool { return p == pid })
		}
		g.pids = append(g.pids, pid)
	case "cgroup.subtree_control":
		if text == "+memory" && len(g.pids) > 0 && !(f.root && dir == mount) {
			return syscall.EBUSY
		}
		g.down = text == "+memory"
	case "memory.max":
		g.max, err = strconv.ParseInt(text, 10, 64)
	case "memory.swap.max":
		g.swap = text
	case "memory.oom.group":
	default:
		f.t.Errorf("%s is written", file)
	}
	return err
}

func (f *fake) mkdir(dir string) error {
	if err := f.broken("mkdir " + path.Base(dir)); err != nil {
		return &fs.PathError{Op: "mkdir", Path: dir, Err: err}
	}
	if f.groups[dir] != nil {
		return fs.ErrExist
	}
	f.did = append(f.did, "mkdir "+path.Base(dir))
	f.groups[dir] = &fakeGroup{}
	return nil
}

func (f *fake) rmdir(dir string) error {
	if err := f.broken("rmdir " + path.Base(dir)); err != nil {
		return err
	}
	g := f.groups[dir]
	switch {
	case g == nil:
		return fs.ErrNotExist
	case len(g.pids) > 0 || len(f.children(dir)) > 0:
		return syscall.EBUSY
	}
	f.did = append(f.did, "rmdir "+path.Base(dir))
	delete(f.groups, dir)
	return nil
}

func (f *fake) list(dir string) (map[string]time.Duration, error) {
	found := map[string]time.Duration{}
	for _, name := range f.children(dir) {
		found[name] = f.ages[name]
	}
	return found, nil
}

func (f *fake) alive(pid int) bool              { return !slices.Contains(f.dead, pid) }
func (f *fake) owned(string) bool               { return f.mine }
func (f *fake) attribute(_, name string) string { return f.attrs[name] }

func (f *fake) hold(_ context.Context, dir string, bytes int64) error {
	if err := f.broken("hold"); err != nil {
		return err
	}
	g := f.groups[dir]
	if g == nil {
		return errors.New("no such group")
	}
	if g.max > 0 && bytes > g.max && !f.lies {
		g.kills++
	}
	return nil
}
