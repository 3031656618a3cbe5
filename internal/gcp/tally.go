package gcp

import (
	"context"
	"sync"
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// tally knows of every entry whether it waits, was written or was lost. The
// library reports errors through a channel that drops them when it is full,
// and says nothing of how many entries an error has cost: so entries are
// counted when they are handed over, and again in the requests themselves.
type tally struct {
	mu             sync.Mutex
	waiting, bytes int64 // handed over and neither written nor lost
	lost           int64
	untold         int64 // of the lost ones, those that Lost was not told of
	why            error // of the last loss
	toldAt         time.Time
	over           bool // nothing is counted any more
}

// admit takes an entry in unless too many wait already; then it is lost.
func (t *tally) admit(size, entries, bytes int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waiting >= entries || t.bytes+size > bytes {
		t.add(1, ErrFull)
		return false
	}
	t.waiting++
	t.bytes += size
	return true
}

// lose counts an entry that was never handed over.
func (t *tally) lose(why error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.add(1, why)
}

// add counts entries. The caller holds the lock.
func (t *tally) add(lost int64, why error) {
	if lost > 0 {
		t.lost += lost
		t.untold += lost
		t.why = why
	}
}

// settle counts the entries of a request that is over.
func (t *tally) settle(w *write) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return
	}
	t.waiting -= w.entries
	t.bytes -= w.bytes
	t.add(w.lost(), w.err)
}

// finish counts as lost what waits when nothing will be written any more.
func (t *tally) finish() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.add(t.waiting, context.DeadlineExceeded)
	t.waiting, t.bytes, t.over = 0, 0, true
}

func (t *tally) dropped() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lost
}

// report tells of lost entries, unless it did so less than every ago.
func (t *tally) report(tell func(int64, error), every time.Duration) {
	t.mu.Lock()
	n, why := t.untold, t.why
	due := n > 0 && time.Since(t.toldAt) >= every
	if due {
		t.untold, t.toldAt = 0, time.Now()
	}
	t.mu.Unlock()
	if due && tell != nil {
		tell(n, why)
	}
}

// write is one request with its repetitions.
type write struct {
	entries, bytes int64 // without those that the library adds about itself
	foreign        []int // indices of the latter
	err            error // of the last try
}

type writeKey struct{}

// watchWrites notes in the write of a request's context what was sent and what
// came of it. It is an interceptor of the connection, so it sees every try.
func watchWrites(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker,
	opts ...grpc.CallOption) error {
	err := invoke(ctx, method, req, reply, cc, opts...)
	r, isWrite := req.(*loggingpb.WriteLogEntriesRequest)
	w, watched := ctx.Value(writeKey{}).(*write)
	if !isWrite || !watched {
		return err
	}
	*w = write{err: err}
	for i, e := range r.Entries {
		if e.LogName != "" { // not of our log
			w.foreign = append(w.foreign, i)
			continue
		}
		w.entries++
		w.bytes += int64(proto.Size(e.GetJsonPayload()))
	}
	return err
}

// lost is how many entries the request has cost. The API names those that it
// did not take when it took the others.
func (w *write) lost() int64 {
	if w.err == nil {
		return 0
	}
	for _, detail := range status.Convert(w.err).Details() {
		partial, ok := detail.(*loggingpb.WriteLogEntriesPartialErrors)
		if !ok {
			continue
		}
		n := int64(len(partial.LogEntryErrors))
		for _, i := range w.foreign {
			if partial.LogEntryErrors[int32(i)] != nil {
				n--
			}
		}
		return min(n, w.entries)
	}
	return w.entries
}
