package cgroup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// prefix begins the name of every group that is made here; a process id follows.
const prefix = "pyexec-"

// Parent is this process's own group, in which jails get theirs.
type Parent struct {
	k    kernel
	dir  string
	own  string // begins the names of groups that this process makes
	note string
	undo []func() error // in the order of what was done
	next atomic.Int64
	// groups are those that are not yet removed.
	groups sync.WaitGroup
}

// opened is the parent while anybody uses it: a process has one group, however
// many jails it makes.
var opened struct {
	sync.Mutex
	parent *Parent
	users  int
}

// Open makes this process's own group one that jails can have groups in. An
// error says who refused what; then everything is as before. The caller must
// Close the parent.
func Open(ctx context.Context) (*Parent, error) {
	opened.Lock()
	defer opened.Unlock()
	if opened.users == 0 {
		p, err := open(ctx, linux{}, os.Getpid())
		if err != nil {
			return nil, err
		}
		opened.parent = p
	}
	opened.users++
	return opened.parent, nil
}

// Close undoes what Open did, once everybody who opened the parent has closed it.
// It waits until all groups are removed.
func (p *Parent) Close() error {
	opened.Lock()
	defer opened.Unlock()
	if opened.users--; opened.users > 0 {
		return nil
	}
	opened.parent = nil
	p.groups.Wait()
	return p.revert()
}

// Note says which guarantees the groups lack here, empty if none.
func (p *Parent) Note() string { return p.note }

func open(ctx context.Context, k kernel, pid int) (*Parent, error) {
	cgroup, err := k.read("/proc/self/cgroup")
	if err != nil {
		return nil, refused("/proc/self/cgroup", err)
	}
	mounts, err := k.read("/proc/self/mountinfo")
	if err != nil {
		return nil, refused("/proc/self/mountinfo", err)
	}
	dir, name, err := locate(cgroup, mounts)
	if err != nil {
		return nil, err
	}
	p := &Parent{k: k, dir: dir, own: fmt.Sprintf("%s%d-", prefix, pid)}
	if err := p.granted(name); err != nil {
		return nil, err
	}
	p.sweep(pid)
	err = p.occupy(pid)
	if err == nil {
		err = p.prove(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, p.revert())
	}
	return p, nil
}

// granted returns why this process may not divide its group, nil if it may. It only
// reads.
func (p *Parent) granted(name string) error {
	controllers, err := p.k.read(p.dir + "/cgroup.controllers")
	if err != nil {
		return refused("cgroup.controllers", err)
	}
	if !slices.Contains(strings.Fields(controllers), "memory") {
		return errors.New("the memory controller is not among those of version 2 here")
	}
	if kind, err := p.k.read(p.dir + "/cgroup.type"); err == nil && strings.TrimSpace(kind) != "domain" {
		return fmt.Errorf("the group is of type %s", strings.TrimSpace(kind))
	}
	if u := unit(name); u != "" && !p.delegated(name) {
		return fmt.Errorf("the group is systemd's: %s lacks Delegate=yes", u)
	}
	return nil
}

// delegated says whether systemd has delegated a unit's group. It marks such
// groups, in a way that older versions let only root see. A user's own manager owns
// the groups of that user.
func (p *Parent) delegated(name string) bool {
	return p.k.attribute(p.dir, "user.delegate") == "1" || p.k.attribute(p.dir, "trusted.delegate") == "1" ||
		p.k.owned(p.dir) && !strings.Contains(name, "/user@")
}

// occupy hands the memory controller down to the groups below. A group that does so
// may hold no process, unless it is the root of all groups, which has no type.
func (p *Parent) occupy(pid int) error {
	if _, err := p.k.read(p.dir + "/cgroup.type"); !errors.Is(err, fs.ErrNotExist) {
		if err := p.leave(pid); err != nil {
			return err
		}
	}
	const control = "cgroup.subtree_control"
	before, err := p.k.read(path.Join(p.dir, control))
	if err != nil {
		return refused(control, err)
	}
	if slices.Contains(strings.Fields(before), "memory") {
		return nil
	}
	return p.do(control+": +memory",
		func() error { return p.k.write(path.Join(p.dir, control), "+memory") },
		func() error { return p.k.write(path.Join(p.dir, control), "-memory") })
}

// leave moves this process into a group of its own.
func (p *Parent) leave(pid int) error {
	procs, err := p.k.read(p.dir + "/cgroup.procs")
	if err != nil {
		return refused("cgroup.procs", err)
	}
	self := strconv.Itoa(pid)
	if strings.TrimSpace(procs) != self {
		return errors.New("the group holds other processes than this one")
	}
	leaf := path.Join(p.dir, p.own+"server")
	err = p.do("mkdir", func() error { return p.k.mkdir(leaf) }, func() error { return p.k.rmdir(leaf) })
	if err != nil {
		return err
	}
	return p.do("move the server",
		func() error { return p.k.write(leaf+"/cgroup.procs", self) },
		func() error { return p.k.write(p.dir+"/cgroup.procs", self) })
}

// Limits of the proof.
const (
	probeLimit = 16 << 20
	probeHolds = 2 * probeLimit
)

// prove has a child die of the limit.
func (p *Parent) prove(ctx context.Context) (err error) {
	g := &Group{p: p, dir: path.Join(p.dir, p.own+"probe")}
	if err := p.k.mkdir(g.dir); err != nil {
		return refused("mkdir", err)
	}
	defer func() {
		err = errors.Join(err, g.rmdir())
	}()
	lacks, err := g.prepare()
	if err != nil {
		return err
	}
	if err := g.Limit(probeLimit); err != nil {
		return err
	}
	if err := p.k.hold(ctx, g.dir, probeHolds); err != nil {
		return refused("clone a child into the group", err)
	}
	if g.Kills() == 0 {
		return fmt.Errorf("memory.max is not enforced: a process held %d MiB in a group of %d MiB", probeHolds>>20,
			probeLimit>>20)
	}
	if _, ok := g.Peak(); !ok {
		lacks = append(lacks, "the kernel has no memory.peak")
	}
	p.note = strings.Join(lacks, "; ")
	return nil
}

// do does something, notes how to undo it, and says what was refused.
func (p *Parent) do(what string, do, undo func() error) error {
	if err := do(); err != nil {
		return refused(what, err)
	}
	p.undo = append(p.undo, undo)
	return nil
}

// revert undoes everything, the last first.
func (p *Parent) revert() error {
	var errs []error
	for _, undo := range slices.Backward(p.undo) {
		if err := undo(); err != nil {
			errs = append(errs, refused("undo", err))
		}
	}
	p.undo = nil
	return errors.Join(errs...)
}

// settled is the age from which on a group counts as left behind: whoever has just
// made one is about to put a process in.
const settled = time.Minute

// sweep removes what dead servers have left. The kernel removes no group that
// holds a process.
func (p *Parent) sweep(self int) {
	groups, err := p.k.list(p.dir)
	if err != nil {
		return // it is only tidiness
	}
	for name, age := range groups {
		id, _, _ := strings.Cut(strings.TrimPrefix(name, prefix), "-")
		pid, err := strconv.Atoi(id)
		if !strings.HasPrefix(name, prefix) || err != nil || pid < 1 {
			continue
		}
		if pid == self || age > settled && !p.k.alive(pid) {
			_ = p.k.rmdir(path.Join(p.dir, name)) // refused where somebody is in it
		}
	}
}

// refused says what was refused and why, without the path: it tells nothing that
// a reader of the report could use.
func refused(what string, err error) error {
	return fmt.Errorf("%s: %w", what, cause(err))
}

// cause is the kernel's word in an error about a file.
func cause(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}
