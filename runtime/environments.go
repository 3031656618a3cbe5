package runtime

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// environments are all there are, the default one first, then in the operator's order.
type environments struct {
	list []*environment
	cfg  Config

	ctx    context.Context // ends with close
	cancel context.CancelFunc

	mu     sync.Mutex
	closed bool
	// reserved is how many bytes are set aside for interpreters that are being started.
	reserved int64
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
	all := &environments{cfg: cfg}
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

// look finds the software of all environments, one after the other, and starts those
// that are to be started at once.
func (all *environments) look() {
	defer all.work.Done()
	for i, e := range all.list[1:] {
		if all.ctx.Err() != nil {
			return
		}
		e.mu.Lock()
		over := e.moving // somebody wants it already
		if over == nil && e.pool == nil {
			do := e.find
			if all.cfg.Environments[i].AtOnce {
				do = e.start
			}
			over, _ = e.move(do)
		}
		e.mu.Unlock()
		if over != nil {
			<-over
		}
		close(e.known)
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

// having returns the name of the first environment that has the distribution that a
// module is usually in, as far as that is known; empty if there is none.
func (all *environments) having(module string) string {
	distribution := distributions[module]
	if distribution == "" {
		distribution = module
	}
	for _, info := range *all.infos.Load() {
		for _, p := range info.Packages {
			name, _, _ := strings.Cut(p, " ")
			if strings.EqualFold(strings.ReplaceAll(name, "_", "-"), strings.ReplaceAll(distribution, "_", "-")) {
				return info.Name
			}
		}
	}
	return ""
}

// need is how many bytes the environment takes when it is started.
func (e *environment) need() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.size > 0 {
		return e.size
	}
	return Environment{Packages: e.cfg.Packages}.bytes()
}

// makeRoom ends environments that nobody uses, the least recently used first, until
// there is memory for another one, which is its own until it calls taken. It returns an
// error if there is too little even so: to start would mean that a run has to be ended.
func (all *environments) makeRoom(ctx context.Context, e *environment) (taken func(), err error) {
	need := e.need()
	for {
		left, ok := all.reserve(need)
		if ok {
			return func() { all.reserve(-need) }, nil
		}
		over := all.endOne("another one needs the memory")
		if over == nil {
			return nil, fmt.Errorf("it needs about %d MiB of memory, and %d MiB are left", need>>20, left>>20)
		}
		select {
		case <-over:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// reserve sets memory aside for an interpreter that is about to start, and gives it back
// where need is negative. ok says that there is enough, or that nobody knows; left is how
// much there was.
func (all *environments) reserve(need int64) (left int64, ok bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if need > 0 && all.cfg.MemoryLeft != nil {
		var known bool
		left, known = all.cfg.MemoryLeft()
		left -= all.cfg.MemoryReserve + all.reserved
		if known && left < need {
			return max(left, 0), false
		}
	}
	all.reserved += need
	return left, true
}

// endOne ends the environment that has not been used for the longest time, of those that
// nobody uses. over is closed when it is gone, and nil if there is none.
func (all *environments) endOne(why string) (over chan struct{}) {
	var oldest *environment
	var since time.Time
	for _, e := range all.every()[1:] {
		e.mu.Lock()
		if e.idle() && (oldest == nil || e.used.Before(since)) {
			oldest, since = e, e.used
		}
		e.mu.Unlock()
	}
	if oldest == nil {
		return nil
	}
	oldest.mu.Lock()
	defer oldest.mu.Unlock()
	if !oldest.idle() { // any more: somebody came in between
		over = make(chan struct{})
		close(over)
		return over
	}
	return oldest.end(why)
}

// idle reports whether the environment is there and nobody needs it. The caller holds
// the lock.
func (e *environment) idle() bool { return e.pool != nil && e.moving == nil && e.holders == 0 }

// spare gives up an environment that nobody needs, and reports whether there was one.
func (all *environments) spare() bool { return all.endOne("memory runs out") != nil }

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
