package pool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/proc"
	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// workerWithin is a caller's wait for a ready worker, before the interpreter is taken
// for hung.
const workerWithin = 10 * time.Second

// Spares are the workers beyond Config.Workers that are kept, so that a caller
// who comes while all others run does not wait for a fork.
const Spares = 2

// Pool keeps Config.Workers confined workers ready and the zygote alive.
type Pool struct {
	log     *slog.Logger
	groups  *Groups
	zygote  zygote.Config
	scratch *Scratch // nil where every worker has a private /tmp
	limits  Limits
	// pressure is what is done when the machine's memory runs out.
	pressure *Pressure
	// blind says that the kernel shows the server nothing of its workers.
	blind atomic.Bool
	// hidden says that it does not show what workers have copied of the
	// interpreter's pages. Open finds it out.
	hidden bool
	forked func(time.Duration)

	// Ready are the workers that wait for a script.
	Ready *Ready
	// vacant has a token for every worker that may be forked: the pool's size
	// less those that are ready, on their way, or running a script. A run gives
	// its token back when it is over, so that no replacement is forked while
	// the script wants the processor.
	vacant chan struct{}
	size   size
	// waiting is how many callers found no worker ready.
	waiting atomic.Int64
	// restarts is how many interpreters took the place of one that died.
	restarts atomic.Int64

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	done   sync.WaitGroup

	// pause is the longest one before an interpreter is started again, after others
	// that died soon.
	pause time.Duration

	mu      sync.Mutex
	trouble error // why nothing can run, nil when it can
	again   time.Time
	// changed is closed, and another one made, when trouble comes or goes.
	changed chan struct{}
}

// New makes a pool in which nothing runs yet.
func New(cfg Config) *Pool {
	ctx, cancel := context.WithCancel(context.Background())
	p := &Pool{
		log: cfg.Log, groups: cfg.Groups, zygote: cfg.Zygote, scratch: cfg.Scratch, limits: cfg.Limits,
		forked: cfg.Forked, ctx: ctx, cancel: cancel,
		pressure: cfg.Pressure,
		Ready:    newReady(cfg.Workers + Spares),
		vacant:   make(chan struct{}, cfg.Workers+Spares),
		trouble:  errors.New("the interpreter is starting"),
		pause:    longPause,
		changed:  make(chan struct{}),
	}
	p.size.keep, p.size.most = cap(p.vacant), cap(p.vacant)
	if cfg.Lean {
		p.size.keep, p.pause = Spares, leanPause
	}
	for range p.size.keep {
		p.size.now++
		p.vacant <- struct{}{}
	}
	return p
}

// Open starts the first zygote, waits for its first worker and from then on
// keeps the pool by itself. It returns the interpreter's version.
func (p *Pool) Open(ctx context.Context) (version string, err error) {
	z, err := p.groups.start(ctx, p.zygote)
	if err != nil {
		p.Close()
		return "", err
	}
	<-p.vacant
	w, err := p.fork(z)
	if err != nil {
		z.Kill()
		<-z.Dead()
		p.Close()
		return "", errors.Join(err, z.Err())
	}
	if _, dir, ok := w.Status(); ok {
		_, seen := proc.Private(dir)
		p.hidden = !seen && w.Alive()
	}
	p.setTrouble(nil)
	p.done.Add(1)
	go p.supervise(z)
	return z.Version(), nil
}

// serve keeps the pool full from z until z is dead or the pool closed. Then no
// worker of z is left and every token is back.
func (p *Pool) serve(z *zygote.Zygote) {
	var forks sync.WaitGroup
	defer func() {
		z.Kill()
		<-z.Dead()
		forks.Wait()
		p.drain()
	}()
	broken := make(chan struct{})
	var once sync.Once
	for {
		select {
		case <-p.ctx.Done():
			return
		case <-z.Dead():
			return
		case <-broken:
			return
		case <-p.vacant:
		}
		forks.Add(1)
		p.size.forking.Add(1)
		go func() {
			defer forks.Done()
			defer p.came()
			w, err := p.fork(z)
			if err == nil {
				p.setTrouble(nil)
				if old := z.Superseded(w); old != nil {
					p.retire(old)
				}
				return
			}
			if why := shortage(err); why != nil {
				p.short(z, why, err)
			} else {
				once.Do(func() {
					p.failed(z, err)
					close(broken)
				})
			}
			p.vacant <- struct{}{}
		}()
	}
}

