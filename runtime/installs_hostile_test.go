package runtime

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/wheeltest"
)

// noise is text that does not pack.
func noise(n int) string {
	data := make([]byte, n)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(data)
	return string(data)
}

// manyFiles are so many empty modules.
func manyFiles(n int) (files [][2]string) {
	for i := range n {
		files = append(files, [2]string{fmt.Sprintf("m/%d.py", i), ""})
	}
	return files
}

// hostileWheel is refused for what its error says. Each is of the distribution "bad", with
// a number behind it.
type hostileWheel struct {
	what  string
	wheel wheeltest.Wheel
	says  string
}

// hostileFiles are those with a file that no wheel may have. They are made when they are
// asked for: some are so large that each process that this one starts would be, too.
func hostileFiles() []hostileWheel {
	return []hostileWheel{
		{"..", wheeltest.Wheel{Files: [][2]string{{"../outside.py", ""}}}, `"../outside.py" is no path in a wheel`},
		{".. within", wheeltest.Wheel{Files: [][2]string{{"a/../../outside.py", ""}}}, "is no path in a wheel"},
		{"absolute", wheeltest.Wheel{Files: [][2]string{{"/etc/outside.py", ""}}},
			`"/etc/outside.py" is no path in a wheel`},
		{"a link", wheeltest.Wheel{Files: [][2]string{{"link", "/etc/passwd"}},
			Modes: map[string]fs.FileMode{"link": fs.ModeSymlink | 0o777}}, `"link" is neither file nor directory`},
		{"a device", wheeltest.Wheel{Files: [][2]string{{"null", ""}},
			Modes: map[string]fs.FileMode{"null": fs.ModeDevice | 0o666}}, `"null" is neither file nor directory`},
		{"odd characters", wheeltest.Wheel{Files: [][2]string{{"a\nb.py", ""}}}, "is no path in a wheel"},
		{"a name too long", wheeltest.Wheel{Files: [][2]string{{strings.Repeat("x", 300), ""}}},
			"file name too long"},
		{"a file and a directory", wheeltest.Wheel{Files: [][2]string{{"a", ""}, {"a/b.py", ""}}}, "a: file exists"},
		{"few files in many directories", wheeltest.Wheel{Files: deepFiles(100, 400)},
			"more than 30000 files and directories"},
		{"100,000 files", wheeltest.Wheel{Files: manyFiles(100_000)}, "files: more than 30000"},
		{"a bomb", wheeltest.Wheel{Files: [][2]string{{"bomb.py", strings.Repeat("\n", 200<<20)}}},
			"unpacks to more than"},
		{"two halves of a bomb", wheeltest.Wheel{Files: [][2]string{{"a.bin", noise(3 << 20)}, {"b.bin",
			strings.Repeat("0", 14<<20)}}}, "unpacks to more than"},
		{"too much to fetch", wheeltest.Wheel{Files: [][2]string{{"a.bin", noise(17 << 20)}}},
			"downloads: more than 16 MiB"},
	}
}

// hostilePapers are those that are not what they say.
func hostilePapers() []hostileWheel {
	return []hostileWheel{
		{"another machine", wheeltest.Wheel{Tag: "cp311-cp311-win_amd64"}, "for another Python or machine"},
		{"another Python", wheeltest.Wheel{Tag: "cp27-none-any"}, "for another Python or machine"},
		{"another name inside", wheeltest.Wheel{Metadata: "Metadata-Version: 2.1\nName: good\nVersion: 1\n"},
			"inside it is good 1"},
		{"another version inside", wheeltest.Wheel{Metadata: "Metadata-Version: 2.1\nName: NAME\nVersion: 2\n"},
			"inside it is"},
		{"huge metadata", wheeltest.Wheel{Header: "Summary: " + strings.Repeat("x", 9<<20) + "\n"},
			"larger than 8388608 bytes"},
		{"a hash in RECORD that differs", wheeltest.Wheel{Files: [][2]string{{"m.py", "x"}},
			Record: func(text string) string { return strings.Replace(text, "m.py,sha256=", "m.py,sha256=A", 1) }},
			"differs from its hash in RECORD"},
		{"a file that is not in RECORD", wheeltest.Wheel{Files: [][2]string{{"m.py", "x"}},
			Record: func(text string) string { _, rest, _ := strings.Cut(text, "\n"); return rest }},
			"is not in RECORD"},
		{"a file of another package", wheeltest.Wheel{Needs: []string{"good"},
			Files: [][2]string{{"good.py", "VERSION = 'bad'"}}},
			"another distribution has a file of this name, which differs"},
		{"no wheel of what it needs", wheeltest.Wheel{Needs: []string{"nowhere>=3"}},
			"nowhere: no version fits: wanted is >=3 (bad"},
		{"needs a URL", wheeltest.Wheel{Needs: []string{"x @ https://example.com/x.whl"}}, "only wheels of an index"},
		{"needs itself in another version", wheeltest.Wheel{Needs: []string{"NAME==7"}}, "no version fits"},
		{"needs too many", wheeltest.Wheel{Needs: chain("far", 500)}, "projects were looked at"},
	}
}

