package runtime

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
	plan      *sandbox.Plan
	takenBack []sandbox.Family
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
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Workers < 1 || cfg.Queue < 0 {
		return nil, fmt.Errorf("runtime: %d workers, queue of %d: out of range", cfg.Workers, cfg.Queue)
	}
	go reserveThreads()
	// First of all, while this process has no children that would have to move, too.
	groups, refusal := openGroups(ctx, cfg)
	r, err := newRuntime(ctx, cfg, groups, refusal)
	if err != nil {
		groups.close()
	}
	return r, err
}

// newRuntime is New with what is known of control groups.
func newRuntime(ctx context.Context, cfg Config, groups *groups, refusal string) (*Runtime, error) {
	found, grants, err := prepare(ctx, cfg)
	if err != nil {
		return nil, err
	}
	grants.Tried(sandbox.MemoryCgroup, refusal)
	policy, err := newPolicy(cfg, found)
	if err != nil {
		return nil, err
	}
	plan, scratch, err := newPlan(cfg, grants, &policy)
	if err != nil {
		return nil, err
	}
	if cfg.weaken != nil {
		plan.Launch = cfg.weaken(plan, plan.Launch)
	}
	zc := zygoteConfig(cfg, found, plan)
	zc.Confine = func(baseBytes int64, mappedAt uint64) (prepare, worker []sandbox.Step, err error) {
		policy.Limits.BaseBytes, policy.Limits.MappedAt = baseBytes, mappedAt
		prepare = sandbox.Prepare(policy, plan)
		worker, err = sandbox.Confine(policy, plan, grants.Landlock)
		if cfg.weaken != nil {
			prepare, worker = cfg.weaken(plan, prepare), cfg.weaken(plan, worker)
		}
		return prepare, worker, err
	}
	if note := groups.note(); note != "" {
		plan.Notes[sandbox.MemoryCgroup] = note
	}
	p := newPool(cfg, scratch, plan.WatchThreads, func(ctx context.Context) (*zygote.Zygote, error) { return groups.start(ctx, zc) })
	version, err := p.open(ctx)
	if err != nil {
		return nil, err
	}
	if note := unwatched(cfg, p.blind.Load()); note != "" {
		cfg.Log.Warn("runs are not watched", "cause", note)
		plan.Note(sandbox.Rlimits, note)
	}
	r := &Runtime{
		cfg:       cfg,
		plan:      plan,
		takenBack: plan.TakenBack(grants.Landlock),
		info:      newInfo(cfg, found, plan, version),
		pool:      p,
		admission: newAdmission(cfg.Workers, cfg.Queue),
		groups:    groups,
	}
	r.oomKilled()
	return r, nil
}

// newPlan chooses the plan and makes what it needs on disk, if anything.
func newPlan(cfg Config, grants sandbox.Grants, policy *sandbox.Policy) (*sandbox.Plan, *scratch, error) {
	plan := sandbox.Unconfined()
	if !cfg.SandboxOff {
		var err error
		if plan, err = sandbox.Compile(grants, *policy); err != nil {
			return nil, nil, fmt.Errorf("%w (SANDBOX=off runs scripts without confinement)", err)
		}
	}
	if plan.On[sandbox.PrivateTmp] {
		return plan, nil, nil
	}
	scratch, err := newScratch(cfg)
	if err == nil && plan.On[sandbox.Chroot] {
		err = scratch.findTree(policy, plan, cfg.Log)
		if err == nil {
			err = plan.Build(*policy) // now that the tree has a place
		}
	}
	if err != nil {
		scratch.remove()
		return nil, nil, err
	}
	scratch.warnOfRoom(cfg)
	return plan, scratch, nil
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
		Scratch: scratchBase(cfg),
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

func zygoteConfig(cfg Config, s *software.Software, plan *sandbox.Plan) zygote.Config {
	inside := func(path string) string {
		if !plan.OwnRoot() {
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
		Plan:           plan,
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

func newInfo(cfg Config, s *software.Software, plan *sandbox.Plan, version string) Info {
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
		info.Isolation[string(l)] = plan.On[l]
		if note := plan.Notes[l]; note != "" {
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
