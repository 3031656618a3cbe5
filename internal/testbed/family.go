package testbed

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Family is a process and everything below it, by process id.
func Family(pid int) []int {
	out := []int{pid}
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, name := range lists {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // the thread ended
		}
		for _, field := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				out = append(out, Family(child)...)
			}
		}
	}
	return out
}

// PSS is the memory of a process in bytes, of which what it shares with others counts
// for its share (proportional set size). 0 of a process that has ended.
func PSS(pid int) int64 { return rollup(pid, "Pss:") }

// Own is the memory in bytes that nobody else has and that was written, which is what a
// process adds to those that it was forked from. 0 of a process that has ended.
func Own(pid int) int64 { return rollup(pid, "Private_Dirty:") }

// rollup is one line of smaps_rollup, see proc_pid_smaps(5).
func rollup(pid int, name string) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			kib, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib << 10
		}
	}
	return 0
}

// Spent is what processes have cost so far.
type Spent struct {
	CPU    time.Duration // user and system time, in ticks of the kernel's clock
	Faults int64         // page faults that needed no disk
}

// Minus is the difference.
func (s Spent) Minus(t Spent) Spent { return Spent{s.CPU - t.CPU, s.Faults - t.Faults} }

// tick is the unit of times in /proc: USER_HZ is 100 wherever Go runs on Linux.
const tick = 10 * time.Millisecond

// SpentBy is what a process and all below it have cost, those included that have ended
// and were waited for.
func SpentBy(pid int) (sum Spent) {
	for _, p := range Family(pid) {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p))
		if err != nil {
			continue // it ended
		}
		// After the name, which may hold anything, the state is field 3 of proc_pid_stat(5).
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		field := func(n int) int64 {
			v, _ := strconv.ParseInt(fields[n-3], 10, 64)
			return v
		}
		sum.Faults += field(10) + field(11)
		sum.CPU += time.Duration(field(14)+field(15)+field(16)+field(17)) * tick
	}
	return sum
}
