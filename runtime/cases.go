package runtime

import (
	"context"
	"encoding/json"
)

// Case is one of many inputs for one script.
type Case struct {
	// Input is the JSON text handed to the function as its only argument, as in
	// Job.Input: nil means that it is called without one.
	Input json.RawMessage
	// Stdin is what input() and sys.stdin read in this case.
	Stdin string
}

// Isolation is what keeps the cases of a batch apart.
type Isolation string

const (
	// IsolationCase gives each case a process of its own, confined and new like that
	// of any run: no case sees anything of another one. Several run at once.
	IsolationCase Isolation = "case"
	// IsolationRun gives all of them one process, one after the other, whose module
	// level is executed once: what a case leaves behind, in globals or files, the next
	// one finds. What ends the process in a case, such as a limit, is the answer to
	// that case; the others go on in a new process, without what was left behind. So
	// processor time, memory, /tmp, threads and open files are limited for all cases
	// of a process together, all else for each. When the last case is answered the
	// process is ended: threads are not waited for, and atexit calls nothing. A case that
	// meets the limit of processor time behind others is run again in a new process, and
	// its Result.Hint says so.
	IsolationRun Isolation = "run"
)

// Batch is one script and many inputs for it. All but Next is data of a caller whom
// nobody trusts; CheckBatch says what is accepted.
type Batch struct {
	// Job is the script and how to run it; its Input and Stdin are not used. Timeout
	// is that of each case.
	Job Job
	// Isolation is IsolationCase where it is empty.
	Isolation Isolation
	// Next returns the next case, and io.EOF after the last. It is called in order, by
	// one goroutine at a time, some cases ahead of those that run. It may block, and
	// must return when ctx ends. An error of its own ends the batch once the cases
	// before it are done.
	Next func(ctx context.Context) (Case, error)
	// Held is asked for what a result holds beside what Hooks.Room was asked for, as soon
	// as it is there and its place another's; by several goroutines at once. It must not
	// block. An error ends the batch. nil: there is always room.
	Held func(n int) error
	// Ended is called with IsolationRun for each process that has answered a case, when
	// it is being ended: what it has cost for all its cases is known by the bill. nil:
	// nobody wants to know. With IsolationCase each Result has its own.
	Ended func(*Bill)
}
