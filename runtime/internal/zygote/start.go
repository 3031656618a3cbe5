package zygote

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/harness"
	"github.com/pyexec/pyexec/runtime/internal/proc"
	"github.com/pyexec/pyexec/runtime/internal/sys"
)

// ErrGroup is why a zygote does not start that might without a control group.
var ErrGroup = errors.New("into a control group")

// Start builds the jail and the zygote in it. It returns when the zygote is
// ready to fork, or with the layer that was refused.
func Start(ctx context.Context, cfg Config) (*Zygote, error) {
	if cfg.UIDs == nil {
		cfg.UIDs = new(UIDs)
	}
	z := &Zygote{
		cfg: cfg, workers: map[uint64]*Worker{}, dead: make(chan struct{}),
		stderr: tail{mark: rand.Text()},
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("zygote: launch: %w", err)
	}
	status, err := z.startLaunchStage()
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
		if gone(err) { // it may be about to end, and how is of interest
			select {
			case <-z.dead:
			case <-time.After(endsWithin):
			}
		}
		z.Kill()
		<-z.dead
		return nil, z.unborn(ctx, err)
	}
	go z.listen()
	return z, nil
}

// startLaunchStage starts the launch stage. What it has to say comes through status.
func (z *Zygote) startLaunchStage() (status *os.File, err error) {
	spec, err := z.launchSpec()
	if err != nil {
		return nil, err
	}
	socket, err := z.connect()
	if err != nil {
		return nil, err
	}
	defer socket.Close()
	defer func() {
		if err != nil {
			z.conn.Close()
		}
	}()
	specRead, specWrite, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("zygote: pipe: %w", err)
	}
	defer specRead.Close()
	statusRead, statusWrite, err := os.Pipe()
	if err != nil {
		specWrite.Close()
		return nil, fmt.Errorf("zygote: pipe: %w", err)
	}
	z.cmd = z.command(socket, specRead, statusWrite)
	err = z.startProcess()
	statusWrite.Close()
	if err != nil {
		specWrite.Close()
		statusRead.Close()
		if z.cfg.Group != nil {
			err = fmt.Errorf("%w: %w", ErrGroup, err)
		}
		return nil, fmt.Errorf("zygote: launch: %w", err)
	}
	go func() {
		defer specWrite.Close()
		// A launch stage that dies early says so through its status.
		_, _ = specWrite.Write(spec)
	}()
	return statusRead, nil
}

// launchSpec is what the launch stage has to do, as JSON.
func (z *Zygote) launchSpec() ([]byte, error) {
	steps, err := z.cfg.Jail.Launch()
	if err != nil {
		return nil, err
	}
	spec, err := json.Marshal(launchSpec{
		Steps: steps,
		Path:  z.cfg.Executable,
		Args:  []string{z.cfg.Executable, "-I", "-S", "-B", "-X", "utf8", "-c", harness.Bootstrap()},
		// What the loader puts for $ORIGIN where there is no /proc to ask; the
		// zygote makes up another environment before it forks.
		Env: []string{"LD_BIND_NOW=1", "LD_ORIGIN_PATH=" + filepath.Dir(z.cfg.Executable)},
	})
	if err != nil {
		return nil, fmt.Errorf("zygote: spec: %w", err)
	}
	return spec, nil
}

// connect makes the pair of sockets and returns the interpreter's end.
func (z *Zygote) connect() (theirs *os.File, err error) {
	near, far, err := sys.SocketPair(syscall.SOCK_SEQPACKET)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(near), "zygote")
	conn, err := net.FileConn(file)
	file.Close()
	if err != nil {
		sys.CloseFD(far)
		return nil, fmt.Errorf("zygote: socket: %w", err)
	}
	z.conn = conn.(*net.UnixConn)
	return os.NewFile(uintptr(far), "socket"), nil
}

// command is this program again, as the launch stage with these descriptors.
func (z *Zygote) command(socket, spec, status *os.File) *exec.Cmd {
	cmd := &exec.Cmd{
		Path:        "/proc/self/exe",
		Args:        []string{launchArg},
		Env:         []string{},
		Dir:         "/",
		Stderr:      &z.stderr,
		ExtraFiles:  []*os.File{socket, spec, status},
		SysProcAttr: z.cfg.Jail.Namespaces(),
	}
	// What an import has forked may have its stderr, in a group of its own.
	cmd.WaitDelay = time.Second
	if z.cfg.Group != nil {
		cmd.SysProcAttr.UseCgroupFD, cmd.SysProcAttr.CgroupFD = true, int(z.cfg.Group.Fd())
	}
	return cmd
}

// startProcess starts the process, and a goroutine that waits for its end.
func (z *Zygote) startProcess() error {
	started := make(chan error, 1)
	parent() <- func() { started <- z.cmd.Start() }
	if err := <-started; err != nil {
		close(z.dead)
		return err
	}
	go func() {
		sys.EndGroup(z.PID())
		err := z.cmd.Wait()
		z.ended(fmt.Errorf("zygote: interpreter ended: %w", orExit(err)))
	}()
	return nil
}

// parent runs functions on one thread that lives as long as the server: the
// parent-death signal fires when the thread that forked ends. It is made once,
// because a thread may be what can't be had when a zygote has to be replaced.
var parent = sync.OnceValue(func() chan<- func() {
	calls := make(chan func())
	go func() {
		runtime.LockOSThread()
		for call := range calls {
			call()
		}
	}()
	return calls
})

func orExit(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// launched reads what the launch stage has to say; an exec says nothing.
func (z *Zygote) launched(status io.Reader) error {
	said, err := io.ReadAll(status)
	if err != nil {
		return fmt.Errorf("zygote: launch: %w", err)
	}
	if len(said) == 0 {
		return nil
	}
	z.Kill()
	<-z.dead
	var failure launchFailure
	if err := json.Unmarshal(said, &failure); err != nil {
		return fmt.Errorf("zygote: launch: %s", said)
	}
	if failure.Refusal != nil {
		return failure.Refusal
	}
	return fmt.Errorf("zygote: %s", failure.Message)
}

// harnessBytes is the address space a worker's own stack, heap and buffers may
// take before the script's allowance begins.
const harnessBytes = 8 << 20

// size is the address space of the zygote, which must be of one thread.
func (z *Zygote) size() (int64, error) {
	s, err := proc.Read(z.PID())
	if err != nil {
		return 0, fmt.Errorf("zygote: size: %w", err)
	}
	if s.Size == 0 {
		return 0, fmt.Errorf("zygote: size: /proc/%d/status: no VmSize", z.PID())
	}
	return s.Size, single(s.Threads)
}

// single refuses a zygote of several threads.
func single(threads int64) error {
	if threads == 1 {
		return nil
	}
	return fmt.Errorf("zygote: preload: %d threads: only a process of one thread can be forked safely", threads)
}
