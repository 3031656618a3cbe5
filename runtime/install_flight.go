package runtime

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/packages"
	"github.com/pyexec/pyexec/runtime/internal/packages/shelf"
	"github.com/pyexec/pyexec/runtime/internal/python"
)

// Phases of an environment on its way.
const (
	PhaseWaiting     = "waiting" // for other installations
	PhaseResolving   = "resolving"
	PhaseDownloading = "downloading"
	PhaseInstalling  = "installing"
	PhaseCompiling   = "compiling"
	PhaseStarting    = "starting"
)

// Progress is how far an environment is that a run waits for.
type Progress struct {
	// Environment is its name, empty until it has one.
	Environment string
	Phase       string
	// Done of Of distributions are there; 0 of 0 in phases that count none.
	Done, Of int
}

// flight is one installation that is under way for all who ask for the same.
type flight struct {
	wish
	ctx     context.Context
	cancel  context.CancelFunc
	waiters int // those of installs.mu; when the last one leaves it ends

	done chan struct{} // closed when err is set, and key where there is none
	key  string
	made *environment // pinned until the last has left
	err  error

	mu   sync.Mutex
	at   Progress
	news chan struct{} // closed when at changes
}

// report tells those who wait how far it is.
func (f *flight) report(p Progress) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = p
	close(f.news)
	f.news = make(chan struct{})
}

func (f *flight) now() (Progress, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at, f.news
}

// errBusy says that too many different sets are being asked for.
var errBusy = fmt.Errorf("%w: too many installations wait", ErrOverloaded)

// join waits with the others for what is asked for; the caller has to leave it.
func (in *installs) join(q wish) (*flight, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if f, ok := in.flights[q.id]; ok && f.ctx.Err() == nil {
		f.waiters++
		return f, nil
	}
	if len(in.flights) >= installsWaiting {
		return nil, errBusy
	}
	if !in.all.begin() {
		return nil, fmt.Errorf("%w: shutting down", ErrUnavailable)
	}
	f := &flight{wish: q, waiters: 1, done: make(chan struct{}), news: make(chan struct{}),
		at: Progress{Phase: PhaseWaiting}}
	f.ctx, f.cancel = context.WithTimeoutCause(in.all.ctx, in.cfg.Within, errSlow)
	in.flights[q.id] = f
	go in.fly(f)
	return f, nil
}

// errSlow is why an installation ends that takes too long.
var errSlow = errors.New("the installation takes too long")

// leave is for who waits no more.
func (in *installs) leave(f *flight) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if f.waiters--; f.waiters > 0 {
		return
	}
	f.cancel()
	select {
	case <-f.done: // with what nobody has waited for, or all have pinned
		f.unpin()
	default:
	}
}

// unpin gives up the environment that was found or made.
func (f *flight) unpin() {
	if f.made != nil {
		f.made.release()
		f.made = nil
	}
}

// fly does what a flight is for.
func (in *installs) fly(f *flight) {
	defer in.all.work.Done()
	began := time.Now()
	log := in.all.cfg.Log
	f.key, f.err = in.install(f)
	if f.err != nil && errors.Is(context.Cause(f.ctx), errSlow) {
		f.err = errSlow
	}
	f.err = shortened(f.err) // it is kept
	in.mu.Lock()
	if in.flights[f.id] == f {
		delete(in.flights, f.id)
	}
	if f.err == nil {
		in.remember(f.id, fate{key: f.key, until: time.Now().Add(resolvedFor)})
	} else if a, ok := judge(f.err); ok {
		in.remember(f.id, a)
		in.failed.Add(1)
		log.Warn("packages not installed", "error", f.err, "took", time.Since(began).String())
	}
	close(f.done)
	if f.waiters == 0 || f.err != nil {
		f.unpin()
	}
	in.mu.Unlock()
	f.cancel()
}

// install returns the key of an environment that has what is asked for, one of made.
func (in *installs) install(f *flight) (key string, err error) {
	select {
	case in.places <- struct{}{}:
	case <-f.ctx.Done():
		return "", context.Cause(f.ctx)
	}
	defer func() { <-in.places }()
	f.report(Progress{Phase: PhaseResolving})
	before, at, asked := in.shelf.Asked(f.id)
	if age := time.Since(at); asked && age >= 0 && age < resolvedFor && in.reuse(f, before) == nil {
		return before, nil
	}
	key, err = in.resolve(f)
	if _, refused := errors.AsType[*packages.Refusal](err); err != nil && !refused && asked && f.ctx.Err() == nil &&
		in.reuse(f, before) == nil {
		return before, nil // the index can't be asked, and it was good enough before
	}
	if err == nil {
		in.shelf.Remember(f.id, key)
	}
	return key, err
}

