package sandbox

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// refusedBy makes the grants of a machine that refuses these layers in every way.
func refusedBy(root bool, landlock int, why string, layers ...Layer) Grants {
	g := Grants{Root: root, Landlock: landlock, LastCap: 40, Refused: map[Scheme]map[Layer]string{}}
	for i := range schemes {
		w := &schemes[i]
		if w.root && !root {
			continue
		}
		g.Refused[w.name] = map[Layer]string{}
		for _, l := range layers {
			if w.uses(l) {
				g.Refused[w.name][l] = why
			}
		}
		if landlock == 0 {
			g.Refused[w.name][Landlock] = "not there"
		}
	}
	return g
}

// but alters grants.
func (g Grants) but(alter func(*Grants)) Grants {
	alter(&g)
	return g
}

// refuse adds the refusal of layers in one way.
func (g Grants) refuse(w Scheme, why string, layers ...Layer) Grants {
	for _, l := range layers {
		g.Refused[w][l] = why
	}
	return g
}

func inGVisor(g *Grants) { g.GVisor, g.Left = true, []string{"RLIMIT_MSGQUEUE"} }

// testBase is what the zygote is said to hold.
var testBase = Base{Bytes: 2 << 20}

// jailFor is the jail that these grants come to, with testPolicy.
func jailFor(t *testing.T, g Grants) *Jail {
	t.Helper()
	plan, err := Choose(g, "/scratch")
	if err != nil {
		t.Fatal(err)
	}
	return &Jail{Plan: *plan, Policy: testPolicy()}
}

// listsOf are the three lists of a jail.
func listsOf(t *testing.T, j *Jail) (launch, prepare, worker []Step) {
	t.Helper()
	launch, err := j.Launch()
	if err != nil {
		t.Fatal(err)
	}
	worker, err = j.Worker(testBase)
	if err != nil {
		t.Fatal(err)
	}
	return launch, j.Prepare(), worker
}

// testPolicy is a policy with one of everything.
func testPolicy() Policy {
	return Policy{
		Binds: []Bind{
			{Source: "/host/python", Target: "/python", Dir: true},
			{Source: "/usr/lib/libc.so.6", Target: "/lib/libc.so.6"},
		},
		Devices: []string{"/dev/null"},
		Limits: Limits{
			MemoryBytes: 1 << 20, CPUSeconds: 3, TmpBytes: 4 << 20, TmpFiles: 5, OpenFiles: 6, Threads: 7,
		},
	}
}

var (
	allNamespaced = []Layer{
		UserNamespace, MountNamespace, PIDNamespace, IPCNamespace, UTSNamespace, NetworkNamespace,
		PrivateRoot, PrivateTmp,
	}
	everywhere = []Layer{NoNewPrivs, Seccomp, Rlimits, Descriptors, MemoryCgroup}
)

const denied = "operation not permitted"

