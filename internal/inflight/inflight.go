// Package inflight counts what is under way and tells when the last of it is over.
package inflight

import "sync"

// Counter counts requests, or anything else that begins and ends, and closes the
// door behind them once. Its methods may be called from many goroutines.
type Counter struct {
	mu       sync.Mutex
	inFlight int
	closed   bool
	idle     chan struct{} // closed once the door is and nobody is inside
}

// New returns a Counter whose door is open.
func New() *Counter { return &Counter{idle: make(chan struct{})} }

// Enter says whether one that arrives now is let in. If so, Leave must follow.
func (c *Counter) Enter() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.inFlight++
	return true
}

// Leave ends what a call of Enter has begun.
func (c *Counter) Leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inFlight--
	if c.closed && c.inFlight == 0 {
		close(c.idle)
	}
}

// Shut closes the door, once and for all. The channel it returns is closed
// when the last one has left. Further calls return the same channel.
func (c *Counter) Shut() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.closed = true
		if c.inFlight == 0 {
			close(c.idle)
		}
	}
	return c.idle
}

// Count is how many are inside.
func (c *Counter) Count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.inFlight
}
