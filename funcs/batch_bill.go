package funcs

import "github.com/pyexec/pyexec/runtime"

// Cases is how the cases of a batch ended.
type Cases struct {
	// Count is how many were answered, Failed how many of them with an error.
	Count, Failed int64
	// Expected is how many had an expectation, Passed how many met it.
	Expected, Passed int64
	// Statuses counts them by the word that the caller was told.
	Statuses map[string]int64
}

func (t *Cases) add(o *outcome, passed *bool) {
	t.Count++
	t.Statuses[string(o.word)]++
	if o.of != runtime.OK {
		t.Failed++
	}
	if passed != nil {
		t.Expected++
		if *passed {
			t.Passed++
		}
	}
}

// batchBill adds up what the cases of a batch cost, without holding each of their processes
// until the end.
type batchBill struct {
	sum  runtime.Usage
	some bool              // a process was involved
	ok   bool              // and its cost is known
	open [32]*runtime.Bill // the last ones: their processes may be about to end
	at   int
}

func (b *batchBill) used() bool { return b.some }

// add adds a bill, which may be nil, or the same as the one before.
func (b *batchBill) add(bill *runtime.Bill) {
	if bill == nil || bill == b.open[(b.at+len(b.open)-1)%len(b.open)] {
		return
	}
	b.some = true
	b.settle(b.open[b.at])
	b.open[b.at] = bill
	b.at = (b.at + 1) % len(b.open)
}

func (b *batchBill) settle(bill *runtime.Bill) {
	if bill == nil {
		return
	}
	if u, ok := bill.Wait(); ok {
		b.ok = true
		b.sum.CPU += u.CPU
		b.sum.PeakMemory = max(b.sum.PeakMemory, u.PeakMemory)
	}
}

// Wait returns the processor time of all cases together, and the most memory that one of
// their processes has held.
func (b *batchBill) Wait() (runtime.Usage, bool) {
	for i, bill := range b.open {
		b.settle(bill)
		b.open[i] = nil
	}
	return b.sum, b.ok
}
