// Package proc reads what the kernel says of a process. It is the one place
// that knows the layout of /proc/PID, and takes the figures from outside: none
// of them is the process's own word.
package proc

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// Status is what /proc/PID/status says of a process at one moment. Sizes are in
// bytes.
type Status struct {
	// State is the letter of proc(5): T is stopped, t stopped by a debugger.
	State byte
	// Threads is how many there are, the main one included.
	Threads int64
	// Size is the address space.
	Size int64
	// Anon, File and Shmem are resident pages: the process's own, of files, and
	// of shared memory, a tmpfs's included. Pages that a fork shares with its
	// parent count for both. Where the kernel does not tell them apart, as
	// gVisor, all are in Anon.
	Anon, File, Shmem int64
	// Tables are the page tables, which are kernel memory.
	Tables int64
}

// Stopped reports whether a signal or a debugger has stopped the process. One
// that only waits for a processor is not stopped, however long.
func (s Status) Stopped() bool { return s.State == 'T' || s.State == 't' }

// Resident is the sum of all resident pages.
func (s Status) Resident() int64 { return s.Anon + s.File + s.Shmem }

// Read asks the kernel about a process. An error says that it is gone, or that
// this process may not see it.
func Read(pid int) (Status, error) {
	s, _, err := Look(pid)
	return s, err
}

// Look is Read, and says which directory of /proc has what the process holds: its
// own, or where its first thread has ended and others go on, that of another thread.
func Look(pid int) (s Status, dir string, err error) {
	dir = "/proc/" + strconv.Itoa(pid)
	s, err = read(dir)
	if err != nil || s.State != 'Z' || s.Threads < 2 {
		return s, dir, err
	}
	tasks, err := os.ReadDir(dir + "/task")
	if err != nil {
		return s, dir, nil // gone by now
	}
	for _, t := range tasks {
		thread := dir + "/task/" + t.Name()
		if other, err := read(thread); err == nil && other.State != 'Z' {
			return other, thread, nil
		}
	}
	return s, dir, nil
}

func read(dir string) (Status, error) {
	text, err := os.ReadFile(dir + "/status")
	if err != nil {
		return Status{}, fmt.Errorf("proc: %w", err)
	}
	s := parse(text)
	if s.State == 0 {
		return Status{}, fmt.Errorf("proc: %s/status: no State", dir)
	}
	return s, nil
}

// parse takes the lines that are of use. What is not there stays zero.
func parse(text []byte) (s Status) {
	var all int64
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte{'\n'})
		name, rest, _ := bytes.Cut(line, []byte{':'})
		switch string(name) {
		case "State":
			if rest = bytes.TrimSpace(rest); len(rest) > 0 {
				s.State = rest[0]
			}
		case "Threads":
			s.Threads = number(rest)
		case "VmSize":
			s.Size = number(rest) << 10
		case "VmRSS":
			all = number(rest) << 10
		case "RssAnon":
			s.Anon = number(rest) << 10
		case "RssFile":
			s.File = number(rest) << 10
		case "RssShmem":
			s.Shmem = number(rest) << 10
		case "VmPTE":
			s.Tables = number(rest) << 10
		}
	}
	if s.Resident() == 0 {
		s.Anon = all
	}
	return s
}

// Private is how many bytes of a process, by its directory in /proc, no other
// process maps and are no clean pages of a file. Pages that a fork has shared with
// it and that it has written to since are among them. The kernel looks at every
// page for it. ok is false where this process may not see it.
func Private(dir string) (bytes int64, ok bool) {
	text, err := os.ReadFile(dir + "/smaps_rollup")
	if err != nil {
		return 0, false
	}
	return private(text)
}

func private(text []byte) (int64, bool) {
	_, rest, ok := bytes.Cut(text, []byte("\nPrivate_Dirty:"))
	line, _, _ := bytes.Cut(rest, []byte{'\n'})
	return number(line) << 10, ok
}

// number is the first word of a line as a number, 0 if it is none.
func number(rest []byte) int64 {
	word, _, _ := bytes.Cut(bytes.TrimSpace(rest), []byte{' '})
	n, err := strconv.ParseInt(string(word), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// PID is the process id behind a pidfd of this process, 0 once its exit
// status has been taken.
func PID(pidfd int) int {
	info, err := os.ReadFile("/proc/self/fdinfo/" + strconv.Itoa(pidfd))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(info, []byte("\nPid:"))
	line, _, _ := bytes.Cut(rest, []byte{'\n'})
	return int(max(number(line), 0))
}
