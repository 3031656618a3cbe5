package cgroup

import (
	"path"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Where the group of this process is.
func TestLocate(t *testing.T) {
	const mounts = "30 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n41 31 0:38 ROOT POINT " +
		"rw,nosuid shared:9 master:1 - cgroup2 cgroup2 rw\n"
	for _, tt := range []struct{ name, cgroup, root, point, dir, err string }{
		{"a container's own namespace", "0::/\n", "/", "/sys/fs/cgroup", "/sys/fs/cgroup", ""},
		{"a service", "0::/system.slice/x.service\n", "/", "/sys/fs/cgroup",
			"/sys/fs/cgroup/system.slice/x.service", ""},
		{"both versions", "4:memory:/m\n1:name=systemd:/s\n0::/u\n", "/", "/sys/fs/cgroup/unified",
			"/sys/fs/cgroup/unified/u", ""},
		{"the host's name, its own group mounted", "0::/docker/abc\n", "/docker/abc", "/sys/fs/cgroup",
			"/sys/fs/cgroup", ""},
		{"below what is mounted", "0::/docker/abc/d\n", "/docker/abc", "/sys/fs/cgroup", "/sys/fs/cgroup/d", ""},
		{"a blank in the path", "0::/a\n", "/", `/c\040g`, "/c g/a", ""},
		{"a name that begins alike", "0::/docker/abcd\n", "/docker/abc", "/sys/fs/cgroup", "", "not below"},
		{"outside of the namespace", "0::/../x\n", "/", "/sys/fs/cgroup", "", "not below"},
		{"version 1 only", "4:memory:/m\n", "/", "/sys/fs/cgroup", "", "no control groups of version 2"},
		{"nothing", "", "/", "/x", "", "no control groups of version 2"},
	} {
		dir, _, err := locate(tt.cgroup, strings.NewReplacer("ROOT", tt.root, "POINT", tt.point).Replace(mounts))
		if dir != tt.dir || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: %q, %v", tt.name, dir, err)
		}
	}
	if _, _, err := locate("0::/\n",
		strings.ReplaceAll(mounts, "cgroup2", "tmpfs")); err == nil || !strings.Contains(err.Error(), "not mounted") {
		t.Errorf("not mounted: %v", err)
	}
}

// The groups that are granted, and the order in which they are taken.
func TestOpen(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*fake)
		did    []string
		note   string
	}{
		{"a container's group", func(*fake) {}, []string{
			"mkdir pyexec-100-server", "write cgroup.procs 100", "write cgroup.subtree_control +memory",
			"mkdir pyexec-100-probe", "write memory.swap.max 0", "write memory.oom.group 0",
			"write memory.max 16777216", "rmdir pyexec-100-probe",
		}, ""},
		{"the root of all, with others in it", func(f *fake) {
			f.name, f.root, f.groups = "/", true, map[string]*fakeGroup{mount: {pids: []int{1, 2, self}}}
		}, []string{
			"write cgroup.subtree_control +memory",
			"mkdir pyexec-100-probe", "write memory.swap.max 0", "write memory.oom.group 0",
			"write memory.max 16777216", "rmdir pyexec-100-probe",
		}, ""},
		{"the root of all, handed down already", func(f *fake) {
			f.name, f.root, f.groups = "/", true, map[string]*fakeGroup{mount: {pids: []int{1, self}, down: true}}
		}, []string{
			"mkdir pyexec-100-probe", "write memory.swap.max 0", "write memory.oom.group 0",
			"write memory.max 16777216", "rmdir pyexec-100-probe",
		}, ""},
		{"an old kernel", func(f *fake) {
			f.lacks = []string{"memory.swap.max", "memory.peak",
				"memory.oom.group"}
		}, []string{
			"mkdir pyexec-100-server", "write cgroup.procs 100", "write cgroup.subtree_control +memory",
			"mkdir pyexec-100-probe", "write memory.max 16777216", "rmdir pyexec-100-probe",
		}, "the kernel does not count swap: where there is some it is not bounded; the kernel has no memory.peak"},
	} {
		f := newFake(t)
		tt.change(f)
		before := f.state()
		p, err := open(t.Context(), f, self)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if !slices.Equal(f.did, tt.did) {
			t.Errorf("%s: did\n%s\nwant\n%s", tt.name, strings.Join(f.did, "\n"), strings.Join(tt.did, "\n"))
		}
		if p.Note() != tt.note {
			t.Errorf("%s: note %q", tt.name, p.Note())
		}
		if err := p.revert(); err != nil || f.state() != before {
			t.Errorf("%s: %v, left\n%s\nwas\n%s", tt.name, err, f.state(), before)
		}
	}
}

