package testbed

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/pyexec/pyexec/internal/testbed/locked"
	"github.com/pyexec/pyexec/internal/testbed/need"
)

// process is a program that runs as a child of the test.
type process struct {
	cmd  *exec.Cmd
	out  locked.Buffer
	done chan struct{}
}

// run starts a program with just this environment; nil is the test's own.
func run(ordinary bool, stdin string, env []string, name string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(name, args...), done: make(chan struct{})}
	p.cmd.Env = env
	p.cmd.Stdin = strings.NewReader(stdin)
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	if ordinary && os.Getuid() == 0 {
		p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("testbed: %w", err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is in its log
		close(p.done)
	}()
	return p, nil
}

func (p *process) log() string            { return p.out.String() }
func (p *process) ended() <-chan struct{} { return p.done }
func (p *process) pid() int               { return p.cmd.Process.Pid }
func (p *process) hostPID() (int, error)  { return p.pid(), nil }

func (p *process) stop() error {
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("testbed: %w", err)
	}
	<-p.done
	return nil
}

// pair is a server and its canary, with the file that outlives both.
type pair struct {
	*process
	canary  *process
	shared  string
	command canaryCommand
	// own is the memory control group of the server, or why it has none.
	own    group
	ownErr error
}

// canaryCommand is how a canary is started.
type canaryCommand struct {
	ordinary bool
	program  string
	env      []string
}

func (p *pair) stop() error {
	err := p.process.stop()
	if p.ownErr == nil {
		err = errors.Join(err, p.own.remove())
	}
	if p.canary == nil {
		return err
	}
	err = errors.Join(err, p.canary.stop())
	if removed := os.Remove(p.shared); !errors.Is(removed, fs.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	return err
}

// Home is the home directory of servers that are processes.
func (b *Bed) Home(s Setup) string { return filepath.Join(b.dir, fmt.Sprintf("home-%t", s.Ordinary)) }

// startProcess starts the server as a process of a user.
func (b *Bed) startProcess(s *Server, o Options, dir string) error {
	ports, err := FreePorts(3)
	if err != nil {
		return err
	}
	// One home for all servers of a user, so that the interpreter is unpacked once;
	// the canary's own files have to be in another directory.
	home, own := b.Home(o.Setup), filepath.Join(dir, "canary")
	for _, d := range []string{home, own} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return fmt.Errorf("testbed: %w", err)
		}
		if o.Setup.Ordinary && os.Getuid() == 0 {
			if err := os.Chown(d, nobody, nobody); err != nil {
				return fmt.Errorf("testbed: %w", err)
			}
		}
	}
	s.URL, s.report = "http://"+loopback(ports[0]), "http://"+loopback(ports[2])+"/"
	s.Targets = Targets{
		File: filepath.Join(dir, "secret"), HTTP: ports[0], TCP: ports[1],
		Socket: filepath.Join(own, "socket"), Abstract: filepath.Base(dir),
		Shared: "/dev/shm/pyexec-" + filepath.Base(dir),
	}
	env := append(constant(home), "HOST=127.0.0.1", fmt.Sprint("PORT=", ports[0]))
	if python := need.Python(); python != "" {
		env = append(env, "PYTHON_HOME="+python)
	}
	s.began = time.Now()
	p := &pair{shared: s.Targets.Shared, command: canaryCommand{o.Setup.Ordinary, b.canary, constant(home)}}
	start := func() (err error) {
		p.process, err = run(o.Setup.Ordinary, "", append(env, o.Settings...), b.server)
		return err
	}
	if p.ownErr = errNotMeasured; o.Measured {
		p.own, p.ownErr = newGroup(filepath.Base(dir))
	}
	if p.ownErr != nil {
		err = start()
	} else if err = p.own.within(start); err != nil {
		err = errors.Join(err, p.own.remove())
	}
	if err != nil {
		return err
	}
	s.Targets.Server = p.pid()
	s.place = p
	return nil
}

var errNotMeasured = errors.New("testbed: nobody asked for a control group")

// startCanary starts it as another process of the same user.
func (p *pair) startCanary(s *Server) (err error) {
	report := strings.TrimSuffix(strings.TrimPrefix(s.report, "http://"), "/")
	env := append(p.command.env, "SECRET_TOKEN="+s.Secrets["the canary's environment"])
	p.canary, err = run(p.command.ordinary, s.Secrets["the canary's sockets"], env, p.command.program,
		s.Targets.args(report)...)
	return err
}

func (p *pair) log() string {
	if p.canary != nil && p.canary.log() != "" {
		return p.process.log() + "\n" + p.canary.log()
	}
	return p.process.log()
}
