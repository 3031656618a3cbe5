package packages

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/internal/testbed/wheeltest"
	"github.com/pyexec/pyexec/runtime/internal/packages/index"
)

// served is one file of a test's index.
type served struct {
	name, project  string
	data           []byte
	sum            string // what the index says; empty: the truth
	metadata       string // by itself, if the index has it
	requiresPython string
	yanked, hidden bool // hidden: the index says nothing of its hash
}

// of makes a wheel a served file.
func of(t testing.TB, w wheeltest.Wheel) served {
	return served{name: w.File(), project: strings.ToLower(w.Name), data: w.Bytes(t)}
}

// testIndex serves files as an index does. odd may answer first.
func testIndex(t testing.TB, files []served, odd func(http.ResponseWriter, *http.Request) bool) index.Config {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if odd != nil && odd(w, r) {
			return
		}
		if project, ok := strings.CutPrefix(r.URL.Path, "/simple/"); ok {
			servePage(w, strings.Trim(project, "/"), files)
			return
		}
		name := strings.TrimPrefix(r.URL.Path, "/files/")
		for _, f := range files {
			switch {
			case name == f.name:
				w.Write(f.data)
				return
			case name == f.name+".metadata" && f.metadata != "":
				io.WriteString(w, f.metadata)
				return
			}
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(server.Close)
	return index.Config{IndexURL: server.URL + "/simple/", Pause: time.Millisecond}
}

func servePage(w http.ResponseWriter, project string, files []served) {
	page := map[string]any{"meta": map[string]string{"api-version": "1.0"}}
	list := []map[string]any{}
	for _, f := range files {
		if f.project != project {
			continue
		}
		hashes := map[string]string{"sha256": f.sum}
		if f.sum == "" {
			hashes["sha256"] = wheeltest.Sum(f.data)
		}
		if f.hidden {
			hashes = map[string]string{}
		}
		list = append(list,
			map[string]any{"filename": f.name, "url": "/files/" + f.name, "hashes": hashes, "yanked": f.yanked,
				"requires-python": f.requiresPython, "core-metadata": f.metadata != ""})
	}
	page["files"] = list
	w.Header().Set("Content-Type", "application/vnd.pypi.simple.v1+json")
	_ = json.NewEncoder(w).Encode(page)
}

// installed lists name and version of what is in dir.
func distributions(t testing.TB, dir string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*.dist-info"))
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range found {
		found[i] = strings.TrimSuffix(filepath.Base(f), ".dist-info")
	}
	return strings.Join(found, " ")
}

// install installs from an index what a requirements file says.
func installFrom(t *testing.T, from index.Config, text string) (dir string, err error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "requirements.txt")
	if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(t.TempDir(), "packages")
	return dir, Install(t.Context(), bundled(t), from, file, dir, quiet)
}

// A requirements file without versions becomes the newest versions that go
// together, by metadata of the index or of the wheels.
func TestResolvesAgainstAnIndex(t *testing.T) {
	app := wheeltest.Wheel{Name: "App", Version: "2.0",
		Needs: []string{"lib>=1,<2", "only_windows; sys_platform == 'win32'", "more; extra == 'full'"}}
	files := []served{of(t, app), of(t, wheeltest.Wheel{Name: "app", Version: "1.0"}),
		of(t, wheeltest.Wheel{Name: "lib", Version: "1.5"}), of(t, wheeltest.Wheel{Name: "lib", Version: "1.4"}),
		of(t, wheeltest.Wheel{Name: "lib", Version: "2.0"}),
		of(t, wheeltest.Wheel{Name: "lib", Version: "1.9", Tag: "cp312-cp312-manylinux_2_17_x86_64"}),
		of(t, wheeltest.Wheel{Name: "lib", Version: "1.8"}),
		of(t, wheeltest.Wheel{Name: "lib", Version: "1.7"}), of(t, wheeltest.Wheel{Name: "lib", Version: "1.6rc1"}),
		of(t, wheeltest.Wheel{Name: "more", Version: "3"}),
	}
	files[0].metadata = app.MetadataText()
	files[6].yanked = true
	files[7].requiresPython = ">=3.12"
	from := testIndex(t, files, nil)
	for text, want := range map[string]string{
		"app":                "App-2.0 lib-1.5",
		"app\nlib<1.5":       "App-2.0 lib-1.4",
		"app\nlib>=2":        "app-1.0 lib-2.0",
		"app[full]":          "App-2.0 lib-1.5 more-3",
		"--pre\napp":         "App-2.0 lib-1.6rc1",
		"lib==1.8":           "lib-1.8",
		"APP==2\nlib~=1.4.0": "App-2.0 lib-1.4",
	} {
		dir, err := installFrom(t, from, text)
		if got := distributions(t, dir); err != nil || got != want {
			t.Errorf("%q: %s, %v, want %s", text, got, err, want)
		}
	}
	sum := func(i int) string { return " --hash=sha256:" + wheeltest.Sum(files[i].data) }
	if dir, err := installFrom(t, from, "app==2.0"+sum(0)+"\nlib==1.5"+sum(2)); err != nil || distributions(t,
		dir) != "App-2.0 lib-1.5" {
		t.Errorf("with hashes: %v", err)
	}
	if _, err := installFrom(t, from, "app==2.0"+sum(0)); err == nil || !strings.Contains(err.Error(),
		"lib is needed, too: hashes are required") {
		t.Errorf("what is needed has no hash: %v", err)
	}
	if _, err := installFrom(t, from, "app==2.0"+sum(1)); err == nil || !strings.Contains(err.Error(),
		"its hash is none of those required") {
		t.Errorf("another hash: %v", err)
	}
}

