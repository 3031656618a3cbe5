package runtime

import (
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// steps says which steps are meant.
type steps func(sandbox.Step) bool

// of means all steps of layers, their checks included.
func of(layers ...sandbox.Layer) steps {
	return func(s sandbox.Step) bool { return slices.Contains(layers, s.Layer) }
}

// named means the steps of a layer with these names.
func named(layer sandbox.Layer, names ...string) steps {
	return func(s sandbox.Step) bool { return s.Layer == layer && slices.Contains(names, s.Name) }
}

// checksOf means the checks of a layer.
func checksOf(layer sandbox.Layer) steps {
	return func(s sandbox.Step) bool { return s.Layer == layer && strings.HasPrefix(s.Name, "check") }
}

// either means the steps of any.
func either(any ...steps) steps {
	return func(s sandbox.Step) bool {
		return slices.ContainsFunc(any, func(means steps) bool { return means(s) })
	}
}

// without is what Config.weaken takes: alter the plan, leave out steps.
func without(alter func(*sandbox.Plan), out ...steps) func(*sandbox.Plan, []sandbox.Step) []sandbox.Step {
	return func(plan *sandbox.Plan, list []sandbox.Step) []sandbox.Step {
		if alter != nil {
			alter(plan)
		}
		return slices.DeleteFunc(slices.Clone(list), either(out...))
	}
}

// noClone takes flags off those that the jail is cloned with.
func noClone(flags uintptr) func(*sandbox.Plan) {
	return func(p *sandbox.Plan) { p.Clone &^= flags }
}

// layerTests show what each layer does: a hostile program comes to contained
// with all layers on, and to free when the steps of this layer, and no others,
// are left out.
//
// Layers overlap, that is the point of having many. Where another one stops the
// same program too, the test takes a program that only this layer stops, or, if
// there is none, leaves the other one out of both runs (aside).
var layerTests = []struct {
	name            string // and the program's file
	posture         sandbox.Posture
	out             steps
	alter           func(*sandbox.Plan)
	aside           steps
	change          func(*Config)
	input           any
	times           int    // runs; the answer that is unlike the others counts
	together        bool   // all at once: workers that were made apart
	contained, free string // JSON, or the beginning of how else it ended
}{
	{name: "mount_namespace", posture: sandbox.Full,
		out: named(sandbox.MountNamespace, "unshare mount namespace"), times: 4, together: true,
		contained: "true", free: "false"},
	{name: "private_root", posture: sandbox.Full,
		// The mounts stay private in any case: these tests must not touch the host's.
		out:       of(sandbox.PrivateRoot),
		alter:     func(p *sandbox.Plan) { p.On[sandbox.PrivateRoot] = false },
		change:    func(cfg *Config) { cfg.Preload = []string{"ctypes", "errno"} }, // the run's /tmp hides the host's, where the interpreter may be
		contained: `[]`, free: `["/etc/passwd","/proc/self","/sys","/root","/usr/bin"]`},
	{name: "private_tmp", posture: sandbox.Full,
		out:       named(sandbox.PrivateTmp, "mount /tmp"),
		contained: `["ENOSPC",64]`, free: `["EROFS",0]`},
	{name: "pid_namespace", posture: sandbox.Full,
		out: of(sandbox.PIDNamespace), alter: func(p *sandbox.Plan) { p.PIDNamespace = false }, times: 3,
		contained: "[1,0,false]", free: "["},
	{name: "uts_namespace", posture: sandbox.Full,
		out: of(sandbox.UTSNamespace), alter: noClone(unix.CLONE_NEWUTS),
		contained: `"sandbox"`, free: jsonHostname()},
	{name: "ipc_namespace", posture: sandbox.Full,
		out: of(sandbox.IPCNamespace), alter: noClone(unix.CLONE_NEWIPC), aside: of(sandbox.Seccomp),
		input:     map[string]any{"shmget": unix.SYS_SHMGET, "key": sharedKey},
		contained: `"ENOENT"`, free: `"found"`},
	{name: "network_namespace", posture: sandbox.Full,
		out: of(sandbox.NetworkNamespace), alter: noClone(unix.CLONE_NEWNET), aside: of(sandbox.Seccomp),
		contained: `"ENETUNREACH"`, free: "5"},
	{name: "rlimit_as", posture: sandbox.Full, out: named(sandbox.Rlimits, "RLIMIT_AS"),
		contained: `"ENOMEM"`, free: "true"},
	{name: "rlimit_cpu", posture: sandbox.Full, out: named(sandbox.Rlimits, "RLIMIT_CPU"),
		change:    func(cfg *Config) { cfg.Limits.CPU = time.Second },
		contained: "cpu_limit", free: `"done"`},
	{name: "rlimit_fsize", posture: sandbox.Full, out: named(sandbox.Rlimits, "RLIMIT_FSIZE"),
		contained: `"EFBIG"`, free: "68157440"},
	{name: "rlimit_nofile", posture: sandbox.Full, out: named(sandbox.Rlimits, "RLIMIT_NOFILE"),
		contained: "64", free: `"no end"`},
	{name: "rlimit_core", posture: sandbox.Full, out: named(sandbox.Rlimits, "RLIMIT_CORE"),
		contained: `"refused"`, free: `"granted"`},
	{name: "rlimit_memlock", posture: sandbox.Full, out: named(sandbox.Rlimits, "RLIMIT_MEMLOCK"),
		contained: `"EPERM"`, free: "true"},
	{name: "rlimit_msgqueue", posture: sandbox.Full, out: named(sandbox.Rlimits, "RLIMIT_MSGQUEUE"),
		contained: `"refused"`, free: `"granted"`},
	{name: "rlimit_nproc", posture: sandbox.Full, out: named(sandbox.Rlimits, "RLIMIT_NPROC"),
		contained: "64", free: `"no end"`},
	{name: "rlimit_nproc", posture: sandbox.User, out: named(sandbox.Rlimits, "RLIMIT_NPROC"),
		contained: "64", free: `"no end"`},
	{name: "own_uid", posture: sandbox.Full, out: of(sandbox.OwnUID),
		contained: "[[6", free: "[[0,0,0],[0,0,0]"},
	{name: "own_uid", posture: sandbox.User, out: of(sandbox.UserNamespace), // stands in for it
		contained: "[[65534,65534,65534],[65534,65534,65534]", free: "[[0,0,0],[0,0,0]"},
	{name: "unshare", posture: sandbox.User, out: of(sandbox.Capabilities),
		aside: workerFilter, input: unix.SYS_UNSHARE,
		contained: `"EPERM"`, free: "0"},
	{name: "unshare", posture: sandbox.Full, out: of(sandbox.Capabilities),
		aside: either(workerFilter, of(sandbox.OwnUID)), input: unix.SYS_UNSHARE, // to change the uid drops them too
		contained: `"EPERM"`, free: "0"},
	{name: "no_new_privs", posture: sandbox.Full, out: of(sandbox.NoNewPrivs),
		aside: either(workerFilter, of(sandbox.Landlock)), input: unix.SYS_PRCTL, // neither can be had without
		contained: "1", free: "0"},
	{name: "landlock", posture: sandbox.Full, out: of(sandbox.Landlock),
		contained: `"EACCES"`, free: "true"},
	{name: "landlock", posture: sandbox.User, out: of(sandbox.Landlock),
		contained: `"EACCES"`, free: "true"},
	{name: "seccomp_base", posture: sandbox.Full, out: either(named(sandbox.Seccomp, "base filter"), checksOf(sandbox.Seccomp)),
		input:     unix.SYS_MEMFD_CREATE,
		contained: `"EPERM"`, free: `"made"`},
	{name: "seccomp_worker", posture: sandbox.Full, out: workerFilter,
		contained: `"EPERM"`, free: `"forked"`},
	{name: "descriptors", posture: sandbox.Full, out: of(sandbox.Descriptors), times: 6,
		contained: `{"only":true,"marked":false}`, free: `{"only":false,"marked":`},
	{name: "descriptors", posture: sandbox.Full, out: named(sandbox.Descriptors, "close stdin", "open stdin"), times: 6,
		contained: `{"only":true,"marked":false}`, free: `{"only":true,"marked":true}`},
	{name: "landlock", posture: sandbox.LandlockOnly, out: of(sandbox.Landlock),
		contained: `"EACCES"`, free: "false"},
	{name: "rlimit_as", posture: sandbox.LandlockOnly, out: named(sandbox.Rlimits, "RLIMIT_AS"),
		contained: `"ENOMEM"`, free: "true"},
	{name: "seccomp_base", posture: sandbox.LandlockOnly, out: either(named(sandbox.Seccomp, "base filter"), checksOf(sandbox.Seccomp)),
		input:     unix.SYS_MEMFD_CREATE,
		contained: `"EPERM"`, free: `"made"`},
	{name: "seccomp_worker", posture: sandbox.LandlockOnly, out: workerFilter,
		contained: `"EPERM"`, free: `"forked"`},
	{name: "attributes", posture: sandbox.LandlockOnly, out: workerFilter, // Landlock does not know modes
		contained: `"EPERM"`, free: "null"},
}

// workerFilter means the filter that takes back what only the zygote needs.
var workerFilter = either(named(sandbox.Seccomp, "worker filter"), checksOf(sandbox.Seccomp))

// sharedKey is that of this process's segment of shared memory on the host.
var sharedKey = 0x70000000 + os.Getpid()

func TestEachLayer(t *testing.T) {
	for _, posture := range postures {
		inPosture(t, posture, func(t *testing.T) {
			if posture == sandbox.Full {
				hostSegment(t)
				allowCores(t)
			}
			port, file := hostService(t), hostFiles(t)["file"]
			for _, tt := range layerTests {
				if tt.posture != posture {
					continue
				}
				switch tt.name {
				case "network_namespace":
					tt.input = port
				case "attributes":
					tt.input = file
				}
				if tt.aside == nil {
					tt.aside = of()
				}
				text := program(t, "layers/"+tt.name)
				outcome := func(weaken func(*sandbox.Plan, []sandbox.Step) []sandbox.Step, usual string) string {
					r := start(t, func(cfg *Config) {
						if tt.change != nil {
							tt.change(cfg)
						}
						cfg.weaken = weaken
					})
					return unlike(t, r, text, tt.input, usual, max(tt.times, 1), tt.together)
				}
				t.Run(tt.name, func(t *testing.T) {
					if got := outcome(without(nil, tt.aside), tt.contained); !strings.HasPrefix(got, tt.contained) {
						t.Errorf("with all layers: %s, want %s", got, tt.contained)
					}
					got := outcome(without(tt.alter, tt.aside, tt.out), tt.contained)
					if !strings.HasPrefix(got, tt.free) || strings.HasPrefix(got, tt.contained) {
						t.Errorf("without the layer: %s, want %s", got, tt.free)
					}
				})
			}
		})
	}
}

// unlike runs a program a number of times and returns the first answer that is
// not the usual one, or else the usual one.
func unlike(t *testing.T, r *Runtime, text string, input any, usual string, times int, together bool) string {
	t.Helper()
	answers := make(chan string, times)
	var runs sync.WaitGroup
	for range times {
		if together {
			runs.Go(func() { answers <- answer(t, r, text, input) })
			continue
		}
		if got := answer(t, r, text, input); !strings.HasPrefix(got, usual) {
			return got
		}
		answers <- usual
	}
	runs.Wait()
	close(answers)
	got := ""
	for got = range answers {
		if !strings.HasPrefix(got, usual) {
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
		lacks(t, "the tests run under a limit on core files: %v", err)
	}
}

// hostService listens on the host's loopback interface.
func hostService(t *testing.T) (port int) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.LocalAddr().(*net.UDPAddr).Port
}

func jsonHostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "no host name"
	}
	return `"` + name + `"`
}
