package pool

import (
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/proc"
	"github.com/pyexec/pyexec/runtime/internal/sys"
	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// watchEvery is the time between two looks at a run. In between rlimits bound the
// script. A run that is over sooner is never looked at.
const watchEvery = 20 * time.Millisecond

// watchSlack is how many bytes a run may hold beyond its limit before it is ended:
// for the interpreter, which has to answer, and for page tables.
const watchSlack = 16 << 20

// Holding is what a run has been seen to hold, in bytes, on top of what the worker
// had before its script: largest values, but for Now and Tmp.
type Holding struct {
	Peak        int64 // its own pages and page tables
	File, Shmem int64 // pages of files, and of its /tmp as far as they are mapped
	Now         int64 // all that is its own at the last look
	Tmp         int64 // what is in its /tmp, -1 where that is not known
	PeakTmp     int64 // the largest Tmp
	Size        int64 // address space, at the last look
}

// Watch is a run that the server looks at from time to time.
type Watch struct {
	p      *Pool
	w      *zygote.Worker
	limits Limits

	mu    sync.Mutex
	timer *time.Timer
	done  bool
	known bool // to the pool's pressure
	seen  Holding
}

// Watch bounds what no limit of the kernel's does: memory that rlimits don't
// count and, where there is neither a private /tmp nor a uid of the run's own,
// the run's directory and its threads. The caller must End it.
func (p *Pool) Watch(w *zygote.Worker) *Watch {
	v := &Watch{p: p, w: w, limits: p.limits}
	v.mu.Lock()
	v.timer = time.AfterFunc(watchEvery, v.look)
	v.mu.Unlock()
	return v
}

// End stops the watch and says what was seen.
func (v *Watch) End() Holding {
	v.timer.Stop()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.done = true
	if v.known { // most runs are over before
		v.p.pressure.leave(v)
	}
	return v.seen
}

func (v *Watch) look() {
	began := time.Now()
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.done {
		return
	}
	if over := v.over(); over != 0 {
		v.w.Exceed(over)
		return
	}
	v.known = true
	v.p.pressure.relieve(v)
	// A script can make it long to look: half a processor at most.
	v.timer.Reset(max(watchEvery, time.Since(began)))
}

// over returns what ends the run now, if anything.
func (v *Watch) over() zygote.Cause {
	s, dir, ok := v.w.Status()
	if !ok {
		return 0 // dead or dying, which somebody else notices; or not to be seen
	}
	if s.Resident() > 0 { // else it is ending, and has given its memory back
		v.count(s, dir)
	}
	switch {
	case s.Stopped():
		return zygote.Stopped
	case v.seen.Now > v.limits.MemoryBytes+v.tmp()+watchSlack:
		return zygote.Memory
	case v.limits.Threads > 0 && s.Threads > v.limits.Threads:
		return zygote.Threads
	}
	if v.p.scratch == nil {
		return 0
	}
	bytes, files := v.scratch(dir)
	v.seen.Tmp, v.seen.PeakTmp = bytes, max(v.seen.PeakTmp, bytes)
	if bytes > v.limits.TmpBytes || files > v.limits.TmpFiles {
		return zygote.Files
	}
	return 0
}

// tmp is how many bytes of memory the run may hold in its /tmp: what is in there
// where that is known, else its limit.
func (v *Watch) tmp() int64 {
	if v.seen.Tmp < 0 {
		return v.limits.TmpBytes
	}
	return v.seen.Tmp
}

// count adds the figures of one look at the run's memory.
func (v *Watch) count(s proc.Status, dir string) {
	idle := v.w.Idle
	own := max(s.Anon-idle.Anon, 0) + max(s.Tables-idle.Tables, 0)
	if own+idle.Anon > v.limits.MemoryBytes+watchSlack {
		// Pages that it shared with the interpreter and has written to since are
		// its own, and counted before: they could make the difference.
		if private, ok := proc.Private(dir); ok {
			own = max(own, private-idlePrivate)
		}
	}
	v.seen.Peak = max(v.seen.Peak, own)
	v.seen.File = max(v.seen.File, s.File-idle.File)
	v.seen.Shmem = max(v.seen.Shmem, s.Shmem)
	v.seen.Size = s.Size - idle.Size
	if v.p.scratch == nil {
		v.seen.Tmp = tmpBytes(dir)
		v.seen.PeakTmp = max(v.seen.PeakTmp, v.seen.Tmp)
	}
	v.seen.Now = own + max(s.Shmem, v.seen.Tmp)
}

// idlePrivate is what a worker holds of its own before it has a script, rounded up.
const idlePrivate = 2 << 20

// tmpBytes is how much the private /tmp of a process holds, whose directory in
// /proc is dir, -1 where it can't be seen. Nobody in the jail can put another
// directory, or a link, in its place.
func tmpBytes(dir string) int64 {
	var st syscall.Statfs_t
	if err := syscall.Statfs(filepath.Join(dir, "root", "tmp"), &st); err != nil || st.Type != tmpfsMagic {
		return -1
	}
	return int64(st.Blocks-st.Bfree) * st.Bsize
}

// tmpfsMagic is TMPFS_MAGIC of linux/magic.h.
const tmpfsMagic = 0x01021994

// scratch returns the bytes and the entries in the run's directory, where that
// stands in for a private /tmp.
func (v *Watch) scratch(dir string) (bytes, files int64) {
	count := func() {
		bytes, files = v.p.scratch.use(v.w.Scratch)
		bytes += unlinked(dir, v.limits.TmpBytes)
	}
	// The directory of a run with a uid of its own is read with that uid: this
	// process may have no right to. Where the uid can't be had, as in gVisor, root
	// sees it as it is.
	if uid := v.w.UID(); uid == 0 || sys.AsUser(uid, count) != nil {
		count()
	}
	return bytes, files
}
