package runtime

import (
	"time"

	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// Bill is what one run cost, which is known in full only when the kernel has
// ended its process.
type Bill struct {
	soFar  Usage // what was known with the Result
	worker *zygote.Worker
	seen   holding
}

// Wait waits, two seconds at most, until the kernel has ended the process, and
// returns the Usage of the Result with CPU and PeakMemory. ok is false when these
// are not to be had because the interpreter ended first. Wait may be called more
// than once, and from any goroutine.
func (b *Bill) Wait() (u Usage, ok bool) {
	u = b.soFar
	exit, ok := ended(b.worker)
	if ok {
		u.add(&exit, b.worker, b.seen)
	}
	return u, ok
}

// add fills in the figures that are known only when the process is gone.
func (u *Usage) add(exit *zygote.Exit, w *zygote.Worker, seen holding) {
	u.CPU = time.Duration(exit.CPUMicros) * time.Microsecond
	// The kernel's figure has pages of files in it, which are shared by all, and
	// those of a mapped /tmp.
	resident := int64(exit.PeakBytes) - w.Idle.Resident() - seen.File - seen.Shmem
	u.PeakMemory, u.PeakTmp = max(seen.Peak, resident, 0), seen.PeakTmp
}

// ended waits for the end of a worker that is dying. ok is false when it takes
// longer than endsWithin, or when the worker died with its zygote.
func ended(w *zygote.Worker) (exit zygote.Exit, ok bool) {
	select {
	case <-w.Exited():
		return w.Exit()
	default:
	}
	late := time.NewTimer(endsWithin)
	defer late.Stop()
	select {
	case <-w.Exited():
		return w.Exit()
	case <-late.C:
		return zygote.Exit{}, false
	}
}

// endsWithin is how long Wait waits for the figures of a worker's exit.
const endsWithin = 2 * time.Second
