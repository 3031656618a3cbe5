package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/pyexec/pyexec/internal/service"
)

// phase is how far the request on a connection has come. The phases stand in
// the order in which connections are closed when a new one needs a place.
type phase int

const (
	idle      phase = iota // answered; nothing is asked since, or half a header
	silent                 // new; the first header is not complete
	reading                // the body is on its way
	answering              // no run is asked for, or none has begun
	replying               // the run is over, the reply is on its way
	running                // in the queue or under way: never closed
	phases    int   = iota
)

const (
	// grace is how long every connection may be in a phase before it is closed for
	// another, so that clients who send without a pause are not cut off in the
	// middle. It is also the longest that a new connection waits for its place.
	grace = 200 * time.Millisecond
	// tellEvery is the least time between two lines of the log about closed
	// connections.
	tellEvery = time.Minute
)

// limiter is a listener that bounds how many connections there are at once. When
// one more arrives, a connection whose client does not wait for a run is closed for
// it, if there is one. The limiter knows the phase of each by the hooks of the HTTP
// server, and by wrapping its handler.
type limiter struct {
	net.Listener
	most int
	log  *slog.Logger
	done chan struct{}
	once sync.Once
	news chan struct{} // holds a token when something has changed

	mu     sync.Mutex
	open   map[*conn]struct{}
	closed int // for others, since the last line in the log
	told   time.Time
}

// withLimit makes server accept, on listener, no more than most connections at
// once, the one that waits for a place included. The server must not be serving
// yet.
func withLimit(listener net.Listener, most int, server *http.Server, log *slog.Logger) net.Listener {
	l := &limiter{
		Listener: listener, most: max(1, most-1), log: log,
		done: make(chan struct{}), news: make(chan struct{}, 1), open: map[*conn]struct{}{},
	}
	server.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, c)
	}
	server.ConnState = func(c net.Conn, state http.ConnState) {
		switch state {
		case http.StateActive: // a header is complete
			c.(*conn).enter(answering)
		case http.StateIdle:
			c.(*conn).enter(idle)
		}
	}
	server.Handler = follow(server.Handler)
	return l
}

// Accept returns the next connection for which there is a place.
func (l *limiter) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: accepted, limiter: l, phase: silent}
	for came := time.Now(); ; {
		victim, wait, admitted := l.admit(c, came)
		switch {
		case admitted:
			return c, nil
		case victim != nil:
			_ = victim.Conn.Close() // its server notices, and has nobody to tell
			continue
		}
		late := time.NewTimer(wait)
		select {
		case <-l.news:
		case <-late.C:
		case <-l.done:
			_ = accepted.Close() // nobody will serve it
			return nil, net.ErrClosed
		}
		late.Stop()
	}
}

// Close ends Accept.
func (l *limiter) Close() error {
	l.once.Do(func() { close(l.done) })
	return l.Listener.Close()
}

// admit gives c a place, or takes one from a victim, which the caller must close,
// or says how long to wait before it is asked again.
func (l *limiter) admit(c *conn, came time.Time) (victim *conn, wait time.Duration, admitted bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if len(l.open) < l.most {
		c.came, c.since = now, now
		l.open[c] = struct{}{}
		return nil, 0, true
	}
	if victim, wait = l.choose(now, now.Sub(came)); victim != nil {
		delete(l.open, victim)
		l.tell(now)
	}
	return victim, wait, false
}

// choose returns the connection to close for one that has waited this long: of the
// first phase that any is in, the one that has been in it for longest. Clients who
// still have to send something go before those who have sent all.
func (l *limiter) choose(now time.Time, waited time.Duration) (victim *conn, wait time.Duration) {
	var oldest [phases]*conn
	var restless *conn // the first to go of those that are in no phase for long, because they ask often
	newcomers := 0     // connections younger than grace
	for c := range l.open {
		if o := oldest[c.phase]; o == nil || c.since.Before(o.since) {
			oldest[c.phase] = c
		}
		switch {
		case c.phase > reading:
		case now.Sub(c.came) < grace:
			newcomers++
		case restless == nil || c.before(restless):
			restless = c
		}
	}
	if newcomers > 0 && newcomers >= len(l.open)/4 {
		restless = nil // enough places are about to be free
	}
	var first *conn
	for p := idle; p < running; p++ {
		c := oldest[p]
		switch {
		case c == nil:
			continue
		case p > reading && first != nil: // a client that has sent all never goes before one that has not
			return l.chooseEarly(first, restless, waited)
		case now.Sub(c.since) >= grace:
			return c, 0
		case first == nil:
			first = c
		}
	}
	return l.chooseEarly(first, restless, waited)
}

// chooseEarly is choose where no connection has been in its phase for long.
func (l *limiter) chooseEarly(first, restless *conn, waited time.Duration) (victim *conn, wait time.Duration) {
	if restless != nil {
		return restless, 0
	}
	if waited >= grace {
		// first may be nil, where all are running: news tells when that changes.
		return first, grace
	}
	return nil, grace - waited
}

// tell counts a connection that is closed for another, and logs the count from time
// to time.
func (l *limiter) tell(now time.Time) {
	l.closed++
	if now.Sub(l.told) < tellEvery {
		return
	}
	l.log.Warn("all connections are taken: those on which nothing runs are closed for new ones", "connections",
		l.most+1, "closed", l.closed)
	l.closed, l.told = 0, now
}

// conn is a connection that has a place.
type conn struct {
	net.Conn
	limiter *limiter
	phase   phase     // guarded by limiter.mu, as are came and since
	came    time.Time // when it got its place
	since   time.Time // when the phase began
}

// before says whether c is closed before d: by phase, then by age.
func (c *conn) before(d *conn) bool {
	return c.phase < d.phase || c.phase == d.phase && c.since.Before(d.since)
}

// connKey finds the connection in the context of a request.
type connKey struct{}

// enter notes a new phase.
func (c *conn) enter(p phase) {
	c.limiter.mu.Lock()
	c.phase, c.since = p, time.Now()
	c.limiter.mu.Unlock()
	c.limiter.wake()
}

// Close gives the place back.
func (c *conn) Close() error {
	err := c.Conn.Close()
	c.limiter.mu.Lock()
	delete(c.limiter.open, c)
	c.limiter.mu.Unlock()
	c.limiter.wake()
	if errors.Is(err, net.ErrClosed) {
		return nil // it was closed for another
	}
	return err
}

func (l *limiter) wake() {
	select {
	case l.news <- struct{}{}:
	default:
	}
}

// follow wraps next so that each connection notes its phases.
func follow(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, ok := r.Context().Value(connKey{}).(*conn)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		r = r.WithContext(service.TellOfRuns(r.Context(), func() (over func()) {
			c.enter(running)
			return func() { c.enter(replying) }
		}))
		if r.Body != nil && r.Body != http.NoBody {
			c.enter(reading)
			r.Body = &body{r.Body, c}
		}
		next.ServeHTTP(w, r)
	})
}

// body is the body of a request, which notes on its connection when it has been
// read.
type body struct {
	io.ReadCloser
	conn *conn
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && b.conn != nil {
		b.conn.enter(answering)
		b.conn = nil
	}
	return n, err
}