// deepFiles are n files, each in so many directories of its own.
func deepFiles(n, depth int) (list [][2]string) {
	for i := range n {
		list = append(list, [2]string{fmt.Sprintf("f%d", i) + strings.Repeat("/d", depth), ""})
	}
	return list
}

func chain(name string, n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf("%s%d", name, i))
	}
	return list
}

// A wheel that is not as it should be is refused by what is wrong with it, and nothing is
// left of it.
func TestInstallOfHostileWheels(t *testing.T) {
	x := wheeltest.NewIndex(t, wheelOf("good", "1"))
	for i, tt := range slices.Concat(hostileFiles(), hostilePapers()) {
		w := tt.wheel
		w.Name, w.Version = fmt.Sprintf("bad%d", i), "1"
		w.Metadata = strings.ReplaceAll(w.Metadata, "NAME", w.Name)
		for n, need := range w.Needs {
			w.Needs[n] = strings.ReplaceAll(need, "NAME", w.Name)
		}
		x.Add(w.File(), w.Bytes(t))
	}
	for _, name := range chain("far", 500) {
		w := wheelOf(name, "1")
		x.Add(w.File(), w.Bytes(t))
	}
	good := wheelOf("changed", "1")
	x.AddAs(good.File(), good.Bytes(t), wheeltest.Sum([]byte("another")))
	x.Add("source-1.tar.gz", []byte("x"))
	x.Add("nozip-1-py3-none-any.whl", []byte("this is no archive"))
	r := start(t, installing(t, x))
	refused := func(what, name, says string) {
		t.Helper()
		got, err := r.Run(t.Context(), Job{Script: header(`dependencies = ["` + name + `"]`)}, Hooks{})
		if err != nil || got.Status != EnvironmentMissing || !strings.Contains(got.Error, says) || got.Line != 2 ||
			got.Hint == "" || got.Ran || strings.Contains(got.Error, x.URL) || len(got.Error) > 1200 {
			t.Errorf("%s: %+v, %v; want %s", what, got, err, says)
		}
	}
	for i, tt := range slices.Concat(hostileFiles(), hostilePapers()) {
		refused(tt.what, fmt.Sprintf("bad%d", i), tt.says)
	}
	refused("a hash that differs", "changed", "changed-1-py3-none-any.whl: its hash is not that of the index")
	refused("a source", "source", "a source: only wheels are installed, nothing is built")
	refused("no archive", "nozip", "not a zip archive")
	refused("no such name", "nothing-of-the-kind", "no index has anything of that name")
	refused("no such version", "good>=2", "the newest wheel that could be taken is 1")
	leavesNothing(t, r)
	if got, err := r.Run(t.Context(), Job{Script: header(`dependencies = ["good"]`)}, Hooks{}); err != nil ||
		got.Status != OK {
		t.Errorf("%+v, %v", got, err)
	}
}

