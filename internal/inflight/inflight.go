// Package inflight counts what is under way and tells when the last of it is over.
package inflight

import "sync"

// Counter counts requests, or anything else that begins and ends, until it is shut:
// nothing more begins then. Its methods may be called from many goroutines.
type Counter struct {
	mu       sync.Mutex
	inFlight int
	closed   bool
	idle     chan struct{} // closed once the Counter is shut and its count is 0
}

// New returns a Counter that is open.
func New() *Counter { return &Counter{idle: make(chan struct{})} }

// Enter counts one more, unless the Counter is shut: then it returns false. After
// true, Leave must follow.
func (c *Counter) Enter() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.inFlight++
	return true
}

// Leave ends one that Enter has counted.
func (c *Counter) Leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inFlight--
	if c.closed && c.inFlight == 0 {
		close(c.idle)
	}
}

// Shut makes Enter return false from now on. The channel that it returns is closed
// when the count is 0. Further calls return the same channel.
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

// Count is how many have entered and not left.
func (c *Counter) Count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.inFlight
}