// hostile are what an index may do, and what is said of it. The project is
// "bad"; what is asked for is "bad" unless it says otherwise.
func hostile(t *testing.T) []struct {
	name  string
	files []served
	odd   func(http.ResponseWriter, *http.Request) bool
	ask   string
	says  string
} {
	good := wheeltest.Wheel{Name: "bad", Version: "1.0", Files: [][2]string{{"bad.py", "value = 1\n"}}}
	with := func(change func(*wheeltest.Wheel)) []served {
		w := good
		change(&w)
		return []served{of(t, w)}
	}
	change := func(change func(*served)) []served {
		f := of(t, good)
		change(&f)
		return []served{f}
	}
	isFile := func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/files/") }
	return []struct {
		name  string
		files []served
		odd   func(http.ResponseWriter, *http.Request) bool
		ask   string
		says  string
	}{
		{name: "another hash than the index says", files: change(func(f *served) { f.sum = zeros }),
			says: "its sha256 is not that of the index"},
		{name: "another hash than is required", files: change(func(f *served) { f.hidden = true }),
			ask: "bad==1.0 --hash=sha256:" + zeros, says: "none of those required"},
		{name: "no file with the hash that is required", files: change(func(*served) {}),
			ask: "bad==1.0 --hash=sha256:" + zeros, says: "its hash is none of those required"},
		{name: "a path that leads out",
			files: with(func(w *wheeltest.Wheel) { w.Files = [][2]string{{"../../evil.py", "x"}} }),
			says:  "no path in a wheel"},
		{name: "a symbolic link", files: with(func(w *wheeltest.Wheel) {
			w.Files, w.Modes = [][2]string{{"link", "/etc"}}, map[string]fs.FileMode{"link": fs.ModeSymlink | 0o777}
		}), says: "neither file nor directory"},
		{name: "a bomb", files: with(func(w *wheeltest.Wheel) {
			w.Files = [][2]string{{"zeros",
				strings.Repeat("\x00", 100<<20)}}
		}), says: "unpacks to more than"},
		{name: "a bomb that does not say so", files: with(func(w *wheeltest.Wheel) { w.Write = understate }),
			says: "wheel bad-1.0-py3-none-any.whl: "},
		{name: "100,000 files", files: with(func(w *wheeltest.Wheel) {
			w.Files = make([][2]string, 100_000)
			for i := range w.Files {
				w.Files[i][0] = fmt.Sprint("f", i)
			}
		}), says: "files: more than"},
		{name: "a wheel for another machine",
			files: with(func(w *wheeltest.Wheel) { w.Tag = "cp311-cp311-win_amd64" }),
			says:  "for another Python or machine"},
		{name: "a wheel for another Python", files: change(func(f *served) { f.requiresPython = ">=3.12" }),
			says: "for Python >=3.12"},
		{name: "a wheel for another Python, which only the wheel says",
			files: with(func(w *wheeltest.Wheel) { w.Header = "Requires-Python: <3\n" }),
			says:  "it is for Python <3"},
		{name: "a source alone", files: change(func(f *served) { f.name = "bad-1.0.tar.gz" }),
			says: "bad-1.0.tar.gz (a source: only wheels are installed"},
		{name: "a name that lies about the version",
			files: change(func(f *served) { f.name = "bad-9.0-py3-none-any.whl" }),
			says:  `no metadata of this distribution in it, but "bad-1.0.dist-info"`},
		{name: "a directory that lies about the version, too",
			files: with(func(w *wheeltest.Wheel) { w.Version, w.Metadata = "9.0", good.MetadataText() }),
			says:  "inside it is bad 1.0"},
		{name: "a name that lies about the project",
			files: with(func(w *wheeltest.Wheel) { w.Metadata = "Name: good\nVersion: 1.0\n" }),
			says:  "inside it is good 1.0"},
		{name: "other metadata than the index says",
			files: change(func(f *served) { f.metadata = good.MetadataText() + "Summary: x\n" }),
			says:  "not what the index says of it"},
		{name: "metadata of another project",
			files: change(func(f *served) { f.metadata = "Name: good\nVersion: 1.0\n" }),
			says:  "inside it is good 1.0"},
		{name: "a file that breaks off", files: change(func(*served) {}),
			odd: func(w http.ResponseWriter, r *http.Request) bool {
				if isFile(r) {
					w.Header().Set("Content-Length", "100000")
					io.WriteString(w, "PK")
				}
				return isFile(r)
			}, says: "unexpected EOF"},
		{name: "a file that is another", files: change(func(f *served) { f.hidden = true }),
			odd: func(w http.ResponseWriter, r *http.Request) bool {
				if isFile(r) {
					io.WriteString(w, "no wheel at all, but as long as it takes")
				}
				return isFile(r)
			}, says: "not a zip archive"},
		{name: "a file that is gone", odd: func(w http.ResponseWriter, r *http.Request) bool {
			if isFile(r) {
				http.NotFound(w, r)
			}
			return isFile(r)
		}, files: change(func(*served) {}), says: "not found"},
		{name: "a redirect to a file of this machine", files: change(func(*served) {}),
			odd: func(w http.ResponseWriter, r *http.Request) bool {
				if isFile(r) {
					w.Header().Set("Location", "file:///etc/passwd")
					w.WriteHeader(http.StatusFound)
				}
				return isFile(r)
			}, says: "not a URL of http or https"},
		{name: "a page without an end", odd: func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Type", "text/html")
			for block := []byte(strings.Repeat("<a href=x>", 100_000)); ; {
				if _, err := w.Write(block); err != nil {
					return true
				}
			}
		}, says: "larger than"},
		{name: "a file of another distribution's",
			files: []served{of(t, good),
				of(t, wheeltest.Wheel{Name: "other", Version: "1", Files: [][2]string{{"bad.py", "value = 2\n"}}})},
			ask: "bad\nother", says: "another distribution has a file of this name"},
	}
}

