package zygote

import (
	"os"
	"sync"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/sys"
)

// capture keeps what a worker writes to one descriptor, up to a limit.
type capture struct {
	fd    int
	limit int

	sink     func(chunk []byte) // given what is taken, nil for most runs
	mu       sync.Mutex
	file     *os.File      // set once the pump runs; owns fd then
	pumped   chan struct{} // closed when the pump is done
	finished bool
	buf      []byte
	over     bool
}

var chunks = sync.Pool{New: func() any { b := make([]byte, 64<<10); return &b }}

// pump reads in the background until finish, the end, or the limit, when it
// calls over once.
func (c *capture) pump(over func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.finished {
		return
	}
	c.file = os.NewFile(uintptr(c.fd), "output")
	c.pumped = make(chan struct{})
	go func() {
		defer close(c.pumped)
		chunk := chunks.Get().(*[]byte)
		defer chunks.Put(chunk)
		for {
			n, err := c.file.Read(*chunk)
			if !c.take((*chunk)[:n]) {
				over()
				return
			}
			if err != nil {
				return
			}
		}
	}()
}

// take appends p and reports whether the limit still holds.
func (c *capture) take(p []byte) bool {
	if room := c.limit - len(c.buf); len(p) > room {
		p, c.over = p[:room], true
	}
	c.buf = append(c.buf, p...)
	if c.sink != nil && len(p) > 0 {
		c.sink(p)
	}
	return !c.over
}

// finish stops the pump, takes what is left in the pipe and returns it all.
func (c *capture) finish() (data []byte, over bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finished = true
	if c.file != nil {
		_ = c.file.SetReadDeadline(time.Unix(1, 0)) // a pipe that can't be polled has ended already
		<-c.pumped
	}
	chunk := chunks.Get().(*[]byte)
	defer chunks.Put(chunk)
	for !c.over {
		n, err := sys.ReadFD(c.fd, *chunk)
		if n == 0 || err != nil {
			break
		}
		c.take((*chunk)[:n])
	}
	data, c.buf = c.buf, nil // a worker outlives its reply by as long as its process takes to end
	return data, c.over
}

func (c *capture) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finished = true
	if c.file != nil {
		c.file.Close()
		return
	}
	sys.CloseFD(c.fd)
}
