package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/runtime/provision"
)

func TestArguments(t *testing.T) {
	there := t.TempDir()
	free := filepath.Join(there, "free")
	for _, tt := range []struct {
		args []string
		code int
		says string
	}{
		{nil, 2, "usage: python"},
		{[]string{"-h"}, 2, "directory to make"},
		{[]string{"-x"}, 2, "flag provided but not defined"},
		{[]string{"-o", free, "more"}, 2, "usage: "},
		{[]string{"-o", free, "-series", "3.11"}, 1, "CPython 3.11: is in this binary"},
		{[]string{"-o", free, "-series", "3.9"}, 1, `CPython "3.9": not known, want one of 3.11, 3.14`},
		{[]string{"-o", free, "-proxy", "off"}, 1, "off: only a module proxy is asked"},
		{[]string{"-o", free, "-proxy", "file://" + there}, 1, "not there"},
		{[]string{"-o", there, "-proxy", "off"}, 1, there + ": is there already"},
	} {
		var stderr bytes.Buffer
		if code := run(t.Context(), tt.args, &stderr); code != tt.code || !strings.Contains(stderr.String(), tt.says) {
			t.Errorf("%q: exit code %d, stderr %q", tt.args, code, &stderr)
		}
		if left, _ := os.ReadDir(there); len(left) > 0 {
			t.Fatalf("%q: left %v", tt.args, left)
		}
	}
}

// proxies are those of this machine's Go, its cache of modules first.
func proxies(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOMODCACHE", "GOPROXY").Output()
	need.ThatAsRoot(t, "a Go toolchain", err)
	cache, from, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return "file://" + filepath.Join(cache, "cache", "download") + "," + from
}

// What is made is a prefix that a server takes, with what the bundled one has and
// without what that is without.
func TestPrefix(t *testing.T) {
	need.Time(t, "fetches and unpacks an interpreter")
	dir := t.TempDir()
	home := filepath.Join(dir, "made", "python")
	var stderr bytes.Buffer
	if code := run(t.Context(), []string{"-o", home, "-proxy", proxies(t)}, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	if left, err := os.ReadDir(filepath.Dir(home)); err != nil || len(left) != 1 {
		t.Errorf("%v, %v: want the prefix alone", left, err)
	}
	files, err := provision.Libraries(t.Context(), provision.Config{PythonHome: home})
	if err != nil || len(files) < 3 {
		t.Errorf("%v, %v", files, err)
	}
	script := `import sys, json, zoneinfo, ssl, sqlite3, compression.zstd
sys.path.append(sys.prefix + "/lib/python3.14/site-packages")
zoneinfo.reset_tzpath(())
print(sys.version_info[:2], zoneinfo.ZoneInfo("Europe/Paris"), json.__cached__.startswith(sys.prefix))`
	out, err := exec.Command(filepath.Join(home, "bin/python3.14"), "-I", "-S", "-c", script).CombinedOutput()
	if want := "(3, 14) Europe/Paris True\n"; err != nil || string(out) != want {
		t.Errorf("%v: %q, want %q", err, out, want)
	}
	var size int64
	err = filepath.WalkDir(home, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		fi, err := d.Info()
		if err == nil {
			size += fi.Size()
		}
		rel := strings.TrimPrefix(path, home+"/")
		for _, gone := range []string{"lib/libpython", "lib/libtcl", "/tkinter/", "/_tkinter", "/site-packages/pip",
			"bin/pip", "/config-3.14", "include/"} {
			if strings.Contains(rel, gone) {
				t.Errorf("%s is left", rel)
			}
		}
		if fi.Mode().Perm()&0o022 != 0 {
			t.Errorf("%s: mode %v", rel, fi.Mode())
		}
		return err
	})
	if err != nil || size > 75<<20 {
		t.Errorf("%v: %d MiB", err, size>>20)
	}
	t.Logf("%d MiB", size>>20)
}
