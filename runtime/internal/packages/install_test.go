package packages

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed/wheeltest"
	"github.com/pyexec/pyexec/runtime/internal/packages/index"
	"github.com/pyexec/pyexec/runtime/internal/python"
)

var quiet = slog.New(slog.DiscardHandler)

// bundled is the interpreter that installs; it is unpacked where the tests of
// package runtime unpack it, too.
func bundled(t *testing.T) *python.Interpreter {
	t.Helper()
	cache := filepath.Join(os.TempDir(), fmt.Sprintf("pyexec-test-cache-%d", os.Getuid()))
	p, err := python.Bundled(t.Context(), cache, quiet)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// writeWheel writes a distribution with one module, as an index would have it, and
// returns its SHA-256. So no network is needed: it is found by --find-links.
func writeWheel(t *testing.T, dir, name string) string {
	t.Helper()
	w := wheeltest.Wheel{Name: name, Version: "1.0", Files: [][2]string{
		{name + "/__init__.py", "value = 42\n"},
		{name + "/tests/test_it.py", "assert False\n"},
		{name + "/old.py", "print 'a source for Python 2'\n"},
		{name + "-1.0.data/scripts/" + name, "#!python\n"},
	}}
	data := w.Bytes(t)
	if err := os.WriteFile(filepath.Join(dir, w.File()), data, 0o644); err != nil {
		t.Fatal(err)
	}
	return wheeltest.Sum(data)
}

// file writes a requirements file that looks nowhere but in wheels.
func file(t *testing.T, wheels, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "requirements.txt")
	if err := os.WriteFile(path, []byte("--no-index\n--find-links "+wheels+"\n"+text+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// A requirements file becomes a directory once, however many ask for it at the
// same time, and neither programs nor tests are in it.
func TestOpenInstallsOnce(t *testing.T) {
	p, wheels, cache := bundled(t), t.TempDir(), t.TempDir()
	sum := writeWheel(t, wheels, "answer")
	path := file(t, wheels, "answer==1.0 --hash=sha256:"+sum)
	if err := os.Mkdir(filepath.Join(cache, stagingPrefix+"dead"), 0o700); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	dirs, errs := make([]string, 3), make([]error, 3)
	for i := range dirs {
		wg.Go(func() { dirs[i], errs[i] = Open(context.Background(), p, index.Config{}, path, cache, quiet) })
	}
	wg.Wait()
	for i := range dirs {
		if errs[i] != nil || dirs[i] != dirs[0] {
			t.Fatalf("%q, %v; want %q", dirs[i], errs[i], dirs[0])
		}
	}
	for name, want := range map[string]bool{
		"answer/__init__.py": true, "answer/__pycache__/__init__.cpython-311.pyc": true,
		"answer-1.0.dist-info/METADATA": true,
		"answer/old.py":                 true, "answer/tests": false, "bin": false,
	} {
		if _, err := os.Stat(filepath.Join(dirs[0], name)); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	var times []time.Time
	for _, name := range []string{"answer/__init__.py", "answer/__pycache__/__init__.cpython-311.pyc",
		"answer-1.0.dist-info/METADATA"} {
		info, err := os.Stat(filepath.Join(dirs[0], name))
		if err != nil || info.Mode() != 0o644 {
			t.Fatalf("%s: %v, %v", name, info, err)
		}
		times = append(times, info.ModTime())
	}
	if times[0] != times[1] || times[0] != times[2] {
		t.Errorf("files are of different times: %v", times)
	}
	entries, err := os.ReadDir(cache)
	if err != nil || len(entries) != 2 { // the directory and the lock
		t.Errorf("%v, %v", entries, err)
	}
	// Nothing is installed again, even where the wheels are gone.
	if err := os.RemoveAll(wheels); err != nil {
		t.Fatal(err)
	}
	if dir, err := Open(t.Context(), p, index.Config{}, path, cache, quiet); err != nil || dir != dirs[0] {
		t.Errorf("%q, %v", dir, err)
	}
	if dir, err := Open(t.Context(), p, index.Config{}, dirs[0], cache, quiet); err != nil || dir != dirs[0] {
		t.Errorf("a directory stands for itself: %q, %v", dir, err)
	}
}

// Whatever is wrong, the error says so and nothing is left behind.
func TestInstallRefuses(t *testing.T) {
	p, wheels := bundled(t), t.TempDir()
	sum := writeWheel(t, wheels, "answer")
	writeWheel(t, wheels, "other")
	if err := os.WriteFile(filepath.Join(wheels, "source-1.0.tar.gz"), []byte("no wheel"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, text, says string }{
		{"another hash", "answer==1.0 --hash=sha256:" + strings.Repeat("0", 64),
			"its hash is none of those required: it has sha256:" + sum},
		{"a hash is missing", "answer==1.0 --hash=sha256:" + sum + "\nother==1.0",
			"hashes are required as soon as there is one: other has none"},
		{"nothing of that name", "nowhere", "nowhere: no version fits: wanted is any (the file); no index has " +
			"anything of that name"},
		{"a source distribution", "source", "no wheel for this machine and Python; not taken: " +
			"source-1.0.tar.gz (a source"},
		{"no such version", "answer>1", "the newest wheel that could be taken is 1.0"},
		{"no requirement", "a b c", "begins with none of"},
		{"a URL", "answer @ https://example.com/answer.whl", "only wheels of an index"},
		{"nothing for this machine", "answer; os_name == 'nt'", "names nothing that is to be installed"},
		{"refused by ourselves", "answer\n-e .", "line 4: -e is not supported"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			parent := t.TempDir()
			path := file(t, wheels, tt.text)
			err := Install(t.Context(), p, index.Config{}, path, filepath.Join(parent, "packages"), quiet)
			if err == nil || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want %q about %s", err, tt.says, path)
			}
			if left, _ := os.ReadDir(parent); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
	if err := Install(t.Context(), p, index.Config{}, file(t, wheels, "answer"), t.TempDir(), quiet); err == nil ||
		!strings.Contains(err.Error(), "is there already") {
		t.Errorf("got %v for a directory that exists", err)
	}
	if _, err := Open(t.Context(), p, index.Config{}, filepath.Join(wheels, "nothing"), t.TempDir(),
		quiet); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("got %v for a file that does not exist", err)
	}
}
