package pool

import (
	"errors"
	"log/slog"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// ErrUnavailable is wrapped by every error that says that the pool cannot give a
// worker now but may later: starting, closing, the interpreter being restarted.
var ErrUnavailable = errors.New("service is unavailable")

// Config is what a pool needs to know.
type Config struct {
	// Workers is how many runs there may be at once. Spares more are kept.
	Workers int
	// Lean says that, instead of so many, only Spares are kept while nobody asks for
	// more: what most runs do not use is to hold little.
	Lean bool
	// Zygote says how an interpreter is started, and Groups in which control group.
	Zygote zygote.Config
	Groups *Groups
	// Scratch is where runs have their directories, nil where each has a private /tmp.
	Scratch *Scratch
	// Limits bound each run, see Watch.
	Limits Limits
	// Pressure ends the largest run when the memory of the machine runs out. nil:
	// nobody looks.
	Pressure *Pressure
	// Forked is told how long each worker took from the request to fork it until it
	// was ready. It is called from many goroutines and must not block. nil: nobody
	// wants to know.
	Forked func(took time.Duration)
	// Log must not be nil.
	Log *slog.Logger
}

// Limits are those of a run that the server itself bounds, by looking at it.
type Limits struct {
	MemoryBytes int64 // on top of what a worker has before its script
	TmpBytes    int64 // of /tmp, or of the directory that stands in for it
	TmpFiles    int64 // inodes
	Threads     int64 // 0 where the kernel counts them
}
