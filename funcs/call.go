package funcs

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/pyexec/pyexec/runtime"
)

// call is one request on its way through the handler.
type call struct {
	id string
	w  http.ResponseWriter // for streams; everything else is returned as a reply
	// limits are those of the runner, for a request that may run something.
	limits runtime.Limits
	// record is nil unless the request asks for a run.
	record *Record
	noted  bool // the Recorder has the record
	mem    memory
	rpc    rpcMessage // the message of a request to /mcp
	// rest, unless it is nil, deals with what is left of the body after the reply.
	rest func()
}

// begin makes the record of a run that is asked for.
func (c *call) begin(r *http.Request) *Record {
	c.record = &Record{
		ExecutionID: c.id,
		Trace:       traceOf(r.Header),
		Request: Request{
			Method: r.Method, URL: r.URL.Path, Protocol: r.Proto,
			UserAgent: r.UserAgent(), RemoteIP: remoteIP(r),
			RequestBytes: max(r.ContentLength, 0), Began: time.Now(),
		},
	}
	return c.record
}

// pending says that there is a record that the Recorder does not have yet.
func (c *call) pending() bool { return c.record != nil && !c.noted }

// failed notes err as the outcome of a run, or of the attempt at one. It returns
// the outcome, the sentence for the caller, and the body of the reply with it.
func (c *call) failed(err error) (*outcome, string, content) {
	o, sentence := explain(err)
	c.record.end(o, sentence, err)
	return o, sentence, refusal(o, sentence, hintOf(err))
}

// Clients decide how many they are. A body that is sent slowly, or a reply that is
// read slowly, stays in memory meanwhile. So all of them together are bounded, but
// for a little that each request may hold in any case.

// How many copies of a body exist at once, by reader: the decoded request stands
// beside it, and the SDKs of MCP and of events make more.
const (
	copiesPlain = 2
	copiesSDK   = 3
)

// toolCopies is how many copies of a reply exist while a tool returns it.
const toolCopies = 6

// replyRoomWithin is how long a large reply waits, in the worker that has it, until
// other replies have been read.
const replyRoomWithin = 5 * time.Second

// bounds limit, in bytes, what the bodies and the replies of all requests together
// hold.
type bounds struct {
	bodies, replies *semaphore.Weighted
}

func newBounds(opts Options) bounds {
	all := func(n int64) *semaphore.Weighted {
		if n <= 0 {
			n = math.MaxInt64
		}
		return semaphore.NewWeighted(n)
	}
	return bounds{all(opts.HeldBodyBytes), all(opts.HeldReplyBytes)}
}

// memory is what one request has reserved of the bounds, in bytes.
type memory struct {
	bounds        bounds
	body, replies int64
}

// grow reserves n × copies bytes in all for the body.
func (m *memory) grow(n, copies int64) error {
	more := n*copies - m.body
	if more <= 0 {
		return nil
	}
	if !m.bounds.bodies.TryAcquire(more) {
		return fmt.Errorf("request body: %w", runtime.ErrOverloaded)
	}
	m.body += more
	return nil
}

// freeBody is how much of a body is not counted while its request is in the queue:
// there are as many of these as there can be connections, at most.
const freeBody = 4 << 10

// wait reserves what a body of n bytes, and what is decoded of it, take in the
// queue. Large bodies are counted already.
func (m *memory) wait(n int64) error { return m.grow(n-freeBody, copiesPlain) }

// room waits until n bytes more of a reply can be reserved. It is the
// runtime.Hooks.Room of a run.
func (m *memory) room(ctx context.Context, n int) error {
	late, cancel := context.WithTimeout(ctx, replyRoomWithin)
	defer cancel()
	if err := m.bounds.replies.Acquire(late, int64(n)); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return noRoom()
	}
	m.replies += int64(n)
	return nil
}

// noRoom is the 429 after a run: the script has run, its reply does not fit.
// Others who are overloaded are told that nothing has run.
func noRoom() error {
	return refuse(overloaded,
		"the script has run, but its reply is too large for now: too many large replies are not read yet")
}

// output reserves n bytes for output, or for copies of a reply, that are in memory
// already. It does not wait: the worker is free again, and would be given the next
// script meanwhile. Up to largeBytes nothing is reserved.
func (m *memory) output(n int64) error {
	if n <= largeBytes {
		return nil
	}
	if !m.bounds.replies.TryAcquire(n) {
		return noRoom()
	}
	m.replies += n
	return nil
}

// release gives everything back.
func (m *memory) release() {
	m.bounds.bodies.Release(m.body)
	m.bounds.replies.Release(m.replies)
	m.body, m.replies = 0, 0
}
