package e2e

import (
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
