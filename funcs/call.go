package funcs

import (
	"context"
	"fmt"
	"math"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/pyexec/pyexec/runtime"
)

// What clients send and read slowly stays in memory meanwhile, and they decide
// how many they are. So all of it together is bounded, beyond a little for each.

// How many times what a body is in memory for a while, by who reads it: what is
// decoded stands beside it, and the SDKs of MCP and of events make copies.
const (
	copiesPlain = 2
	copiesSDK   = 3
)

// toolCopies is the same of a reply that a tool returns.
const toolCopies = 6

// replyRoomWithin is how long a large reply waits, in the worker that has it,
// until others have been read.
const replyRoomWithin = 5 * time.Second

// bounds are those of all requests together.
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

// holding is what one request holds.
type holding struct {
	bounds        bounds
	body, replies int64
}

// grow makes room for a body of n bytes, of which there are some copies.
func (h *holding) grow(n, copies int64) error {
	more := n*copies - h.body
	if more <= 0 {
		return nil
	}
	if !h.bounds.bodies.TryAcquire(more) {
		return fmt.Errorf("request body: %w", runtime.ErrOverloaded)
	}
	h.body += more
	return nil
}

// room waits for room for n bytes more of a reply.
func (h *holding) room(ctx context.Context, n int64) error {
	late, cancel := context.WithTimeout(ctx, replyRoomWithin)
	defer cancel()
	if err := h.bounds.replies.Acquire(late, n); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return noRoom()
	}
	h.replies += n
	return nil
}

// noRoom is for whoever must know that the script has run: others who are
// overloaded are told that nothing has.
func noRoom() error {
	return refuse(overloaded, "the script has run, but its reply is too large for now: too many large replies are not read yet")
}

// output makes room for output of n bytes, which is here already. The worker is
// free again, so that nothing may wait.
func (h *holding) output(n int64) error {
	if n <= largeBytes {
		return nil
	}
	if !h.bounds.replies.TryAcquire(n) {
		return noRoom()
	}
	h.replies += n
	return nil
}

// release gives everything back.
func (h *holding) release() {
	h.bounds.bodies.Release(h.body)
	h.bounds.replies.Release(h.replies)
	h.body, h.replies = 0, 0
}
