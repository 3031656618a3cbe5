package runtime

import (
	"encoding/json"
	"maps"
	"os"
	goruntime "runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// expect is the outcome that a program must have, by what it tried.
type expect map[string]any

// differs are the outcomes that are different in a posture.
type differs map[sandbox.Posture]expect

// programAttacks are programs that try a whole family of ways.
var programAttacks = []struct {
	name   string
	arch   string // only there
	input  any
	want   expect
	differ differs
}{
	{name: "descriptors", want: expect{"0": "device", "1": "pipe", "2": "pipe", "3": "socket"},
		differ: differs{noDevices: {"0": "0o100000"}}}, // an empty file
	// The variables are the loader's, with values that are always the same or
	// that sys.prefix tells too.
	// Those in C alone bound the threads of native libraries, and say where time
	// zones are.
	{name: "environment", want: expect{"python": madeUp, "c": nativeSettings,
		"block": []any{"LD_BIND_NOW", "LD_ORIGIN_PATH"}}},
	{name: "processes", want: expect{
		"fork": "EPERM", "vfork": "EPERM", "posix_spawn": "EPERM", "subprocess": "EPERM",
		"shell": true, "popen": "EPERM", "execv": "EPERM", "multiprocessing": "EPERM",
	}},
	{name: "sockets", input: map[string]any{"sendmsg": unix.SYS_SENDMSG}, want: expect{
		"send": 5, "received": "hello", "sendto an abstract name": "EPERM", "sendto a path": "EPERM",
		"connect": "EPERM", "bind": "EPERM",
		"descriptors out": "EPERM", "descriptors to the server": "EPERM", "descriptors in": "EPERM",
		"socket": "EPERM", "listen": "EPERM", "asyncio": "thread",
	}},
	{name: "signals",
		want: expect{"self": []any{"handled"}, "parent": "none", "reached": 0, "own group": nil},
		differ: differs{sandbox.LandlockOnly: {"parent": "EPERM"}, sandbox.Container: {"parent": "EPERM"},
			gVisorChroot: {"parent": "EPERM"}}},
	{name: "limits", want: expect{
		"RLIMIT_AS": "refused", "RLIMIT_CPU": "refused", "RLIMIT_FSIZE": "refused", "RLIMIT_NOFILE": "refused",
		"RLIMIT_CORE": "refused", "RLIMIT_MEMLOCK": "refused", "lowered": true,
	}},
	{name: "files",
		want: expect{
			"passwd": "ENOENT", "root": "EACCES", "self": "ENOENT", "parent": "ENOENT", "memory": "ENOENT",
			"sys":           "ENOENT",
			"shared memory": "ENOENT", "another device": "ENOENT", "terminal": "ENOENT",
			"the parent of the working directory": "EACCES",
			"interpreter":                         "opened", "interpreter, to write": "EROFS",
			"interpreter, new file": "EROFS", "interpreter, unlink": "EROFS",
			"interpreter, chmod": "EROFS", "interpreter, touch": "EROFS",
			"interpreter, chmod of what is open": "EROFS",
			"interpreter, truncate":              "EROFS", "interpreter, rename": "EXDEV", "interpreter, link": "EXDEV",
			"null": "opened", "own": nil,
		},
		differ: differs{
			// Another uid than the owner's: that is looked at first.
			sandbox.Full: {"interpreter, to write": "EACCES", "interpreter, truncate": "EACCES"},
			userRange:    {"interpreter, to write": "EACCES", "interpreter, truncate": "EACCES"},
			sandbox.GVisor: withoutLandlock(expect{
				"interpreter, to write": "EACCES", "interpreter, new file": "EACCES", "interpreter, unlink": "EACCES",
				"interpreter, truncate": "EACCES",
			}),
			gVisorUser: withoutLandlock(expect{"interpreter, truncate": "EPERM"}),
			gVisorChroot: {
				"interpreter, to write": "EACCES", "interpreter, new file": "EACCES", "interpreter, unlink": "EACCES",
				"interpreter, chmod": "EPERM", "interpreter, touch": "EPERM",
				"interpreter, chmod of what is open": "EPERM",
				"interpreter, truncate":              "EACCES", "interpreter, rename": "EACCES",
				"interpreter, link": "EPERM",
			},
			// No mount is read-only: the files are another uid's.
			sandbox.Container: {
				"interpreter, to write": "EACCES", "interpreter, new file": "EACCES", "interpreter, unlink": "EACCES",
				"interpreter, chmod": "EPERM", "interpreter, touch": "EPERM",
				"interpreter, chmod of what is open": "EPERM",
				"interpreter, truncate":              "EACCES", "interpreter, rename": "EACCES",
				"interpreter, link": "EPERM",
			},
			noDevices: {"null": "EACCES"},
			sandbox.LandlockOnly: {
				"passwd": "EACCES", "self": "EACCES", "parent": "EACCES", "memory": "EACCES", "sys": "EACCES",
				"shared memory": "EACCES", "another device": "EACCES", "terminal": "EACCES",
				"interpreter, to write": "EACCES", "interpreter, new file": "EACCES", "interpreter, unlink": "EACCES",
				"interpreter, chmod": "EPERM", "interpreter, touch": "EPERM",
				"interpreter, chmod of what is open": "EPERM",
				"interpreter, truncate":              "EACCES", "interpreter, rename": "EACCES",
			},
		}},
	{name: "ordinary", want: expect{
		"files": []any{[]any{"a", "c", "l", "out", "t", "untarred", "z"}, "te"}, "database": 36, "asyncio": "ab",
		"pool": 2470, "timer": true,
		"zone": "Europe/Berlin", "hash": "e3b0c442", "json": []any{1}, "type": "text/plain", "random": 9,
		"cpus": true, "random bytes": 9,
	}},
	{name: "machine_code", arch: "amd64", want: expect{"native getpid": "pid", "i386 getpid": "EPERM",
		"x32 getpid": "EPERM"}},
}

// withoutLandlock adds the outcomes that are different in gVisor: the private root
// is open to be read, and what changes a file's attributes is checked against its
// owner.
func withoutLandlock(more expect) expect {
	all := expect{
		"root": "opened", "the parent of the working directory": "opened",
		"interpreter, chmod": "EPERM", "interpreter, touch": "EPERM", "interpreter, chmod of what is open": "EPERM",
		"interpreter, link": "EPERM",
	}
	maps.Copy(all, more)
	return all
}

// nativeSettings are the same for every run.
var nativeSettings = []string{
	"ARROW_IO_THREADS=1", "JE_ARROW_MALLOC_CONF=background_thread:false", "MKL_NUM_THREADS=1",
	"NUMEXPR_NUM_THREADS=1",
	"OMP_NUM_THREADS=1", "OMP_WAIT_POLICY=passive", "OPENBLAS_NUM_THREADS=1",
	"TZDIR=PREFIX/lib/python3.11/site-packages/tzdata/zoneinfo",
}

// madeUp is the environment of every run, whose directory is HERE.
var madeUp = expect{
	"HOME": "HERE", "PWD": "HERE", "TMPDIR": "HERE", "MPLCONFIGDIR": "HERE/.cache/matplotlib",
	"USER": "user", "LOGNAME": "user", "PATH": "/usr/bin:/bin", "TZ": "UTC", "LANG": "C.UTF-8",
}

// noDevices is added to a posture in a container whose root may make none.
const noDevices sandbox.Posture = "no devices"

// madeOfFiles says whether it is such a container.
func madeOfFiles(r *Runtime) bool {
	return strings.HasPrefix(r.Info().LayerNotes[string(sandbox.Chroot)], "mknod is refused")
}

func TestAttacks(t *testing.T) {
	t.Setenv("SECRET_TOKEN", "of the server")
	for _, posture := range postures {
		inPosture(t, posture, func(t *testing.T) {
			r := start(t, nil)
			for _, tt := range programAttacks {
				t.Run(tt.name, func(t *testing.T) {
					if tt.arch != "" && tt.arch != goruntime.GOARCH {
						need.Elsewhere(t, "machine code of %s", tt.arch)
					}
					want := maps.Clone(tt.want)
					maps.Copy(want, tt.differ[posture])
					if _, err := os.Lstat("/sys/kernel"); err != nil && want["sys"] != nil {
						want["sys"] = "ENOENT" // a chroot may have none, whatever hides it
					}
					if madeOfFiles(r) {
						maps.Copy(want, tt.differ[noDevices])
					}
					same(t, answer(t, r, program(t, "attacks/"+tt.name), tt.input), want)
					good(t, r)
				})
			}
		})
	}
}

// same compares what a program returned with what it must, entry by entry.
func same(t *testing.T, got string, want expect) {
	t.Helper()
	var came map[string]json.RawMessage
	if err := json.Unmarshal([]byte(got), &came); err != nil {
		t.Fatalf("%v: %s", err, got)
	}
	for name, w := range want {
		text, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		if string(came[name]) != string(text) {
			t.Errorf("%s: %s, want %s", name, came[name], text)
		}
		delete(came, name)
	}
	for name, text := range came {
		t.Errorf("%s: %s, and nothing is expected", name, text)
	}
}

// good demands that the service still answers, and rightly.
func good(t *testing.T, r *Runtime) {
	t.Helper()
	if got := answer(t, r, "def main(x):\n    return x + 1", 41); got != "42" {
		t.Errorf("the next run: %s", got)
	}
	if err := r.Health(); err != nil {
		t.Errorf("health: %v", err)
	}
}