// A group that is not this process's own is left as it is: nothing is even tried.
func TestLeftAlone(t *testing.T) {
	service := func(f *fake) {
		f.name, f.groups = "/s.service", map[string]*fakeGroup{mount + "/s.service": {pids: []int{self}}}
	}
	for _, tt := range []struct {
		name   string
		change func(*fake)
		err    string
	}{
		{"others are in the group", func(f *fake) { f.groups[mount+"/a"].pids = []int{self, 7} }, "other processes"},
		{"others of another PID namespace", func(f *fake) { f.groups[mount+"/a"].pids = []int{0, self} },
			"other processes"},
		{"a service that is not delegated", service, "s.service lacks Delegate=yes"},
		{"a user's service", func(f *fake) {
			f.name, f.mine = "/user@7.service/s.service", true
			f.groups = map[string]*fakeGroup{mount + f.name: {pids: []int{self}}}
		}, "lacks Delegate=yes"},
		{"no memory controller", func(f *fake) {
			f.broken = func(op string) error {
				if op == "read cgroup.controllers" {
					return syscall.ENODEV
				}
				return nil
			}
		}, "cgroup.controllers: no such device"},
		{"no version 2", func(f *fake) { f.mounts = "" }, "not mounted"},
	} {
		f := newFake(t)
		tt.change(f)
		_, err := open(t.Context(), f, self)
		if err == nil || !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if len(f.did) > 0 {
			t.Errorf("%s: %v", tt.name, f.did)
		}
	}
	for name, delegate := range map[string]func(*fake){
		"marked for all":  func(f *fake) { f.attrs["user.delegate"] = "1" },
		"marked for root": func(f *fake) { f.attrs["trusted.delegate"] = "1" },
		"given to a user": func(f *fake) { f.mine = true },
	} {
		f := newFake(t)
		service(f)
		delegate(f)
		if _, err := open(t.Context(), f, self); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever is refused, everything is as before, and the error says what it was.
func TestRefusalUndoesAll(t *testing.T) {
	granted := newFake(t)
	if _, err := open(t.Context(), granted, self); err != nil {
		t.Fatal(err)
	}
	operations := append(slices.Clone(granted.did), "hold", "read cgroup.procs", "read cgroup.subtree_control")
	for _, operation := range operations {
		if operation == "rmdir pyexec-100-probe" {
			continue // not refused when nobody is in it
		}
		f := newFake(t)
		before := f.state()
		f.broken = func(op string) error {
			if op == operation {
				return syscall.EROFS
			}
			return nil
		}
		_, err := open(t.Context(), f, self)
		if err == nil || !strings.Contains(err.Error(), "read-only file system") {
			t.Errorf("%s refused: %v", operation, err)
		}
		if strings.Contains(err.Error(), mount) {
			t.Errorf("%s refused: %v: the path is nobody's business", operation, err)
		}
		if f.state() != before {
			t.Errorf("%s refused: left\n%s\nwas\n%s", operation, f.state(), before)
		}
	}
}

// A kernel that takes limits and keeps none is found out.
func TestNotEnforced(t *testing.T) {
	f := newFake(t)
	f.lies = true
	before := f.state()
	_, err := open(t.Context(), f, self)
	if err == nil || !strings.Contains(err.Error(), "memory.max is not enforced") || f.state() != before {
		t.Errorf("%v, left\n%s", err, f.state())
	}
}

// Empty groups of dead servers go, and no others.
func TestSweep(t *testing.T) {
	f := newFake(t)
	f.dead = []int{7}
	old := 2 * settled
	for name, g := range map[string]struct {
		age  time.Duration
		pids []int
	}{
		"pyexec-7-jail-1":    {old, nil},
		"pyexec-7-server":    {old, nil},
		"pyexec-100-probe":   {0, nil}, // this process has made none yet
		"pyexec-7-jail-2":    {old, []int{8}},
		"pyexec-7-jail-3":    {time.Second, nil},
		"pyexec-9-jail-1":    {old, nil}, // alive
		"pyexec-x-jail-1":    {old, nil},
		"somebody-7-elses-1": {old, nil},
	} {
		f.groups[mount+"/a/"+name] = &fakeGroup{pids: g.pids}
		f.ages[name] = g.age
	}
	p, err := open(t.Context(), f, self)
	if err != nil {
		t.Fatal(err)
	}
	left := f.children(p.dir)
	slices.Sort(left)
	want := []string{"pyexec-100-server", "pyexec-7-jail-2", "pyexec-7-jail-3", "pyexec-9-jail-1",
		"pyexec-x-jail-1", "somebody-7-elses-1"}
	if !slices.Equal(left, want) {
		t.Errorf("left %v\nwant %v", left, want)
	}
}

// The group of a jail: what it is given, what is read of it, and its end.
func TestGroup(t *testing.T) {
	f := newFake(t)
	p, err := open(t.Context(), f, self)
	if err != nil {
		t.Fatal(err)
	}
	first, err := p.Make()
	if err != nil {
		t.Fatal(err)
	}
	second, err := p.Make()
	if err != nil {
		t.Fatal(err)
	}
	if path.Base(first.dir) != "pyexec-100-jail-1" || path.Base(second.dir) != "pyexec-100-jail-2" {
		t.Errorf("%s, %s", first.dir, second.dir)
	}
	if err := first.Limit(1 << 20); err != nil {
		t.Error(err)
	}
	g := f.groups[first.dir]
	if g.max != 1<<20 || g.swap != "0" {
		t.Errorf("%+v", g)
	}
	g.current, g.kills = 1000, 3
	held, ok := first.Held()
	peak, _ := first.Peak()
	if held != 950 || !ok || peak != 1000 || first.Kills() != 3 {
		t.Errorf("held %d, peak %d, kills %d", held, peak, first.Kills())
	}
	f.lacks = []string{"memory.peak", "memory.current"}
	if _, ok := first.Peak(); ok {
		t.Error("a kernel that does not know the peak is believed")
	}
	if _, ok := first.Held(); ok {
		t.Error("a kernel that does not know what is held is believed")
	}
	for _, g := range []*Group{first, second} { // the fake takes one call at a time
		removed := make(chan error)
		g.Remove(func(err error) { removed <- err })
		if err := <-removed; err != nil {
			t.Error(err)
		}
	}
	p.groups.Wait() // as Close does
	if left := f.children(p.dir); len(left) != 1 {
		t.Errorf("left %v", left)
	}
}

// A jail's group that can't be made leaves nothing behind.
func TestMakeRefused(t *testing.T) {
	for _, operation := range []string{"mkdir pyexec-100-jail-1", "write memory.swap.max 0"} {
		f := newFake(t)
		p, err := open(t.Context(), f, self)
		if err != nil {
			t.Fatal(err)
		}
		before := f.state()
		f.broken = func(op string) error {
			if op == operation {
				return syscall.EAGAIN
			}
			return nil
		}
		if _, err := p.Make(); err == nil || !strings.Contains(err.Error(),
			"resource temporarily unavailable") || f.state() != before {
			t.Errorf("%s: %v, left\n%s", operation, err, f.state())
		}
	}
}
