package sandbox

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// order is what a list does, layer by layer, in the order of the package
// documentation.
type order []Layer

// orderOf reads the order off a list of steps. Checks are left out: they stand
// where a layer can still be seen missing.
func orderOf(steps []Step) order {
	var out order
	for _, s := range steps {
		isCheck := s.Errno != 0 || s.Want != nil && s.Layer != Descriptors
		if !isCheck && (len(out) == 0 || out[len(out)-1] != s.Layer) {
			out = append(out, s.Layer)
		}
	}
	return out
}

// The lists have the order that the package documentation says they have.
func TestOrderOfConfinement(t *testing.T) {
	jail := order{
		Rlimits,        // whom the kernel kills first, while there is a /proc
		MountNamespace, // mounts made private
		PrivateRoot,    // new root, pivot_root, read-only
		UTSNamespace,   // a host name that says nothing
		Capabilities,   // cut down to what forking takes
		Rlimits,        // those that the zygote can live with
		NoNewPrivs,     // before the filter
		Seccomp,        // the base filter
	}
	worker := func(id ...Layer) order {
		begin := order{
			PIDNamespace,               // a process group of its own
			MountNamespace, PrivateTmp, // before Landlock, which forbids mounts
			Rlimits, // while nothing stops a process from lowering its own
		}
		return slices.Concat(begin, id, order{Landlock, Descriptors, Rlimits, Seccomp})
	}
	for _, tt := range []struct {
		name                    string
		grants                  Grants
		launch, prepare, worker order
	}{
		{"full", refusedBy(true, 7, ""), jail, order{Capabilities, Landlock}, worker(OwnUID, Rlimits, Capabilities)},
		{"user", refusedBy(false, 7, ""), jail, order{Capabilities, Landlock},
			worker(UserNamespace, Rlimits, Capabilities)},
		{"landlock", refusedBy(false, 7, "no", allNamespaced...),
			order{Rlimits, NoNewPrivs, Seccomp},
			order{Landlock},
			order{PIDNamespace, Rlimits, Capabilities, PrivateTmp, PIDNamespace, Landlock, Descriptors, Rlimits,
				Seccomp}},
		{"container", refusedBy(true, 7, "no", allNamespaced...),
			order{Rlimits, Chroot, Capabilities, Rlimits, NoNewPrivs, Seccomp},
			order{Capabilities, Landlock},
			order{PIDNamespace, Rlimits, OwnUID, Rlimits, Capabilities, PrivateTmp, PIDNamespace, Landlock,
				Descriptors, Rlimits, Seccomp}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			launch, prepare, worker := listsOf(t, jailFor(t, tt.grants))
			for _, l := range []struct {
				name string
				got  order
				want order
			}{
				{"launch", orderOf(launch), tt.launch},
				{"zygote", orderOf(prepare), tt.prepare},
				{"worker", orderOf(worker), tt.worker},
			} {
				if !slices.Equal(l.got, l.want) {
					t.Errorf("%s:\n got %v\nwant %v", l.name, l.got, l.want)
				}
			}
			afterFilter(t, worker)
		})
	}
}

// afterFilter demands that nothing but checks follows the worker filter, and
// that there are some.
func afterFilter(t *testing.T, steps []Step) {
	t.Helper()
	i := slices.IndexFunc(steps, func(s Step) bool { return s.Name == "worker filter" })
	if i < 0 || i == len(steps)-1 {
		t.Fatal("no worker filter, or nothing checks it")
	}
	for _, s := range steps[i+1:] {
		if s.Errno == 0 && s.Want == nil {
			t.Errorf("%s: %s comes after the filter and is no check", s.Layer, s.Name)
		}
	}
}

// Every step says what it is and why it stands where it stands.
func TestStepsExplainThemselves(t *testing.T) {
	for _, grants := range []Grants{
		refusedBy(true, 7, ""), refusedBy(false, 7, ""),
		refusedBy(false, 7, "no", allNamespaced...), refusedBy(true, 7, "no", allNamespaced...),
	} {
		j := jailFor(t, grants)
		launch, prepare, worker := listsOf(t, j)
		for _, s := range slices.Concat(launch, prepare, worker) {
			if s.Layer == "" || s.Name == "" || s.Call == 0 || s.Why == "" && s.Errno == 0 && s.Want == nil {
				t.Errorf("%s: %+v", j.Posture, s)
			}
			if !slices.Contains(Layers(), s.Layer) {
				t.Errorf("%s: %s is no layer", j.Posture, s.Layer)
			}
		}
	}
}

// Limits are what the policy says, soft and hard alike, and threads are bounded
// only where the kernel counts the run's own.
func TestRlimitSteps(t *testing.T) {
	want := map[string]int64{
		"RLIMIT_AS": 3 << 20, "RLIMIT_CPU": 3, "RLIMIT_NOFILE": 6, "RLIMIT_NPROC": 7,
		"RLIMIT_FSIZE": 4 << 20, "RLIMIT_CORE": 0, "RLIMIT_MEMLOCK": 0, "RLIMIT_MSGQUEUE": 0,
		"RLIMIT_SIGPENDING": pendingSignals,
	}
	for _, tt := range []struct {
		grants Grants
		nproc  bool
	}{
		{refusedBy(true, 7, ""), true},
		{refusedBy(false, 7, ""), true},
		{refusedBy(false, 7, "no", allNamespaced...), false},
	} {
		j := jailFor(t, tt.grants)
		launch, _, worker := listsOf(t, j)
		seen := map[string]bool{}
		for _, s := range slices.Concat(launch, worker) {
			if s.Call != unix.SYS_PRLIMIT64 {
				continue
			}
			seen[s.Name] = true
			expected := rlimit(s.Name, int(s.Args[1].Int), want[s.Name], "")
			if !slices.Equal(s.Args[2].Buf, expected.Args[2].Buf) {
				t.Errorf("%s: %s: % x", j.Posture, s.Name, s.Args[2].Buf)
			}
		}
		for name := range want {
			if seen[name] != (name != "RLIMIT_NPROC" || tt.nproc) {
				t.Errorf("%s: %s: set %v", j.Posture, name, seen[name])
			}
		}
	}
}
