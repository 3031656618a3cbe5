package python_test

import (
	"debug/elf"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/runtime/internal/python"
)

// The installed interpreter runs on its own: in a root directory with nothing else.
func TestInstall(t *testing.T) {
	need.Time(t, "unpacks the interpreter")
	root := filepath.Join(t.TempDir(), "root")
	must(t, python.Install(t.Context(), "", root, "/opt/python", slog.New(slog.DiscardHandler)))

	left, err := fs.Glob(os.DirFS(root), "*")
	must(t, err)
	for _, name := range left {
		if strings.HasPrefix(name, ".") {
			t.Errorf("%s is left", name)
		}
	}
	installed, err := python.At(filepath.Join(root, "opt/python"))
	must(t, err)
	for _, l := range installed.Libraries {
		file, err := elf.Open(filepath.Join(root, l.Path))
		if err != nil {
			t.Errorf("%s is missing: %v", l.Path, err)
			continue
		}
		file.Close()
	}
	if os.Getuid() != 0 {
		return // chroot is root's
	}
	// It wants random numbers when it starts, and takes them for what they are.
	must(t, os.Mkdir(filepath.Join(root, "dev"), 0o755))
	must(t, os.WriteFile(filepath.Join(root, "dev/urandom"), make([]byte, 1<<16), 0o644))
	script := "import sys, math, zlib, ctypes, hashlib, zoneinfo\nprint(sys.prefix, math.sqrt(16))"
	run := exec.CommandContext(t.Context(), "/opt/python/bin/python3.11", "-I", "-S", "-c", script)
	run.Dir, run.SysProcAttr = "/", &syscall.SysProcAttr{Chroot: root}
	// No /proc in there: see the package documentation.
	run.Env = []string{"LD_ORIGIN_PATH=/opt/python/bin", "PATH=" + os.Getenv("PATH")}
	out, err := run.CombinedOutput()
	if got := strings.TrimSpace(string(out)); got != "/opt/python 4.0" {
		t.Errorf("in the new root: %v: %s", err, got)
	}
}

func TestInstallRefusesWhatIsThere(t *testing.T) {
	root := t.TempDir()
	must(t, os.Mkdir(filepath.Join(root, "python"), 0o755))
	wantError(t, python.Install(t.Context(), "", root, "/python", slog.New(slog.DiscardHandler)), "is there already")
}
