package runtime

import (
	"context"
	"sync"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// How many cases are taken ahead of the one that runs, as long as they are shorter than
// that together, and how many bytes of them are sent at once.
const (
	feedAhead      = 256
	feedBytesAhead = 1 << 20
	feedAtOnce     = 64 << 10
)

// feed has the cases of a series that are not answered yet: what is sent to a worker
// that dies is sent to the next one again.
type feed struct {
	mu      sync.Mutex
	changed *sync.Cond
	cases   []Case // the first is the one that runs
	bytes   int    // of these
	sent    int    // how many of these the worker has, or is being sent
	err     error  // why there are no more, io.EOF at the end
	worker  int    // counts workers, so that a sender knows when it has none
	late    bool   // it has taken too long to get the next one
}

func newFeed() *feed {
	f := &feed{}
	f.changed = sync.NewCond(&f.mu)
	return f
}

// fill takes cases from next until there are none, or ctx ends.
func (f *feed) fill(ctx context.Context, o *Options, next func(context.Context) (Case, error)) {
	stop := context.AfterFunc(ctx, func() { f.end(context.Cause(ctx)) })
	defer stop()
	for {
		c, err := next(ctx)
		if err == nil {
			err = CheckCase(o, c)
		}
		if err != nil {
			f.end(err)
			return
		}
		if !f.add(c) {
			return
		}
	}
}

// end notes why no more come.
func (f *feed) end(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
	}
	f.changed.Broadcast()
}

// add waits for room, and reports whether more are wanted.
func (f *feed) add(c Case) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	size := len(c.Input) + len(c.Stdin)
	for f.err == nil && len(f.cases) > 0 && (len(f.cases) >= feedAhead || f.bytes+size > feedBytesAhead) {
		f.changed.Wait()
	}
	if f.err != nil {
		return false
	}
	f.cases = append(f.cases, c)
	f.bytes += size
	if len(f.cases) == f.sent+1 { // else somebody knows already
		f.changed.Broadcast()
	}
	return true
}

// first waits, no longer than within where that is not 0, until there is a case and,
// with sent, until it is being sent to the worker. The error is io.EOF when none is
// left, why no more come, or ErrIdle.
func (f *feed) first(sent bool, within time.Duration) (Case, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	there := func() bool { return len(f.cases) > 0 && (!sent || f.sent > 0) }
	if !there() && f.err == nil && within > 0 {
		f.late = false
		timer := time.AfterFunc(within, func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.late = true
			f.changed.Broadcast()
		})
		defer timer.Stop()
	}
	for !there() {
		switch {
		case f.err != nil && len(f.cases) == 0:
			return Case{}, f.err
		case f.late:
			return Case{}, ErrIdle
		}
		f.changed.Wait()
	}
	return f.cases[0], nil
}

// answered drops the first case.
func (f *feed) answered() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bytes -= len(f.cases[0].Input) + len(f.cases[0].Stdin)
	f.cases[0] = Case{}
	f.cases = f.cases[1:]
	f.sent = max(f.sent-1, 0)
	if len(f.cases) <= feedAhead/2 { // so that whoever fills it does not wake for each
		f.changed.Broadcast()
	}
}

// begin says that a new worker has none of the cases.
func (f *feed) begin() (worker int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.worker++
	f.sent, f.late = 0, false
	f.changed.Broadcast()
	return f.worker
}

// unsent waits for cases that this worker has not been sent; none when there will be none.
func (f *feed) unsent(worker int) (list []zygote.SeriesCase) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.worker == worker && f.sent == len(f.cases) && f.err == nil {
		f.changed.Wait()
	}
	if f.worker != worker {
		return nil
	}
	size := 0
	for _, c := range f.cases[f.sent:] {
		if size += len(c.Input) + len(c.Stdin); size > feedAtOnce && len(list) > 0 {
			break
		}
		list = append(list, zygote.SeriesCase{Input: c.Input, Stdin: c.Stdin})
		f.sent++
	}
	if len(list) > 0 {
		f.changed.Broadcast()
	}
	return list
}

// send sends a worker what there is for it, until there is no more. To one that does not
// read any more cases are only counted as sent: whoever waits for its answers, which may be
// there already, notices that it is gone.
func (f *feed) send(worker int, s *zygote.Series) {
	var gone error
	for list := f.unsent(worker); len(list) > 0; list = f.unsent(worker) {
		if gone == nil {
			gone = s.Write(list)
		}
	}
}