var zerosData = strings.Repeat("\x00", 1<<20)

// understate writes files .py whose header says that they are small.
func understate(w *zip.Writer, name, content string) {
	h := &zip.FileHeader{Name: name, Method: zip.Deflate}
	h.SetMode(0o644)
	if !strings.HasSuffix(name, ".py") {
		to, err := w.CreateHeader(h)
		if err == nil {
			_, err = io.WriteString(to, content)
		}
		if err != nil {
			panic(err)
		}
		return
	}
	h.Method = zip.Store
	h.UncompressedSize64, h.CompressedSize64 = uint64(len(content)), uint64(len(zerosData))
	to, err := w.CreateRaw(h)
	if err == nil {
		_, err = io.WriteString(to, zerosData)
	}
	if err != nil {
		panic(err)
	}
}

// Whatever an index does, it is refused by name, and nothing is left behind.
func TestHostileIndex(t *testing.T) {
	need.Time(t, "waits for servers that stall")
	for _, tt := range hostile(t) {
		t.Run(tt.name, func(t *testing.T) {
			ask := tt.ask
			if ask == "" {
				ask = "bad"
			}
			dir, err := installFrom(t, testIndex(t, tt.files, tt.odd), ask)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got  %v\nwant %q", err, tt.says)
			}
			if left, _ := os.ReadDir(filepath.Dir(dir)); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// What is installed does not depend on the order in which an index lists it.
func TestOrderOfTheIndexDoesNotMatter(t *testing.T) {
	files := []served{of(t, wheeltest.Wheel{Name: "a", Version: "1"}),
		of(t, wheeltest.Wheel{Name: "a", Version: "1.10"}),
		of(t, wheeltest.Wheel{Name: "a", Version: "1.9"}),
		of(t, wheeltest.Wheel{Name: "a", Version: "1.10", Tag: "cp311-none-any",
			Files: [][2]string{{"better.py", ""}}})}
	for range 2 {
		dir, err := installFrom(t, testIndex(t, files, nil), "a")
		if err != nil || distributions(t, dir) != "a-1.10" {
			t.Errorf("%v, %s", err, distributions(t, dir))
		}
		if _, err := os.Stat(filepath.Join(dir, "better.py")); err != nil {
			t.Error(err)
		}
		slices.Reverse(files)
	}
}
