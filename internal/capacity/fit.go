package capacity

import (
	"fmt"
	"math"
	"runtime/debug"

	"github.com/pyexec/pyexec/runtime"
)

// MaxWorkers is the most runs at once that can be asked for.
const MaxWorkers = 256

const (
	kib = 1 << 10
	mib = 1 << 20
)

// Ask is what an operator has asked for.
type Ask struct {
	// Workers and Queue are 0 where nothing is asked: they are worked out then. So
	// is MemoryBytes in Limits, which bound one run.
	Workers, Queue int
	Limits         runtime.Limits
	// BodyBytes bounds the body of a request.
	BodyBytes int64
	// Environments is how many there are beside the default one, and Interpreters how
	// many bytes their interpreters take.
	Environments int
	Interpreters int64
	// Overcommit accepts more than the machine has, with a warning.
	Overcommit bool
}

// Share is how a machine is shared out.
type Share struct {
	// Workers run at once, Queue may wait, and each script has MemoryBytes on top
	// of the interpreter's own.
	Workers, Queue int
	MemoryBytes    int64
	// Connections is how many connections the program that listens should accept at
	// once: more would take the descriptors that workers need. It is always more
	// than the runs and the places in the queue.
	Connections int
	// ServerBytes bounds the memory of the server, the interpreter included,
	// whatever callers and scripts do within their limits. The memory and the /tmp
	// of the scripts come on top.
	ServerBytes int64
	// HeldBodies and HeldReplies bound, in bytes, what is held of the requests
	// and the replies of all callers together.
	HeldBodies, HeldReplies int64
	// Reserve is how many bytes of memory have to be left on the machine, or the
	// largest run is ended. Jail is how many bytes the interpreter's runs and
	// waiting workers may hold together, on top of the interpreter.
	Reserve, Jail int64
	// Warnings are sentences about settings that are legal but doubtful.
	Warnings []string

	heap int64 // what the Go runtime may take for itself
}

// Fit works out the sizes that are not asked for from those that are and from the
// machine. It never overrules what is asked for: an error names the setting for
// which this machine is too small, unless Ask.Overcommit accepts it.
func Fit(m Machine, ask Ask) (Share, error) {
	if m.Descriptors == 0 {
		m.Descriptors = Unlimited
	}
	m.Descriptors -= min(int64(ask.Environments)*perEnvironment, m.Descriptors-1)
	s := fit(m, sizes{
		Workers:     ask.Workers,
		Queue:       ask.Queue,
		MemoryBytes: ask.Limits.MemoryBytes,
		TmpBytes:    ask.Limits.TmpBytes,
		Server:      newServerSizes(ask.Limits, ask.BodyBytes, ask.Interpreters),
	})
	share := Share{Workers: s.Workers, Queue: s.Queue, MemoryBytes: s.MemoryBytes}
	if err := share.fitDescriptors(m.Descriptors, ask); err != nil {
		return share, err
	}
	share.fitQueue(m.Descriptors, ask)
	s.Workers, s.Queue = share.Workers, share.Queue
	share.HeldBodies, share.HeldReplies = s.Server.held(s.Workers, s.room(m))
	share.ServerBytes = s.Server.fixed(s.Workers) + share.HeldBodies + share.HeldReplies
	share.heap = share.ServerBytes - int64(s.Workers)*ownPages - outsideHeap - ask.Interpreters
	share.Reserve, share.Jail = pressureReserve(m), s.jail()
	return share, share.fitMemory(s, m, ask)
}

// fitMemory refuses sizes that were asked for and are more than the memory there
// is, unless Ask.Overcommit accepts them. Sizes that were worked out only get a
// warning.
func (s *Share) fitMemory(all sizes, m Machine, ask Ask) error {
	asked := ask.Workers != 0 || ask.Limits.MemoryBytes != 0
	switch over := all.overcommitted(m); {
	case over == "":
	case asked && !ask.Overcommit:
		return fmt.Errorf("%s: lower EXEC_WORKERS, EXEC_MEMORY_MB or EXEC_TMP_MB; "+
			"EXEC_OVERCOMMIT=true starts all the same", over)
	default:
		s.Warnings = append(s.Warnings, over+": when memory runs out the largest run is ended")
	}
	return nil
}

// LimitHeap makes the garbage collector work harder before this process takes
// more than is reserved for it, instead of letting it double what it holds.
// GOMEMLIMIT overrules it. It is for programs that do nothing but serve.
func (s Share) LimitHeap() {
	overruled := debug.SetMemoryLimit(-1) != math.MaxInt64
	if !overruled && s.heap > 0 {
		debug.SetMemoryLimit(s.heap)
	}
}
