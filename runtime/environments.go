package runtime

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// environments are all there are, the default one first, then in the operator's order.
type environments struct {
	list []*environment
	cfg  Config

	ctx    context.Context // ends with close
	cancel context.CancelFunc

	mu     sync.Mutex
	closed bool
	// reserved is how many bytes are set aside for interpreters that are being started,
	// and starting are these, each with what gives it up.
	reserved int64
	starting map[*environment]context.CancelCauseFunc
	work     sync.WaitGroup // starts and ends under way, and the look at all

	installs *installs // nil where nothing is installed for scripts

	infos atomic.Pointer[[]EnvironmentInfo]
}

// EnvironmentInfo describes one environment to callers.
type EnvironmentInfo struct {
	Name string
	// PythonVersion, Preloaded and Packages are as in Info; empty until they are known,
	// which for packages that have to be fetched can be some minutes after the start.
	PythonVersion string
	Preloaded     []string
	Packages      []string
}

func newEnvironments(cfg Config) *environments {
	all := &environments{cfg: cfg, starting: map[*environment]context.CancelCauseFunc{}}
	all.ctx, all.cancel = context.WithCancel(context.Background())
	for i := range len(cfg.Environments) + 1 {
		e := &environment{all: all, known: make(chan struct{}), name: DefaultEnvironment, cfg: cfg}
		if i > 0 {
			e.name, e.cfg = cfg.Environments[i-1].Name, cfg.of(cfg.Environments[i-1])
		}
		all.list = append(all.list, e)
	}
	return all
}

// checkEnvironments returns an error if the names of the environments are not fit for use.
func checkEnvironments(list []Environment) error {
	seen := map[string]bool{DefaultEnvironment: true}
	for _, e := range list {
		if e.Name == "" || seen[e.Name] {
			return fmt.Errorf("runtime: environment %q: its name is empty or somebody else's", e.Name)
		}
		seen[e.Name] = true
	}
	return nil
}

// begin counts work that close has to wait for, and reports whether there may be any
// more. Whoever has begun it must end it in all.work.
func (all *environments) begin() bool {
	all.mu.Lock()
	defer all.mu.Unlock()
	if !all.closed {
		all.work.Add(1)
	}
	return !all.closed
}

func (all *environments) main() *environment { return all.list[0] }

// every lists those of list, and then those that were installed.
func (all *environments) every() []*environment {
	return slices.Concat(all.list, all.installs.environments())
}

// named returns the environment of that name, nil if there is none; the empty name is
// that of the default one.
func (all *environments) named(name string) *environment {
	if name == "" {
		return all.main()
	}
	i := slices.IndexFunc(all.list, func(e *environment) bool { return e.name == name })
	if i < 0 {
		return nil
	}
	return all.list[i]
}

func (all *environments) names() []string {
	var list []string
	for _, e := range all.list {
		list = append(list, e.name)
	}
	return list
}

// look finds the software of all environments, one after the other, and then starts those
// that are to be started at once: one that does not start keeps no script from the others.
func (all *environments) look() {
	defer all.work.Done()
	for _, e := range all.list[1:] {
		e.unlessMoving(e.find)
		close(e.known)
	}
	for i, e := range all.list[1:] {
		if all.cfg.Environments[i].AtOnce && e.setup.Load() != nil {
			e.unlessMoving(e.start)
		}
	}
}

// unlessMoving does what starts or finds the environment, or waits for who does so already,
// and returns at once when all are being closed.
func (e *environment) unlessMoving(do func()) {
	e.mu.Lock()
	over := e.moving
	if over == nil && e.pool == nil {
		over, _ = e.move(do)
	}
	e.mu.Unlock()
	if over != nil {
		<-over
	}
}

// untilClosed is a context that ends when all are being closed, too.
func (all *environments) untilClosed(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(all.ctx, func() { cancel(fmt.Errorf("%w: shutting down", ErrUnavailable)) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

// changed renews what is told of the environments.
func (all *environments) changed() {
	list := make([]EnvironmentInfo, len(all.list))
	for i, e := range all.list {
		list[i] = e.described()
	}
	all.infos.Store(&list)
}

// described is what is known of the environment, from its files.
func (e *environment) described() EnvironmentInfo {
	info := EnvironmentInfo{Name: e.name}
	if s := e.setup.Load(); s != nil {
		info.PythonVersion, info.Packages = s.software.Version, s.software.Distributions()
		info.Preloaded = s.cfg.preload(s.software)
	}
	return info
}

// info is what is known of the environment.
func (e *environment) info() EnvironmentInfo {
	list := *e.all.infos.Load()
	if i := slices.Index(e.all.list, e); i >= 0 {
		return list[i]
	}
	return e.described()
}

// having returns the name of the first environment that has a distribution, as far as
// that is known; empty if there is none.
func (all *environments) having(distribution string) string {
	for _, info := range *all.infos.Load() {
		for _, p := range info.Packages {
			name, _, _ := strings.Cut(p, " ")
			if strings.EqualFold(strings.ReplaceAll(name, "_", "-"), distribution) {
				return info.Name
			}
		}
	}
	return ""
}

// close ends all of them, the default one last.
func (all *environments) close() {
	all.mu.Lock()
	all.closed = true
	all.mu.Unlock()
	all.cancel()
	for _, e := range slices.Backward(all.every()) {
		e.mu.Lock()
		p := e.pool
		e.mu.Unlock()
		if p != nil {
			p.Close()
		}
	}
	all.work.Wait()
	all.installs.close()
	for _, e := range all.list {
		e.mu.Lock()
		p := e.pool
		e.mu.Unlock()
		if p != nil { // it may have been started meanwhile
			p.Close()
		}
		if s := e.setup.Load(); s != nil {
			s.scratch.Remove()
		}
	}
}
