package python_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/locked"
	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/runtime/internal/python"
)

// childVar makes a re-executed test binary do one of childModes.
const childVar = "PYTHON_TEST_CHILD"

// childModes are what a test needs a process of its own for. What they print
// is read by the test.
var childModes = map[string]func(args []string) error{
	"bundled": func(args []string) error { return childBundled(args[0]) },
	"umask": func(args []string) error {
		syscall.Umask(0o077)
		return childBundled(args[0])
	},
	"mounted": childMounted,
	"jailed":  childJailed,
}

// scratch is removed when the tests are done.
var scratch string

func TestMain(m *testing.M) {
	if mode := os.Getenv(childVar); mode != "" {
		if err := childModes[mode](os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "pyexec-python-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	scratch = dir
	return m.Run()
}

// childBundled unpacks, or finds what is there, and prints where.
func childBundled(cache string) error {
	p, err := python.Bundled(context.Background(), cache, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err != nil {
		return err
	}
	fmt.Println(p.Home)
	return nil
}

// child prepares a re-executed test binary in one of childModes.
func child(t testing.TB, mode string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Env = append(os.Environ(), childVar+"="+mode)
	return cmd
}

// shared is one unpacked tree for all tests that only look. A child with the
// strictest umask makes it.
var shared = sync.OnceValues(func() (string, error) {
	cache := filepath.Join(scratch, "a [cache]*", "pyexec") // a name that globs and shells dislike
	exe, err := os.Executable()
	if err != nil {
		return "", err
	}
	cmd := exec.Command(exe, cache)
	cmd.Env = append(os.Environ(), childVar+"=umask")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return cache, nil
})

// sharedCache returns the cache directory of the shared tree.
func sharedCache(t testing.TB) string {
	t.Helper()
	need.Time(t, "unpacks the interpreter")
	cache, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return cache
}

// bundled returns the interpreter of a cache directory.
func bundled(t testing.TB, cache string) *python.Interpreter {
	t.Helper()
	p, err := python.Bundled(t.Context(), cache, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// ask runs a line of Python as the harness would and returns what it printed.
func ask(t testing.TB, p *python.Interpreter, code string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), p.Executable, "-I", "-S", "-c",
		"import sys; sys.path.append(sys.argv[1])\n"+code, p.SitePackages())
	cmd.Env = []string{}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(bytes.TrimSpace(out))
}

// linkTree makes a copy of a cache directory whose files are hard links, so
// that a test may break it. A file must be passed to own before it is changed.
func linkTree(t testing.TB, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "cache")
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.Mkdir(filepath.Join(to, rel), 0o755)
		}
		if d.Name() == "python.lock" {
			return nil // a link to it would be the same lock
		}
		return os.Link(path, filepath.Join(to, rel))
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// own replaces a hard link by a copy with the same mode and time stamp.
func own(t testing.TB, path string) {
	t.Helper()
	fi, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	must(t, os.Remove(path))
	must(t, os.WriteFile(path, data, 0o600))
	must(t, os.Chmod(path, fi.Mode()))
	must(t, os.Chtimes(path, fi.ModTime(), fi.ModTime()))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// logger writes to log, in which tests count lines.
func logger(log *locked.Buffer) *slog.Logger { return slog.New(slog.NewTextHandler(log, nil)) }
