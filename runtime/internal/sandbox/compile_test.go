package sandbox

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// refusedBy makes the grants of a machine that refuses these layers.
func refusedBy(root bool, landlock int, why string, layers ...Layer) Grants {
	g := Grants{Root: root, Landlock: landlock, LastCap: 40, Refused: map[Layer]string{}}
	for _, l := range layers {
		g.Refused[l] = why
	}
	if landlock == 0 {
		g.Refused[Landlock] = "not there"
	}
	return g
}

// testPolicy is a policy with one of everything.
func testPolicy() Policy {
	return Policy{
		Binds: []Bind{
			{Source: "/host/python", Target: "/python", Dir: true},
			{Source: "/usr/lib/libc.so.6", Target: "/lib/libc.so.6"},
		},
		Devices: []string{"/dev/null"},
		Scratch: "/scratch",
		Limits: Limits{
			MemoryBytes: 1 << 20, BaseBytes: 2 << 20, CPUSeconds: 3, TmpBytes: 4 << 20, TmpFiles: 5, OpenFiles: 6, Threads: 7,
		},
	}
}

var (
	allNamespaced = append(slices.Clone(namespaced), UserNamespace)
	everywhere    = []Layer{NoNewPrivs, Seccomp, Rlimits, Descriptors}
)

func TestCompile(t *testing.T) {
	const denied = "operation not permitted"
	for _, tt := range []struct {
		name    string
		grants  Grants
		posture Posture
		on      []Layer          // beside everywhere
		notes   map[Layer]string // a part of each; no others may be there
	}{
		{"root, all granted", refusedBy(true, 7, ""), Full,
			append(slices.Clone(namespaced), OwnUID, Landlock),
			map[Layer]string{UserNamespace: "not needed"}},
		{"root, no Landlock", refusedBy(true, 0, ""), Full,
			append(slices.Clone(namespaced), OwnUID),
			map[Layer]string{UserNamespace: "not needed", Landlock: "not there; the private root hides the host's files"}},
		{"ordinary user, all granted", refusedBy(false, 7, ""), User,
			append(slices.Clone(namespaced), UserNamespace, Landlock),
			map[Layer]string{OwnUID: "a user namespace per run stands in"}},
		{"ordinary user, no Landlock", refusedBy(false, 0, ""), User,
			append(slices.Clone(namespaced), UserNamespace),
			map[Layer]string{OwnUID: "stands in", Landlock: "not there; the private root"}},
		{"ordinary user, no namespaces", refusedBy(false, 7, denied, allNamespaced...), LandlockOnly,
			[]Layer{Landlock},
			map[Layer]string{
				UserNamespace: denied, MountNamespace: denied, UTSNamespace: denied, Capabilities: denied + "; the sets are emptied",
				IPCNamespace: denied + "; seccomp", PIDNamespace: denied + "; Landlock or seccomp refuses signals",
				NetworkNamespace: denied + "; seccomp refuses every socket", PrivateRoot: denied + "; Landlock hides",
				PrivateTmp: denied + "; a directory per run", OwnUID: "granted here, of no use", Rlimits: "threads are counted",
			}},
		{"ordinary user, mounts refused", refusedBy(false, 4, denied, PrivateRoot, PrivateTmp), LandlockOnly,
			[]Layer{Landlock},
			map[Layer]string{
				UserNamespace: "granted here", MountNamespace: "granted here", UTSNamespace: "granted here", Capabilities: "granted here",
				IPCNamespace: "granted here", PIDNamespace: "granted here", NetworkNamespace: "granted here", OwnUID: "granted here",
				PrivateRoot: denied + "; Landlock hides", PrivateTmp: denied + "; a directory per run", Rlimits: "threads are counted",
			}},
		{"root in a container", refusedBy(true, 7, denied, namespaced...), LandlockOnly,
			[]Layer{Landlock},
			map[Layer]string{
				UserNamespace: "granted here", MountNamespace: denied, UTSNamespace: denied, Capabilities: denied, IPCNamespace: denied,
				PIDNamespace: denied, NetworkNamespace: denied, OwnUID: "granted here", PrivateRoot: denied, PrivateTmp: denied,
				Rlimits: "threads are counted",
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan, err := Compile(tt.grants, testPolicy())
			if err != nil {
				t.Fatal(err)
			}
			if plan.Posture != tt.posture {
				t.Errorf("posture %s, want %s", plan.Posture, tt.posture)
			}
			want := append(slices.Clone(everywhere), tt.on...)
			for _, l := range Layers() {
				if on := slices.Contains(want, l); plan.On[l] != on {
					t.Errorf("layer %s: on is %v, want %v", l, plan.On[l], on)
				}
				if note := plan.Notes[l]; !strings.Contains(note, tt.notes[l]) || note != "" && tt.notes[l] == "" {
					t.Errorf("layer %s: note %q, want %q", l, note, tt.notes[l])
				}
				if !plan.On[l] && plan.Notes[l] == "" {
					t.Errorf("layer %s is off and nothing says why", l)
				}
			}
			if plan.PIDNamespace != plan.On[PIDNamespace] || plan.OwnUID != plan.On[OwnUID] || (plan.Clone != 0) != plan.On[PrivateRoot] {
				t.Errorf("%+v does not do what it says", plan)
			}
		})
	}
}

