package capacity

import (
	"bufio"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path"
	"runtime"
	"strconv"
	"strings"
)

// Machine is what the machine, or the container around this process, grants.
type Machine struct {
	CPUs int // that this process may use
	// Memory in bytes. Unlimited when nothing says how much there is.
	Memory int64
	// Descriptors is how many this process may have open. 0 stands for more than
	// enough.
	Descriptors int64
	// Contained says that this process runs in a container.
	Contained bool
}

// This is the machine around this process, as it is now.
func This() Machine {
	root := os.DirFS("/")
	return Machine{
		CPUs: runtime.GOMAXPROCS(0), Memory: memoryLimit(root), Descriptors: descriptorLimit(),
		Contained: contained(root, os.Getpid()),
	}
}

// contained says whether the process runs in a container, where the loopback
// interface is its own and nobody outside could reach what listens on it. Docker
// and podman leave a file, and whoever starts an image without a shell has its
// program as the first process.
func contained(root fs.FS, pid int) bool {
	for _, mark := range []string{".dockerenv", "run/.containerenv"} {
		if _, err := fs.Stat(root, mark); err == nil {
			return true
		}
	}
	return pid == 1
}

// Unlimited stands for a limit that does not exist, or that is not known.
const Unlimited = math.MaxInt64

// memoryLimit is the least of all limits that hold for this process: those of
// its control group and the groups above it, as far as they are visible below
// root, and the memory of the machine.
func memoryLimit(root fs.FS) int64 {
	limit := totalMemory(root)
	for _, name := range limitFiles(root) {
		data, err := fs.ReadFile(root, name)
		if err != nil {
			continue // not mounted here, or a group without the controller
		}
		// "max" is how version 2 says Unlimited; version 1 has a huge number.
		if n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64); err == nil && n > 0 {
			limit = min(limit, n)
		}
	}
	return limit
}

// limitFiles lists the files that may hold a limit. Inside a container the
// path in /proc/self/cgroup can be the host's, with the container's own group
// mounted as the top: the walk up to the top finds it all the same.
func limitFiles(root fs.FS) []string {
	groups := map[string]string{"sys/fs/cgroup/memory.max": "/", "sys/fs/cgroup/memory/memory.limit_in_bytes": "/"}
	data, _ := fs.ReadFile(root, "proc/self/cgroup")
	for line := range strings.Lines(string(data)) {
		// hierarchy:controllers:path
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		switch {
		case len(fields) < 3:
		case fields[0] == "0" && fields[1] == "":
			groups["sys/fs/cgroup/memory.max"] = fields[2]
		case strings.Contains(","+fields[1]+",", ",memory,"):
			groups["sys/fs/cgroup/memory/memory.limit_in_bytes"] = fields[2]
		}
	}
	var files []string
	for file, group := range groups {
		mount, name := path.Split(file)
		for dir := path.Clean("/" + group); ; dir = path.Dir(dir) {
			files = append(files, path.Join(mount, dir, name))
			if dir == "/" {
				break
			}
		}
	}
	return files
}

// totalMemory is MemTotal of /proc/meminfo.
func totalMemory(root fs.FS) int64 {
	file, err := root.Open("proc/meminfo")
	if err != nil {
		return Unlimited
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var kilobytes int64
		if n, _ := fmt.Sscanf(lines.Text(), "MemTotal: %d kB", &kilobytes); n == 1 && kilobytes > 0 {
			return kilobytes * kib
		}
	}
	return Unlimited
}
