package capacity

import "github.com/pyexec/pyexec/runtime"

// How much memory the server takes beside the scripts, measured with the standard
// library and rounded up.
const (
	// idleServer is the server with its own code and no request, the
	// interpreter that all workers are forked from, and the spare workers.
	idleServer = 48 * mib
	// outsideHeap is the part of it that the Go runtime does not account for.
	outsideHeap = 52 * mib
	// ownPages are the pages that a worker does not share with the interpreter
	// before it has a script.
	ownPages = 4 * mib
	// kernelBase and kernelPerFile are the memory that the kernel holds for a run
	// at worst, beside its pages: page tables, locks, the contents of socket
	// buffers. A test measures it, see SECURITY.md.
	kernelBase    = 19 * mib
	kernelPerFile = 208 * kib
	// jailSlack is for the spare workers, for the interpreter while it tries out
	// its libraries, and for a run that is over its limit until it is looked at
	// again.
	jailSlack = 64 * mib
	// resultSlack is for what a file of a result holds beside its contents, such as
	// its name.
	resultSlack = mib / 4
	// bodiesPerRun is how many times a body of the largest size is in memory for
	// each run: as text, as what is decoded from it, and for a request that waits.
	bodiesPerRun = 3
	// largestMessage is how many copies of the largest body there are while an
	// event is decoded; largestSlack is for the rest of the event.
	largestMessage, largestSlack = 4, mib
)

// serverSizes is the memory of the server in bytes: its base, and the part that
// grows with each run at a time. All of it is bounded.
type serverSizes struct {
	Base, Run int64
	Kernel    int64 // what the kernel takes for each run at a time, beside its pages
	output    int64 // of Run, what is held of output while a script runs
	replies   int64 // of Run, what is held of replies
	bodies    int64 // of Run, what is held of requests
	others    int64 // of Base, what further interpreters take
	message   int64 // of Base, what is held of requests
}

// newServerSizes works out what the limits allow.
func newServerSizes(l runtime.Limits, bodyBytes, interpreters int64) serverSizes {
	s := serverSizes{
		Kernel:  kernelBase + l.OpenFiles*kernelPerFile,
		output:  2 * l.OutputBytes,
		replies: l.ResultBytes + l.ReturnBytes + resultSlack + 2*l.OutputBytes,
		bodies:  bodiesPerRun * bodyBytes,
		message: (largestMessage-bodiesPerRun)*bodyBytes + largestSlack,
	}
	s.others = interpreters
	s.Base = idleServer + s.others + s.message
	s.Run = ownPages + s.bodies + s.replies + s.output
	return s
}

// fixed is the memory for so many runs at a time without any request or reply.
func (s serverSizes) fixed(workers int) int64 {
	return idleServer + s.others + int64(workers)*(ownPages+s.output)
}

// held is how many bytes the requests and the replies of all callers together may
// hold: enough for all workers at once where room is enough for it, otherwise as
// much as there is, and in any case enough for one worker.
func (s serverSizes) held(workers int, room int64) (bodies, replies int64) {
	least := s.message + s.bodies + s.replies
	more := min(max(room-least, 0), int64(workers-1)*(s.bodies+s.replies))
	forBodies := int64(float64(more) * float64(s.bodies) / float64(s.bodies+s.replies))
	return s.message + s.bodies + forBodies, s.replies + more - forBodies
}
