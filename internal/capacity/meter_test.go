package capacity

import (
	"os"
	"testing"
	"testing/fstest"
)

// file is one of a tree that stands for /.
func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

// The memory that is left is the least of what the machine and the groups have;
// pages of files do not count as taken, shared memory does.
func TestMemoryLeft(t *testing.T) {
	machine := map[string]*fstest.MapFile{
		"proc/meminfo": file("MemTotal:       1048576 kB\nMemFree: 1 kB\nMemAvailable:    512000 " +
			"kB\nSReclaimable: 3072 kB\n"),
		"proc/vmstat": file("nr_free_pages 1\noom_kill 7\n"),
	}
	v2 := map[string]*fstest.MapFile{
		"proc/self/cgroup":             file("0::/\n"),
		"sys/fs/cgroup/memory.max":     file("209715200\n"), // 200 MiB
		"sys/fs/cgroup/memory.current": file("104857600\n"),
		"sys/fs/cgroup/memory.stat": file("anon 1\nfile 60000000\nshmem 9\ninactive_file " +
			"10485760\nactive_file 5242880\nslab_reclaimable 1048576\n"),
		"sys/fs/cgroup/memory.events": file("low 0\noom 3\noom_kill 2\n"),
	}
	v1 := map[string]*fstest.MapFile{
		"proc/self/cgroup":                           file("4:memory:/docker/abc\n"),
		"sys/fs/cgroup/memory/memory.limit_in_bytes": file("209715200\n"),
		"sys/fs/cgroup/memory/memory.usage_in_bytes": file("52428800\n"),
		"sys/fs/cgroup/memory/memory.stat": file("cache 5\ninactive_file " +
			"1\ntotal_inactive_file 1048576\ntotal_active_file 1048576\n"),
		"sys/fs/cgroup/memory/memory.kmem.usage_in_bytes":       file("8388608\n"),
		"sys/fs/cgroup/memory/memory.oom_control":               file("oom_kill_disable 0\nunder_oom 0\noom_kill 5\n"),
		"sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": file("9223372036854771712\n"),
	}
	for _, tt := range []struct {
		name        string
		trees       []map[string]*fstest.MapFile
		left, kills int64
		known       bool
	}{
		{"nothing is known", nil, Unlimited, 0, false},
		{"the machine", []map[string]*fstest.MapFile{machine}, 512000 * kib, 7, true},
		{"version 2", []map[string]*fstest.MapFile{machine, v2}, 100*mib + 16*mib, 2, true},
		{"version 1", []map[string]*fstest.MapFile{machine, v1}, 150*mib + 2*mib + 3*mib, 5, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := fstest.MapFS{}
			for _, tree := range tt.trees {
				for name, f := range tree {
					root[name] = f
				}
			}
			m := NewMeter(root)
			if left, ok := m.Left(); left != tt.left || ok != tt.known {
				t.Errorf("left: %d %v, want %d %v", left, ok, tt.left, tt.known)
			}
			if n, ok := m.Kills(); n != tt.kills || ok != tt.known {
				t.Errorf("kills: %d %v, want %d %v", n, ok, tt.kills, tt.known)
			}
		})
	}
}

// This machine has figures.
func TestMemoryLeftHere(t *testing.T) {
	m := NewMeter(os.DirFS("/"))
	if left, ok := m.Left(); !ok || left < 16*mib || left > memoryLimit(os.DirFS("/")) {
		t.Errorf("left: %d %v", left, ok)
	}
}
