package capacity

import (
	"bytes"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// Meter says from outside how much memory is left to this process and all
// that it starts: to the machine, and to each control group around this process
// that has a limit.
type Meter struct {
	root   fs.FS
	groups []memoryGroup
}

// memoryGroup is a control group with a limit.
type memoryGroup struct {
	dir   string
	limit int64
	kind  *groupKind
}

// groupKind is how a version of control groups names its files.
type groupKind struct {
	limit, usage string
	// reclaimable are the lines of memory.stat that count what the kernel gives
	// up before it kills: pages of files, and caches.
	reclaimable []string
	// kernel is the file with all of the group's kernel memory, for a version that
	// does not tell how much of it is reclaimable.
	kernel string
	kills  string // the file with the line oom_kill
}

// See cgroup-v2.rst and cgroup-v1/memory.rst. Shared memory is in none of these.
var groupKinds = []groupKind{
	{"memory.max", "memory.current", []string{"active_file", "inactive_file", "slab_reclaimable"}, "",
		"memory.events"},
	{"memory.limit_in_bytes", "memory.usage_in_bytes", []string{"total_active_file", "total_inactive_file"},
		"memory.kmem.usage_in_bytes", "memory.oom_control"},
}

// NewMeter finds the groups once; a limit that is changed later is not
// seen.
func NewMeter(root fs.FS) *Meter {
	m := &Meter{root: root}
	machine := totalMemory(root)
	for _, file := range limitFiles(root) {
		dir, name := path.Split(file)
		for i := range groupKinds {
			kind := &groupKinds[i]
			if kind.limit != name {
				continue
			}
			if limit, ok := readNumber(root, file); ok && limit < machine {
				m.groups = append(m.groups, memoryGroup{path.Clean(dir), limit, kind})
			}
		}
	}
	return m
}

// Left is how many bytes can still be had before the kernel has to kill; ok is
// false where nothing says so.
func (m *Meter) Left() (bytes int64, ok bool) {
	bytes = Unlimited
	info, _ := fs.ReadFile(m.root, "proc/meminfo") // without the file no line is found
	if kilobytes, found := lineNumber(info, "MemAvailable:"); found {
		bytes, ok = kilobytes*kib, true
	}
	caches, _ := lineNumber(info, "SReclaimable:")
	for _, g := range m.groups {
		used, found := readNumber(m.root, path.Join(g.dir, g.kind.usage))
		if !found {
			continue
		}
		stat, err := fs.ReadFile(m.root, path.Join(g.dir, "memory.stat"))
		if err != nil {
			continue
		}
		for _, name := range g.kind.reclaimable {
			n, _ := lineNumber(stat, name) // not in every kernel
			used -= n
		}
		if kernel, found := readNumber(m.root, path.Join(g.dir, g.kind.kernel)); found && g.kind.kernel != "" {
			used -= min(kernel, caches*kib) // caches are the machine's: at most, all of them are this group's
		}
		bytes, ok = min(bytes, g.limit-used), true
	}
	return bytes, ok
}

// Kills is how many processes the kernel has killed for want of memory, in the
// groups with a limit or, if there are none, on the machine; ok is false where
// nothing says so.
func (m *Meter) Kills() (n int64, ok bool) {
	for _, g := range m.groups {
		if text, err := fs.ReadFile(m.root, path.Join(g.dir, g.kind.kills)); err == nil {
			if k, found := lineNumber(text, "oom_kill"); found {
				n, ok = n+k, true
			}
		}
	}
	if ok {
		return n, true
	}
	text, err := fs.ReadFile(m.root, "proc/vmstat")
	if err != nil {
		return 0, false
	}
	return lineNumber(text, "oom_kill")
}

// readNumber is the number that a file holds; "max" is none.
func readNumber(root fs.FS, name string) (int64, bool) {
	data, err := fs.ReadFile(root, name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	return n, err == nil && n > 0
}

// lineNumber is the number behind name at the beginning of a line.
func lineNumber(text []byte, name string) (int64, bool) {
	for line := range bytes.Lines(text) {
		fields := bytes.Fields(line)
		if len(fields) < 2 || string(fields[0]) != name {
			continue
		}
		n, err := strconv.ParseInt(string(fields[1]), 10, 64)
		return n, err == nil
	}
	return 0, false
}