// machines are the kinds that occur, with what each must come to.
var machines = []struct {
	name    string
	grants  Grants
	posture Posture
	scheme  Scheme
	on      []Layer          // beside everywhere
	notes   map[Layer]string // a part of each; other layers that are on have none
}{
	{"root, plain kernel", refusedBy(true, 7, ""), Full, ByRoot,
		append(slices.Clone(namespaced), UTSNamespace, OwnUID, Landlock),
		map[Layer]string{UserNamespace: "not needed"}},
	{"root, no Landlock", refusedBy(true, 0, ""), Full, ByRoot,
		append(slices.Clone(namespaced), UTSNamespace, OwnUID),
		map[Layer]string{Landlock: "not there; the private root hides the host's files"}},
	{"ordinary user, plain kernel", refusedBy(false, 7, ""), User, ByUser,
		append(slices.Clone(namespaced), UTSNamespace, UserNamespace, Landlock),
		map[Layer]string{OwnUID: "a user namespace per run stands in"}},
	{"ordinary user, no Landlock", refusedBy(false, 0, ""), User, ByUser,
		append(slices.Clone(namespaced), UTSNamespace, UserNamespace),
		map[Layer]string{OwnUID: "stands in", Landlock: "not there; the private root"}},
	{"podman's default, root",
		refusedBy(true, 7, "").refuse(ByRoot, denied, allNamespaced...).
			refuse(ByUserRange, "sethostname: "+denied, UTSNamespace), Full, ByUserRange,
		append(slices.Clone(namespaced), UserNamespace, OwnUID, Landlock),
		map[Layer]string{UTSNamespace: "the host's name can be read"}},
	{"podman's default, ordinary user",
		refusedBy(false, 7, "").refuse(ByUser, "sethostname: "+denied, UTSNamespace), User, ByUser,
		append(slices.Clone(namespaced), UserNamespace, Landlock),
		map[Layer]string{UTSNamespace: "sethostname: " + denied + "; the host's name can be read"}},
	{"root in a container that maps one uid",
		refusedBy(true, 7, "").refuse(ByRoot, denied, allNamespaced...).
			refuse(ByUserRange, denied, allNamespaced...), User, ByUser,
		append(slices.Clone(namespaced), UTSNamespace, UserNamespace, Landlock), nil},
	{"docker's default, root", refusedBy(true, 7, denied, allNamespaced...), Container, ByChroot,
		[]Layer{Chroot, OwnUID, Capabilities, Landlock},
		map[Layer]string{
			PrivateRoot: denied + "; a chroot", PrivateTmp: denied + "; a directory per run that only",
			NetworkNamespace: denied + "; seccomp refuses every socket",
			IPCNamespace:     denied + "; seccomp", PIDNamespace: denied + "; signals reach the run's own uid only",
		}},
	{"docker's default, root, no Landlock", refusedBy(true, 0, denied, allNamespaced...), Container, ByChroot,
		[]Layer{Chroot, OwnUID, Capabilities},
		map[Layer]string{Landlock: "not there; the chroot hides the host's files"}},
	{"docker's default, ordinary user", refusedBy(false, 7, denied, allNamespaced...), LandlockOnly, ByLandlock,
		[]Layer{Landlock},
		map[Layer]string{
			IPCNamespace: denied + "; seccomp", PIDNamespace: denied + "; Landlock or seccomp refuses signals",
			NetworkNamespace: denied + "; seccomp refuses every socket", PrivateRoot: denied + "; Landlock hides",
			PrivateTmp: denied + "; a directory per run", OwnUID: "only root", Chroot: "only root",
			Rlimits:      "threads are counted",
			Capabilities: "; the sets are emptied",
		}},
	{"root with no capabilities",
		refusedBy(true, 7, denied, append(slices.Clone(allNamespaced), Chroot, OwnUID)...), LandlockOnly, ByLandlock,
		[]Layer{Landlock},
		map[Layer]string{Chroot: denied, OwnUID: denied, Rlimits: "threads are counted"}},
	{"AppArmor: mounts refused in a user namespace", refusedBy(false, 4, denied, PrivateRoot, PrivateTmp),
		LandlockOnly, ByLandlock,
		[]Layer{Landlock},
		map[Layer]string{UserNamespace: "granted here", PrivateRoot: denied + "; Landlock hides",
			PrivateTmp: denied, Rlimits: "threads are counted"}},
	{"gVisor, all capabilities", refusedBy(true, 0, "").but(inGVisor), GVisor, ByRoot,
		append(slices.Clone(namespaced), UTSNamespace, OwnUID),
		map[Layer]string{Rlimits: "RLIMIT_MSGQUEUE: not known here", Seccomp: "refuses hard links"}},
	{"gVisor, root without CAP_SYS_ADMIN",
		refusedBy(true, 0, "").but(inGVisor).refuse(ByRoot, denied, allNamespaced...), GVisor, ByUserRange,
		append(slices.Clone(namespaced), UTSNamespace, UserNamespace, OwnUID),
		map[Layer]string{Rlimits: "RLIMIT_MSGQUEUE", Seccomp: "refuses hard links"}},
	{"gVisor, ordinary user", refusedBy(false, 0, "").but(inGVisor), GVisor, ByUser,
		append(slices.Clone(namespaced), UTSNamespace, UserNamespace),
		map[Layer]string{OwnUID: "stands in", Rlimits: "threads are counted", Seccomp: "modes and times"}},
	{"gVisor, namespaces refused", refusedBy(true, 0, denied, allNamespaced...).but(inGVisor), Container, ByChroot,
		[]Layer{Chroot, OwnUID, Capabilities},
		map[Layer]string{Landlock: "not there; the chroot", Rlimits: "RLIMIT_MSGQUEUE",
			Seccomp: "refuses hard links"}},
}

func TestChoose(t *testing.T) {
	for _, tt := range machines {
		t.Run(tt.name, func(t *testing.T) {
			plan, err := Choose(tt.grants, "/scratch")
			if err != nil {
				t.Fatal(err)
			}
			if plan.Posture != tt.posture || plan.Scheme != tt.scheme {
				t.Errorf("posture %s by %s, want %s by %s", plan.Posture, plan.Scheme, tt.posture, tt.scheme)
			}
			want := append(slices.Clone(everywhere), tt.on...)
			for _, l := range Layers() {
				if on := slices.Contains(want, l); plan.On[l] != on {
					t.Errorf("layer %s: on is %v, want %v", l, plan.On[l], on)
				}
				note := plan.Notes[l]
				unwanted := plan.On[l] && note != "" && tt.notes[l] == ""
				if !strings.Contains(note, tt.notes[l]) || unwanted {
					t.Errorf("layer %s: note %q, want %q", l, note, tt.notes[l])
				}
				if !plan.On[l] && plan.Notes[l] == "" {
					t.Errorf("layer %s is off and nothing says why", l)
				}
			}
			if (plan.Clone != 0) != plan.On[PrivateRoot] {
				t.Errorf("%+v does not do what it says", plan)
			}
		})
	}
}

