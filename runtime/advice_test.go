package runtime

import (
	"strings"
	"testing"

	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// What a denial says, but for the end of the first, which names the layer.
const (
	outsideBy        = outside + " (refused by "
	attributesDenied = "changing modes and times of files is not available to scripts (refused by seccomp)"
	truncationDenied = "truncating a file by its name is not available to scripts (refused by seccomp)"
	linksDenied      = "hard links are not available to scripts (refused by seccomp)"
	kernelDenied     = "this system call is not available to scripts (refused by seccomp)"

	fine = "" // the kernel does it, or it is no matter of the sandbox's
)

// byPosture is what is said in each set-up; those not named say elsewhere.
type byPosture struct {
	elsewhere string
	in        map[sandbox.Posture]string
}

// onOwn is for calls that some plans take back, whatever the file is.
func onOwn(denied string, in ...sandbox.Posture) byPosture {
	want := byPosture{in: map[sandbox.Posture]string{}}
	for _, posture := range in {
		want.in[posture] = denied
	}
	return want
}

// hidden is for files that a root of its own hides. Where Landlock alone confines
// only those can be refused that are there.
func hidden(byLandlock string) byPosture {
	return byPosture{outsideBy + "private_root)", map[sandbox.Posture]string{
		sandbox.Container: outsideBy + "chroot)", gVisorChroot: outsideBy + "chroot)",
		sandbox.LandlockOnly: byLandlock,
	}}
}

// denialTests are bodies of main that fail on something, or don't.
var denialTests = []struct {
	name, script string
	fails        bool // with an error of the script's own where nothing is denied
	want         byPosture
}{
	{"chmod", "open('f', 'w').close(); os.chmod('f', 0o600)", false,
		onOwn(attributesDenied, sandbox.LandlockOnly, gVisorUser)},
	{"fchmod", "f = open('f', 'w'); os.fchmod(f.fileno(), 0o600)", false,
		onOwn(attributesDenied, sandbox.LandlockOnly, gVisorUser)},
	{"chmod of a path", "p = pathlib.Path('f'); p.touch(); p.chmod(0o600)", false,
		onOwn(attributesDenied, sandbox.LandlockOnly, gVisorUser)},
	{"utime", "open('f', 'w').close(); os.utime('f', (0, 0))", false,
		onOwn(attributesDenied, sandbox.LandlockOnly, gVisorUser)},
	{"utime by the full name, elsewhere", "open('f', 'w').close(); f = os.path.abspath('f'); os.mkdir('d'); " +
		"os.chdir('d'); os.utime(f, (0, 0))", false,
		onOwn(attributesDenied, sandbox.LandlockOnly, gVisorUser)},
	{"copy", "open('f', 'w').close(); shutil.copy('f', 'g')", false,
		onOwn(attributesDenied, sandbox.LandlockOnly, gVisorUser)},
	{"copy2", "open('f', 'w').close(); shutil.copy2('f', 'g')", false,
		onOwn(attributesDenied, sandbox.LandlockOnly, gVisorUser)},
	{"truncate", "open('f', 'w').close(); os.truncate('f', 0)", false, onOwn(truncationDenied, gVisorUser)},
	{"truncate what is open", "open('f', 'w').truncate(0)", false, byPosture{}},
	{"link", "open('f', 'w').close(); os.link('f', 'g')", false, onOwn(linksDenied, inGVisor...)},
	{"setxattr", "open('f', 'w').close(); os.setxattr('f', 'user.a', b'')", false,
		byPosture{elsewhere: kernelDenied}},
	{"closed to itself", "os.close(os.open('f', os.O_CREAT, 0)); open('f')", true, byPosture{}},
	{"mapped to write and opened to read", "open('f', 'w').write('x'); mmap.mmap(os.open('f', os.O_RDONLY), 1, " +
		"prot=mmap.PROT_WRITE)", true, byPosture{}},
	{"chmod of the interpreter", "os.chmod(os.__file__, 0o600)", false, byPosture{
		outsideBy + "private_root)", map[sandbox.Posture]string{
			sandbox.LandlockOnly: attributesDenied, gVisorUser: attributesDenied,
			sandbox.Container: outsideBy + "own_uid)", sandbox.GVisor: outsideBy + "own_uid)",
			gVisorChroot: outsideBy + "own_uid)",
		}}},
	{"the interpreter to write", "open(os.__file__, 'w')", false, byPosture{
		outsideBy + "private_root)", map[sandbox.Posture]string{
			sandbox.Container: outsideBy + "landlock)", sandbox.LandlockOnly: outsideBy + "landlock)",
			sandbox.GVisor: outsideBy + "own_uid)", gVisorChroot: outsideBy + "own_uid)",
		}}},
	{"a file of the host", "open('/etc/passwd')", true, hidden(outsideBy + "landlock)")},
	{"a file that nobody has", "open('/no/data.csv')", true, hidden(fine)},
	{"a file that is not there", "open('x.csv')", true, byPosture{}},
	{"a file that the library lacks", "open(os.path.dirname(os.__file__) + '/x.csv')", true, byPosture{}},
	{"the root", "os.listdir('/')", false, byPosture{
		outsideBy + "landlock)", map[sandbox.Posture]string{
			sandbox.GVisor: fine, gVisorUser: fine, gVisorChroot: outsideBy + "own_uid)",
		}}},
}

// sentAlong is the hint of a file that nothing refuses, and that is not there.
const sentAlong = "What the script is to find in its directory goes along in files, as x.csv."

// A denial names what was refused and the layer that did it, in every set-up, and a
// failure that is not the sandbox's doing is no denial.
func TestDenials(t *testing.T) {
	for _, posture := range postures {
		inPosture(t, posture, func(t *testing.T) {
			r := start(t, nil)
			for _, tt := range denialTests {
				t.Run(tt.name, func(t *testing.T) {
					want, named := tt.want.in[posture]
					if !named {
						want = tt.want.elsewhere
					}
					got := execute(t, r, "import mmap, os, pathlib, shutil\ndef main():\n    "+tt.script, nil)
					if got.Denied != want {
						t.Errorf("denied %q, want %q: %+v", got.Denied, want, got)
					}
					if failed := got.Status == ScriptError; failed != (want != fine || tt.fails) {
						t.Errorf("%+v", got)
					}
					hinted := want != fine || got.Hint == sentAlong
					if (got.Hint != "") != hinted ||
						strings.HasPrefix(want, outside) && !strings.Contains(got.Hint, "the field files") {
						t.Errorf("hint %q", got.Hint)
					}
				})
			}
		})
	}
}

// A script that sends itself a signal ends by it, whoever it is of its namespace,
// and a C library that calls abort is no crash.
func TestSignalsToOneself(t *testing.T) {
	for _, posture := range postures {
		inPosture(t, posture, func(t *testing.T) {
			r := start(t, nil)
			for call, want := range map[string]string{
				"ctypes.CDLL(None).abort()":                "SIGABRT",
				"os.abort()":                               "SIGABRT",
				"os.kill(os.getpid(), 15)":                 "SIGTERM",
				"os.kill(0, 9)":                            "SIGKILL",
				"signal.raise_signal(1)":                   "SIGHUP",
				"signal.setitimer(2, 0.01); spin()":        "SIGPROF",
				"signal.alarm(1); time.sleep(20)":          "SIGALRM",
				"ctypes.string_at(0)":                      "SIGSEGV",
				"signal.signal(6, 0); os.abort()":          "SIGABRT",
				"atexit.register(signal.raise_signal, 10)": "SIGUSR1",
			} {
				got := execute(t, r, "import atexit, ctypes, os, signal, time\ndef spin():\n    while True: pass\n"+
					"def main():\n    "+call, nil)
				if got.Status != Killed || got.Error != "Script was killed by "+want {
					t.Errorf("%s: %+v, want %s", call, got, want)
				}
			}
		})
	}
}

// No number of a signal is believed that is none.
func TestForgedSignals(t *testing.T) {
	r := start(t, nil)
	for _, number := range []string{"", "0", "65", "-9", "9 9", "SIGKILL", "9\\n"} {
		script := "import os, struct\ndef main():\n" +
			"    told = b'{\"status\":\"killed\",\"error\":\"" + number + "\",\"ran\":true}'\n" +
			"    os.write(3, struct.pack('>Ic', len(told), b'E') + told)\n    while True: pass"
		if got := execute(t, r, script, nil); got.Status != ScriptError || got.Error != brokenChannel(&Job{}) {
			t.Errorf("%q: %+v", number, got)
		}
	}
}

// No script can send the signals that kill or stop without an answer, not even to
// itself: where a run was killed, or stopped, somebody else has done it.
func TestKillingOneself(t *testing.T) {
	const script = `import ctypes, os
def main():
    libc = ctypes.CDLL(None, use_errno=True)
    told = []
    for signal in 9, 19, 20, 21, 22:
        for call in (libc.kill, (os.getpid(), signal)), (libc.tgkill, (os.getpid(), libc.gettid(), signal)):
            told.append((call[0](*call[1]), ctypes.get_errno()))
    return sorted(set(told))`
	for _, posture := range postures {
		inPosture(t, posture, func(t *testing.T) {
			if got := answer(t, start(t, nil), script, nil); got != "[[-1,1]]" {
				t.Errorf("got %s, want EPERM each time", got)
			}
		})
	}
}
