package python_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/runtime/internal/python"
)

// walk calls f for everything below the prefix of p.
func walk(t *testing.T, p *python.Interpreter, f func(rel string, fi fs.FileInfo)) {
	t.Helper()
	err := filepath.WalkDir(p.Home, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(p.Home, path)
		if err != nil {
			return err
		}
		f(rel, fi)
		return nil
	})
	must(t, err)
}

// The tree is made under umask 077 and read by other users.
func TestTreeModes(t *testing.T) {
	p := bundled(t, sharedCache(t))
	for dir := p.Home; dir != filepath.Dir(sharedCache(t)); dir = filepath.Dir(dir) {
		fi, err := os.Stat(dir)
		must(t, err)
		if fi.Mode() != fs.ModeDir|0o755 {
			t.Errorf("%s: mode is %v", dir, fi.Mode())
		}
	}
	walk(t, p, func(rel string, fi fs.FileInfo) {
		want := fs.FileMode(0o644)
		switch {
		case fi.IsDir():
			want = fs.ModeDir | 0o755
		case rel == "bin/python3.11", strings.HasSuffix(rel, ".so"), strings.HasSuffix(rel, ".so.1.0"):
			want = 0o755
		}
		if fi.Mode() != want {
			t.Errorf("%s: mode is %v, want %v", rel, fi.Mode(), want)
		}
		if !fi.IsDir() && (fi.ModTime().Nanosecond() != 0 || fi.ModTime().Year() > 1980) {
			t.Errorf("%s: time stamp %v does not survive a layer of an image", rel, fi.ModTime())
		}
	})
}

func TestTreeIsTrimmed(t *testing.T) {
	p := bundled(t, sharedCache(t))
	for _, rel := range []string{
		"include", "share", "lib/libpython3.11.so", "lib/libpython3.so",
		"lib/python3.11/tkinter", "lib/python3.11/turtle.py", "lib/python3.11/ensurepip", "lib/python3.11/idlelib",
		"lib/python3.11/unittest/test", "lib/python3.11/distutils/tests", "lib/python3.11/ctypes/test",
	} {
		if _, err := os.Lstat(filepath.Join(p.Home, rel)); err == nil {
			t.Errorf("%s is there", rel)
		}
	}
	for _, rel := range []string{"lib/python3.11/LICENSE.txt", "lib/python3.11/unittest/mock.py",
		"lib/python3.11/distutils/version.py"} {
		if _, err := os.Lstat(filepath.Join(p.Home, rel)); err != nil {
			t.Error(err)
		}
	}
	var bin []string
	var size int64
	walk(t, p, func(rel string, fi fs.FileInfo) {
		size += fi.Size()
		if filepath.Dir(rel) == "bin" {
			bin = append(bin, rel)
		}
	})
	if len(bin) != 1 || bin[0] != "bin/python3.11" {
		t.Errorf("bin holds %v", bin)
	}
	if most := int64(55 << 20); size > most {
		t.Errorf("%d bytes, want at most %d", size, most)
	}
}

// A module without byte code is compiled at every import, in every worker.
func TestTreeIsCompiled(t *testing.T) {
	p := bundled(t, sharedCache(t))
	walk(t, p, func(rel string, fi fs.FileInfo) {
		name, isModule := strings.CutSuffix(filepath.Base(rel), ".py")
		if !isModule {
			return
		}
		path := filepath.Join(p.Home, filepath.Dir(rel), "__pycache__", name+".cpython-311.pyc")
		data, err := os.ReadFile(path)
		switch {
		case err != nil:
			t.Error(err)
		case len(data) < 16 || data[4] != 1: // PEP 552: by hash, not checked
			t.Errorf("%s: is compared with its source at import", path)
		case strings.Contains(string(data), scratch):
			t.Errorf("%s: holds a path of this machine", path)
		}
	})
	got := ask(t, p, "import json; print(json.__cached__, json.dumps.__code__.co_filename)")
	want := p.Home + "/lib/python3.11/json/__pycache__/__init__.cpython-311.pyc " + p.Home +
		"/lib/python3.11/json/__init__.py"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestInterpreterRuns(t *testing.T) {
	p := bundled(t, sharedCache(t))
	for _, tt := range []struct{ name, code, want string }{
		{"extension modules", "import ssl, sqlite3, zlib, lzma, bz2, hashlib, decimal, ctypes, asyncio, zoneinfo; " +
			"print('ok')", "ok"},
		{"prefix", "print(sys.prefix, sys.executable)", p.Home + " " + p.Executable},
		{"version", "print('%d.%d.%d' % sys.version_info[:3])", p.Version},
		{"time zone", "import zoneinfo, datetime; zoneinfo.reset_tzpath([])\n" +
			"print(datetime.datetime(2024, 7, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin')).isoformat())",
			"2024-07-01T00:00:00+02:00"},
		{"all time zones", "import zoneinfo; zoneinfo.reset_tzpath([])\n" +
			"print(all(zoneinfo.ZoneInfo(z) for z in zoneinfo.available_timezones()), " +
			"len(zoneinfo.available_timezones()) > 500)", "True True"},
		{"licence of the time zones", "import importlib.metadata as m; print(m.metadata('tzdata')['License'])",
			"Apache-2.0"},
		{"event loop", "import asyncio; print(asyncio.run(asyncio.sleep(0, 'done')))", "done"},
		{"data base", "import sqlite3; print(sqlite3.connect(':memory:').execute('select 1+1').fetchone()[0])", "2"},
		{"call into C", "import ctypes; print(ctypes.CDLL(None).abs(-3))", "3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := ask(t, p, tt.code); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	must(t, p.Verify(true)) // running it has changed nothing
}
