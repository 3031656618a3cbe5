package pool

import (
	"time"

	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// fork makes one worker and puts it among the ready ones. The caller has taken
// a token, and keeps it if there is an error.
func (p *Pool) fork(z *zygote.Zygote) (*zygote.Worker, error) {
	began := time.Now()
	w, err := p.spawn(z)
	if err != nil {
		return nil, err
	}
	made := p.endIfStopped(z)
	err = w.Ready(z.ReadyWithin())
	made()
	if err != nil {
		p.end(w)
		return nil, err
	}
	w.Idle = z.Idle(w)
	if w.Idle.State == 0 && w.Alive() {
		p.blind.Store(true)
	}
	p.Ready.push(w)
	if p.forked != nil {
		p.forked(time.Since(began))
	}
	return w, nil
}

// spawner is what spawn needs of a *zygote.Zygote.
type spawner interface {
	Reserve() (*zygote.Worker, error)
	Release(*zygote.Worker)
	Spawn(*zygote.Worker, zygote.Place, bool) error
}

// spawn asks for the process of a worker, which has a place of its own by then.
// After an error nothing is left of either.
func (p *Pool) spawn(z spawner) (*zygote.Worker, error) {
	w, err := z.Reserve()
	if err != nil {
		return nil, err
	}
	place, err := p.scratch.make(w.UID())
	if err != nil {
		z.Release(w)
		return nil, err
	}
	if err := z.Spawn(w, place, p.waiting.Load() > 0); err != nil {
		p.clear(place.Dir)
		return nil, err
	}
	return w, nil
}
