package capacity

import (
	"cmp"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/runtime"
)

func TestFit(t *testing.T) {
	const gib = 1 << 30
	for _, tt := range []struct {
		name    string
		host    Machine
		ask     sizes // TmpBytes is 64 MiB unless set
		workers int
		memory  int64 // MiB
		warns   bool
	}{
		{name: "256 MiB", host: Machine{CPUs: 1, Memory: 256 * mib}, workers: 2, memory: 64, warns: true},
		{name: "512 MiB, 1 CPU", host: Machine{CPUs: 1, Memory: 512 * mib}, workers: 2, memory: 83},
		{name: "1 GiB, 1 CPU", host: Machine{CPUs: 1, Memory: gib}, workers: 2, memory: 339},
		{name: "2 GiB, 2 CPUs", host: Machine{CPUs: 2, Memory: 2 * gib}, workers: 3, memory: 512},
		{name: "4 GiB, 2 CPUs", host: Machine{CPUs: 2, Memory: 4 * gib}, workers: 6, memory: 512},
		{name: "24 GiB, 2 CPUs", host: Machine{CPUs: 2, Memory: 24 * gib}, workers: 8, memory: 512},
		{name: "Unlimited, 4 CPUs", host: Machine{CPUs: 4, Memory: Unlimited}, workers: 16, memory: 512},
		{name: "less than the reserve", host: Machine{CPUs: 1, Memory: 64 * mib}, workers: 2, memory: 64,
			warns: true},
		{name: "32 GiB, 8 CPUs", host: Machine{CPUs: 8, Memory: 32 * gib}, workers: 32, memory: 512},

		{name: "workers given", host: Machine{CPUs: 2, Memory: 2 * gib}, ask: sizes{Workers: 8}, workers: 8,
			memory: 104},
		{name: "one worker given", host: Machine{CPUs: 1, Memory: 512 * mib}, ask: sizes{Workers: 1},
			workers: 1, memory: 310},
		{name: "too many workers given", host: Machine{CPUs: 1, Memory: 512 * mib}, ask: sizes{Workers: 20},
			workers: 20, memory: 64, warns: true},
		{name: "memory given", host: Machine{CPUs: 2, Memory: 2 * gib}, ask: sizes{MemoryBytes: 128 * mib},
			workers: 7, memory: 128},
		{name: "more memory given than there is", host: Machine{CPUs: 2, Memory: 2 * gib},
			ask: sizes{MemoryBytes: 4 * gib}, workers: 1, memory: 4096, warns: true},
		{name: "memory above the usual most", host: Machine{CPUs: 2, Memory: 24 * gib},
			ask: sizes{MemoryBytes: 2 * gib}, workers: 8, memory: 2048},
		{name: "queue given", host: Machine{CPUs: 2, Memory: 24 * gib}, ask: sizes{Queue: 5}, workers: 8,
			memory: 512},
		{name: "large /tmp", host: Machine{CPUs: 2, Memory: 2 * gib}, ask: sizes{TmpBytes: gib}, workers: 2,
			memory: 64, warns: true},
		{name: "all given", host: Machine{CPUs: 2, Memory: 24 * gib},
			ask: sizes{Workers: 3, Queue: 4, MemoryBytes: 100 * mib, TmpBytes: mib}, workers: 3,
			memory: 100},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.ask.TmpBytes == 0 {
				tt.ask.TmpBytes = 64 * mib
			}
			tt.ask.Server = defaultServer(t)
			got := fit(tt.host, tt.ask)
			queue := int(min(tt.host.Memory/(512*kib), maxConnections))
			want := sizes{
				Server: tt.ask.Server, Workers: tt.workers, Queue: cmp.Or(tt.ask.Queue, queue),
				MemoryBytes: tt.memory * mib, TmpBytes: tt.ask.TmpBytes,
			}
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			warning := got.overcommitted(tt.host)
			if (warning != "") != tt.warns {
				t.Errorf("warning: %q", warning)
			}
			if tt.warns && !strings.Contains(warning, "MiB of this container") {
				t.Errorf("warning does not name the container's memory: %q", warning)
			}
		})
	}
}

// defaults is what is asked for where no setting is given.
func defaults() Ask {
	return Ask{
		Limits: runtime.Limits{
			TmpBytes: 64 * mib, OutputBytes: mib, ResultBytes: 8 * mib, ReturnBytes: 8 * mib, OpenFiles: 64,
		},
		BodyBytes: 8 * mib,
	}
}

// asked is defaults with some changes.
func asked(change func(*Ask)) Ask {
	ask := defaults()
	if change != nil {
		change(&ask)
	}
	return ask
}

