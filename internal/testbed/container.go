package testbed

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// noNamespaces is a seccomp profile that refuses what makes a namespace.
//
//go:embed seccomp-no-namespaces.json
var noNamespaces []byte

// limits have to be given: where the machine's own are lower than podman's
// defaults, no container starts.
var limits = []string{"--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"}

// lifetime in seconds ends a container whose test was killed.
const lifetime = "900"

// Where things are inside a container.
const (
	insideHTTP, insideTCP, insideReport = 8080, 7001, 7002

	insideCanary, insideFile = "/canary", "/srv/secret"
	insidePython             = "/srv/python"
)

// container is a server in a container, with its canary.
type container struct {
	id     string
	waiter *process // podman wait
	canary *process // podman exec
}

// startContainer starts the server in a container.
func (b *Bed) startContainer(s *Server, o Options, dir string) error {
	image := o.Image
	if image == "" {
		var err error
		if image, err = b.testImage(); err != nil {
			return err
		}
	}
	ports, err := FreePorts(2)
	if err != nil {
		return err
	}
	s.URL, s.report = "http://"+loopback(ports[0]), "http://"+loopback(ports[1])+"/"
	s.Targets = Targets{
		File: insideFile, HTTP: insideHTTP, TCP: insideTCP, Server: 1,
		Socket: "/tmp/canary.socket", Abstract: filepath.Base(dir), Shared: "/dev/shm/canary",
	}
	args, err := b.runArgs(o, dir, ports)
	if err != nil {
		return err
	}
	id, err := podman(append(args, image)...)
	if err != nil {
		return fmt.Errorf("testbed: %w", err)
	}
	c := &container{id: id}
	s.began = time.Now()
	if _, err := podman("start", id); err != nil {
		return errors.Join(err, c.stop())
	}
	s.Launched = time.Since(s.began)
	if c.waiter, err = run(false, "", nil, "podman", "wait", id); err != nil {
		return errors.Join(err, c.stop())
	}
	s.place = c
	return nil
}

// startCanary starts it as another process of the container.
func (c *container) startCanary(s *Server) (err error) {
	token := "SECRET_TOKEN=" + s.Secrets["the canary's environment"]
	exec := append([]string{"exec", "--interactive", "--env", token, c.id, insideCanary},
		s.Targets.args(fmt.Sprint(":", insideReport))...)
	c.canary, err = run(false, s.Secrets["the canary's sockets"], nil, "podman", exec...)
	return err
}

// runArgs are the arguments of podman up to the image.
func (b *Bed) runArgs(o Options, dir string, ports []int) ([]string, error) {
	runtime, err := exec.LookPath(o.Setup.Runtime)
	if err != nil {
		return nil, fmt.Errorf("testbed: %w", err)
	}
	args := append([]string{"--runtime", runtime, "create", "--timeout", lifetime}, limits...)
	args = append(args,
		"--publish", fmt.Sprintf("%s:%d", loopback(ports[0]), insideHTTP),
		"--publish", fmt.Sprintf("%s:%d", loopback(ports[1]), insideReport),
		"--volume", b.canary+":"+insideCanary+":ro",
		"--volume", filepath.Join(dir, "secret")+":"+insideFile+":ro",
		"--env", fmt.Sprint("PORT=", insideHTTP))
	if python := need.Python(); python != "" && o.Image == "" { // another image has a Python of its own
		args = append(args, "--volume", python+":"+insidePython+":ro", "--env", "PYTHON_HOME="+insidePython)
	}
	for _, s := range o.Settings {
		args = append(args, "--env", s)
	}
	if o.Setup.Ordinary {
		args = append(args, "--user", fmt.Sprintf("%d:%d", nobody, nobody))
	}
	if o.Setup.NoNamespaces {
		profile := filepath.Join(dir, "seccomp.json")
		if err := os.WriteFile(profile, noNamespaces, 0o644); err != nil {
			return nil, fmt.Errorf("testbed: %w", err)
		}
		args = append(args, "--security-opt", "seccomp="+profile)
	}
	if o.Setup.Devices {
		args = append(args, "--cap-add", "MKNOD")
	}
	if o.Setup.Privileged {
		args = append(args, "--privileged")
	}
	return append(args, o.Args...), nil
}

func (c *container) log() string {
	out, err := exec.Command("podman", "logs", c.id).CombinedOutput()
	if err != nil {
		return fmt.Sprintf("podman logs: %v: %s", err, out)
	}
	if c.canary != nil {
		out = append(out, c.canary.log()...)
	}
	return string(out)
}

func (c *container) ended() <-chan struct{} { return c.waiter.ended() }
func (c *container) pid() int               { return 1 }

func (c *container) stop() error {
	var errs []error
	logged := c.log()
	_, err := podman("rm", "--force", "--time", "0", c.id)
	if err != nil { // one that has just ended by itself can't be stopped
		time.Sleep(time.Second)
		_, err = podman("rm", "--force", "--time", "0", c.id)
	}
	errs = append(errs, err)
	for _, p := range []*process{c.waiter, c.canary} {
		if p != nil {
			errs = append(errs, p.stop())
		}
	}
	if strings.Contains(logged, "panic:") {
		errs = append(errs, fmt.Errorf("testbed: the server panicked:\n%s", tail(logged, 4000)))
	}
	return errors.Join(errs...)
}
