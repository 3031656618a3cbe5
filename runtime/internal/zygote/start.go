package zygote

import (
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

	"github.com/pyexec/pyexec/runtime/internal/harness"
	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// ErrGroup is why a zygote does not start that might without a control group.
var ErrGroup = errors.New("into a control group")

// launch starts the launch stage. What it has to say comes through status.
func (z *Zygote) launch() (status *os.File, err error) {
	steps, err := z.cfg.Jail.Launch()
	if err != nil {
		return nil, err
	}
	ours, theirs, err := sandbox.SocketPair(syscall.SOCK_SEQPACKET)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(ours), "zygote")
	conn, err := net.FileConn(file)
	file.Close()
	if err != nil {
		sandbox.CloseFD(theirs)
		return nil, fmt.Errorf("zygote: socket: %w", err)
	}
	z.conn = conn.(*net.UnixConn)
	defer func() {
		if err != nil {
			z.conn.Close()
		}
	}()
	socket := os.NewFile(uintptr(theirs), "socket")
	defer socket.Close()
	spec, err := json.Marshal(launchSpec{
		Steps: steps,
		Path:  z.cfg.Executable,
		Args:  []string{z.cfg.Executable, "-I", "-S", "-B", "-X", "utf8", "-c", harness.Bootstrap()},
		// What the loader puts for $ORIGIN where there is no /proc to ask; the
		// zygote empties its environment before it forks.
		Env: []string{"LD_BIND_NOW=1", "LD_ORIGIN_PATH=" + filepath.Dir(z.cfg.Executable)},
	})
	if err != nil {
		return nil, fmt.Errorf("zygote: spec: %w", err)
	}
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
	err = z.spawn()
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
	if z.cfg.Group != nil {
		cmd.SysProcAttr.UseCgroupFD, cmd.SysProcAttr.CgroupFD = true, int(z.cfg.Group.Fd())
	}
	return cmd
}

// spawn starts the process, and a goroutine that waits for its end.
func (z *Zygote) spawn() error {
	started := make(chan error, 1)
	parent() <- func() { started <- z.cmd.Start() }
	if err := <-started; err != nil {
		close(z.dead)
		return err
	}
	go func() {
		err := z.cmd.Wait()
		z.bury(fmt.Errorf("zygote: interpreter ended: %w", orExit(err)))
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
