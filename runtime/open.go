package runtime

import (
	"context"
	"maps"
	"strings"

	"github.com/pyexec/pyexec/runtime/internal/pool"
	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// open starts the first jail, and returns when its first worker is ready.
func (s *setup) open(ctx context.Context) (*Runtime, error) {
	cfg := s.cfg
	p := pool.New(s.pool(false))
	version, err := s.openWatched(ctx, p)
	if err != nil {
		s.all.cancel()
		s.all.installs.close()
		s.scratch.Remove()
		s.groups.Close()
		return nil, err
	}
	blind := unwatched(cfg, p.Blind(), p.CopiesHidden())
	if blind != "" {
		cfg.Log.Warn("runs are not watched", "cause", blind)
	}
	notes := withNotes(s.jail.Notes, map[sandbox.Layer]string{
		sandbox.Chroot: s.scratch.Note(), sandbox.MemoryCgroup: s.groups.Note(), sandbox.Rlimits: blind,
	})
	r := &Runtime{
		cfg:       cfg,
		jail:      s.jail,
		info:      newInfo(cfg, s.software, &s.jail.Plan, notes, version),
		pool:      p,
		admission: newAdmission(cfg.Workers, cfg.Queue, cfg.QueueWait),
		groups:    s.groups,
		all:       s.all,
	}
	r.oomKilled()
	r.all.installs.runBy(r)
	main := s.all.main()
	main.pool = p
	main.setup.Store(s)
	close(main.known)
	s.all.changed()
	s.all.begin()
	go s.all.look()
	return r, nil
}

// openWatched opens the first pool.
func (s *setup) openWatched(ctx context.Context, p *pool.Pool) (version string, err error) {
	ctx, done := s.all.watched(ctx, s.all.main())
	defer done()
	return p.Open(ctx)
}

// pool returns the configuration of the pool, which is lean where not everybody needs
// it.
func (s *setup) pool(lean bool) pool.Config {
	cfg := s.cfg
	limits := pool.Limits{
		MemoryBytes: cfg.Limits.MemoryBytes, TmpBytes: cfg.Limits.TmpBytes, TmpFiles: cfg.Limits.TmpFiles,
	}
	if s.jail.WatchThreads {
		limits.Threads = cfg.Limits.Threads
	}
	return pool.Config{
		Workers: cfg.Workers, Zygote: s.zygote, Groups: s.groups, Scratch: s.scratch, Limits: limits,
		Lean: lean, Pressure: s.pressure, Forked: cfg.Forked, Log: cfg.Log,
	}
}

// withNotes adds more notes on layers to those of a plan; empty notes add nothing.
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

// unwatched says what the server can't see here of what it has to bound.
func unwatched(cfg Config, blind, copiesHidden bool) string {
	var notes []string
	switch {
	case blind:
		notes = append(notes, "/proc does not show the server what runs hold (hidepid?): "+
			"address space alone bounds their memory")
	case copiesHidden:
		notes = append(notes, "the kernel does not show the server what runs copy of the interpreter's pages "+
			"(neither CAP_SYS_PTRACE nor CAP_PERFMON?): it is not counted")
	}
	if cfg.MemoryLeft != nil {
		if _, ok := cfg.MemoryLeft(); !ok {
			notes = append(notes, "neither /proc/meminfo nor a control group says how much memory is left: "+
				"no run is ended before the kernel has to choose")
		}
	}
	return strings.Join(notes, "; ")
}
