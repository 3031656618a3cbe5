package funcs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/pyexec/pyexec/funcs/jsontext"
	"github.com/pyexec/pyexec/runtime"
)

// batchRun is one batch on its way: cases in, entries out.
type batchRun struct {
	h    *handler
	c    *call
	p    *params
	next func(ctx context.Context) (oneCase, error)
	// put takes an entry over, in order. done, unless it is nil, is called when that is over.
	put  func(entry encoding) error
	done func()

	mu      sync.Mutex
	waiting []expectation // of the cases under way, in order
	room    int64         // bytes reserved for values of cases under way

	// The log may hold these for longer than the rest.
	tally   *Cases
	bills   *batchBill
	refused *runtime.Result // of the first case, where it is of all
}

func (h *handler) newBatch(
	c *call, p *params, next func(context.Context) (oneCase, error), put func(encoding) error,
) *batchRun {
	return &batchRun{h: h, c: c, p: p, next: next, put: put,
		tally: &Cases{Statuses: map[string]int64{}}, bills: &batchBill{}}
}

// errScript ends a batch whose script can't be called at all: see aboutAll.
var errScript = errors.New("batch: no case can be run")

// errBatchTime is the cause of the end of a batch that took too long.
var errBatchTime = errors.New("batch: time is up")

// run runs all cases. Its error is nil when each of them was answered.
func (b *batchRun) run(ctx context.Context) error {
	if b.h.batchTime > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, b.h.batchTime, errBatchTime)
		defer cancel()
	}
	rec, job := b.c.record, b.p.job
	job.Usage = b.p.report
	rec.Job, rec.Cases = job, b.tally
	began := time.Now()
	err := b.h.runner.RunCases(ctx, runtime.Batch{Job: job, Isolation: b.p.batch.isolation, Next: b.take,
		Held: b.reserveNow, Ended: b.bills.add},
		runtime.Hooks{Room: func(n int) error { return b.reserve(ctx, n) }}, b.each)
	rec.Usage.Wall = time.Since(began) - rec.Usage.Queue
	if rec.UsedWorker = b.bills.used(); rec.UsedWorker {
		rec.Bill = b.bills
	}
	switch {
	case errors.Is(context.Cause(ctx), errBatchTime) && err != nil:
		return refuseLimit(runtime.Timeout, batchTimeHint,
			"The batch did not end within %s seconds: %d of its cases were answered",
			appendSeconds(nil, b.h.batchTime), b.tally.Count)
	case errors.Is(err, runtime.ErrIdle):
		return refuseLimit(invalidRequest, idleHint, "%s", runtime.ErrIdle)
	case err == nil:
		rec.end(outcomeOf[runtime.OK], "", nil)
	}
	return err
}

const batchTimeHint = "Send fewer cases at once; the operator can raise EXEC_BATCH_TIME."

const idleHint = `With "isolation": "case" no process waits for the next case.`

// take is Batch.Next.
func (b *batchRun) take(ctx context.Context) (runtime.Case, error) {
	one, err := b.next(ctx)
	if err != nil {
		return runtime.Case{}, err
	}
	b.mu.Lock()
	b.waiting = append(b.waiting, one.want)
	b.mu.Unlock()
	return one.Case, nil
}

// each takes the result of the next case.
func (b *batchRun) each(i int, res runtime.Result) error {
	o := outcomeOf[res.Status]
	if o == nil || (res.Status == runtime.OK && len(res.Value) == 0) {
		return fmt.Errorf("run: case %d: result: status %q with a value of %d bytes", i, res.Status, len(res.Value))
	}
	if i == 0 {
		b.c.record.Usage, b.c.record.Environment = res.Usage, res.Environment
		if aboutAll(&res) {
			b.refused = &res
			return errScript
		}
	}
	b.mu.Lock()
	if len(b.waiting) == 0 {
		b.mu.Unlock()
		return fmt.Errorf("run: case %d: result: there is no such case", i)
	}
	want := b.waiting[0]
	b.waiting = b.waiting[1:]
	b.mu.Unlock()
	told := encoding{res: &res, outputBytes: b.c.limits.OutputBytes, files: b.p.job.ReturnFiles}
	if b.p.report {
		told.extra = b.report()
	}
	if want.given() {
		passed := want.met(&res)
		told.passed = &passed
	}
	b.bills.add(res.Bill)
	err := b.put(told)
	if err == nil {
		b.tally.add(o, told.passed)
	}
	b.release(int64(res.Room))
	if b.done != nil {
		b.done()
	}
	return err
}

// aboutAll says that the result of a case is that of any other: the script was refused while
// it was read, or does not define what is called.
func aboutAll(res *runtime.Result) bool {
	return res.Status != runtime.OK && !res.Ran || res.Status == runtime.MainMissing
}

// reserve is the Hooks.Room of a batch: several cases may ask at once.
func (b *batchRun) reserve(ctx context.Context, n int) error {
	held := memory{bounds: b.c.mem.bounds}
	err := held.room(ctx, n)
	b.keep(held.replies)
	return err
}