// defaultServer is what the server takes at the default limits.
func defaultServer(t *testing.T) serverSizes {
	t.Helper()
	ask := defaults()
	return newServerSizes(ask.Limits, ask.BodyBytes, ask.Interpreters)
}

// A jail may hold what its runs may, each at its limits, and a little more: it
// must never be full before a run is.
func TestJailSize(t *testing.T) {
	for _, tt := range []struct {
		workers                int
		memory, tmp, openFiles int64
		want                   float64 // MiB: workers × (memory + /tmp + kernel + own pages) + slack
	}{
		{2, 256, 64, 64, 2*(256+64+32+4) + 64},
		{3, 100, 10, 128, 3*(100+10+45+4) + 64},
	} {
		share, err := Fit(Machine{CPUs: 2, Memory: 8 << 30}, asked(func(a *Ask) {
			a.Workers, a.Limits.MemoryBytes = tt.workers, tt.memory*mib
			a.Limits.TmpBytes, a.Limits.OpenFiles = tt.tmp*mib, tt.openFiles
		}))
		if err != nil {
			t.Fatal(err)
		}
		if got := float64(share.Jail) / mib; got != tt.want {
			t.Errorf("%+v: %.2f MiB", tt, got)
		}
	}
}

// What is reserved for the server follows the limits, and so do the bounds on
// what it holds.
func TestServerSizes(t *testing.T) {
	for _, tt := range []struct {
		name            string
		change          func(*Ask)
		base, run       float64 // MiB
		bodies, replies float64 // MiB, of two workers
	}{
		{"the defaults", nil, 57, 48.25, 57, 36.5},
		{"large bodies", func(a *Ask) { a.BodyBytes = 16 * mib }, 65, 72.25, 113, 36.5},
		{"large results", func(a *Ask) { a.Limits.ResultBytes = 16 * mib }, 57, 56.25, 57, 52.5},
		{"large files", func(a *Ask) { a.Limits.ReturnBytes = 16 * mib }, 57, 56.25, 57, 52.5},
		{"another interpreter", func(a *Ask) { a.Interpreters = 100 * mib }, 157, 48.25, 57, 36.5},
		{"large output", func(a *Ask) { a.Limits.OutputBytes = 2 * mib }, 57, 52.25, 57, 40.5},
	} {
		ask := asked(tt.change)
		ask.Workers = 2
		share, err := Fit(Machine{CPUs: 2, Memory: 2 << 30}, ask)
		if err != nil {
			t.Fatal(err)
		}
		s := newServerSizes(ask.Limits, ask.BodyBytes, ask.Interpreters)
		for what, size := range map[string]struct {
			got  int64
			want float64
		}{
			"base": {s.Base, tt.base}, "run": {s.Run, tt.run}, "all": {share.ServerBytes, tt.base + 2*tt.run},
			"bodies": {share.HeldBodies, tt.bodies}, "replies": {share.HeldReplies, tt.replies},
		} {
			if size.got != int64(size.want*mib) {
				t.Errorf("%s: %s: %.2f MiB, want %v", tt.name, what, float64(size.got)/mib, size.want)
			}
		}
		if share.heap <= share.HeldBodies+share.HeldReplies-s.message || share.heap >= share.ServerBytes {
			t.Errorf("%s: %d bytes for the heap, which holds %d and %d", tt.name, share.heap, share.HeldBodies,
				share.HeldReplies)
		}
	}
}

// The interpreters of other environments take memory and descriptors from the runs, and
// nothing from the heap of this process.
func TestOtherEnvironments(t *testing.T) {
	for _, m := range []Machine{{CPUs: 8, Memory: 2 << 30}, {CPUs: 8, Memory: 8 << 30, Descriptors: 160}} {
		alone, err := Fit(m, asked(nil))
		if err != nil {
			t.Fatal(err)
		}
		share, err := Fit(m, asked(func(a *Ask) { a.Environments, a.Interpreters = 3, 600*mib }))
		if err != nil || share.Workers >= alone.Workers {
			t.Errorf("%+v: %d workers instead of %d, %v", m, share.Workers, alone.Workers, err)
		}
		if m.Descriptors != 0 && share.Connections+share.Workers*perWorker+3*perEnvironment > int(m.Descriptors) {
			t.Errorf("%+v: %d connections and %d workers", m, share.Connections, share.Workers)
		}
		if got := share.ServerBytes - share.heap; got-int64(share.Workers)*ownPages != outsideHeap+600*mib {
			t.Errorf("%+v: %d bytes of the server are not the heap's", m, got)
		}
	}
}
