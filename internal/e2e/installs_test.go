package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/wheeltest"
)

// thingWheel is a version of the package "thing".
func thingWheel(version string, needs ...string) wheeltest.Wheel {
	return wheeltest.Wheel{Name: "thing", Version: version, Needs: needs,
		Files: [][2]string{{"thing.py", "VERSION = '" + version + "'\n"}}}
}

// installServer installs what scripts ask for, from an index; the cache is where it says.
func installServer(t *testing.T, x *wheeltest.Index, cache string, settings ...string) *liveServer {
	t.Helper()
	return startLive(t, append([]string{"ENVIRONMENT_INSTALL=wheels", "ENVIRONMENT_CACHE=" + cache,
		"PIP_INDEX_URL=" + x.URL}, settings...)...)
}

// cacheDir is a directory that runs can reach, which is not there yet.
func cacheDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for parent := dir; parent != os.TempDir() && parent != "/"; parent = filepath.Dir(parent) {
		if err := os.Chmod(parent, 0o755); err != nil { // for the uid of a run
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "environments")
}

const asksForThing = "# /// script\n# requires-python = '>=3.11'\n# dependencies = ['thing>=2']\n# ///" + versionOfThing

// From the comment in a script over HTTP to its result, and again after a restart,
// without the index.
func TestInstallOverHTTP(t *testing.T) {
	x := wheeltest.NewIndex(t, thingWheel("1.0"), thingWheel("2.5", "other ; python_version>'3'"), wheeltest.Wheel{
		Name: "other", Version: "1"})
	cache := cacheDir(t)
	for start := range 2 {
		server := installServer(t, x, cache)
		for i := range 2 {
			got := server.run(t, asksForThing, request{"report": true})
			if string(got.member["result"]) != `"2.5"` || !strings.Contains(got.body, `"environment":"installed:`) ||
				strings.Contains(got.body, `"environment_wait_ms":`) != (i == 0) {
				t.Errorf("start %d, run %d: %s", start, i, got.body)
			}
		}
		server.close(t)
		if asked := x.Asked(""); asked != 4 { // two pages and two wheels
			t.Errorf("start %d: %d requests to the index", start, asked)
		}
	}
	if got := live(t).run(t, asksForThing); !strings.Contains(got.body, `"status":"environment_missing"`) {
		t.Errorf("switched off: %s", got.body)
	}
}

// A caller who streams sees how far the packages are; a refusal is the last event then.
func TestInstallIsStreamed(t *testing.T) {
	x := wheeltest.NewIndex(t, thingWheel("2.5", "other"), wheeltest.Wheel{Name: "other", Version: "1"},
		wheeltest.Wheel{Name: "half", Version: "1", Needs: []string{"nothing"}})
	server := installServer(t, x, cacheDir(t))
	t.Cleanup(func() { server.close(t) })
	stream := func(script string) string {
		return server.postAs(t, "/execute", "application/json", "text/event-stream",
			string(encoded(t, map[string]any{"script": script})))
	}
	got := stream(asksForThing)
	at := 0
	for _, part := range []string{`event: environment` + "\n" + `data: {"phase":"compiling","environment":"installed:`,
		`data: {"phase":"starting","environment":"installed:`, "event: result\ndata: {\"result\":\"2.5\",\"stdout\":\"\"}\n\n"} {
		next := strings.Index(got[at:], part)
		if next < 0 {
			t.Fatalf("%s lacks, in order, %s", got, part)
		}
		at += next
	}
	if got := stream(asksForThing); got != "event: result\ndata: {\"result\":\"2.5\",\"stdout\":\"\"}\n\n" {
		t.Errorf("the second time: %s", got)
	}
	refused := strings.Replace(asksForThing, "thing>=2", "half", 1)
	want := `{"error":"No environment has what the script asks for, and it can't be installed: nothing: no version fits: ` +
		`wanted is any (half 1); no index has anything of that name","status":"environment_missing","line":3,`
	if got := stream(refused); !strings.HasPrefix(got, "event: environment\n") || !strings.Contains(got,
		"event: error\ndata: "+want) {
		t.Errorf("refused: %s", got)
	}
	if got := stream(refused); !strings.HasPrefix(got, "event: error\ndata: "+want) { // at once
		t.Errorf("refused again: %s", got)
	}
	x.Before(func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusForbidden); return true })
	got = server.postAs(t, "/execute", "application/json", "", string(encoded(t, map[string]any{
		"script": strings.Replace(asksForThing, "thing>=2", "more", 1)})))
	if want := `{"error":"the packages that the script asks for cannot be installed right now: try again shortly",` +
		`"status":"unavailable"}`; got != want {
		t.Errorf("without an index: %s", got)
	}
}

// A script that lacks a package is told how to have it installed, which works as it is
// told, and so are programs that ask what there is.
func TestInstallIsTold(t *testing.T) {
	server := installServer(t, wheeltest.NewIndex(t, thingWheel("2.5")), cacheDir(t))
	got := server.run(t, "import thing\ndef main():\n    return thing.VERSION")
	var hint string
	if err := json.Unmarshal(got.member["hint"], &hint); err != nil {
		t.Fatalf("%v: %s", err, got.body)
	}
	_, lines, _ := strings.Cut(hint, "own: ")
	got = server.run(t, lines+"\nimport thing\ndef main():\n    return thing.VERSION")
	if string(got.member["result"]) != `"2.5"` {
		t.Errorf("%q: %s", hint, got.body)
	}
	got = server.run(t, "# /// script\n# dependencies = ['thing']\n# ///\nimport yaml\ndef main(): pass")
	if want := `Add \"pyyaml\" to dependencies`; !strings.Contains(got.body, want) {
		t.Errorf("with a header: %s", got.body)
	}
	got = server.run(t, "# /// script\n# dependencies = ['yaml']\n# ///\ndef main(): pass")
	if want := `"hint":"Perhaps pyyaml is meant, the package that has the module yaml. Ask for`; !strings.Contains(
		got.body, want) {
		t.Errorf("a module's name: %s", got.body)
	}
	for path, part := range map[string]string{
		"/capabilities": `"environment_install": "wheels"`,
		"/":             "Packages that no environment has are installed",
	} {
		reply, err := server.client.Get(server.http.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(reply.Body)
		if reply.Body.Close(); err != nil || !strings.Contains(string(body), part) {
			t.Errorf("%s: %v %.2000s", path, err, body)
		}
	}
}
