package zygote

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// pidOf is the process id behind a pidfd, 0 once the process is buried.
func pidOf(pidfd int) int {
	info, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", pidfd))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(info), "\nPid:")
	first, _, _ := strings.Cut(rest, "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		return 0
	}
	return max(pid, 0)
}

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

// Stopped reports whether the zygote is stopped: by a signal, or a debugger.
// It does nothing then, and is not dead. One that only waits for a processor
// is not stopped, however long.
func (z *Zygote) Stopped() bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", z.PID()))
	if err != nil {
		return false // gone
	}
	// The name of the program, in parentheses, may hold anything.
	after := bytes.LastIndexByte(stat, ')')
	return bytes.HasPrefix(stat[after+1:], []byte(" T")) || bytes.HasPrefix(stat[after+1:], []byte(" t"))
}
