package zygote

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/pyexec/pyexec/runtime/internal/sandbox"
	"github.com/pyexec/pyexec/runtime/internal/sys"
)

// Place is a run's own directory, where the jail has no private /tmp.
type Place struct {
	Dir  string // its path on this machine
	Seen string // its path as the run sees it
}

// Reserve makes the server's half of a worker: a number, the uid that the run will
// have, and the near ends of its channels. No process is made before [Zygote.Spawn];
// a worker that is not to be spawned must be given back to [Zygote.Release].
func (z *Zygote) Reserve() (*Worker, error) {
	w, err := newWorker()
	if err != nil {
		return nil, err
	}
	w.outputLimit, w.resultLimit, w.resultDepth = z.cfg.OutputBytes, z.cfg.ResultBytes, z.cfg.ResultDepth
	w.attachedLimit = z.cfg.ReturnBytes + attachedSlack
	if err := z.enlist(w); err != nil {
		z.Release(w)
		return nil, err
	}
	return w, nil
}

// Release gives back what a worker holds that was reserved and not spawned.
func (z *Zygote) Release(w *Worker) {
	w.closeFarEnds()
	z.dismiss(w.number)
	w.Close()
}

// Spawn asks for the process of a reserved worker. It returns at once; Worker.Ready
// waits until the worker has confined itself. Where the jail has a private /tmp the
// place is empty. With hurry the worker does not warm up, because somebody is
// waiting for it. On an error the worker is released.
func (z *Zygote) Spawn(w *Worker, place Place, hurry bool) error {
	w.Scratch = place.Dir
	message := spawnMessage(w.number, w.uid, hurry, place.Seen)
	if _, _, err := z.conn.WriteMsgUnix(message, syscall.UnixRights(w.farEnds...), nil); err != nil {
		z.Release(w)
		return fmt.Errorf("zygote: spawn: %w", err)
	}
	w.closeFarEnds()
	return nil
}

// newWorker makes the three pairs of a worker.
func newWorker() (*Worker, error) {
	w := &Worker{started: make(chan struct{}), exited: make(chan struct{}), pidfd: -1}
	ctl, theirCtl, err := sys.SocketPair(syscall.SOCK_STREAM)
	if err != nil {
		return nil, err
	}
	out, theirOut, err := sys.Pipe()
	if err != nil {
		sys.CloseFD(ctl, theirCtl)
		return nil, err
	}
	errs, theirErrs, err := sys.Pipe()
	if err != nil {
		sys.CloseFD(ctl, theirCtl, out, theirOut)
		return nil, err
	}
	w.ctl = os.NewFile(uintptr(ctl), "result channel")
	w.stdout.fd, w.stderr.fd = out, errs
	w.farEnds = []int{theirCtl, theirOut, theirErrs}
	return w, nil
}

// enlist gives the worker its number and a uid that no live worker has.
func (z *Zygote) enlist(w *Worker) error {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.workers == nil {
		return errors.New("zygote: spawn: the interpreter is gone")
	}
	z.next++
	w.number = z.next
	z.stopgap.note(w, len(z.cfg.PreloadLate) > 0 || rehearsedLate(z.cfg.Preload))
	z.workers[w.number] = w
	if !z.cfg.Jail.Has(sandbox.OwnUID) {
		return nil
	}
	uid, err := z.cfg.UIDs.take()
	if err != nil {
		delete(z.workers, w.number)
		return err
	}
	w.uid = uid
	return nil
}

// dismiss forgets a worker, whose uid is free again: its process is gone.
func (z *Zygote) dismiss(number uint64) *Worker {
	z.mu.Lock()
	defer z.mu.Unlock()
	w := z.workers[number]
	if w != nil {
		delete(z.workers, number)
		z.cfg.UIDs.free(w.uid)
	}
	return w
}