// reserveNow is the Batch.Held of a batch: the worker is free again, and would be given the
// next script while this waits.
func (b *batchRun) reserveNow(n int) error {
	if !b.c.mem.bounds.replies.TryAcquire(int64(n)) {
		return noRoom()
	}
	b.keep(int64(n))
	return nil
}

func (b *batchRun) keep(n int64) {
	b.mu.Lock()
	b.room += n
	b.mu.Unlock()
}

// release gives back what was reserved for a case that is answered.
func (b *batchRun) release(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n = min(n, b.room)
	b.room -= n
	b.c.mem.bounds.replies.Release(n)
}

// end gives back what is left when nothing is under way any more.
func (b *batchRun) end() {
	b.c.mem.bounds.replies.Release(b.room)
	b.room = 0
}

// appendSummary appends the member summary.
func (b *batchRun) appendSummary(to []byte) []byte {
	to = strconv.AppendInt(append(to, `"summary":{"count":`...), b.tally.Count, 10)
	to = strconv.AppendInt(append(to, `,"failed":`...), b.tally.Failed, 10)
	if b.tally.Expected > 0 {
		to = strconv.AppendInt(append(to, `,"expected":`...), b.tally.Expected, 10)
		to = strconv.AppendInt(append(to, `,"passed":`...), b.tally.Passed, 10)
	}
	if b.p.report {
		if u, ok := b.bills.Wait(); ok {
			to = appendCost(to, u)
		}
	}
	return append(to, '}')
}

// report is what a report adds to an entry.
func (b *batchRun) report() *report {
	told := b.h.reportOf(b.c, &b.p.job)
	told.shared = b.p.batch.isolation == runtime.IsolationRun
	return told
}

// refusal is the outcome, and the reply, of a batch whose script was refused: those of a run
// of it alone.
func (b *batchRun) refusal() (*outcome, content) {
	o := outcomeOf[b.refused.Status]
	b.c.record.end(o, b.refused.Error, nil)
	told := encoding{res: b.refused, outputBytes: b.c.limits.OutputBytes, files: b.p.job.ReturnFiles}
	if b.p.report && b.refused.Status != runtime.EnvironmentMissing {
		told.extra = b.report()
	}
	return o, told.content()
}

// performBatch is perform for a request with many cases, whose results are held until the
// last is there.
func (h *handler) performBatch(ctx context.Context, c *call, p *params) (*outcome, content, error) {
	cases, err := h.openBatch(c, p)
	if err != nil {
		return nil, content{}, err
	}
	own := *p // or each request, with one run too, would have its params on the heap
	held := &heldEntries{most: c.limits.ResultBytes, text: []byte(`{"results":[`)}
	b := h.newBatch(c, &own, cases.next, held.put)
	held.reserve = c.mem.output
	defer b.end()
	err = b.run(ctx)
	if errors.Is(err, errScript) && b.refused != nil {
		o, result := b.refusal()
		return o, result, nil
	}
	o := outcomeOf[runtime.OK]
	tail := []byte("],")
	switch {
	case err == nil:
		tail = b.appendSummary(tail)
	case b.tally.Count == 0 || ctx.Err() != nil:
		return nil, content{}, err
	default: // what there is comes with the error
		if o, _ = explain(err); o.ack == again {
			return nil, content{}, err
		}
		var told content
		o, _, told = c.failed(err)
		tail = append(tail, told.text[1:len(told.text)-1]...)
	}
	held.text = append(append(held.text, tail...), '}')
	return o, content{raw: int64(len(held.text)), encode: func(w *jsontext.Writer) { w.Raw(held.text) }}, nil
}

// heldEntries are the entries of a reply that is put together in memory.
type heldEntries struct {
	most     int64 // bytes of all of them
	reserve  func(n int64) error
	text     []byte
	reserved int
	count    int
	scratch  []byte
}

const resultsHint = "Send fewer cases at once, or send Accept: application/x-ndjson, which has the results streamed; " +
	"the operator can raise EXEC_RESULT_BYTES."

// put takes an entry over.
func (e *heldEntries) put(entry encoding) error {
	began := len(e.text)
	if e.count > 0 {
		e.text = append(e.text, ',')
	}
	w := jsontext.NewWriter(e.scratch[:0], e.add)
	entry.write(w)
	err := w.Flush()
	e.scratch = w.Bytes()
	if err != nil {
		e.text = e.text[:began] // no half of an entry
		return err
	}
	e.count++
	return nil
}

func (e *heldEntries) add(piece []byte) error {
	need := len(e.text) + len(piece)
	if int64(need) > e.most {
		return refuseLimit(runtime.ResultLimit, resultsHint,
			"The results of all cases together are larger than %d bytes, %d of them fit", e.most, e.count)
	}
	if need > cap(e.text) {
		room := max(min(2*cap(e.text), int(e.most)), need)
		if room > largeBytes {
			if err := e.reserve(int64(room - e.reserved)); err != nil {
				return err
			}
			e.reserved = room
		}
		e.text = append(make([]byte, 0, room), e.text...)
	}
	e.text = append(e.text, piece...)
	return nil
}
