package pyexec

import (
	"math"
	"runtime/debug"

	"github.com/pyexec/pyexec/runtime"
)

// What the server takes beside the scripts, measured with the standard library
// and rounded up.
const (
	// idleServer is the server with its own code and no request, the
	// interpreter that all workers are forked from, and the spare workers.
	idleServer = 48 * mib
	// outsideHeap is the part of it that the Go runtime does not account for.
	outsideHeap = 52 * mib
	// ownPages are the pages that a worker does not share with the interpreter
	// before it has a script.
	ownPages = 4 * mib
	// resultSlack is what comes with files beside their contents.
	resultSlack = mib / 4
	// bodiesPerRun is how many times a body of the largest size is held for each
	// run: once to be decoded, in what is decoded, and by a request that waits.
	bodiesPerRun = 3
	// largestMessage is how many bodies of the largest size a single event can
	// be while it is taken apart, with largestSlack around it.
	largestMessage, largestSlack = 4, mib
)

// serverSizes is the memory of the server: what it takes whatever happens, and
// what it takes more for each run at a time. All of it is bounded.
type serverSizes struct {
	Base, Run int64
	replies   int64 // of Run, what is held of replies
	bodies    int64 // of Run, what is held of requests
	message   int64 // of Base, what is held of requests
}

// newServerSizes works out what the limits allow.
func newServerSizes(l runtime.Limits, bodyBytes int64) serverSizes {
	s := serverSizes{
		replies: l.ResultBytes + l.ReturnBytes + resultSlack + 2*l.OutputBytes,
		bodies:  bodiesPerRun * bodyBytes,
		message: (largestMessage-bodiesPerRun)*bodyBytes + largestSlack,
	}
	s.Base = idleServer + s.message
	// Output is held once more while the script runs.
	s.Run = ownPages + s.bodies + s.replies + 2*l.OutputBytes
	return s
}

// all is what the server takes for so many runs at a time.
func (s serverSizes) all(workers int) int64 { return s.Base + int64(workers)*s.Run }

// heldBodies and heldReplies bound what is held of all requests together.
func (s serverSizes) heldBodies(workers int) int64  { return s.message + int64(workers)*s.bodies }
func (s serverSizes) heldReplies(workers int) int64 { return int64(workers) * s.replies }

// LimitMemory makes the garbage collector work harder before this process takes
// more than is reserved for it, instead of letting it double what it holds.
// GOMEMLIMIT overrules it. It is for programs that do nothing but serve.
func (c *Config) LimitMemory() {
	overruled := debug.SetMemoryLimit(-1) != math.MaxInt64
	if !overruled && c.memoryBytes > 0 {
		debug.SetMemoryLimit(c.memoryBytes)
	}
}
