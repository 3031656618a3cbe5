package runtime

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	_ "github.com/pyexec/pyexec/runtime/internal/children"
	"github.com/pyexec/pyexec/runtime/internal/pool"
	"github.com/pyexec/pyexec/runtime/internal/sandbox"
	"github.com/pyexec/pyexec/runtime/internal/software"
)

// Runtime runs scripts. Its methods may be called from many goroutines.
type Runtime struct {
	cfg       Config
	info      Info
	jail      *sandbox.Jail // of the default environment, as are pool and groups
	pool      *pool.Pool
	admission *admission
	groups    *pool.Groups
	all       *environments
	closed    sync.Once
	// The count when it was last asked for, at an end that nothing explained.
	oomKills atomic.Int64
}

// New unpacks the interpreter if need be, finds out what the machine grants,
// and returns when the first worker stands confined and ready. It fails closed:
// where a required layer can't be had the error names it and who refused it.
func New(ctx context.Context, cfg Config) (*Runtime, error) {
	s, err := newSetup(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return s.open(ctx)
}

func newInfo(cfg Config, s *software.Software, plan *sandbox.Plan, notes map[sandbox.Layer]string,
	version string) Info {
	info := Info{
		PythonVersion:  version,
		Preloaded:      cfg.preload(s),
		BlockedImports: slices.Sorted(slices.Values(cfg.BlockedImports)),
		Limits:         cfg.Limits,
		Workers:        cfg.Workers,
		Queue:          cfg.Queue,
		QueueWait:      cfg.QueueWait,
		Posture:        string(plan.Posture),
		Isolation:      map[string]bool{},
		LayerNotes:     map[string]string{},
	}
	for _, l := range sandbox.Layers() {
		info.Isolation[string(l)] = plan.Has(l)
		if note := notes[l]; note != "" {
			info.LayerNotes[string(l)] = note
		}
	}
	info.Packages = s.Distributions()
	return info
}

// Info describes the service. The caller must not change what it holds.
func (r *Runtime) Info() Info {
	info := withoutGroup(r.info, r.lostGroup())
	info.Environments, info.Installs = *r.all.infos.Load(), r.all.installs != nil
	return info
}

// lostGroup says why a jail has no group though there were some at first; empty if
// all have theirs.
func (r *Runtime) lostGroup() string {
	for _, e := range r.all.every() {
		if s := e.setup.Load(); s != nil && s.groups.Lost() != "" {
			return s.groups.Lost()
		}
	}
	return ""
}

// withoutGroup corrects what was true at the start, where the jail has lost its
// control group since; why is empty where it has not.
func withoutGroup(info Info, why string) Info {
	if why == "" {
		return info
	}
	info.Isolation, info.LayerNotes = maps.Clone(info.Isolation), maps.Clone(info.LayerNotes)
	info.Isolation[string(sandbox.MemoryCgroup)] = false
	info.LayerNotes[string(sandbox.MemoryCgroup)] = why + "; " + sandbox.NoGroup
	return info
}

// Stats is how the service is at one moment.
type Stats struct {
	Ready    int   // workers that wait for a script
	Busy     int   // runs under way
	Waiting  int   // callers in the queue
	Restarts int64 // interpreters that took the place of one that died
	// JailMemory is what the interpreters and all runs hold together, in bytes, what
	// the kernel holds for them included, and JailPeak the most that it was since they
	// started, each for itself. 0 where there is no control group to count it.
	JailMemory, JailPeak int64
	// Environments are all of them, the default one first.
	Environments []EnvironmentStats
	// Installs are those that scripts have asked for, which are not among Environments.
	Installs InstallStats
}

// Stats counts workers and callers. The numbers need not belong to the very
// same moment.
func (r *Runtime) Stats() Stats {
	s := Stats{Busy: len(r.admission.places), Waiting: int(r.admission.waiting.Load())}
	s.Installs = r.all.installs.stats()
	if in := r.all.installs; in != nil {
		s.Restarts = in.restarts.Load() // of those that are gone
	}
	for i, e := range r.all.every() {
		one := e.stats()
		if i < len(r.all.list) {
			s.Environments = append(s.Environments, one)
		}
		s.Ready, s.Restarts = s.Ready+one.Ready, s.Restarts+one.Restarts
		if setup := e.setup.Load(); setup != nil {
			now, peak := setup.groups.Held()
			s.JailMemory, s.JailPeak = s.JailMemory+now, s.JailPeak+peak
		}
	}
	return s
}

// Health returns nil exactly when a run in the default environment would succeed now.
func (r *Runtime) Health() error { return r.pool.Health() }

// Close ends every run and the interpreters. Runs in flight get ErrUnavailable.
func (r *Runtime) Close() error {
	r.closed.Do(func() {
		r.all.close()
		r.groups.Close()
	})
	return nil
}
