package wheel_test

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/internal/testbed/wheeltest"
	"github.com/pyexec/pyexec/runtime/internal/packages/wheel"
)

// small are limits that a test reaches.
var small = wheel.Limits{Files: 100, Bytes: 1 << 20, Ratio: 50, Free: 256 << 10}

// unpack writes the wheel to a file and unpacks it into a directory of its own.
func unpack(t *testing.T, w wheeltest.Wheel, data []byte, skip func(string) bool) (dir string, err error) {
	t.Helper()
	at := filepath.Join(t.TempDir(), "some.whl")
	if err := os.WriteFile(at, data, 0o600); err != nil {
		t.Fatal(err)
	}
	opened, err := wheel.Open(at, w.File(), small)
	if err != nil {
		return "", err
	}
	defer opened.Close()
	dir = t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	return dir, opened.Unpack(t.Context(), root, skip)
}

func nothing(string) bool { return false }

// names lists the files below dir.
func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			list = append(list, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Files go where they belong, and RECORD names those that are there.
func TestUnpack(t *testing.T) {
	w := wheeltest.Wheel{Name: "Some_Thing", Version: "1.0", Needs: []string{"other>=1; extra == 'x'"},
		Header: "Requires-Python: >=3.8\n", Files: [][2]string{
			{"thing/__init__.py", "value = 42\n"},
			{"thing/tests/test.py", "assert False\n"},
			{"thing/ä ö.txt", "spaces, umlauts"},
			{"thing/,\".txt", "what CSV has to quote"},
			{"Some_Thing-1.0.data/purelib/pure.py", "1"},
			{"Some_Thing-1.0.data/platlib/plat/lib.so", "2"},
			{"Some_Thing-1.0.data/data/etc/thing.conf", "3"},
			{"Some_Thing-1.0.data/scripts/run", "#!python"},
			{"Some_Thing-1.0.data/headers/thing.h", "4"},
		}}
	w.Record = func(text string) string {
		return strings.Replace(text, "thing/,\".txt", "\"thing/,\"\".txt\"", 1)
	}
	w.Modes = map[string]fs.FileMode{"thing/__init__.py": 0o777}
	dir, err := unpack(t, w, w.Bytes(t), func(name string) bool { return strings.Contains(name, "/tests/") })
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Some_Thing-1.0.dist-info/INSTALLER", "Some_Thing-1.0.dist-info/METADATA",
		"Some_Thing-1.0.dist-info/RECORD", "Some_Thing-1.0.dist-info/WHEEL",
		"etc/thing.conf", "plat/lib.so", "pure.py", "thing/,\".txt", "thing/__init__.py", "thing/ä ö.txt",
	}
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	record, err := os.ReadFile(filepath.Join(dir, "Some_Thing-1.0.dist-info/RECORD"))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"pure.py,sha256=a4ayc_80_OGda4BO_1o_V0etpOqiLx1JwB5S3beHW0s,1\n",
		"\"thing/,\"\".txt\",sha256=", "Some_Thing-1.0.dist-info/RECORD,,\n"} {
		if !strings.Contains(string(record), part) {
			t.Errorf("RECORD has no %q:\n%s", part, record)
		}
	}
	if strings.Contains(string(record), "tests") || strings.Contains(string(record),
		"scripts") || strings.Count(string(record), "\n") != len(want) {
		t.Errorf("RECORD names what is not there:\n%s", record)
	}
	if info, err := os.Stat(filepath.Join(dir, "thing/__init__.py")); err != nil || info.Mode()&0o111 != 0 {
		t.Errorf("can be executed: %v, %v", info, err)
	}
}

