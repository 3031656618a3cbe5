package pool

import (
	"sync"
	"sync/atomic"

	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// size is how many workers a pool has, or is about to have: as many as there are
// tokens. It changes only in a pool that keeps fewer than it may have.
type size struct {
	keep, most int
	forking    atomic.Int64

	mu  sync.Mutex
	now int
}

// grow adds a worker if more callers wait than workers are on their way.
func (p *Pool) grow() {
	s := &p.size
	if s.keep == s.most {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now < s.most && p.spare() < 0 {
		s.now++
		p.vacant <- struct{}{}
	}
}

// came notes that a worker is there, or will not come. Whoever has been counted on
// it and did not get it may need another one.
func (p *Pool) came() {
	p.size.forking.Add(-1)
	p.grow()
}

// spare is how many workers are ready or on their way that nobody waits for.
func (p *Pool) spare() int64 {
	return int64(len(p.vacant)+p.Ready.Len()) + p.size.forking.Load() - p.waiting.Load()
}

// shrink reports whether a worker that has ended is not to be replaced: as many are
// there as are kept.
func (p *Pool) shrink() bool {
	s := &p.size
	if s.keep == s.most {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == s.keep || p.spare() < int64(s.keep) {
		return false
	}
	s.now--
	return true
}

// InterpreterBytes is how much memory the interpreter takes that workers share, as far
// as it can be seen from a worker that waits; 0 where none does.
func (p *Pool) InterpreterBytes() (bytes int64) {
	p.Ready.Remove(func(w *zygote.Worker) bool {
		bytes = w.Idle.Anon + w.Idle.Tables
		return false // it stays
	})
	return bytes
}
