package testbed

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Usage is memory in bytes by kind, as the kernel counts it.
type Usage struct {
	// Anon belongs to processes. Shmem is that of file systems in memory and
	// of shared mappings. File is the rest of the page cache.
	Anon, Shmem, File int64
	// Kernel is what the kernel keeps for processes: slab, page tables, stacks,
	// pipes, sockets. Of it, PageTables are those that processes have.
	Kernel, PageTables int64
	// Loose are pages that are in use and in no list: files that are gone and
	// parts of huge pages that are unmapped, as long as something pins them.
	Loose int64
}

// Held is what can't be taken back: all but the page cache of files.
func (u Usage) Held() int64 { return u.Anon + u.Shmem + u.Kernel + u.Loose }

// Behind is the part that no limit of a process counts.
func (u Usage) Behind() int64 { return u.Kernel + u.Loose }

// Minus is the difference.
func (u Usage) Minus(v Usage) Usage {
	return Usage{
		u.Anon - v.Anon, u.Shmem - v.Shmem, u.File - v.File, u.Kernel - v.Kernel,
		u.PageTables - v.PageTables, u.Loose - v.Loose,
	}
}

// String lists the kinds in MiB.
func (u Usage) String() string {
	m := func(n int64) float64 { return float64(n) / (1 << 20) }
	return fmt.Sprintf("%.1f MiB (anon %.1f, shmem %.1f, kernel %.1f of which page tables %.1f, loose %.1f; file "+
		"%.1f)",
		m(u.Held()), m(u.Anon), m(u.Shmem), m(u.Kernel), m(u.PageTables), m(u.Loose), m(u.File))
}

// source is where a Usage is read: a control group, or the whole machine.
type source interface {
	usage() (Usage, error)
	// reclaim makes the kernel take back what it can.
	reclaim() error
}

// machine is all of it, other people's programs included.
type machine struct{}

func (machine) reclaim() error { return nil }

func (machine) usage() (Usage, error) {
	m, err := numbers("/proc/meminfo", ":", 1<<10)
	if err != nil {
		return Usage{}, err
	}
	u := Usage{
		Anon: m["AnonPages"], Shmem: m["Shmem"], File: m["Cached"] + m["Buffers"] - m["Shmem"],
		Kernel: m["SUnreclaim"] + m["PageTables"] + m["KernelStack"], PageTables: m["PageTables"],
	}
	u.Loose = m["MemTotal"] - m["MemFree"] - u.File - u.Anon - u.Shmem - u.Kernel - m["SReclaimable"]
	return u, nil
}

// cache is one of the kernel's caches of objects.
type cache struct{ name string }

func (cache) reclaim() error { return nil }

func (c cache) usage() (u Usage, err error) {
	text, err := os.ReadFile("/proc/slabinfo")
	if err != nil {
		return u, fmt.Errorf("testbed: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		var active, objects, size int64
		if rest, found := strings.CutPrefix(line, c.name+" "); found {
			if _, err := fmt.Sscan(rest, &active, &objects, &size); err != nil {
				return u, fmt.Errorf("testbed: /proc/slabinfo: %w", err)
			}
			u.Kernel = active * size
			return u, nil
		}
	}
	return u, fmt.Errorf("testbed: /proc/slabinfo: there is no %s", c.name)
}

// numbers reads a file of lines "name number", where a mark may follow the name.
func numbers(file, mark string, unit int64) (map[string]int64, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("testbed: %w", err)
	}
	read := map[string]int64{}
	for line := range strings.Lines(string(text)) {
		var name string
		var n int64
		if _, err := fmt.Sscan(line, &name, &n); err == nil {
			read[strings.TrimSuffix(name, mark)] = n * unit
		}
	}
	if len(read) == 0 {
		return nil, fmt.Errorf("testbed: %s: no numbers in it", file)
	}
	return read, nil
}

// number reads a file that holds one.
func number(file string) (n int64, err error) {
	text, err := os.ReadFile(file)
	if err == nil {
		_, err = fmt.Sscan(string(text), &n)
	}
	if err != nil {
		return 0, fmt.Errorf("testbed: %s: %w", file, err)
	}
	return n, nil
}

