package runtime

import (
	"encoding/json"
	"errors"
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

// layerTests show what each layer does: a hostile program comes to contained
// with all layers on, and to free when the steps of this layer, and no others,
// are left out.
//
// Layers overlap, that is the point of having many. Where another one stops the
// same program too, the test takes a program that only this layer stops, or, if
// there is none, leaves the other one out of both runs (aside).
var layerTests = []struct {
	name            string // and the program's file
	in              []sandbox.Posture
	out             steps
	alter           func(*sandbox.Plan)
	edit            edit // instead of out and alter
	aside           steps
	change          func(*Config)
	input           any
	times           int    // runs; the answer that is unlike the others counts
	together        bool   // all at once: workers that were made apart
	contained, free string // JSON, or the beginning of how else it ended
}{
	{name: "mount_namespace", in: private,
		out: stepsOf(sandbox.MountNamespace, "unshare mount namespace"), times: 4, together: true,
		contained: "true", free: "false"},
	{name: "private_root", in: private,
		// The mounts stay private in any case: these tests must not touch the host's.
		out:   of(sandbox.PrivateRoot),
		alter: off(sandbox.PrivateRoot),
		// The run's /tmp hides the host's, where the interpreter may be.
		change:    func(cfg *Config) { cfg.Preload = []string{"ctypes", "errno"} },
		contained: `[]`, free: jsonPlaces()},
	{name: "private_root", in: chrooted, out: of(sandbox.Chroot), // stands in for it
		alter:     off(sandbox.Chroot),
		change:    enterable,
		contained: `[]`, free: jsonPlaces()},
	{name: "private_tmp", in: private,
		out:       stepsOf(sandbox.PrivateTmp, "mount /tmp"),
		contained: `["ENOSPC",64]`, free: `["E`},
	{name: "pid_namespace", in: private,
		out: of(sandbox.PIDNamespace), alter: off(sandbox.PIDNamespace), times: 3,
		contained: "[1,0,false]", free: "["},
	{name: "uts_namespace", in: private,
		out: of(sandbox.UTSNamespace), alter: noClone(unix.CLONE_NEWUTS),
		contained: `"sandbox"`, free: jsonHostname()},
	{name: "ipc_namespace", in: private,
		out: of(sandbox.IPCNamespace), alter: noClone(unix.CLONE_NEWIPC), aside: of(sandbox.Seccomp),
		input:     map[string]any{"shmget": unix.SYS_SHMGET, "key": sharedKey},
		contained: `"ENOENT"`, free: `"found"`},
	{name: "network_namespace", in: private,
		out: of(sandbox.NetworkNamespace), alter: noClone(unix.CLONE_NEWNET),
		aside:     of(sandbox.Seccomp, sandbox.Landlock),
		contained: `"unreachable"`, free: `"connected"`},
	{name: "rlimit_as", in: postures, out: stepsOf(sandbox.Rlimits, "RLIMIT_AS"),
		contained: `"ENOMEM"`, free: "true"},
	{name: "rlimit_cpu", in: postures, out: stepsOf(sandbox.Rlimits, "RLIMIT_CPU"),
		change:    func(cfg *Config) { cfg.Limits.CPU = time.Second },
		contained: "cpu_limit", free: `"done"`},
	{name: "rlimit_fsize", in: private, out: stepsOf(sandbox.Rlimits, "RLIMIT_FSIZE"),
		contained: `"EFBIG"`, free: "68157440"},
	{name: "rlimit_fsize", in: refused, out: stepsOf(sandbox.Rlimits, "RLIMIT_FSIZE"),
		contained: `"EFBIG"`, free: ""}, // the server may see it before the run ends
	{name: "rlimit_nofile", in: postures, out: stepsOf(sandbox.Rlimits, "RLIMIT_NOFILE"),
		contained: "64", free: `"no end"`},
	{name: "rlimit_core", in: postures, out: stepsOf(sandbox.Rlimits, "RLIMIT_CORE"),
		contained: `"refused"`, free: `"granted"`},
	{name: "rlimit_memlock", in: postures, out: stepsOf(sandbox.Rlimits, "RLIMIT_MEMLOCK"),
		contained: `"EPERM"`, free: "true"},
	{name: "rlimit_msgqueue", in: onLinux, out: stepsOf(sandbox.Rlimits, "RLIMIT_MSGQUEUE"),
		contained: `"refused"`, free: `"granted"`},
	{name: "rlimit_sigpending", in: onLinux, out: stepsOf(sandbox.Rlimits, "RLIMIT_SIGPENDING"),
		contained: "256", free: "2000"},
	{name: "huge_pages", in: onLinux, out: stepsOf(sandbox.Rlimits, "prctl PR_SET_THP_DISABLE"),
		// It refuses the advice, too, without which huge pages are made where the machine makes all of them.
		aside:     baseFilter,
		contained: "1", free: "512"},
	{name: "shared_anonymous", in: postures, out: baseFilter,
		contained: `"EPERM"`, free: `"mapped"`},
	{name: "far_mappings", in: postures, edit: anyAddress, // each takes two pages of page tables
		contained: `["mapped","EPERM"]`, free: `["mapped","mapped"]`},
	{name: "rlimit_nproc", in: slices.Concat(asRoot, []sandbox.Posture{sandbox.User}),
		out:       stepsOf(sandbox.Rlimits, "RLIMIT_NPROC"),
		contained: "6", free: `"no end"`}, // 64, or a few less when another server here has a worker of that uid
	{name: "own_uid", in: slices.Concat(ofRoot, chrooted), alter: off(sandbox.OwnUID),
		out:       of(sandbox.OwnUID, sandbox.UserNamespace), // which would stand in for it
		contained: "[[6", free: "[[0,0,0],[0,0,0]"},
	{name: "own_uid", in: ofUser, out: of(sandbox.UserNamespace), // stands in for it
		contained: "[[65534,65534,65534],[65534,65534,65534]", free: "[[0,0,0],[0,0,0]"},
	{name: "unshare", in: ofUser, out: of(sandbox.Capabilities),
		aside: workerFilter, input: unix.SYS_UNSHARE,
		contained: `"EPERM"`, free: "0"},
	{name: "unshare", in: ofRoot, out: of(sandbox.Capabilities),
		aside: either(workerFilter, of(sandbox.OwnUID)), input: unix.SYS_UNSHARE, // to change the uid drops them too
		contained: `"EPERM"`, free: "0"},
	// Elsewhere no filter can be had without it: see missingTests.
	{name: "no_new_privs", in: private, out: of(sandbox.NoNewPrivs),
		aside: either(workerFilter, of(sandbox.Landlock)), input: unix.SYS_PRCTL, // neither can be had without
		contained: "1", free: "0"},
	{name: "landlock", in: []sandbox.Posture{sandbox.Full, userRange, sandbox.User}, out: of(sandbox.Landlock),
		input: "/", contained: `"EACCES"`, free: "true"},
	{name: "landlock", in: []sandbox.Posture{sandbox.Container}, out: of(sandbox.Landlock),
		input: "/dev", contained: `"EACCES"`, free: "true"}, // the root's own mode forbids to list it
	{name: "landlock", in: alone, out: of(sandbox.Landlock),
		input: "/", contained: `"EACCES"`, free: "false"},
	{name: "seccomp_base", in: postures, out: baseFilter,
		input:     unix.SYS_MEMFD_CREATE,
		contained: `"EPERM"`, free: `"made"`},
	{name: "seccomp_worker", in: postures, out: workerFilter,
		contained: `"EPERM"`, free: `"forked"`},
	{name: "descriptors", in: postures, out: of(sandbox.Descriptors), times: 6,
		contained: `{"only":true,"marked":false}`, free: `{"only":false,"marked":`},
	{name: "descriptors", in: postures, out: stepsOf(sandbox.Descriptors, "close stdin", "open stdin"), times: 6,
		contained: `{"only":true,"marked":false}`, free: `{"only":true,"marked":true}`},
	{name: "attributes", in: alone, out: workerFilter, // Landlock does not know modes
		contained: `{"chmod":"EPERM","utime":"EPERM","truncate":"E`,
		free:      `{"chmod":null,"utime":null,"truncate":"E`},
	// Nor does gVisor heed read-only mounts of a tmpfs.
	{name: "attributes", in: []sandbox.Posture{gVisorUser}, edit: ownersFilter,
		change:    func(cfg *Config) { cfg.CacheDir = "/dev/shm/cache" },
		contained: `{"chmod":"EPERM","utime":"EPERM","truncate":"EPERM"}`,
		free:      `{"chmod":null,"utime":null,"truncate":null}`},
	{name: "links", in: inGVisor, out: workerFilter, // which its tmpfs does not count
		contained: `"EPERM"`, free: "null"},
	{name: "others", in: refused, out: workerFilter, // that are there
		contained: `{"group":"EPERM","time":"EPERM","processors":"ENOSYS",` +
			`"scheduler":"EPERM","parameters":"EPERM","oneself":true}`,
		free: `{"group":true,"time":true,"processors":true,"scheduler":true,"parameters":true,"oneself":true}`},
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
				if tt.aside == nil {
					tt.aside = of()
				}
				text := program(t, "layers/"+tt.name)
				outcome := func(t *testing.T, w weakness, usual string) string {
					r := startWeak(t, w, tt.change)
					return unlike(t, r, text, tt.input, usual, max(tt.times, 1), tt.together)
				}
				t.Run(tt.name, func(t *testing.T) {
					if tt.name == "huge_pages" {
						hugePages(t)
					}
					if tt.name == "private_root" && madeOfFiles(whole) {
						need.Unmet(t, "what stands in for a device is in the root that is left out")
					}
					if got := outcome(t, without(tt.aside), tt.contained); !strings.HasPrefix(got, tt.contained) {
						t.Errorf("with all layers: %s, want %s", got, tt.contained)
					}
					if tt.edit == nil {
						tt.edit = leaveOut(tt.aside, tt.out)
					}
					got := outcome(t, weakness{alter: tt.alter, edit: tt.edit}, tt.contained)
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