func TestCompileRefuses(t *testing.T) {
	const denied = "operation not permitted"
	noScratch := testPolicy()
	noScratch.Scratch = ""
	for _, tt := range []struct {
		name   string
		grants Grants
		policy Policy
		want   string
	}{
		{"no seccomp", refusedBy(true, 7, "base filter: invalid argument", Seccomp), testPolicy(),
			"sandbox: required layers refused: seccomp: base filter: invalid argument"},
		{"no rlimits, no no_new_privs", refusedBy(false, 7, denied, Rlimits, NoNewPrivs), testPolicy(),
			"sandbox: required layers refused: no_new_privs: " + denied + "; rlimits: " + denied},
		{"root, no own uid, no Landlock", refusedBy(true, 0, denied, OwnUID), testPolicy(),
			"sandbox: nothing here hides the host's files: landlock: not there; own_uid: " + denied},
		{"ordinary user, nothing", refusedBy(false, 0, denied, PrivateRoot, UserNamespace), testPolicy(),
			"sandbox: nothing here hides the host's files: landlock: not there; private_root: " + denied + "; user_namespace: " + denied},
		{"Landlock is there and does not work", refusedBy(false, 7, "check open: state not recoverable", Landlock, UserNamespace), testPolicy(),
			"sandbox: nothing here hides the host's files: landlock: check open: state not recoverable; user_namespace: check open: state not recoverable"},
		{"ordinary user, no place for runs", refusedBy(false, 7, denied, UserNamespace), noScratch,
			"sandbox: nothing here hides the host's files: user_namespace: " + denied},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan, err := Compile(tt.grants, tt.policy)
			if plan != nil || err == nil || err.Error() != tt.want {
				t.Errorf("got %v, %v\nwant %s", plan, err, tt.want)
			}
		})
	}
}

// Whatever one machine refuses, the plan never claims it, and never lacks what
// every posture rests on.
func TestCompileNeverFallsSilently(t *testing.T) {
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
			plan, err := Compile(refusedBy(root, abi, "no", refused...), Policy{Scratch: "/s"})
			if err != nil {
				continue
			}
			for _, l := range refused {
				if plan.On[l] {
					t.Fatalf("root %v, refused %v: %s is on", root, refused, l)
				}
			}
			if !plan.On[PrivateRoot] && !plan.On[Landlock] || !plan.On[Seccomp] || !plan.On[NoNewPrivs] || !plan.On[Rlimits] {
				t.Fatalf("root %v, refused %v: %v", root, refused, slices.Collect(maps.Keys(plan.On)))
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
	if plan.Posture != Off || len(plan.Launch) != 0 || plan.Clone != 0 {
		t.Errorf("%+v", plan)
	}
}
