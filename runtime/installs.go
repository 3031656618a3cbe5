package runtime

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/packages"
	"github.com/pyexec/pyexec/runtime/internal/packages/requirement"
	"github.com/pyexec/pyexec/runtime/internal/packages/script"
	"github.com/pyexec/pyexec/runtime/internal/packages/shelf"
)

// Install says whether, and within which bounds, packages are installed that a script
// asks for and no environment has.
type Install struct {
	// Wheels switches it on.
	Wheels bool
	// Dir is where what was installed is kept, between starts too, and Bytes how much
	// of it. It must be safe to execute files from.
	Dir   string
	Bytes int64
	// SetBytes bounds what one script may ask for: downloads, and what they unpack to,
	// each. Within is how long an installation may take.
	SetBytes int64
	Within   time.Duration
	// Preload are modules of the standard library that the interpreters import. Nothing
	// of what was installed is ever imported before a script runs.
	Preload []string
}

// Bounds of installations that nobody needs to set.
const (
	// A script of more has another purpose than to be run: uv's examples have five.
	installRequirements = 50
	// Jupyter, the largest set that people ask for by one name, has about 100.
	installDistributions = 200
	installProjects      = 400
	// The data packages together have 12,000.
	installFiles = 30_000
	// Jupyter's take 10 MiB, those of the project with the most files on PyPI 20.
	installHeld = 128 << 20
	// Each holds pages of an index and a directory of an archive in memory.
	installsAtOnce = 2
	// Those who wait beyond are turned away: each other header would be one more.
	installsWaiting = 32
	// installedAlive is how many sets have an interpreter, or may at once.
	installedAlive = 8
	// resolvedFor is how long the same request leads to the same versions.
	resolvedFor = 24 * time.Hour
	// What did not work is not tried again before: a refusal, and a fault of the index.
	refusedFor, failedFor = time.Minute, 10 * time.Second
	// remembered is how many requests are kept in memory, with what came of them.
	remembered = 1000
)

// installedPrefix begins the names of environments that were installed. The operator's
// have no colon.
const installedPrefix = "installed:"

// IsInstalled reports whether a name is that of an environment that was installed
// because a script asked for it.
func IsInstalled(name string) bool { return strings.HasPrefix(name, installedPrefix) }

// installs are the environments that scripts have asked for.
type installs struct {
	cfg    Install
	all    *environments
	shelf  *shelf.Shelf
	run    func(ctx context.Context, e *environment, job *Job) (Result, error)
	places chan struct{}
	alive  int // see installedAlive
	sets   locks

	mu      sync.Mutex
	flights map[string]*flight
	known   map[string]fate         // by request
	made    map[string]*environment // by key of the set

	installed, failed, fetched, restarts atomic.Int64
}

// fate is what came of a request.
type fate struct {
	key   string // of a set
	err   error
	until time.Time
}

// newInstalls opens the cache; it is nil where nothing is to be installed.
func newInstalls(all *environments, cfg Config) (*installs, error) {
	if !cfg.Install.Wheels {
		return nil, nil
	}
	s, err := shelf.Open(cfg.Install.Dir, cfg.Install.Bytes, cfg.Log)
	if err != nil {
		return nil, err
	}
	return &installs{cfg: cfg.Install, all: all, shelf: s, places: make(chan struct{}, installsAtOnce),
		alive:   installedAlive,
		flights: map[string]*flight{}, known: map[string]fate{}, made: map[string]*environment{},
		sets: locks{held: map[string]chan struct{}{}}}, nil
}

// runBy has r run what compiles.
func (in *installs) runBy(r *Runtime) {
	if in == nil {
		return
	}
	in.run = func(ctx context.Context, e *environment, job *Job) (Result, error) {
		job.Timeout = r.cfg.Limits.Timeout
		return r.runIn(ctx, job, &Hooks{}, e, time.Now(), aCaller)
	}
}

