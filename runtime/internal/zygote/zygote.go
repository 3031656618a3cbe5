package zygote

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/proc"
	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// Config is what a zygote needs to know.
type Config struct {
	Jail Jail
	// Group is the directory of the control group that the jail is to be in, nil for
	// that of this process.
	Group *os.File
	// UIDs are where workers have theirs from, together with those of other zygotes.
	// nil: there are no others.
	UIDs *UIDs
	// Executable is the interpreter and Path the entries to add to sys.path, both as
	// seen in the jail.
	Executable string
	Path       []string
	// Late are more entries, which only workers have, once they are confined.
	Late []string
	// Preload are the modules to import before the first fork. One that is not there
	// stops the start.
	Preload []string
	// PreloadLate are modules of the standard library to import after the first fork: its
	// worker has to import them itself.
	PreloadLate []string
	// ImportWithin is how long that may take. 0: a minute.
	ImportWithin time.Duration
	// ByteCode is where that of the harness is from. nil: the interpreter compiles it.
	ByteCode ByteCode
	// FontDir is where matplotlib's list of fonts is, as seen in the jail; empty
	// if there is none.
	FontDir string
	// BlockedImports are the modules whose import a worker refuses with a message.
	BlockedImports []string
	// ResultBytes is the longest JSON text of a result, ResultDepth how deeply it may
	// be nested, OutputBytes the most that is taken of each of stdout and stderr.
	ResultBytes, ResultDepth, OutputBytes int
	// ReturnFiles is how many files and figures come back at most, ReturnBytes how
	// long they are together with the forms of the value.
	ReturnFiles, ReturnBytes int
}

// Jail lists what confines a zygote and its workers. It is a [sandbox.Jail].
type Jail interface {
	// Has reports whether a layer is in force. Two need the server's help: it gives
	// each worker its uid, and says whether one is forked into a PID namespace.
	Has(sandbox.Layer) bool
	// Namespaces are those that the launch stage is cloned into.
	Namespaces() *syscall.SysProcAttr
	// Launch lists the steps of the launch stage, Prepare those of the zygote once
	// it has imported everything, and Worker those of every worker.
	Launch() ([]sandbox.Step, error)
	Prepare() []sandbox.Step
	Worker(sandbox.Base) ([]sandbox.Step, error)
}

// Zygote is a running fork server.
type Zygote struct {
	cfg     Config
	version string
	conn    *net.UnixConn
	cmd     *exec.Cmd
	stderr  tail
	// importing is the module that it imports, or was at last; of Start's alone.
	importing string
	magic     []byte // of the byte code that it reads

	mu      sync.Mutex
	next    uint64
	workers map[uint64]*Worker
	idle    proc.Status // of a worker that waits, once known

	stopgap stopgap

	dead chan struct{} // closed when the process is gone
	err  error         // why, valid once dead is closed
}

// Version is the interpreter's, such as "3.11.11".
func (z *Zygote) Version() string { return z.version }

// PID is the zygote's process id in the server's namespace.
func (z *Zygote) PID() int { return z.cmd.Process.Pid }

// Dead is closed when the zygote is gone, with all its workers where they are
// in its PID namespace. Err says why.
func (z *Zygote) Dead() <-chan struct{} { return z.dead }

// Err is why the zygote is gone; only valid after Dead is closed.
func (z *Zygote) Err() error { return errors.Join(z.err, z.said()) }

// Kill ends the zygote. Dead is closed when it is gone.
func (z *Zygote) Kill() {
	z.conn.Close()
	if z.cmd.Process != nil {
		_ = z.cmd.Process.Kill() // fails only for a process that is gone
	}
}

// said is what the interpreter, or this package about it, wrote to its stderr.
func (z *Zygote) said() error {
	if text := z.stderr.String(); text != "" {
		return errors.New(text)
	}
	return nil
}

// Stopped reports whether the zygote is stopped: it does nothing then, and is
// not dead.
func (z *Zygote) Stopped() bool {
	s, err := proc.Read(z.PID())
	return err == nil && s.Stopped() // else gone
}

// Idle is the status of a worker of this zygote before it has a script: what it
// shares with the zygote and what it takes itself. All are alike once the zygote
// has settled, so that one is looked at.
func (z *Zygote) Idle(w *Worker) proc.Status {
	if z.stopgap.is(w) {
		s, _, _ := w.Status() // of one that is gone nobody asks
		return s
	}
	z.mu.Lock()
	s := z.idle
	z.mu.Unlock()
	if s.State != 0 {
		return s
	}
	s, _, ok := w.Status()
	if ok {
		z.mu.Lock()
		z.idle = s
		z.mu.Unlock()
	}
	return s
}
