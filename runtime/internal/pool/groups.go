package pool

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/pyexec/pyexec/runtime/internal/cgroup"
	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// Groups gives every jail a control group of its own, where that can be had. A
// run never has to wait for one: it is forked into that of its jail.
type Groups struct {
	log    *slog.Logger
	parent *cgroup.Parent // nil where there are none
	bytes  int64

	mu      sync.Mutex
	current *cgroup.Group // of the jail that lives, or was the last
	kills   int64         // in the groups before
	lost    string        // why the jail that lives has none though it could have had
}

// OpenGroups finds out whether control groups can be had that bound what all runs
// of a jail hold together, on top of the interpreter, to so many bytes; 0 bytes:
// there are to be none. refusal says why there are none. The Groups can be used in
// any case, and must be closed.
func OpenGroups(ctx context.Context, bytes int64, log *slog.Logger) (g *Groups, refusal string) {
	g = &Groups{log: log, bytes: bytes}
	if bytes <= 0 {
		return g, "switched off"
	}
	var err error
	if g.parent, err = cgroup.Open(ctx); err != nil {
		return g, err.Error()
	}
	return g, ""
}

// Another returns the groups of other jails that runs of this process have, with the
// same bounds. It must not be closed, nor used once g is.
func (g *Groups) Another() *Groups { return &Groups{log: g.log, parent: g.parent, bytes: g.bytes} }

// Note says which guarantees the groups lack here, empty if none.
func (g *Groups) Note() string {
	if g.parent == nil {
		return ""
	}
	return g.parent.Note()
}

// Close must come after the end of the last jail.
func (g *Groups) Close() {
	if g.parent == nil {
		return
	}
	if err := g.parent.Close(); err != nil {
		g.log.Warn("control groups left behind", "error", err)
	}
}

// start starts a zygote in a group of its own. Where groups could be had at first
// but can't any more, it starts without one, which shows in the log and in every
// report: the runs are still bounded one by one.
func (g *Groups) start(ctx context.Context, cfg zygote.Config) (*zygote.Zygote, error) {
	if g.parent == nil {
		return zygote.Start(ctx, cfg)
	}
	group, err := g.parent.Make()
	if err != nil {
		g.lose(err)
		return zygote.Start(ctx, cfg)
	}
	z, err := g.startIn(ctx, cfg, group)
	if err == nil {
		g.watch(z, group)
		return z, nil
	}
	g.remove(group)
	if !errors.Is(err, zygote.ErrGroup) {
		return nil, err
	}
	z, without := zygote.Start(ctx, cfg)
	if without == nil {
		g.lose(err)
	}
	return z, without
}

// startIn starts a zygote in a group and, when it has imported everything, bounds
// what the runs may hold on top. Nothing of a caller has been in the group then.
func (g *Groups) startIn(ctx context.Context, cfg zygote.Config, group *cgroup.Group) (*zygote.Zygote, error) {
	dir, err := group.Open()
	if err != nil {
		return nil, errors.Join(zygote.ErrGroup, err)
	}
	defer dir.Close()
	cfg.Group = dir
	z, err := zygote.Start(ctx, cfg)
	if err != nil {
		return nil, err
	}
	held, ok := group.Held()
	if ok {
		err = group.Limit(held + g.bytes)
	} else {
		err = errors.New("cgroup: memory.current: not to be read")
	}
	if err != nil {
		z.Kill()
		<-z.Dead()
		return nil, errors.Join(zygote.ErrGroup, err)
	}
	g.log.Debug("jail has a control group", "interpreter_bytes", held, "limit_bytes", held+g.bytes)
	return z, nil
}

// watch makes group the one of the jail that lives, and removes it with the jail.
func (g *Groups) watch(z *zygote.Zygote, group *cgroup.Group) {
	g.mu.Lock()
	g.current, g.lost = group, ""
	g.mu.Unlock()
	go func() {
		<-z.Dead()
		g.mu.Lock()
		g.kills += group.Kills()
		if g.current == group { // not that of the next jail already
			g.current = nil
		}
		g.mu.Unlock()
		if peak, ok := group.Peak(); ok {
			g.log.Debug("jail is gone", "peak_bytes", peak)
		}
		g.remove(group)
	}()
}

func (g *Groups) remove(group *cgroup.Group) {
	group.Remove(func(err error) {
		if err != nil {
			g.log.Warn("control group left behind", "error", err)
		}
	})
}

// lose notes that the jail has no group.
func (g *Groups) lose(why error) {
	g.log.Error("the jail has no control group any more", "error", why)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.current, g.lost = nil, why.Error()
}

// Killed is how many processes of all jails the kernel has killed because the
// group of their jail was full.
func (g *Groups) Killed() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.current == nil {
		return g.kills
	}
	return g.kills + g.current.Kills()
}

// Held is what the jail holds now and has held at most, 0 where nobody knows.
func (g *Groups) Held() (now, peak int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.current == nil {
		return 0, 0
	}
	now, _ = g.current.Current()
	peak, _ = g.current.Peak()
	return now, peak
}

// Lost is why the jail that lives has no group though there were some at first;
// empty if it has, or there were none.
func (g *Groups) Lost() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.lost
}