// bad are wheels that are refused, by Open or while unpacking.
var bad = []struct {
	name  string
	wheel wheeltest.Wheel
	says  string
}{
	{"a path that leads out", wheeltest.Wheel{Files: [][2]string{{"../evil.py", ""}}}, "no path in a wheel"},
	{"a path that leads out further down", wheeltest.Wheel{Files: [][2]string{{"a/../../evil.py", ""}}},
		"no path in a wheel"},
	{"an absolute path", wheeltest.Wheel{Files: [][2]string{{"/etc/evil", ""}}}, "no path in a wheel"},
	{"a path of Windows", wheeltest.Wheel{Files: [][2]string{{`..\evil.py`, ""}}}, "no path in a wheel"},
	{"a drive of Windows", wheeltest.Wheel{Files: [][2]string{{`c:\evil.py`, ""}}}, "no path in a wheel"},
	{"a path with a zero in it", wheeltest.Wheel{Files: [][2]string{{"a\x00b", ""}}}, "no path in a wheel"},
	{"a path out of the data", wheeltest.Wheel{Files: [][2]string{{"a-1.data/data/../../evil", ""}}},
		"no path in a wheel"},
	{"an endless path", wheeltest.Wheel{Files: [][2]string{{strings.Repeat("a/", 600) + "b", ""}}},
		"no path in a wheel"},
	{"a symbolic link", wheeltest.Wheel{Files: [][2]string{{"link", "/etc/passwd"}},
		Modes: map[string]fs.FileMode{"link": fs.ModeSymlink | 0o777}}, "neither file nor directory"},
	{"a device", wheeltest.Wheel{Files: [][2]string{{"dev", ""}},
		Modes: map[string]fs.FileMode{"dev": fs.ModeDevice | 0o666}}, "neither file nor directory"},
	{"a named pipe", wheeltest.Wheel{Files: [][2]string{{"pipe", ""}},
		Modes: map[string]fs.FileMode{"pipe": fs.ModeNamedPipe | 0o666}}, "neither file nor directory"},
	{"a file twice", wheeltest.Wheel{Files: [][2]string{{"a.py", "1"}, {"a.py", "1"}}}, "there twice"},
	{"a file that is a directory, too", wheeltest.Wheel{Files: [][2]string{{"a", "1"}, {"a/b", "1"}}}, "a/b"},
	{"a file twice, once by way of the data",
		wheeltest.Wheel{Files: [][2]string{{"a.py", "1"}, {"a-1.data/purelib/a.py", "2"}}}, "which differs"},
	{"many directories", wheeltest.Wheel{Files: [][2]string{{"a" + strings.Repeat("/d", 60), ""},
		{"b" + strings.Repeat("/d", 60), ""}}}, "more than 100 files and directories"},
	{"many files", wheeltest.Wheel{Files: make([][2]string, 100_000)}, "files: more than"},
	{"a bomb", wheeltest.Wheel{Files: [][2]string{{"a", strings.Repeat("\x00", 512<<10)}}}, "unpacks to more than"},
	{"a bomb of many", wheeltest.Wheel{Files: [][2]string{{"a", strings.Repeat("\x00", 200<<10)},
		{"b", strings.Repeat("\x00", 200<<10)}}}, "unpacks to more than"},
	{"metadata of another distribution", wheeltest.Wheel{Metadata: "Metadata-Version: 2.1\nName: b\nVersion: 1\n"},
		"inside it is b 1"},
	{"metadata of another version", wheeltest.Wheel{Metadata: "Metadata-Version: 2.1\nName: a\nVersion: 2\n"},
		"inside it is a 2"},
	{"metadata without a name", wheeltest.Wheel{Metadata: "Version: 2\n"}, "without a name"},
	{"metadata of nonsense", wheeltest.Wheel{Needs: []string{"b >"}}, "Requires-Dist"},
	{"the directory of another distribution", wheeltest.Wheel{Info: "b-1.dist-info"},
		"no metadata of this distribution"},
	{"the directory of another version", wheeltest.Wheel{Info: "a-2.dist-info"}, "no metadata of this distribution"},
	{"metadata of two", wheeltest.Wheel{Files: [][2]string{{"b-1.dist-info/METADATA", ""}}}, "metadata in"},
	{"metadata of another by way of the data",
		wheeltest.Wheel{Files: [][2]string{{"a-1.data/purelib/b-1.dist-info/METADATA", ""}}}, "no place there"},
	{"data of another distribution", wheeltest.Wheel{Files: [][2]string{{"b-1.data/purelib/b.py", ""}}},
		"of another distribution"},
	{"another format", wheeltest.Wheel{Format: "Wheel-Version: 2.0\n"}, "only 1 is known"},
	{"no format", wheeltest.Wheel{Format: "Generator: x\n"}, "names no version of the format"},
	{"a file that RECORD has not",
		wheeltest.Wheel{Files: [][2]string{{"a.py", "1"}},
			Record: func(s string) string { return s[strings.Index(s, "\n")+1:] }}, "not in RECORD"},
	{"a file without a hash",
		wheeltest.Wheel{Record: func(s string) string { return strings.Replace(s, "sha256", "md5", 1) }},
		"strong enough"},
	{"another hash", wheeltest.Wheel{Files: [][2]string{{"a.py", "1"}},
		Record: func(s string) string { return strings.Replace(s, "a4ayc", "XXXXX", 1) }}, "differs from its hash"},
	{"another size", wheeltest.Wheel{Files: [][2]string{{"a.py", "1"}},
		Record: func(s string) string { return strings.Replace(s, "W0s,1", "W0s,2", 1) }}, "by RECORD 2"},
	{"a file that is only in RECORD",
		wheeltest.Wheel{Record: func(s string) string { return "b.py,sha256=x,1\n" + s }}, "is not in it"},
	{"a RECORD of much more", wheeltest.Wheel{Record: func(s string) string {
		for i := range 2000 {
			s += fmt.Sprintf("a-1.dist-info/%d,,\n", i)
		}
		return s
	}}, "RECORD: names many more files"},
	{"a RECORD of nonsense", wheeltest.Wheel{Record: func(string) string { return "a,b\n" }}, "RECORD"},
	{"a file larger than announced", wheeltest.Wheel{Files: [][2]string{{"a.py", "1"}}, Write: lie(-1)}, "a.py"},
	{"a file smaller than announced", wheeltest.Wheel{Files: [][2]string{{"a.py", "1"}}, Write: lie(1)}, "a.py"},
}

