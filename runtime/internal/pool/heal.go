package pool

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/sandbox"
	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// Back-off between restarts of an interpreter that keeps dying.
const (
	firstPause = 20 * time.Millisecond
	longPause  = time.Second
	leanPause  = time.Minute      // of a pool that not everybody needs
	stableRun  = 10 * time.Second // after this long the back-off starts anew
)

// supervise serves one zygote after the other until close.
func (p *Pool) supervise(z *zygote.Zygote) {
	defer p.done.Done()
	pause := firstPause
	for {
		began := time.Now()
		p.serve(z)
		if p.ctx.Err() != nil {
			return
		}
		p.setTrouble(errors.New("the interpreter is being restarted"))
		p.log.Error("interpreter died", "error", z.Err(), "restart_in", pause)
		if time.Since(began) > stableRun {
			pause = firstPause
		}
		for z = nil; z == nil; pause = min(2*pause, p.pause) {
			p.mu.Lock()
			p.again = time.Now().Add(pause)
			p.mu.Unlock()
			select {
			case <-time.After(pause):
			case <-p.ctx.Done():
				return
			}
			var err error
			if z, err = p.groups.start(p.ctx, p.zygote); err != nil {
				p.log.Error("interpreter does not start", "error", err)
				continue
			}
			p.restarts.Add(1)
		}
	}
}

// ErrDown is why a lean pool has no worker to give and none is on its way: its
// interpreter has died, or nothing can be forked from it. See [Pool.Changed].
var ErrDown = errors.New("the interpreter is down")

// down returns a channel that is closed when trouble comes, and ErrDown when it is
// there. Who takes a worker of a pool that everybody needs waits for its end all the
// same: they would do nothing else instead.
func (p *Pool) down() (<-chan struct{}, error) {
	if p.size.keep == p.size.most {
		return nil, nil
	}
	changed, trouble := p.Changed()
	if trouble != nil && p.ctx.Err() == nil {
		return nil, fmt.Errorf("%w: %w", ErrDown, trouble)
	}
	return changed, nil
}

// Changed is a channel that is closed when what Health returns becomes an error, or
// ceases to be one, and what that is now.
func (p *Pool) Changed() (changed <-chan struct{}, trouble error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.changed, p.trouble
}

// Again is when the next interpreter is started, where the last one has died.
func (p *Pool) Again() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.again
}

// shortages are the errors that say that the machine, or the user, has run out of
// something: descriptors, processes, memory, disk. The interpreter is not to blame
// and a new one would not help, so it is kept, and so are the workers that are
// ready.
var shortages = []error{
	syscall.EMFILE, syscall.ENFILE, syscall.EAGAIN, syscall.ENOMEM, syscall.ENOSPC, syscall.EDQUOT,
}

// shortage returns which of the shortages err is, nil if it is none.
func shortage(err error) error {
	for _, s := range shortages {
		if errors.Is(err, s) {
			return s
		}
	}
	return nil
}

// shortPause is how long to wait before a worker is tried again.
const shortPause = 100 * time.Millisecond

// short handles a worker that could not be made because something ran out. It
// returns when it is time to try again, or when that is of no use any more.
func (p *Pool) short(z *zygote.Zygote, why, err error) {
	if p.Health() == nil {
		p.log.Error("worker not made, will be tried again", "error", err)
	}
	p.setTrouble(fmt.Errorf("no worker can be made: %w", why))
	select {
	case <-time.After(shortPause):
	case <-z.Dead():
	case <-p.ctx.Done():
	}
}

// failed handles a worker that could not be made. It was never used.
func (p *Pool) failed(z *zygote.Zygote, err error) {
	select {
	case <-z.Dead(): // supervise reports it
	case <-p.ctx.Done():
	default:
		var refusal *sandbox.Refusal
		if errors.As(err, &refusal) {
			p.setTrouble(fmt.Errorf("a worker could not be confined: %w", refusal))
		}
		p.log.Error("worker not usable", "error", err)
		// The zygote may be what is wrong, stopped for one thing: a new one is cheap.
		z.Kill()
	}
}

// lookAfter is how long a worker may take to be made before the server looks
// whether the zygote was stopped. It only looks, because on a busy machine a fork
// can take seconds, and then a new zygote would not be faster.
const lookAfter = 250 * time.Millisecond

// endIfStopped kills the zygote if it is found stopped when a worker is late. The
// function that it returns must be called when the worker is there.
func (p *Pool) endIfStopped(z *zygote.Zygote) (made func() bool) {
	return time.AfterFunc(lookAfter, func() {
		if z.Stopped() {
			p.log.Error("interpreter is stopped: it is replaced")
			z.Kill()
		}
	}).Stop
}
