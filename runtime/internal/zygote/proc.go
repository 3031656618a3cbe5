package zygote

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// statm is the address space in bytes and the number of threads of a process.
func statm(pid int) (size int64, threads int, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, fmt.Errorf("zygote: size: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		name, rest, _ := strings.Cut(line, ":")
		fields := strings.Fields(rest)
		if len(fields) == 0 {
			continue
		}
		switch name {
		case "VmSize":
			kib, err := strconv.ParseInt(fields[0], 10, 64)
			if err != nil {
				return 0, 0, fmt.Errorf("zygote: size: %w", err)
			}
			size = kib << 10
		case "Threads":
			if threads, err = strconv.Atoi(fields[0]); err != nil {
				return 0, 0, fmt.Errorf("zygote: threads: %w", err)
			}
		}
	}
	if size == 0 {
		return 0, 0, fmt.Errorf("zygote: size: /proc/%d/status: no VmSize", pid)
	}
	return size, threads, nil
}

// mapping is a range of a process's addresses and its protection (PROT_*).
type mapping [3]uint64

// fileMappings lists what the process has mapped of files without the right to
// write: program text and constants. See share in zygote.py for what for.
func fileMappings(pid int) ([]mapping, error) {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return nil, fmt.Errorf("zygote: mappings: %w", err)
	}
	var out []mapping
	for line := range strings.Lines(string(maps)) {
		fields := strings.Fields(line)
		if len(fields) < 6 || !strings.HasPrefix(fields[5], "/") || len(fields[1]) != 4 || fields[1][1] == 'w' || fields[1][0] != 'r' {
			continue
		}
		from, to, _ := strings.Cut(fields[0], "-")
		m := mapping{2: syscall.PROT_READ}
		if fields[1][2] == 'x' {
			m[2] |= syscall.PROT_EXEC
		}
		if m[0], err = strconv.ParseUint(from, 16, 64); err != nil {
			return nil, fmt.Errorf("zygote: mappings: %w", err)
		}
		if m[1], err = strconv.ParseUint(to, 16, 64); err != nil {
			return nil, fmt.Errorf("zygote: mappings: %w", err)
		}
		out = append(out, m)
	}
	return out, nil
}
