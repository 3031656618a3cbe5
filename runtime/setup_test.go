package runtime

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/runtime/internal/python"
	"github.com/pyexec/pyexec/runtime/internal/sandbox"
	"github.com/pyexec/pyexec/runtime/internal/sandbox/sandboxtest"
)

// Set-ups that come to a posture in another way than its name says.
const (
	userRange    sandbox.Posture = "full-user-range" // root without CAP_SYS_ADMIN: podman's default
	gVisorUser   sandbox.Posture = "gVisor-user"
	gVisorChroot sandbox.Posture = "gVisor-chroot" // root whom namespaces are refused
)

// postures are the set-ups that a test of all runs in.
var postures = []sandbox.Posture{
	sandbox.Full, userRange, sandbox.User, sandbox.Container, sandbox.LandlockOnly,
	sandbox.GVisor, gVisorUser, gVisorChroot,
}

var (
	inGVisor = []sandbox.Posture{sandbox.GVisor, gVisorUser, gVisorChroot}
	asRoot   = []sandbox.Posture{sandbox.Full, userRange, sandbox.Container, sandbox.GVisor, gVisorChroot}
	refused  = []sandbox.Posture{sandbox.Container, sandbox.LandlockOnly, gVisorChroot} // all namespaces
	fewer    = []sandbox.Posture{userRange, sandbox.GVisor}                             // capabilities
)

// named is the posture that a set-up must come to.
func named(setup sandbox.Posture) sandbox.Posture {
	switch setup {
	case userRange:
		return sandbox.Full
	case gVisorUser:
		return sandbox.GVisor
	case gVisorChroot:
		return sandbox.Container
	}
	return setup
}

const (
	// postureVar makes a re-executed test binary one that runs in this set-up.
	postureVar = "RUNTIME_TEST_POSTURE"
	// droppedVar says that it has given up its capability.
	droppedVar = "RUNTIME_TEST_DROPPED"
)

func init() {
	setup := sandbox.Posture(os.Getenv(postureVar))
	if slices.Contains(refused, setup) {
		if err := sandboxtest.DenyNamespaces(); err != nil {
			panic(err)
		}
	}
	if slices.Contains(fewer, setup) && os.Getenv(droppedVar) == "" {
		runtime.LockOSThread()
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, unix.CAP_SYS_ADMIN, 0, 0, 0); err != nil {
			panic(err)
		}
		panic(syscall.Exec("/proc/self/exe", os.Args, append(os.Environ(), droppedVar+"=yes")))
	}
}

// command is how the test binary is run with these arguments in a set-up.
func command(t *testing.T, setup sandbox.Posture, args ...string) *exec.Cmd {
	t.Helper()
	if !slices.Contains(inGVisor, setup) {
		return onHost(t, setup, args...)
	}
	line := []string{"--ignore-cgroups", "--network=none", "do"}
	if setup == gVisorUser {
		line = append(line, "sh", "-c",
			`chmod 1777 /dev/shm && exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"`, "sh")
	}
	return exec.CommandContext(t.Context(), runsc(t), slices.Concat(line, []string{visible(t)}, args)...)
}

func onHost(t *testing.T, setup sandbox.Posture, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", args...)
	if os.Geteuid() == 0 && !slices.Contains(asRoot, setup) {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	return cmd
}

// runsc is the path of gVisor's runtime, where it runs something: a container
// may have it and not grant what it takes.
func runsc(t *testing.T) string {
	t.Helper()
	path, err := workingRunsc()
	need.That(t, "gVisor (CGO_ENABLED=0 go install gvisor.dev/gvisor/runsc@latest)", err)
	return path
}

var workingRunsc = sync.OnceValues(func() (string, error) {
	path, err := exec.LookPath("runsc")
	if err != nil {
		home, _ := os.UserHomeDir() // what is not there is not found
		path = filepath.Join(home, "go", "bin", "runsc")
	}
	out, err := exec.Command(path, "--ignore-cgroups", "--network=none", "do", "/bin/true").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// visible is a path of the test binary that every user may execute. What is
// below /tmp on the host is there in gVisor, too, the interpreter included.
var visible = func() func(*testing.T) string {
	var once sync.Once
	var path string
	var err error
	return func(t *testing.T) string {
		t.Helper()
		once.Do(func() {
			if path, err = copyOfMyself(); err != nil {
				return
			}
			// So that none of the children in gVisor, whose files are gone with
			// it, has to unpack the interpreter.
			for _, setup := range []sandbox.Posture{sandbox.Container, sandbox.User} {
				if err == nil {
					err = onHost(t, setup, "-test.run=^TestInterpreterIsThere$").Run()
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
}()

// ownPython is the interpreter to test with in place of the bundled one, whose files
// belong to this process's user, as those that it would unpack do: what a run may do
// to them is part of what is tested. Empty for the bundled one.
var ownPython = sync.OnceValue(func() string {
	home := need.Python()
	fi, err := os.Stat(home)
	if home == "" || err == nil && int(fi.Sys().(*syscall.Stat_t).Uid) == os.Geteuid() {
		return home
	}
	return copyOfPython(os.TempDir())
})

// copyOfPython copies that interpreter to a directory, unless it is there. It returns
// its prefix, empty for the bundled one.
func copyOfPython(dir string) string {
	home := need.Python()
	if home == "" {
		return ""
	}
	own := filepath.Join(dir, fmt.Sprintf("pyexec-test-python-%d-%.8x", os.Getuid(), sha256.Sum256([]byte(home))))
	if _, err := os.Stat(own); err == nil {
		return own
	}
	staging, err := os.MkdirTemp(dir, "pyexec-test-python-")
	if err == nil {
		err = os.Chmod(staging, 0o755)
	}
	if err == nil {
		err = os.CopyFS(staging, os.DirFS(home))
	}
	if err == nil {
		err = os.Rename(staging, own)
	}
	if err != nil {
		panic(err)
	}
	return own
}

// The interpreter is unpacked, or can be.
func TestInterpreterIsThere(t *testing.T) {
	cfg := hostConfig()
	if cfg.PythonHome != "" {
		return
	}
	if _, err := python.Bundled(t.Context(), cfg.CacheDir, cfg.Log); err != nil {
		t.Fatal(err)
	}
}

// copyOfMyself puts the test binary where it stays until the tests are over.
func copyOfMyself() (string, error) {
	dir, err := os.MkdirTemp("", "pyexec-test-")
	if err != nil {
		return "", err
	}
	copied = dir
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", err
	}
	in, err := os.Open("/proc/self/exe")
	if err != nil {
		return "", err
	}
	defer in.Close()
	path := filepath.Join(dir, "runtime.test")
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return "", err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return "", err
	}
	return path, out.Close()
}

// copied is the directory of copyOfMyself, if there is one.
var copied string

func TestMain(m *testing.M) {
	code := m.Run()
	if copied != "" {
		_ = os.RemoveAll(copied) // it is in the directory for such things
	}
	os.Exit(code)
}