// environments are those that there are now.
func (in *installs) environments() (list []*environment) {
	if in == nil {
		return nil
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, e := range in.made {
		list = append(list, e)
	}
	return list
}

// wish is what a script asks for of the Python of an environment.
type wish struct {
	base   *environment
	header *script.Header
	wanted []requirement.Requirement
	id     string
}

// newWish works out what is to be installed, if that is possible. An error is why it
// is not, in words for the caller.
func newWish(base *environment, d *script.Environment, header *script.Header) (q wish, err error) {
	q = wish{base: base, header: header}
	h := sha256.New()
	var lines []string
	for _, need := range header.Needs {
		if need.Marker.Holds(d.Markers, "") {
			q.wanted = append(q.wanted, need.Requirement)
			lines = append(lines, need.String())
		}
	}
	if len(q.wanted) > installRequirements {
		return q, fmt.Errorf("it asks for %d packages: more than %d", len(q.wanted), installRequirements)
	}
	slices.Sort(lines)
	fmt.Fprintf(h, "%s %s\n%s\n", d.Python, base.name, strings.Join(slices.Compact(lines), "\n"))
	q.id = hex.EncodeToString(h.Sum(nil)[:16])
	return q, nil
}

// lookUp returns what is known to come of a request, with the environment pinned; done
// is false if that is not known.
func (in *installs) lookUp(id string) (e *environment, done bool, err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	a, ok := in.known[id]
	switch {
	case !ok || time.Now().After(a.until):
		delete(in.known, id)
		return nil, false, nil
	case a.err != nil:
		return nil, true, a.err
	}
	e, ok = in.made[a.key]
	if !ok {
		return nil, false, nil
	}
	e.pin()
	e.set.Touch()
	return e, true, nil
}

// remember notes what came of a request. The caller has the lock.
func (in *installs) remember(id string, a fate) {
	if len(in.known) >= remembered {
		now := time.Now()
		for other, old := range in.known {
			if now.After(old.until) || len(in.known) >= remembered {
				delete(in.known, other)
			}
		}
	}
	in.known[id] = a
}

// judge is the answer to a request that came to nothing. ok is false where the next one
// may try at once.
func judge(err error) (a fate, ok bool) {
	if errors.Is(err, context.Canceled) || errors.Is(err, ErrOverloaded) {
		return a, false
	}
	a = fate{err: err, until: time.Now().Add(failedFor)}
	if _, refused := errors.AsType[*packages.Refusal](err); refused {
		a.until = time.Now().Add(refusedFor)
	}
	return a, true
}

// publish makes an environment one of those that can be used, and gives up others when
// there are too many.
func (in *installs) publish(key string, e *environment) {
	in.mu.Lock()
	in.made[key] = e
	many := len(in.made) - in.alive
	in.mu.Unlock()
	for ; many > 0 && in.giveUp(); many-- {
	}
}

// giveUp gives up the environment that has not been used for the longest time, of those
// that nobody uses, and its claim to its files. It is false if there is none.
func (in *installs) giveUp() bool {
	in.mu.Lock()
	oldest, since := "", time.Time{}
	for key, e := range in.made {
		e.mu.Lock()
		if e.moving == nil && e.holders == 0 && (oldest == "" || e.used.Before(since)) {
			oldest, since = key, e.used
		}
		e.mu.Unlock()
	}
	e := in.made[oldest]
	delete(in.made, oldest) // nobody can pin it any more
	in.mu.Unlock()
	if e == nil {
		return false
	}
	e.remove()
	return true
}

// close ends all that was installed; the files stay. Nobody runs any more.
func (in *installs) close() {
	if in == nil {
		return
	}
	for _, e := range in.environments() {
		e.remove()
	}
	if err := in.shelf.Close(); err != nil {
		in.all.cfg.Log.Warn("cache of environments not closed", "error", err)
	}
}

// InstallStats is how installations are at one moment.
type InstallStats struct {
	// On says that packages are installed at all.
	On bool
	// Alive are the sets that can be run in, Installed and Failed installations that are
	// over, Fetched the bytes of wheels that were fetched, and Cached those on disk.
	Alive                              int
	Installed, Failed, Fetched, Cached int64
}

// stats is how they are now.
func (in *installs) stats() InstallStats {
	if in == nil {
		return InstallStats{}
	}
	in.mu.Lock()
	alive := len(in.made)
	in.mu.Unlock()
	return InstallStats{On: true, Alive: alive, Installed: in.installed.Load(), Failed: in.failed.Load(),
		Fetched: in.fetched.Load(), Cached: in.shelf.Used()}
}
