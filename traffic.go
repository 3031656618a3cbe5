package pyexec

import "sync"

// traffic counts the requests in flight and closes the door behind them when
// the server is told to go.
type traffic struct {
	mu       sync.Mutex
	inFlight int
	closed   bool
	idle     chan struct{} // closed once the door is and nobody is inside
}

func newTraffic() *traffic { return &traffic{idle: make(chan struct{})} }

// enter says whether a request that arrives now is served. If so, leave must
// follow.
func (t *traffic) enter() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.inFlight++
	return true
}

func (t *traffic) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.inFlight--
	if t.closed && t.inFlight == 0 {
		close(t.idle)
	}
}

// shut closes the door, once and for all. The channel it returns is closed
// when the last request has left.
func (t *traffic) shut() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.closed = true
		if t.inFlight == 0 {
			close(t.idle)
		}
	}
	return t.idle
}

// count is the number of requests in flight.
func (t *traffic) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.inFlight
}
