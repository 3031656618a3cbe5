package runtime

import (
	"encoding/json"
	"errors"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// layerTest is a layer, or steps of one, to leave out in some postures.
type layerTest struct {
	name     string // of the program, in layers
	in       []sandbox.Posture
	out      steps
	alter    func(*sandbox.Plan)
	edit     edit // instead of out and alter
	aside    steps
	change   func(*Config)
	input    any           // instead of the header's
	free     func() string // instead of the header's: what only this machine tells, or this row
	times    int           // runs; the answer that is unlike the others counts
	together bool          // all at once: workers that were made apart
}

// layerTests show what each layer does: a hostile program comes to contained
// with all layers on, and to free when the steps of this layer, and no others,
// are left out. The program's header says what these are.
//
// Layers overlap, that is the point of having many. Where another one stops the
// same program too, the test takes a program that only this layer stops, or, if
// there is none, leaves the other one out of both runs (aside).
var layerTests = []layerTest{
	{name: "mount_namespace", in: private,
		out: stepsOf(sandbox.MountNamespace, "unshare mount namespace"), times: 4, together: true},
	{name: "private_root", in: private,
		// The mounts stay private in any case: these tests must not touch the host's.
		out:   of(sandbox.PrivateRoot),
		alter: off(sandbox.PrivateRoot),
		// The run's /tmp hides the host's, where the interpreter may be.
		change: func(cfg *Config) { cfg.Preload = []string{"importlib", "ctypes", "errno"} },
		free:   jsonPlaces},
	{name: "private_root", in: chrooted, out: of(sandbox.Chroot), // stands in for it
		alter:  off(sandbox.Chroot),
		change: enterable,
		free:   jsonPlaces},
	{name: "private_tmp", in: private, out: stepsOf(sandbox.PrivateTmp, "mount /tmp")},
	{name: "pid_namespace", in: private,
		out: of(sandbox.PIDNamespace), alter: off(sandbox.PIDNamespace), times: 3},
	{name: "uts_namespace", in: private,
		out: of(sandbox.UTSNamespace), alter: noClone(unix.CLONE_NEWUTS), free: jsonHostname},
	{name: "ipc_namespace", in: private,
		out: of(sandbox.IPCNamespace), alter: noClone(unix.CLONE_NEWIPC), aside: of(sandbox.Seccomp),
		input: sharedKey},
	{name: "network_namespace", in: private,
		out: of(sandbox.NetworkNamespace), alter: noClone(unix.CLONE_NEWNET),
		aside: of(sandbox.Seccomp, sandbox.Landlock)},
	{name: "rlimit_as", in: postures, out: stepsOf(sandbox.Rlimits, "RLIMIT_AS")},
	{name: "rlimit_cpu", in: postures, out: stepsOf(sandbox.Rlimits, "RLIMIT_CPU"),
		change: func(cfg *Config) { cfg.Limits.CPU = time.Second }},
	{name: "rlimit_fsize", in: postures, out: stepsOf(sandbox.Rlimits, "RLIMIT_FSIZE")},
	{name: "rlimit_nofile", in: postures, out: stepsOf(sandbox.Rlimits, "RLIMIT_NOFILE")},
	{name: "rlimit_core", in: postures, out: stepsOf(sandbox.Rlimits, "RLIMIT_CORE")},
	{name: "rlimit_memlock", in: postures, out: stepsOf(sandbox.Rlimits, "RLIMIT_MEMLOCK")},
	{name: "rlimit_msgqueue", in: onLinux, out: stepsOf(sandbox.Rlimits, "RLIMIT_MSGQUEUE")},
	{name: "rlimit_sigpending", in: onLinux, out: stepsOf(sandbox.Rlimits, "RLIMIT_SIGPENDING")},
	{name: "huge_pages", in: onLinux, out: stepsOf(sandbox.Rlimits, "prctl PR_SET_THP_DISABLE"),
		// It refuses the advice, too, without which huge pages are made where the machine makes all of them.
		aside: baseFilter},
	{name: "shared_anonymous", in: postures, out: baseFilter},
	{name: "far_mappings", in: postures, edit: anyAddress},
	{name: "rlimit_nproc", in: slices.Concat(asRoot, []sandbox.Posture{sandbox.User}),
		out: stepsOf(sandbox.Rlimits, "RLIMIT_NPROC")},
	{name: "own_uid", in: slices.Concat(ofRoot, chrooted), alter: off(sandbox.OwnUID),
		out: of(sandbox.OwnUID, sandbox.UserNamespace)}, // which would stand in for it
	{name: "own_uid", in: ofUser, out: of(sandbox.UserNamespace)}, // stands in for it
	{name: "unshare", in: ofUser, out: of(sandbox.Capabilities), aside: workerFilter},
	{name: "unshare", in: ofRoot, out: of(sandbox.Capabilities),
		aside: either(workerFilter, of(sandbox.OwnUID))}, // to change the uid drops them too
	// Elsewhere no filter can be had without it: see missingTests.
	{name: "no_new_privs", in: private, out: of(sandbox.NoNewPrivs),
		aside: either(workerFilter, of(sandbox.Landlock))}, // neither can be had without
	{name: "landlock", in: onLinux, out: of(sandbox.Landlock)},
	{name: "seccomp_base", in: postures, out: baseFilter},
	{name: "seccomp_worker", in: postures, out: workerFilter},
	{name: "descriptors", in: postures, out: of(sandbox.Descriptors), times: 6},
	{name: "descriptors", in: postures, out: stepsOf(sandbox.Descriptors, "close stdin", "open stdin"), times: 6,
		free: func() string { return `{"only":true,"marked":true}` }},
	{name: "attributes", in: alone, out: workerFilter}, // Landlock does not know modes
	// Nor does gVisor heed read-only mounts of a tmpfs.
	{name: "attributes", in: []sandbox.Posture{gVisorUser}, edit: ownersFilter,
		change: func(cfg *Config) { cfg.CacheDir, cfg.PythonHome = "/dev/shm/cache", copyOfPython("/dev/shm") }},
	{name: "links", in: inGVisor, out: workerFilter}, // which its tmpfs does not count
	{name: "others", in: refused, out: workerFilter}, // that are there
}

// enterable lets a run that is not shut in find its directory on the host,
// whoever has made the cache.
func enterable(cfg *Config) {
	base := scratchBase(*cfg)
	err := os.MkdirAll(base, 0o711)
	for _, dir := range []string{cfg.CacheDir, base} {
		err = errors.Join(err, os.Chmod(dir, 0o711))
	}
	if err != nil {
		panic(err)
	}
}

// The set-ups by what confines there.
var (
	ofRoot   = []sandbox.Posture{sandbox.Full, userRange, sandbox.GVisor}
	ofUser   = []sandbox.Posture{sandbox.User, gVisorUser}
	private  = slices.Concat(ofRoot, ofUser)
	chrooted = []sandbox.Posture{sandbox.Container, gVisorChroot}
	alone    = []sandbox.Posture{sandbox.LandlockOnly}
	onLinux  = []sandbox.Posture{sandbox.Full, userRange, sandbox.User, sandbox.Container, sandbox.LandlockOnly}
)

// sharedKey is that of this process's segment of shared memory on the host.
var sharedKey = 0x70000000 + os.Getpid()

func TestEachLayer(t *testing.T) {
	for _, posture := range postures {
		inPosture(t, posture, func(t *testing.T) {
			whole := start(t, nil) // says so if this machine does not have the posture
			hostSegment(t)
			allowCores(t)
			port, file := hostService(t), hostFiles(t)["file"]
			for _, tt := range layerTests {
				if !slices.Contains(tt.in, posture) {
					continue
				}
				switch tt.name {
				case "network_namespace":
					tt.input = port
				case "attributes":
					if posture == sandbox.LandlockOnly { // elsewhere the interpreter's own
						tt.input = file
					}
				}
				t.Run(tt.name, func(t *testing.T) {
					if tt.name == "huge_pages" {
						hugePages(t)
					}
					if tt.name == "private_root" && madeOfFiles(whole) {
						need.Unmet(t, "what stands in for a device is in the root that is left out")
					}
					tt.proves(t, read(t, layers, tt.name), whole)
				})
			}
		})
	}
}

// proves runs a program with all layers, those aside left out, and without this
// one. What is expected is that of the place of a runtime with all of them.
func (tt layerTest) proves(t *testing.T, p hostile, whole *Runtime) {
	t.Helper()
	want := p.expected(whole)
	if tt.free != nil {
		want = maps.Clone(want)
		delete(want, "free~")
		want["free"] = tt.free()
	}
	if tt.aside == nil {
		tt.aside = of()
	}
	if tt.edit == nil {
		tt.edit = leaveOut(tt.aside, tt.out)
	}
	isContained := func(got string) bool { return want.Matches("contained", got) }
	outcome := func(w weakness) string {
		return tt.unlike(t, startWeak(t, w, tt.change), p.script, inputOf(want, tt.input), isContained)
	}
	if got := outcome(without(tt.aside)); !isContained(got) {
		says, _ := want.Says("contained")
		t.Errorf("with all layers: %s, want %s", got, says)
	}
	got := outcome(weakness{alter: tt.alter, edit: tt.edit})
	if !want.Matches("free", got) || isContained(got) {
		says, _ := want.Says("free")
		t.Errorf("without the layer: %s, want %s", got, says)
	}
}

// unlike runs a program as often as the test says and returns the first answer
// that is not the usual one, or else the last.
func (tt layerTest) unlike(t *testing.T, r *Runtime, script string, input any, usual func(string) bool) string {
	t.Helper()
	times := max(tt.times, 1)
	answers := make(chan string, times)
	var runs sync.WaitGroup
	for range times {
		if tt.together {
			runs.Go(func() { answers <- answer(t, r, script, input) })
			continue
		}
		got := answer(t, r, script, input)
		if !usual(got) {
			return got
		}
		answers <- got
	}
	runs.Wait()
	close(answers)
	got := ""
	for got = range answers {
		if !usual(got) {
			break
		}
	}
	return got
}

// hostSegment makes shared memory on the host.
func hostSegment(t *testing.T) {
	t.Helper()
	id, err := unix.SysvShmGet(sharedKey, 4096, unix.IPC_CREAT|0o666)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := unix.SysvShmCtl(id, unix.IPC_RMID, nil); err != nil {
			t.Error(err)
		}
	})
}

// allowCores makes sure that it is not this process that forbids core files.
func allowCores(t *testing.T) {
	t.Helper()
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{Max: ^uint64(0)}); err != nil {
		need.Unmet(t, "the tests run under a limit on core files: %v", err)
	}
}

// hugePages makes sure that it is not the machine that makes none.
func hugePages(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile("/sys/kernel/mm/transparent_hugepage/enabled")
	if err != nil || strings.Contains(string(text), "[never]") {
		need.Elsewhere(t, "this machine makes no huge pages: %s %v", text, err)
	}
}

// hostService listens on the host's loopback interface.
func hostService(t *testing.T) (port int) {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener.Addr().(*net.TCPAddr).Port
}

// jsonPlaces are those that the program private_root looks for, as far as they
// are here.
func jsonPlaces() string {
	var there []string
	for _, path := range []string{"/etc/passwd", "/proc/self", "/sys", "/root", "/usr/bin"} {
		if _, err := os.Lstat(path); err == nil {
			there = append(there, path)
		}
	}
	text, err := json.Marshal(there)
	if err != nil {
		panic(err) // a list of strings can be marshaled
	}
	return string(text)
}

func jsonHostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "no host name"
	}
	return `"` + name + `"`
}
