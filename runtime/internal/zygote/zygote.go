package zygote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/harness"
	"github.com/pyexec/pyexec/runtime/internal/proc"
	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// Config is what a zygote needs to know.
type Config struct {
	Jail Jail
	// Executable and Path (sys.path entries to add) are as seen in the jail.
	Executable string
	Path       []string
	Preload    []string
	// FontDir is where matplotlib's list of fonts is, as seen in the jail; empty
	// if there is none.
	FontDir string
	// BlockedImports and ResultBytes go to the workers.
	BlockedImports []string
	ResultBytes    int
	ResultDepth    int
	OutputBytes    int
	// Group is the directory of the control group that the jail is to be in, nil for
	// that of this process.
	Group *os.File
	// ReturnFiles and ReturnBytes bound what comes back beside the value.
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

	mu      sync.Mutex
	next    uint64
	workers map[uint64]*Worker
	uids    map[uint32]bool // in use
	idle    proc.Status     // of a worker that waits, once known

	settled atomic.Bool // it has forked again after its rehearsals

	dead chan struct{} // closed when the process is gone
	err  error         // why, valid once dead is closed
}

// Start builds the jail and the zygote in it. It returns when the zygote is
// ready to fork, or with the layer that was refused.
func Start(ctx context.Context, cfg Config) (*Zygote, error) {
	z := &Zygote{cfg: cfg, workers: map[uint64]*Worker{}, uids: map[uint32]bool{}, dead: make(chan struct{})}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("zygote: launch: %w", err)
	}
	status, err := z.launch()
	if err != nil {
		return nil, err
	}
	defer status.Close()
	// From here on there is a process to end, in the launch stage already.
	stop := context.AfterFunc(ctx, z.Kill)
	defer stop()
	if err := z.launched(status); err != nil {
		return nil, errors.Join(err, ctx.Err())
	}
	if err := z.greet(); err != nil {
		z.Kill()
		<-z.dead
		words := z.lastWords()
		if words != nil && errors.Is(err, io.EOF) {
			err = nil // it says itself why it ended
		}
		return nil, errors.Join(err, ctx.Err(), words)
	}
	go z.listen()
	return z, nil
}

// greet hands over the sources and then the confinement steps, which depend on
// the size the zygote has when everything is imported.
func (z *Zygote) greet() error {
	sources, err := harness.Sources()
	if err != nil {
		return err
	}
	err = z.send(map[string]any{
		"harness": sources, "path": z.cfg.Path, "preload": nonNil(z.cfg.Preload), "font_dir": z.cfg.FontDir,
		"native": nativeSettings, "library": librarySettings, "rehearsals": rehearsals,
		"blocked_imports": nonNil(z.cfg.BlockedImports), "result_bytes": z.cfg.ResultBytes,
		"return_files": z.cfg.ReturnFiles, "return_bytes": z.cfg.ReturnBytes,
	})
	if err != nil {
		return err
	}
	buf := make([]byte, 4<<10)
	if err := z.conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		return fmt.Errorf("zygote: greet: %w", err)
	}
	n, err := z.conn.Read(buf)
	if err != nil {
		return fmt.Errorf("zygote: greet: %w", err)
	}
	if err := z.conn.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("zygote: greet: %w", err)
	}
	var hello struct {
		Version  string
		MappedAt uint64 `json:"mapped_at"`
	}
	if err := json.Unmarshal(buf[:n], &hello); err != nil {
		return fmt.Errorf("zygote: greet: %w", err)
	}
	z.version = hello.Version
	size, err := z.size()
	if err != nil {
		return err
	}
	worker, err := z.cfg.Jail.Worker(sandbox.Base{Bytes: size + harnessBytes, MappedAt: hello.MappedAt})
	if err != nil {
		return err
	}
	return z.send(map[string]any{
		"prepare": z.cfg.Jail.Prepare(), "steps": worker,
		"pid_namespace": z.cfg.Jail.Has(sandbox.PIDNamespace), "oom_score_fd": sandbox.OOMScoreFD,
	})
}

// single refuses a zygote of several threads.
func single(threads int64) error {
	if threads == 1 {
		return nil
	}
	return fmt.Errorf("zygote: preload: %d threads: only a process of one thread can be forked safely", threads)
}

// harnessBytes is the address space a worker's own stack, heap and buffers may
// take before the script's allowance begins.
const harnessBytes = 8 << 20

func nonNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func (z *Zygote) send(message any) error {
	b, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("zygote: message: %w", err)
	}
	if _, err := z.conn.Write(b); err != nil {
		return fmt.Errorf("zygote: message: %w", err)
	}
	return nil
}

// Version is the interpreter's, such as "3.11.11".
func (z *Zygote) Version() string { return z.version }

// PID is the zygote's process id in the server's namespace.
func (z *Zygote) PID() int { return z.cmd.Process.Pid }

// Dead is closed when the zygote is gone, with all its workers where they are
// in its PID namespace. Err says why.
func (z *Zygote) Dead() <-chan struct{} { return z.dead }

// Err is why the zygote is gone; only valid after Dead is closed.
func (z *Zygote) Err() error { return errors.Join(z.err, z.lastWords()) }

// Kill ends the zygote. Dead is closed when it is gone.
func (z *Zygote) Kill() {
	z.conn.Close()
	if z.cmd.Process != nil {
		_ = z.cmd.Process.Kill() // fails only for a process that is gone
	}
}

func (z *Zygote) lastWords() error {
	if words := z.stderr.String(); words != "" {
		return errors.New(words)
	}
	return nil
}

// tail keeps the last words of the interpreter: only our own code writes there.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf.Write(p)
	if over := t.buf.Len() - 4<<10; over > 0 {
		t.buf.Next(over)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}
