package runtime

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/bytecode"
	"github.com/pyexec/pyexec/runtime/internal/packages/script"
	"github.com/pyexec/pyexec/runtime/internal/pool"
	"github.com/pyexec/pyexec/runtime/internal/sandbox"
	"github.com/pyexec/pyexec/runtime/internal/software"
	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// setup is all that is decided before the first process of a jail is made.
type setup struct {
	cfg      Config
	all      *environments
	pressure *pool.Pressure // one for all environments, as are the uids and the plan
	uids     *zygote.UIDs
	software *software.Software
	groups   *pool.Groups
	jail     *sandbox.Jail
	scratch  *pool.Scratch // nil where every worker has a private /tmp
	zygote   zygote.Config

	described   sync.Once
	description *script.Environment
	undescribed error
}

// newSetup finds out what scripts run on and how they are confined. open takes over
// what the setup holds.
func newSetup(ctx context.Context, cfg Config) (*setup, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Workers < 1 || cfg.Queue < 0 {
		return nil, fmt.Errorf("runtime: %d workers, queue of %d: out of range", cfg.Workers, cfg.Queue)
	}
	if err := checkEnvironments(cfg.Environments); err != nil {
		return nil, err
	}
	go reserveThreads()
	// First of all, while this process has no children, which would have to be
	// moved, too.
	groups, refusal := pool.OpenGroups(ctx, cfg.jailBytes(), cfg.Log)
	all := newEnvironments(cfg)
	var err error
	if all.installs, err = newInstalls(all, cfg); err != nil {
		groups.Close()
		return nil, err
	}
	s := &setup{cfg: cfg, groups: groups, all: all, uids: new(zygote.UIDs)}
	s.pressure = pool.NewPressure(cfg.MemoryLeft, cfg.MemoryReserve, all.spare, cfg.Log)
	if err := s.decide(ctx, refusal); err != nil {
		all.installs.close()
		groups.Close()
		return nil, err
	}
	return s, nil
}

// decide fills in the rest. noGroup says why there are no control groups, empty if
// there are.
func (s *setup) decide(ctx context.Context, noGroup string) error {
	found, grants, err := prepare(ctx, s.cfg)
	if err != nil {
		return err
	}
	grants.Tried(sandbox.MemoryCgroup, noGroup)
	plan, err := choosePlan(s.cfg, grants)
	if err != nil {
		return err
	}
	return s.confine(found, plan)
}

// another is the setup of another environment, with the same plan. What it has must
// not be used once s is closed.
func (s *setup) another(ctx context.Context, cfg Config) (*setup, error) {
	found, err := software.Find(ctx, cfg.software())
	if err != nil {
		return nil, err
	}
	other := &setup{cfg: cfg, groups: s.groups.Another(), all: s.all, pressure: s.pressure, uids: s.uids}
	return other, other.confine(found, &s.jail.Plan)
}

// confine decides how scripts that run on the software are confined.
func (s *setup) confine(found *software.Software, plan *sandbox.Plan) error {
	policy, err := newPolicy(s.cfg, found)
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
	s.zygote.UIDs = s.uids
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

// newPlaces makes the directories that the plan needs on disk: none where each run
// has a private /tmp. The policy that it returns has the root that scripts are shut
// in.
func newPlaces(cfg Config, plan *sandbox.Plan, policy sandbox.Policy) (*pool.Scratch, sandbox.Policy, error) {
	if plan.Has(sandbox.PrivateTmp) {
		return nil, policy, nil
	}
	s, err := pool.NewScratch(scratchBase(cfg))
	if err != nil {
		return nil, policy, err
	}
	if plan.Has(sandbox.Chroot) {
		if policy, err = s.ShutIn(policy, cfg.Log); err != nil {
			s.Remove()
			return nil, policy, err
		}
	}
	s.WarnOfRoom(int64(cfg.Workers)*cfg.Limits.TmpBytes, cfg.Log)
	return s, policy, nil
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
		// A script that is busy from start to end should reach the limit of the
		// wall clock first, whose error can name the line that ran: the kernel's
		// samples of processor time run ahead.
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
		if !slices.Contains(s.Late(), dir) {
			path = append(path, inside(dir))
		}
	}
	var late []string
	for _, dir := range s.Late() {
		late = append(late, inside(dir))
	}
	fonts := ""
	if dir := s.FontDir(); dir != "" {
		fonts = inside(dir)
	}
	first, later := cfg.preloadOrder(s)
	return zygote.Config{
		Jail:           jail,
		Executable:     inside(s.Executable),
		Path:           path,
		Late:           late,
		Preload:        first,
		PreloadLate:    later,
		ByteCode:       &bytecode.Store{Beside: s.Home, Cache: cfg.CacheDir, Log: cfg.Log},
		ImportWithin:   cfg.importWithin,
		FontDir:        fonts,
		BlockedImports: cfg.BlockedImports,
		ResultBytes:    int(cfg.Limits.ResultBytes),
		ResultDepth:    cfg.Limits.ResultDepth,
		OutputBytes:    int(cfg.Limits.OutputBytes),
		ReturnFiles:    int(cfg.Limits.ReturnFiles),
		ReturnBytes:    int(cfg.Limits.ReturnBytes),
	}
}