// lie writes headers of files .py whose sizes are wrong by d.
func lie(d int) func(*zip.Writer, string, string) {
	return func(w *zip.Writer, name, content string) {
		h := &zip.FileHeader{Name: name, UncompressedSize64: uint64(len(content)),
			CompressedSize64: uint64(len(content)), CRC32: crc(content)}
		if strings.HasSuffix(name, ".py") {
			h.UncompressedSize64 += uint64(d)
		}
		to, err := w.CreateRaw(h)
		if err == nil {
			_, err = io.WriteString(to, content)
		}
		if err != nil {
			panic(err)
		}
	}
}

func TestRefused(t *testing.T) {
	need.Time(t, "makes wheels of hundreds of megabytes")
	for _, tt := range bad {
		t.Run(tt.name, func(t *testing.T) {
			w := tt.wheel
			w.Name, w.Version = "a", "1"
			for i := range w.Files {
				if w.Files[i][0] == "" {
					w.Files[i][0] = "f" + strings.Repeat("x", i%50) + string(rune('a'+i%26))
				}
			}
			_, err := unpack(t, w, w.Bytes(t), nothing)
			if err == nil || !strings.Contains(err.Error(), tt.says) || !strings.HasPrefix(err.Error(),
				"wheel a-1-py3-none-any.whl: ") {
				t.Errorf("got %v, want %q", err, tt.says)
			}
		})
	}
	for name, data := range map[string][]byte{"empty": nil,
		"no archive": []byte("not a zip archive at all, but text")} {
		if _, err := unpack(t, wheeltest.Wheel{Name: "a", Version: "1"}, data,
			nothing); err == nil || !strings.Contains(err.Error(), "not a zip archive") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Unpacking ends with its context, however many files there are.
func TestUnpackEnds(t *testing.T) {
	w := wheeltest.Wheel{Name: "a", Version: "1", Files: [][2]string{{"a.py", ""}}}
	at := filepath.Join(t.TempDir(), w.File())
	if err := os.WriteFile(at, w.Bytes(t), 0o600); err != nil {
		t.Fatal(err)
	}
	opened, err := wheel.Open(at, w.File(), small)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := opened.Unpack(ctx, root, nothing); !errors.Is(err, context.Canceled) || len(names(t, dir)) > 0 {
		t.Errorf("%v, %v", err, names(t, dir))
	}
}

// Distributions may share a file, but not overwrite each other's.
func TestSharedFiles(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	install := func(name, content string) error {
		w := wheeltest.Wheel{Name: name, Version: "1", Files: [][2]string{{"shared/__init__.py", content}}}
		at := filepath.Join(t.TempDir(), w.File())
		if err := os.WriteFile(at, w.Bytes(t), 0o600); err != nil {
			t.Fatal(err)
		}
		opened, err := wheel.Open(at, w.File(), small)
		if err != nil {
			t.Fatal(err)
		}
		defer opened.Close()
		return opened.Unpack(t.Context(), root, nothing)
	}
	if err := install("a", "same"); err != nil {
		t.Fatal(err)
	}
	if err := install("b", "same"); err != nil {
		t.Error(err)
	}
	if err := install("c", "other"); err == nil || !strings.Contains(err.Error(), "which differs") {
		t.Errorf("got %v", err)
	}
	// What is there may have been put there as a link.
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "d.py")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/tmp", filepath.Join(dir, "e")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"d.py", "e/f.py"} {
		w := wheeltest.Wheel{Name: "d", Version: "1", Files: [][2]string{{name, "x"}}}
		at := filepath.Join(t.TempDir(), w.File())
		if err := os.WriteFile(at, w.Bytes(t), 0o600); err != nil {
			t.Fatal(err)
		}
		opened, err := wheel.Open(at, w.File(), small)
		if err != nil {
			t.Fatal(err)
		}
		if err := opened.Unpack(t.Context(), root, nothing); err == nil {
			t.Errorf("%s: written through a link", name)
		}
		opened.Close()
	}
}

// Whatever is in the file, looking at it ends, and nothing is written outside.
func FuzzOpen(f *testing.F) {
	good := wheeltest.Wheel{Name: "a", Version: "1", Files: [][2]string{{"a.py", "1"}}}
	f.Add(good.Bytes(f))
	f.Add(wheeltest.Wheel{Name: "a", Version: "1", Files: [][2]string{{"../a.py", "1"}}}.Bytes(f))
	outside := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := filepath.Join(outside, "in")
		at := filepath.Join(t.TempDir(), "a.whl")
		if os.WriteFile(at, data, 0o600) != nil || os.MkdirAll(dir, 0o700) != nil {
			t.Fatal("no room")
		}
		defer os.RemoveAll(dir)
		w, err := wheel.Open(at, good.File(), small)
		if err != nil {
			return
		}
		defer w.Close()
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		_ = w.Unpack(t.Context(), root, nothing)
		if entries, err := os.ReadDir(outside); err != nil || len(entries) != 1 {
			t.Errorf("%v, %v", entries, err)
		}
	})
}
