package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"time"
)

// Group is the control group of one jail.
type Group struct {
	p   *Parent
	dir string
}

// Make makes the group of a jail, without a limit as yet: the interpreter is to do
// its imports before it has one, when nothing of a caller is in the group. The
// caller must Remove it.
func (p *Parent) Make() (*Group, error) {
	name := fmt.Sprintf("%sjail-%d", p.own, p.next.Add(1))
	g := &Group{p: p, dir: path.Join(p.dir, name)}
	if err := p.k.mkdir(g.dir); err != nil {
		return nil, fmt.Errorf("cgroup: %s: %w", name, refused("mkdir", err))
	}
	if _, err := g.prepare(); err != nil {
		return nil, errors.Join(fmt.Errorf("cgroup: %s: %w", name, err), g.rmdir())
	}
	p.groups.Add(1)
	return g, nil
}

// prepare leaves memory as the only place to hold pages, without swap, and has the
// kernel kill one process at a time when it is full: a run, which asks to be the
// first. lacks says which of that this kernel does not have.
func (g *Group) prepare() (lacks []string, err error) {
	for _, s := range []struct{ file, value, without string }{
		{"memory.swap.max", "0", "the kernel does not count swap: where there is some it is not bounded"},
		{"memory.oom.group", "0", ""}, // before 4.19 it was always so
	} {
		err := g.p.k.write(path.Join(g.dir, s.file), s.value)
		switch {
		case err == nil:
		case !errors.Is(err, fs.ErrNotExist):
			return nil, refused(s.file, err)
		case s.without != "":
			lacks = append(lacks, s.without)
		}
	}
	return lacks, nil
}

// Open opens the group's directory, which a process can be cloned into.
func (g *Group) Open() (*os.File, error) {
	f, err := os.Open(g.dir)
	if err != nil {
		return nil, fmt.Errorf("cgroup: %w", err)
	}
	return f, nil
}

// Limit bounds what the group holds. What is over it already is reclaimed or, if
// that is not possible, killed.
func (g *Group) Limit(bytes int64) error {
	if err := g.p.k.write(path.Join(g.dir, "memory.max"), strconv.FormatInt(bytes, 10)); err != nil {
		return refused("memory.max", err)
	}
	return nil
}

// Held is what the group holds that the kernel can't take back: all but pages of
// files.
func (g *Group) Held() (bytes int64, ok bool) {
	bytes, ok = g.number("memory.current", "")
	for _, pages := range []string{"active_file", "inactive_file"} {
		n, _ := g.number("memory.stat", pages)
		bytes -= n
	}
	return max(bytes, 0), ok
}

// Current is all that the group holds.
func (g *Group) Current() (bytes int64, ok bool) { return g.number("memory.current", "") }

// Peak is the most that it ever held. Kernels before 5.19 don't know.
func (g *Group) Peak() (bytes int64, ok bool) { return g.number("memory.peak", "") }

// Kills is how many of its processes the kernel has killed for want of memory.
func (g *Group) Kills() int64 {
	n, _ := g.number("memory.events", "oom_kill")
	return n
}

// number is the number behind a key at the beginning of a line of a file, or the
// whole file's.
func (g *Group) number(file, key string) (int64, bool) {
	text, err := g.p.k.read(path.Join(g.dir, file))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if key != "" && (len(fields) != 2 || fields[0] != key) || len(fields) == 0 {
			continue
		}
		n, err := strconv.ParseInt(fields[len(fields)-1], 10, 64)
		return n, err == nil
	}
	return 0, false
}

// Remove removes the group in the background: the last processes of a jail may
// take a moment to go. removed is told what became of it.
func (g *Group) Remove(removed func(error)) {
	go func() {
		defer g.p.groups.Done()
		removed(g.rmdir())
	}()
}

// How often and how long a removal is tried.
const (
	removeEvery  = 5 * time.Millisecond
	removeWithin = 2 * time.Second
)

func (g *Group) rmdir() error {
	for deadline := time.Now().Add(removeWithin); ; time.Sleep(removeEvery) {
		err := g.p.k.rmdir(g.dir)
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("cgroup: rmdir %s: %w", path.Base(g.dir), cause(err))
		}
	}
}
