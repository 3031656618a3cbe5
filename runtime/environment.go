package runtime

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/packages/script"
	"github.com/pyexec/pyexec/runtime/internal/packages/shelf"
	"github.com/pyexec/pyexec/runtime/internal/pool"
)

// DefaultEnvironment is the name of the environment that Config itself describes.
const DefaultEnvironment = "default"

// environment is what scripts are run in: a Python with packages, in a jail of its
// own with an interpreter that workers are forked from. The default one is there
// from the start to the end. The others are started when they are needed, and ended
// when nobody runs in them and memory is short.
type environment struct {
	name string
	cfg  Config // as it is for this one
	all  *environments

	// known is closed when it was tried once to find the software.
	known chan struct{}
	setup atomic.Pointer[setup] // nil until the software is found
	set   *shelf.Set            // of an environment that was installed

	jailKills atomic.Int64 // when they were last asked for, see jailKilled
	runs      atomic.Int64

	mu     sync.Mutex
	pool   *pool.Pool    // nil while it is cold
	moving chan struct{} // closed when a start or an end is over, nil if there is none
	// holders are the runs that are under way or wait, used is when the last one came
	// or went.
	holders int
	used    time.Time
	size    int64 // bytes that its interpreter held when it was last started, 0: unknown
	// trouble is why it did not start, and not before again it is tried anew.
	trouble error
	again   time.Time
	pause   time.Duration
	counts  EnvironmentStats // of what is over
}

// Pauses between attempts to start an environment that does not start.
const (
	firstAttempt = time.Second
	lastAttempt  = time.Minute
)

// soonAgain is how long a run waits for an interpreter that has died before, at most.
const soonAgain = 2 * time.Second

// startWithin is how long a run waits for its environment at most.
const startWithin = 30 * time.Second

// describe is what headers of scripts are compared with, worked out when the first
// comes.
func (s *setup) describe(name string) (*script.Environment, error) {
	s.described.Do(func() { s.description, s.undescribed = s.software.Environment(name) })
	return s.description, s.undescribed
}

// hold keeps the environment from being ended until release, and returns its pool. A
// cold one is started, which the caller waits for like one in the queue; waited is
// how long.
func (e *environment) hold(ctx context.Context, a *admission, reserve func() error) (
	p *pool.Pool, waited time.Duration, err error,
) {
	if e.isDefault() {
		return e.pool, 0, nil // it is always there
	}
	e.mu.Lock()
	e.holders++
	e.used = time.Now()
	p = e.pool
	e.mu.Unlock()
	if p != nil && p.Health() == nil {
		return p, 0, nil
	}
	began := time.Now()
	late, cancel := context.WithTimeoutCause(ctx, startWithin, e.unavailable(errors.New("it takes too long to start")))
	defer cancel()
	late, closing := e.all.untilClosed(late)
	defer closing()
	if p, err = e.await(late, a, reserve); err != nil {
		e.release()
		return nil, 0, err
	}
	return p, time.Since(began), nil
}

// await waits until workers can be forked, and starts the interpreter if need be.
func (e *environment) await(ctx context.Context, a *admission, reserve func() error) (*pool.Pool, error) {
	for {
		e.mu.Lock()
		p, over := e.pool, (<-chan struct{})(e.moving)
		switch {
		case p != nil:
			changed, trouble := p.Changed()
			if trouble == nil {
				e.mu.Unlock()
				return p, nil
			}
			if wait := time.Until(p.Again()); wait > soonAgain {
				e.mu.Unlock()
				return nil, e.unavailable(fmt.Errorf("its interpreter dies again and again, and is started again in %v",
					wait.Round(time.Second)))
			}
			over = changed
		case over != nil:
		case e.all.ctx.Err() != nil:
			e.mu.Unlock()
			return nil, fmt.Errorf("%w: shutting down", ErrUnavailable)
		case e.trouble != nil && time.Now().Before(e.again):
			trouble := e.trouble
			e.mu.Unlock()
			return nil, trouble
		default:
			over, _ = e.move(e.start)
		}
		e.mu.Unlock()
		if err := a.await(ctx, over, reserve); err != nil {
			return nil, err
		}
	}
}

