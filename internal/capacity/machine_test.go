package capacity

import (
	"os"
	"testing"
	"testing/fstest"
)

func TestMemoryLimit(t *testing.T) {
	const meminfo = "MemTotal:       8388608 kB\nMemFree:         1234 kB\n"
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"nothing is known", nil, Unlimited},
		{"the machine's memory", map[string]string{"proc/meminfo": meminfo}, 8 << 30},
		{"meminfo without a total", map[string]string{"proc/meminfo": "MemFree: 12 kB\n"}, Unlimited},
		{"v2: a container with its own namespace", map[string]string{
			"proc/meminfo":             meminfo,
			"proc/self/cgroup":         "0::/\n",
			"sys/fs/cgroup/memory.max": "536870912\n",
		}, 512 << 20},
		{"v2: no limit", map[string]string{
			"proc/meminfo":             meminfo,
			"proc/self/cgroup":         "0::/\n",
			"sys/fs/cgroup/memory.max": "max\n",
		}, 8 << 30},
		{"v2: a group above has less", map[string]string{
			"proc/meminfo":                     meminfo,
			"proc/self/cgroup":                 "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max":     "4294967296\n",
			"sys/fs/cgroup/a/memory.max":       "1073741824\n",
			"sys/fs/cgroup/a/other/memory.max": "1048576\n",
		}, 1 << 30},
		{"v2: the host's path, which is not mounted here", map[string]string{
			"proc/meminfo":             meminfo,
			"proc/self/cgroup":         "0::/kubepods/pod1/c1\n",
			"sys/fs/cgroup/memory.max": "268435456\n",
		}, 256 << 20},
		{"v2: outside of the namespace's top", map[string]string{
			"proc/meminfo":             meminfo,
			"proc/self/cgroup":         "0::/../../x\n",
			"sys/fs/cgroup/memory.max": "268435456\n",
		}, 256 << 20},
		{"v1", map[string]string{
			"proc/meminfo":     meminfo,
			"proc/self/cgroup": "5:cpu,cpuacct:/c\n4:memory:/docker/x\n1:name=systemd:/d\n",
			"sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes": "134217728\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes":          "9223372036854771712\n",
		}, 128 << 20},
		{"v1 and v2 together", map[string]string{
			"proc/meminfo":                                 meminfo,
			"proc/self/cgroup":                             "3:memory:/m\n0::/u\n",
			"sys/fs/cgroup/memory.max":                     "2147483648\n",
			"sys/fs/cgroup/memory/m/memory.limit_in_bytes": "1073741824\n",
		}, 1 << 30},
		{"no /proc/self/cgroup", map[string]string{
			"proc/meminfo": meminfo,
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824\n",
		}, 1 << 30},
		{"more than the machine has", map[string]string{
			"proc/meminfo":             meminfo,
			"sys/fs/cgroup/memory.max": "99999999999999\n",
		}, 8 << 30},
		{"garbage", map[string]string{
			"proc/meminfo":             meminfo,
			"proc/self/cgroup":         "x\n:\n0::\n",
			"sys/fs/cgroup/memory.max": "0\n",
		}, 8 << 30},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := make(fstest.MapFS)
			for name, content := range tt.files {
				root[name] = &fstest.MapFile{Data: []byte(content)}
			}
			if got := memoryLimit(root); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

// Whatever this machine is, it has some memory, and says how much.
func TestMemoryLimitHere(t *testing.T) {
	if got := memoryLimit(os.DirFS("/")); got < 64*mib || got == Unlimited {
		t.Errorf("got %d bytes", got)
	}
}

func TestContained(t *testing.T) {
	for name, tt := range map[string]struct {
		file string
		pid  int
		want bool
	}{
		"a machine":             {"etc/hosts", 1234, false},
		"Docker":                {".dockerenv", 1234, true},
		"podman":                {"run/.containerenv", 1234, true},
		"the image by itself":   {"etc/hosts", 1, true},
		"a name that is longer": {".dockerenvs", 7, false},
	} {
		if got := contained(fstest.MapFS{tt.file: {}}, tt.pid); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