// retire ends a worker if it still waits for a script.
func (p *Pool) retire(w *zygote.Worker) {
	if p.Ready.Remove(func(other *zygote.Worker) bool { return other == w }) != nil {
		p.Discard(w)
	}
}

// Take returns a ready worker, waiting for one until ctx ends; the error is the
// context's cause then, and wraps ErrUnavailable when the pool is closed or no worker
// comes within ten seconds. A lean pool returns ErrDown at once when nothing can run.
// The caller must Discard it.
func (p *Pool) Take(ctx context.Context) (*zygote.Worker, error) {
	select {
	case <-p.Ready.count:
		w := p.Ready.pop()
		if w.Alive() {
			return w, nil
		}
		p.Discard(w)
	default:
	}
	p.waiting.Add(1)
	defer p.waiting.Add(-1)
	late := time.NewTimer(workerWithin)
	defer late.Stop()
	for {
		p.grow()
		down, err := p.down()
		if err != nil {
			return nil, err
		}
		select {
		case <-down:
		case <-p.Ready.count:
			w := p.Ready.pop()
			if w.Alive() {
				return w, nil
			}
			p.Discard(w)
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-p.ctx.Done():
			return nil, fmt.Errorf("%w: shutting down", ErrUnavailable)
		case <-late.C:
			return nil, fmt.Errorf("%w: no worker within %v", ErrUnavailable, workerWithin)
		}
	}
}

// Discard ends a worker and makes room for its replacement.
func (p *Pool) Discard(w *zygote.Worker) {
	p.end(w)
	if !p.shrink() {
		p.vacant <- struct{}{}
	}
}

// end ends a worker and cleans up behind it once its process is gone.
func (p *Pool) end(w *zygote.Worker) {
	w.Close()
	if w.Scratch == "" {
		return
	}
	go func() {
		<-w.Exited()
		p.clear(w.Scratch)
	}()
}

// clear removes a run's directory, if it has one.
func (p *Pool) clear(dir string) {
	if dir == "" {
		return
	}
	if err := p.scratch.clear(dir); err != nil {
		p.log.Error("scratch directory left behind", "error", err)
	}
}

// drain throws the ready workers of a dead zygote away.
func (p *Pool) drain() {
	for {
		select {
		case <-p.Ready.count:
			p.Discard(p.Ready.pop())
		default:
			return
		}
	}
}

// setTrouble says why nothing can run, or with nil that all is well; after
// close it never is.
func (p *Pool) setTrouble(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil && p.ctx.Err() != nil {
		return
	}
	if (err == nil) != (p.trouble == nil) {
		close(p.changed)
		p.changed = make(chan struct{})
	}
	p.trouble = err
}

// Health is why nothing can run, nil when it can.
func (p *Pool) Health() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.trouble
}

// Close ends the zygote and waits until it is gone. The directories of runs stay for
// whoever has made them.
func (p *Pool) Close() {
	p.cancel()
	p.setTrouble(errors.New("shutting down"))
	p.done.Wait()
}

// Closed reports whether Close was called.
func (p *Pool) Closed() bool { return p.ctx.Err() != nil }

// Blind reports whether the kernel shows the server nothing of its workers. It is
// known once Open has returned.
func (p *Pool) Blind() bool { return p.blind.Load() }

// CopiesHidden reports whether the kernel does not show the server what runs copy of
// the interpreter's pages, as it does not without CAP_SYS_PTRACE or
// CAP_PERFMON. It is known once Open has returned.
func (p *Pool) CopiesHidden() bool { return p.hidden }

// Restarts is how many interpreters took the place of one that died.
func (p *Pool) Restarts() int64 { return p.restarts.Load() }
