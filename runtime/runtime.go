package runtime

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/sandbox"
	"github.com/pyexec/pyexec/runtime/internal/software"
	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// Runtime runs scripts. Its methods may be called from many goroutines.
type Runtime struct {
	cfg       Config
	info      Info
	jail      *sandbox.Jail
	pool      *pool
	admission *admission
	groups    *groups
	closed    sync.Once
	// As of the last end that nothing explained.
	oomKills, jailKills atomic.Int64
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

// setup is all that is decided before the first process of a jail is made.
type setup struct {
	cfg      Config
	software *software.Software
	groups   *groups
	jail     *sandbox.Jail
	scratch  *scratch // nil where every worker has a private /tmp
	zygote   zygote.Config
}

// newSetup finds out what there is to run scripts with, and what to confine them
// with. What it holds is given back by open.
func newSetup(ctx context.Context, cfg Config) (*setup, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Workers < 1 || cfg.Queue < 0 {
		return nil, fmt.Errorf("runtime: %d workers, queue of %d: out of range", cfg.Workers, cfg.Queue)
	}
	go reserveThreads()
	// First of all, while this process has no children that would have to move, too.
	groups, refusal := openGroups(ctx, cfg)
	s := &setup{cfg: cfg, groups: groups}
	if err := s.decide(ctx, refusal); err != nil {
		groups.close()
		return nil, err
	}
	return s, nil
}

// decide fills in the rest. noGroup is why there are no control groups, if so.
func (s *setup) decide(ctx context.Context, noGroup string) error {
	found, grants, err := prepare(ctx, s.cfg)
	if err != nil {
		return err
	}
	grants.Tried(sandbox.MemoryCgroup, noGroup)
	policy, err := newPolicy(s.cfg, found)
	if err != nil {
		return err
	}
	plan, err := choosePlan(s.cfg, grants)
	if err != nil {
		return err
	}
	scratch, policy, err := newPlaces(s.cfg, plan, policy)
	if err != nil {
		return err
	}
	s.software, s.scratch = found, scratch
	s.jail = &sandbox.Jail{Plan: *plan, Policy: policy}
	s.zygote = zygoteConfig(s.cfg, found, s.jail)
	return nil
}

// choosePlan returns the strongest plan that the machine grants.
func choosePlan(cfg Config, grants sandbox.Grants) (*sandbox.Plan, error) {
	if cfg.SandboxOff {
		return sandbox.Unconfined(), nil
	}
	plan, err := sandbox.Choose(grants, scratchBase(cfg))
	if err != nil {
		return nil, fmt.Errorf("%w (SANDBOX=off runs scripts without confinement)", err)
	}
	return plan, nil
}

// newPlaces makes what the plan needs on disk: nothing where each run has a private
// /tmp. The policy that it returns is that of the root that scripts are shut in.
func newPlaces(cfg Config, plan *sandbox.Plan, policy sandbox.Policy) (*scratch, sandbox.Policy, error) {
	if plan.Has(sandbox.PrivateTmp) {
		return nil, policy, nil
	}
	s, err := newScratch(cfg)
	if err != nil {
		return nil, policy, err
	}
	if plan.Has(sandbox.Chroot) {
		if policy, err = s.shutIn(policy, cfg.Log); err != nil {
			s.remove()
			return nil, policy, err
		}
	}
	s.warnOfRoom(cfg)
	return s, policy, nil
}

// open starts the first jail, and returns when its first worker is ready.
func (s *setup) open(ctx context.Context) (*Runtime, error) {
	cfg := s.cfg
	p := newPool(cfg, s.scratch, s.jail.WatchThreads, func(ctx context.Context) (*zygote.Zygote, error) {
		return s.groups.start(ctx, s.zygote)
	})
	version, err := p.open(ctx)
	if err != nil {
		s.groups.close()
		return nil, err
	}
	blind := unwatched(cfg, p.blind.Load())
	if blind != "" {
		cfg.Log.Warn("runs are not watched", "cause", blind)
	}
	notes := withNotes(s.jail.Notes, map[sandbox.Layer]string{
		sandbox.Chroot: s.scratch.note(), sandbox.MemoryCgroup: s.groups.note(), sandbox.Rlimits: blind,
	})
	r := &Runtime{
		cfg:       cfg,
		jail:      s.jail,
		info:      newInfo(cfg, s.software, &s.jail.Plan, notes, version),
		pool:      p,
		admission: newAdmission(cfg.Workers, cfg.Queue),
		groups:    s.groups,
	}
	r.oomKilled()
	return r, nil
}

// withNotes adds to what a plan says of its layers; empty notes add nothing.
func withNotes(said, more map[sandbox.Layer]string) map[sandbox.Layer]string {
	out := maps.Clone(said)
	for l, note := range more {
		switch {
		case note == "":
		case out[l] == "":
			out[l] = note
		default:
			out[l] += "; " + note
		}
	}
	return out
}

// prepare finds the interpreter while the layers are being tried.
func prepare(ctx context.Context, cfg Config) (*software.Software, sandbox.Grants, error) {
	type probed struct {
		grants sandbox.Grants
		err    error
	}
	probe := make(chan probed, 1)
	go func() {
		if cfg.SandboxOff {
			probe <- probed{}
			return
		}
		began := time.Now()
		g, err := sandbox.Probe(ctx, scratchBase(cfg))
		cfg.Log.Debug("layers tried", "took", time.Since(began), "refused", g.Refused)
		probe <- probed{g, err}
	}()
	s, err := software.Find(ctx, cfg.software())
	result := <-probe
	return s, result.grants, errors.Join(err, result.err)
}

// newPolicy lists what a script may see.
func newPolicy(cfg Config, s *software.Software) (sandbox.Policy, error) {
	cpu := int64((cfg.Limits.CPU + time.Second - 1) / time.Second)
	if cfg.Limits.CPU >= cfg.Limits.Timeout {
		// A script that is busy from start to end is to meet the wall clock
		// first, which can say where it was: the kernel's samples run ahead.
		cpu++
	}
	policy := sandbox.Policy{
		// Not /dev/zero: mapped, it is shared memory that no limit counts.
		Devices: []string{"/dev/null", "/dev/urandom"},
		Limits: sandbox.Limits{
			MemoryBytes: cfg.Limits.MemoryBytes,
			CPUSeconds:  cpu,
			TmpBytes:    cfg.Limits.TmpBytes, TmpFiles: cfg.Limits.TmpFiles,
			OpenFiles: cfg.Limits.OpenFiles, Threads: cfg.Limits.Threads,
		},
	}
	for _, tree := range s.Trees() {
		b, err := sandbox.NewBind(tree.Source, tree.Target, true)
		if err != nil {
			return policy, err
		}
		policy.Binds = append(policy.Binds, b)
	}
	for _, l := range s.Libraries {
		b, err := sandbox.NewBind(l.Source, l.Path, false)
		if err != nil {
			return policy, err
		}
		policy.Binds = append(policy.Binds, b)
	}
	return policy, nil
}

func zygoteConfig(cfg Config, s *software.Software, jail *sandbox.Jail) zygote.Config {
	inside := func(path string) string {
		if !jail.OwnRoot() {
			return path
		}
		return s.Inside(path)
	}
	var path []string
	for _, dir := range s.Path() {
		path = append(path, inside(dir))
	}
	fonts := ""
	if dir := s.FontDir(); dir != "" {
		fonts = inside(dir)
	}
	return zygote.Config{
		Jail:           jail,
		Executable:     inside(s.Executable),
		Path:           path,
		Preload:        cfg.preload(s),
		FontDir:        fonts,
		BlockedImports: cfg.BlockedImports,
		ResultBytes:    int(cfg.Limits.ResultBytes),
		ResultDepth:    cfg.Limits.ResultDepth,
		OutputBytes:    int(cfg.Limits.OutputBytes),
		ReturnFiles:    int(cfg.Limits.ReturnFiles),
		ReturnBytes:    int(cfg.Limits.ReturnBytes),
	}
}

func newInfo(cfg Config, s *software.Software, plan *sandbox.Plan, notes map[sandbox.Layer]string, version string) Info {
	info := Info{
		PythonVersion:  version,
		Preloaded:      cfg.preload(s),
		BlockedImports: slices.Sorted(slices.Values(cfg.BlockedImports)),
		Limits:         cfg.Limits,
		Workers:        cfg.Workers,
		Queue:          cfg.Queue,
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
func (r *Runtime) Info() Info { return r.groups.report(r.info) }

// Stats is how the service is at one moment.
type Stats struct {
	Ready    int   // workers that wait for a script
	Busy     int   // runs under way
	Waiting  int   // callers in the queue
	Restarts int64 // interpreters that took the place of one that died
	// JailMemory is what the interpreter and all runs hold together, in bytes, what
	// the kernel holds for them included, and JailPeak the most that it was since the
	// interpreter started. 0 where there is no control group to count it.
	JailMemory, JailPeak int64
}

// Stats counts workers and callers. The numbers need not belong to the very
// same moment.
func (r *Runtime) Stats() Stats {
	now, peak := r.groups.held()
	return Stats{
		Ready:    len(r.pool.ready.count),
		Busy:     len(r.admission.places),
		Waiting:  int(r.admission.waiting.Load()),
		Restarts: r.pool.restarts.Load(),

		JailMemory: now, JailPeak: peak,
	}
}

// Health returns nil exactly when a run would succeed now.
func (r *Runtime) Health() error { return r.pool.health() }

// Close ends every run and the interpreter. Runs in flight get ErrUnavailable.
func (r *Runtime) Close() error {
	r.pool.close()
	r.closed.Do(r.groups.close)
	return nil
}