func TestChooseRefuses(t *testing.T) {
	const start = "sandbox: required layers refused: "
	for _, tt := range []struct {
		name    string
		grants  Grants
		scratch string
		want    []string // parts of the error
	}{
		{"no seccomp", refusedBy(true, 7, "base filter: invalid argument", Seccomp), "/scratch",
			[]string{start + "namespaces: seccomp: base filter: invalid argument; ", "; chroot: seccomp: base",
				"; Landlock alone: seccomp: base"}},
		{"no rlimits, no no_new_privs", refusedBy(false, 7, denied, Rlimits, NoNewPrivs), "/scratch",
			[]string{start + "user namespace: no_new_privs: " + denied + ", rlimits: " + denied}},
		{"gVisor, namespaces refused, ordinary user", refusedBy(false, 0, denied, allNamespaced...).but(inGVisor),
			"/scratch",
			[]string{"private_root: " + denied, "Landlock alone: landlock: not there"}},
		{"gVisor, namespaces and chroot refused",
			refusedBy(true, 0, denied, append(slices.Clone(allNamespaced), Chroot)...).but(inGVisor), "/scratch",
			[]string{"chroot: chroot: " + denied, "Landlock alone: landlock: not there"}},
		{"Landlock is there and does not work",
			refusedBy(false, 7, "check open: state not recoverable", Landlock, UserNamespace), "/scratch",
			[]string{"user namespace: user_namespace: check open: state not recoverable",
				"Landlock alone: landlock: check open: state not recoverable"}},
		{"ordinary user, no place for runs", refusedBy(false, 7, denied, UserNamespace), "",
			[]string{start + "user namespace: user_namespace: " + denied}},
		{"nothing was tried", Grants{}, "/scratch", []string{start + "no directory for what runs write"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan, err := Choose(tt.grants, tt.scratch)
			if plan != nil || err == nil {
				t.Fatalf("got %v, %v", plan, err)
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("got %v\nwant %s", err, part)
				}
			}
		})
	}
}

// Whatever one machine refuses, the plan never claims it, and never lacks what
// every posture rests on.
func TestChooseNeverFallsSilently(t *testing.T) {
	need.Time(t, "compiles the list for every set of layers")
	layers := Layers()
	for mask := range 1 << len(layers) {
		var refused []Layer
		abi := 7
		for i, l := range layers {
			if mask>>i&1 == 1 {
				refused = append(refused, l)
			}
		}
		if slices.Contains(refused, Landlock) {
			abi = 0
		}
		for _, root := range []bool{true, false} {
			plan, err := Choose(refusedBy(root, abi, "no", refused...), "/s")
			if err != nil {
				continue
			}
			for _, l := range refused {
				if plan.On[l] {
					t.Fatalf("root %v, refused %v: %s is on", root, refused, l)
				}
			}
			if !plan.OwnRoot() && !plan.On[Landlock] || !plan.On[Seccomp] || !plan.On[NoNewPrivs] || !plan.On[Rlimits] {
				t.Fatalf("root %v, refused %v: %v", root, refused, slices.Collect(maps.Keys(plan.On)))
			}
		}
	}
}

// A control group is tried by others. What they say holds in every way, and
// changes nothing else.
func TestTriedByOthers(t *testing.T) {
	for _, tt := range machines {
		for _, why := range []string{"the group holds other processes", ""} {
			tt.grants.Tried(MemoryCgroup, why)
			plan, err := Choose(tt.grants, "/scratch")
			if err != nil {
				t.Fatal(err)
			}
			want := why
			if why != "" {
				want += "; " + NoGroup
			}
			if plan.Posture != tt.posture || plan.On[MemoryCgroup] != (why == "") || plan.Notes[MemoryCgroup] != want {
				t.Errorf("%s, %q: posture %s, on %v, note %q", tt.name, why, plan.Posture, plan.On[MemoryCgroup],
					plan.Notes[MemoryCgroup])
			}
		}
	}
}

func TestUnconfined(t *testing.T) {
	plan := Unconfined()
	for _, l := range Layers() {
		on := l == Rlimits || l == Descriptors
		if plan.On[l] != on || (plan.Notes[l] == "") != on {
			t.Errorf("%s: on %v, note %q", l, plan.On[l], plan.Notes[l])
		}
	}
	if plan.Posture != Off || plan.Clone != 0 {
		t.Errorf("%+v", plan)
	}
	if launch, err := (&Jail{Plan: *plan, Policy: testPolicy()}).Launch(); err != nil || len(launch) != 0 {
		t.Errorf("%v, %v", launch, err)
	}
}
