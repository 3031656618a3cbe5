package runtime

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/sandbox"
	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// watchEvery is the time between two looks at a run that the server has to
// bound by itself. What a script can do in between is bounded by its rlimits.
const watchEvery = 20 * time.Millisecond

// watch bounds what the kernel does not where there is neither a private /tmp
// nor a uid of the run's own: the run's directory and its threads. It returns
// a function that ends the watch.
func (p *pool) watch(w *zygote.Worker, limits Limits) (stop func()) {
	if p.scratch == nil && !p.threads {
		return func() {}
	}
	done := make(chan struct{})
	go func() {
		next := time.NewTimer(watchEvery)
		defer next.Stop()
		for {
			select {
			case <-done:
				return
			case began := <-next.C:
				if over := p.look(w, limits); over != 0 {
					w.Exceed(over)
					return
				}
				// A script can make it long to look: half a processor at most.
				next.Reset(max(watchEvery, time.Since(began)))
			}
		}
	}()
	return func() { close(done) }
}

// look returns the limit that the run is over, if any.
func (p *pool) look(w *zygote.Worker, limits Limits) zygote.Cause {
	pid := w.PID()
	if p.threads && pid != 0 && threads(pid) > limits.Threads {
		return zygote.Threads
	}
	if p.scratch == nil {
		return 0
	}
	var bytes, files int64
	count := func() {
		bytes, files = p.scratch.use(w.Scratch)
		if pid != 0 {
			bytes += unlinked(pid, limits.TmpBytes)
		}
	}
	// What belongs to a uid of the run's own is looked at with that uid: this
	// one may have no right to. Where it can't be had, as in gVisor, root sees
	// it as it is.
	if uid := w.UID(); uid == 0 || sandbox.AsUser(uid, count) != nil {
		count()
	}
	if bytes > limits.TmpBytes || files > limits.TmpFiles {
		return zygote.Files
	}
	return 0
}

// threads is how many tasks a process has, 0 when it is gone.
func threads(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "\nThreads:")
	first, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.ParseInt(strings.TrimSpace(first), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// unlinked is the size of the files that a process uses and that no directory
// shows any more, each counted once: those that it holds open, and at most bytes
// for each that it has only mapped, whose size nothing tells.
func unlinked(pid int, most int64) (bytes int64) {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	open, err := os.ReadDir(dir)
	if err != nil {
		return 0 // gone; its files went with it
	}
	seen := map[uint64]bool{}
	for _, fd := range open {
		info, err := os.Stat(filepath.Join(dir, fd.Name()))
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Nlink == 0 && !seen[st.Ino] {
			seen[st.Ino] = true
			bytes += info.Size()
		}
	}
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return bytes
	}
	for line := range strings.Lines(string(maps)) {
		if ino := mappedUnlinked(line); ino != 0 && !seen[ino] {
			seen[ino] = true
			bytes += most
		}
	}
	return bytes
}

// mappedUnlinked is the inode of a line of /proc/PID/maps if that is of a file
// without a name, and otherwise 0. Anonymous shared memory looks like one.
func mappedUnlinked(line string) uint64 {
	rest, deleted := strings.CutSuffix(line, " (deleted)\n")
	if !deleted {
		return 0
	}
	fields := strings.Fields(rest) // addresses, rights, offset, device, inode, path
	if len(fields) < 6 || len(fields) == 6 && fields[5] == "/dev/zero" {
		return 0
	}
	ino, err := strconv.ParseUint(fields[4], 10, 64)
	if err != nil {
		return 0
	}
	return ino
}