// cold reports whether a run has to wait for an interpreter.
func (e *environment) cold() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.pool == nil
}

// pin is hold without a start.
func (e *environment) pin() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.holders++
	e.used = time.Now()
}

// release gives up what hold gave.
func (e *environment) release() {
	if e.isDefault() {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.holders--
	e.used = time.Now()
}

func (e *environment) isDefault() bool { return e.name == DefaultEnvironment }

// move does what starts or ends it, in the background; over is closed then. ok is
// false where it is not done because all are being closed. The caller holds the lock,
// and has seen that nothing of the kind is under way.
func (e *environment) move(do func()) (over chan struct{}, ok bool) {
	over = make(chan struct{})
	if !e.all.begin() {
		close(over)
		return over, false
	}
	e.moving = over
	go func() {
		defer e.all.work.Done()
		do()
		e.mu.Lock()
		e.moving = nil
		e.mu.Unlock()
		close(over)
	}()
	return over, true
}

// start starts the interpreter, or notes why it does not start.
func (e *environment) start() {
	began := time.Now()
	p, size, err := e.open(e.all.ctx)
	if err != nil {
		e.fail("environment does not start", err)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pool, e.size, e.trouble, e.pause = p, size, nil, 0
	e.used = time.Now()
	e.counts.Starts++
	e.cfg.Log.Info("environment started", "environment", e.name, "took", time.Since(began).String())
}

// find finds the software, without starting the interpreter.
func (e *environment) find() {
	if _, err := e.prepare(e.all.ctx); err != nil {
		e.fail("environment is not usable", err)
	}
}

// fail notes that an attempt came to nothing. The next one is made when somebody asks for
// the environment after a pause, which is the longer the more have failed.
func (e *environment) fail(what string, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pause = min(max(2*e.pause, firstAttempt), lastAttempt)
	if errors.Is(err, errNoRoom) { // any run that ends may change that
		e.pause = firstAttempt
	}
	e.trouble, e.again = e.unavailable(err), time.Now().Add(e.pause)
	e.counts.Failures++
	if e.all.ctx.Err() == nil {
		e.cfg.Log.Error(what, "environment", e.name, "error", err, "pause", e.pause.String())
	}
}

// look returns the setup, and where there is none, why. What has failed is tried again in
// the background, after the pause.
func (e *environment) look() (*setup, error) {
	if s := e.setup.Load(); s != nil {
		return s, nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.moving == nil && time.Now().After(e.again) {
		_, _ = e.move(e.find)
	}
	if e.trouble == nil { // it was found just now
		return nil, e.unavailable(errors.New("it is being made ready"))
	}
	return nil, e.trouble
}

// open finds the software if need be, makes room for the interpreter and starts it.
func (e *environment) open(ctx context.Context) (*pool.Pool, int64, error) {
	s, err := e.prepare(ctx)
	if err != nil {
		return nil, 0, err
	}
	taken, err := e.all.makeRoom(ctx, e)
	if err != nil {
		return nil, 0, err
	}
	defer taken()
	ctx, done := e.all.watched(ctx, e)
	defer done()
	p := pool.New(s.pool(true))
	if _, err := p.Open(ctx); err != nil {
		return nil, 0, err
	}
	return p, p.InterpreterBytes(), nil
}

// prepare finds the software and decides how to confine it, once. It is called by one
// goroutine at a time.
func (e *environment) prepare(ctx context.Context) (*setup, error) {
	if s := e.setup.Load(); s != nil {
		return s, nil
	}
	s, err := e.all.main().setup.Load().another(ctx, e.cfg)
	if err != nil {
		return nil, err
	}
	e.setup.Store(s)
	e.all.changed()
	return s, nil
}

// end ends the interpreter. Nobody runs in it, and the caller holds the lock.
func (e *environment) end(why string) (over chan struct{}) {
	p := e.pool
	over, ok := e.move(p.Close)
	if ok {
		e.pool = nil
		e.counts.Ends++
		e.counts.Restarts += p.Restarts()
		e.cfg.Log.Info("environment ended", "environment", e.name, "cause", why)
	}
	return over
}