// group is a memory control group of version 1. Its kernel memory and its own
// sum are known there, and so what is in no list: version 2 tells less by kind.
type group struct{ dir string }

const memoryGroups = "/sys/fs/cgroup/memory"

// groupOf finds the group of a process.
func groupOf(pid int) (group, error) {
	file := fmt.Sprintf("/proc/%d/cgroup", pid)
	text, err := os.ReadFile(file)
	if err != nil {
		return group{}, fmt.Errorf("testbed: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) < 3 || fields[2] == "/" || !slices.Contains(strings.Split(fields[1], ","), "memory") {
			continue
		}
		g := group{filepath.Join(memoryGroups, fields[2])}
		if _, err := os.Stat(filepath.Join(g.dir, "memory.kmem.usage_in_bytes")); err != nil {
			return g, fmt.Errorf("testbed: %w", err)
		}
		return g, nil
	}
	return group{}, fmt.Errorf("testbed: %s: no memory control group of version 1 below %s", file, memoryGroups)
}

func (g group) usage() (u Usage, err error) {
	stat, err := numbers(filepath.Join(g.dir, "memory.stat"), "", 1)
	if err != nil {
		return u, err
	}
	all, err := number(filepath.Join(g.dir, "memory.usage_in_bytes"))
	if err != nil {
		return u, err
	}
	if u.Kernel, err = number(filepath.Join(g.dir, "memory.kmem.usage_in_bytes")); err != nil {
		return u, err
	}
	u.Anon, u.Shmem = stat["total_rss"], stat["total_shmem"]
	u.File = stat["total_cache"] - u.Shmem
	u.Loose = all - u.Kernel - u.Anon - stat["total_cache"]
	// Processes may share theirs, as gVisor's do: then they count more than once.
	tables, err := g.pageTables()
	u.PageTables = min(tables, u.Kernel)
	return u, err
}

// pageTables adds up those of the processes in g and in the groups below it.
func (g group) pageTables() (sum int64, err error) {
	lists, err := filepath.Glob(filepath.Join(g.dir, "cgroup.procs"))
	below, _ := filepath.Glob(filepath.Join(g.dir, "*", "cgroup.procs")) // the pattern is a good one
	if err != nil || len(lists) == 0 {
		return 0, fmt.Errorf("testbed: %s: no processes are listed: %v", g.dir, err)
	}
	for _, list := range append(lists, below...) {
		pids, err := os.ReadFile(list)
		if err != nil {
			return 0, fmt.Errorf("testbed: %w", err)
		}
		for pid := range strings.FieldsSeq(string(pids)) {
			// It may have ended by now.
			if status, err := numbers(filepath.Join("/proc", pid, "status"), ":", 1<<10); err == nil {
				sum += status["VmPTE"]
			}
		}
	}
	return sum, nil
}

func (g group) reclaim() error {
	if err := os.WriteFile(filepath.Join(g.dir, "memory.force_empty"), []byte("0"), 0); err != nil {
		return fmt.Errorf("testbed: %w", err)
	}
	return nil
}

// newGroup makes a group below the test's own.
func newGroup(name string) (group, error) {
	own, err := groupOf(os.Getpid())
	if err != nil {
		return group{}, err
	}
	g := group{filepath.Join(own.dir, name)}
	if err := os.Mkdir(g.dir, 0o755); err != nil {
		return group{}, fmt.Errorf("testbed: %w", err)
	}
	return g, nil
}

// remove removes a group whose processes are ending.
func (g group) remove() error {
	var err error
	for range 100 {
		if err = os.Remove(g.dir); err == nil || errors.Is(err, os.ErrNotExist) {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("testbed: %w", err)
}

// enter moves the calling thread into g.
func (g group) enter() error {
	file := filepath.Join(g.dir, "tasks")
	if err := os.WriteFile(file, fmt.Append(nil, unix.Gettid()), 0); err != nil {
		return fmt.Errorf("testbed: %w", err)
	}
	return nil
}