// reuse makes an environment of a set that is there.
func (in *installs) reuse(f *flight, key string) error {
	unlock, err := in.sets.lock(f.ctx, key)
	if err != nil {
		return err
	}
	defer unlock()
	return in.reuseLocked(f, key)
}

// reuseLocked is reuse for who has the lock of the set.
func (in *installs) reuseLocked(f *flight, key string) error {
	in.mu.Lock()
	e := in.made[key]
	if e != nil {
		e.pin()
	}
	in.mu.Unlock()
	if e != nil {
		if err := satisfies(e, f); err != nil {
			e.release()
			return err
		}
		f.made = e
		return nil
	}
	set := in.shelf.Find(key)
	if set == nil {
		return errors.New("not there")
	}
	return in.adopt(f, key, set)
}

// satisfies is nil if an environment has what is asked for.
func satisfies(e *environment, f *flight) error {
	d, err := e.setup.Load().describe(e.name)
	if err != nil {
		return err
	}
	if failing := f.header.Failures(d); len(failing) > 0 {
		return packages.Refuse("what was installed does not satisfy it: %s", inWords(failing))
	}
	return nil
}

// adopt makes an environment of a set, and owns the set from then on.
func (in *installs) adopt(f *flight, key string, set *shelf.Set) error {
	e := in.environment(f.base, installedPrefix+key[:12], set.Packages)
	e.set = set
	_, err := e.prepare(f.ctx)
	if err == nil {
		err = satisfies(e, f)
	}
	if err != nil {
		e.remove()
		return err
	}
	e.pin()
	f.made = e
	in.publish(key, e)
	return nil
}

// resolve asks the index, and installs what is not there yet.
func (in *installs) resolve(f *flight) (key string, err error) {
	i, err := in.shelf.Begin()
	if err != nil {
		return "", err
	}
	defer i.Close()
	demand := packages.Demand{
		Interpreter: f.base.setup.Load().software.Interpreter, Index: in.all.cfg.Index, Wanted: f.wanted,
		Dir: i.Wheels, Room: in.room(i), Log: in.all.cfg.Log,
		Bounds: packages.Bounds{Distributions: installDistributions, Projects: installProjects,
			Download: in.cfg.SetBytes, Unpacked: in.cfg.SetBytes, Files: installFiles, Held: installHeld},
	}
	r, err := demand.Resolve(f.ctx)
	if err != nil {
		return "", err
	}
	defer r.Close()
	if key, err = r.Key(f.ctx); err != nil {
		return "", err
	}
	unlock, err := in.sets.lock(f.ctx, key)
	if err != nil {
		return "", err
	}
	defer unlock()
	if err := in.reuseLocked(f, key); err == nil {
		return key, nil
	} else if _, refused := errors.AsType[*packages.Refusal](err); refused {
		return "", err
	}
	return key, in.build(f, key, i, r)
}

// room is the room that an installation asks for; sets that nobody runs in are given up
// for it.
func (in *installs) room(i *shelf.Installation) func(n int64) error {
	return func(n int64) error {
		for {
			err := i.Room(n)
			if err == nil || !in.giveUp() {
				return err
			}
		}
	}
}

// build fetches and unpacks what was resolved, and makes an environment of it.
func (in *installs) build(f *flight, key string, i *shelf.Installation, r *packages.Resolved) error {
	name, of := installedPrefix+key[:12], len(r.Distributions())
	f.report(Progress{name, PhaseDownloading, 0, of})
	if err := r.Fetch(f.ctx, func(n, of int) { f.report(Progress{name, PhaseDownloading, n, of}) }); err != nil {
		return err
	}
	in.fetched.Add(r.Fetched())
	f.report(Progress{Environment: name, Phase: PhaseInstalling})
	if err := r.Unpack(f.ctx, i.Packages); err != nil {
		return err
	}
	f.report(Progress{Environment: name, Phase: PhaseCompiling})
	if err := in.compile(f, name, i); err != nil {
		return err
	}
	if err := python.Settle(i.Packages); err != nil {
		return err
	}
	set, err := i.Finish(key)
	if err != nil {
		return err
	}
	if err := in.adopt(f, key, set); err != nil {
		return err
	}
	in.installed.Add(1)
	in.all.cfg.Log.Info("packages installed", "environment", name, "packages", r.Distributions())
	return nil
}