// leavesNothing fails the test if something of an installation is left in the cache.
func leavesNothing(t *testing.T, r *Runtime) {
	t.Helper()
	err := filepath.WalkDir(r.cfg.Install.Dir, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(r.cfg.Install.Dir, path)
		if err == nil && rel != "." && !strings.HasPrefix(rel, "staging-") {
			err = errors.New(path + ": is there")
		} else if err == nil && strings.Contains(rel, "/") {
			err = errors.New(path + ": is left")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if s := r.Stats().Installs; s.Cached != 0 || s.Alive != 0 || s.Installed != 0 {
		t.Errorf("%+v", s)
	}
}

// A script that asks for what no index can have, or for too much, is refused before
// anything is fetched.
func TestInstallOfHostileHeaders(t *testing.T) {
	x := wheeltest.NewIndex(t, wheelOf("good", "1"))
	r := start(t, installing(t, x))
	for _, tt := range []struct {
		what, needs string
		status      Status
		says        string
	}{
		{"1 MiB", "dependencies = ['good']\nx = '" + strings.Repeat("x", 1<<20) + "'", SyntaxError, "at most 131072"},
		{"10,000", "dependencies = [" + strings.Repeat("'a',", 10_000) + "]", SyntaxError, "more than 1000"},
		{"a thousand", "dependencies = ['" + strings.Join(chain("p", 999), "','") + "']", EnvironmentMissing,
			"it asks for 999 packages: more than 50"},
		{"a URL", "dependencies = ['good @ https://example.com/good.whl']", SyntaxError,
			"is a URL, a path or a repository"},
		{"a path", "dependencies = ['./good-1-py3-none-any.whl']", SyntaxError, "is a URL, a path or a repository"},
		{"a file", "dependencies = ['good-1-py3-none-any.whl']", SyntaxError, "is a file"},
		{"a repository", "dependencies = ['git+https://example.com/good']", SyntaxError,
			"is a URL, a path or a repository"},
		{"a name that is a path", "dependencies = ['../good']", SyntaxError, "is a URL, a path or a repository"},
		{"another path", "dependencies = ['a/../../good']", SyntaxError, "is a URL, a path or a repository"},
		{"an option", "dependencies = ['--index-url=http://example.com']", SyntaxError, "not"},
		{"another Python", "requires-python = '<3'\ndependencies = ['good']", EnvironmentMissing, "requires-python <3"},
	} {
		got, err := r.Run(t.Context(), Job{Script: header(tt.needs)}, Hooks{})
		if err != nil || got.Status != tt.status || !strings.Contains(got.Error, tt.says) || got.Ran {
			t.Errorf("%s: %.500s, %v", tt.what, fmt.Sprintf("%+v", got), err)
		}
	}
	if asked := x.Asked(""); asked != 0 {
		t.Errorf("the index was asked %d times", asked)
	}
	leavesNothing(t, r)
}

// What is remembered of a refusal is short, however much there is to say.
func TestReasonsAreShort(t *testing.T) {
	var needs []string
	for i := range 5000 {
		needs = append(needs, fmt.Sprintf("never>=1%s", strings.Repeat(fmt.Sprintf(",>=%d", i), 50)))
	}
	x := wheeltest.NewIndex(t, wheelOf("wordy", "1", needs...))
	r := start(t, installing(t, x))
	got, err := r.Run(t.Context(), Job{Script: header(`dependencies = ["wordy"]`)}, Hooks{})
	if err != nil || got.Status != EnvironmentMissing || !strings.Contains(got.Error, "never: no version fits") {
		t.Errorf("%.500s, %v", fmt.Sprintf("%+v", got), err)
	}
	in := r.all.installs
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.known) != 1 {
		t.Errorf("%d requests are remembered", len(in.known))
	}
	for _, a := range in.known {
		if n := len(a.err.Error()); n > 2*reasonBytes {
			t.Errorf("%d bytes of a reason are remembered", n)
		}
	}
}

// Extras that need each other, and sets that never fit, come to an end.
func TestInstallEnds(t *testing.T) {
	x := wheeltest.NewIndex(t,
		wheeltest.Wheel{Name: "loop", Version: "1", Header: "Provides-Extra: a\nProvides-Extra: b\n",
			Needs: []string{"loop[b] ; extra == 'a'", "loop[a] ; extra == 'b'", "turn[x]"}},
		wheeltest.Wheel{Name: "turn", Version: "1", Header: "Provides-Extra: x\n",
			Needs: []string{"loop[a,b] ; extra == 'x'"}},
	)
	for i := range 12 { // every choice of versions is wrong, which shows at the end
		for v := range 12 {
			w := wheelOf(fmt.Sprintf("deep%d", i), fmt.Sprint(v), fmt.Sprintf("deep%d", i+1),
				fmt.Sprintf("never==%d.%d", i, v))
			x.Add(w.File(), w.Bytes(t))
		}
	}
	end := wheelOf("deep12", "1")
	x.Add(end.File(), end.Bytes(t))
	r := start(t, installing(t, x))
	got, err := r.Run(t.Context(), Job{Script: header(`dependencies = ["loop[a]"]`)}, Hooks{})
	if err != nil || got.Status != OK {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = r.Run(t.Context(), Job{Script: header(`dependencies = ["deep0"]`)}, Hooks{})
	if err != nil || got.Status != EnvironmentMissing || !strings.Contains(got.Error, "never") {
		t.Errorf("%+v, %v", got, err)
	}
}

// Nothing of a package runs before a script does, nor in place of what is Python's own.
func TestInstalledPackagesRunInWorkersOnly(t *testing.T) {
	shadow := "import os\nos.write(2, b'shadow')\nraise SystemExit('a package ran')\n"
	w := wheeltest.Wheel{Name: "spoiler", Version: "1", Files: [][2]string{
		{"json.py", shadow}, {"copy.py", shadow}, {"sitecustomize.py", shadow}, {"usercustomize.py", shadow},
		{"org/__init__.py", shadow}, {"org/python/__init__.py", shadow}, {"org/python/core.py", shadow},
		{"_harness/worker.py", shadow}, {"spoiler.pth", "import os; os._exit(7)\n"},
		{".libraries", "../../etc/passwd\n"},
		{".matplotlib/x", ""}, {"spoiler-1.data/scripts/json", "#!python\n"},
		{"spoiler-1.data/purelib/other.pth", "import os\n"},
		{"spoiler-1.dist-info/entry_points.txt", "[console_scripts]\nx = json:main\n"},
		{"broken.py", "def :\n"}, {"deep.py", "x = " + strings.Repeat("(", 5000) + strings.Repeat(")", 5000) + "\n"},
		{"spoiler.py", "VERSION = 'spoilt'\n"},
	}}
	x := wheeltest.NewIndex(t, w)
	for _, posture := range postures {
		inPosture(t, posture, func(t *testing.T) {
			r := start(t, installing(t, x, func(cfg *Config) {
				cfg.Install.Preload = []string{"json", "pickle", "copy"}
			}))
			script := "# /// script\n# dependencies = ['spoiler']\n# ///\nimport json, copy, spoiler\n" +
				"def main():\n    return [spoiler.VERSION, json.loads('[1]'), copy.copy([2]), " +
				"[d.version for d in __import__('importlib.metadata').metadata.distributions() " +
				"if d.name == 'spoiler']]\n"
			got, err := r.Run(t.Context(), Job{Script: script}, Hooks{})
			if err != nil || string(got.Value) != `["spoilt",[1],[2],["1"]]` || len(got.Stderr) > 0 {
				t.Fatalf("%+v, %v", got, err)
			}
			for _, e := range r.all.installs.environments() {
				for _, name := range []string{"spoiler.pth", "other.pth", ".matplotlib", "bin",
					"__pycache__/broken.cpython-311.pyc"} {
					if _, err := os.Lstat(filepath.Join(e.cfg.Packages, name)); !errors.Is(err, fs.ErrNotExist) {
						t.Errorf("%s: %v", name, err)
					}
				}
				text, err := os.ReadFile(filepath.Join(e.cfg.Packages, ".libraries"))
				if err != nil || strings.Contains(string(text), "/") {
					t.Errorf("%q, %v", text, err)
				}
			}
		})
	}
}

// What the index is to blame for is no refusal: it may work again.
func TestInstallWithoutAnIndex(t *testing.T) {
	x := wheeltest.NewIndex(t, wheelOf("good", "1"))
	answers := map[string]func(http.ResponseWriter){
		"an error": func(w http.ResponseWriter) { w.WriteHeader(http.StatusForbidden) },
		"no page":  func(w http.ResponseWriter) { w.Header().Set("Content-Type", "image/png") },
		"a redirect elsewhere": func(w http.ResponseWriter) {
			w.Header().Set("Location", "http://192.0.2.1/")
			w.WriteHeader(http.StatusFound)
		},
	}
	r := start(t, installing(t, x))
	i := 0
	for what, answer := range answers {
		i++
		x.Before(func(w http.ResponseWriter, _ *http.Request) bool { answer(w); return true })
		for range 2 { // it is not asked again at once
			_, err := r.Run(t.Context(), Job{Script: header(fmt.Sprintf(`dependencies = ["good>=0.%d"]`, i))}, Hooks{})
			down, ok := errors.AsType[*EnvironmentError](err)
			if !ok || !errors.Is(err, ErrUnavailable) || down.Environment != "" {
				t.Errorf("%s: %v", what, err)
			}
		}
		if asked := x.Asked(""); asked != i {
			t.Errorf("%s: asked %d times", what, asked)
		}
	}
	leavesNothing(t, r)
}
