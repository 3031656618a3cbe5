package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// seriesOf is the version of the language of the other interpreter to test with, by the
// name of its program.
func seriesOf(t *testing.T, home string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(home, "bin", "python3.[0-9]*[0-9]"))
	if err != nil || len(found) == 0 {
		t.Fatalf("%s: no interpreter: %v", home, err)
	}
	return strings.TrimPrefix(filepath.Base(found[0]), "python")
}

// versions is what a run says of its Python and its packages.
const versions = `
import sys
def main():
    try:
        import numpy, pandas
    except ModuleNotFoundError:
        return [sys.version_info[:2], None, None]
    frame = pandas.DataFrame({"a": range(100)})
    return [sys.version_info[:2], bool(numpy.arange(3).sum() == 3), int(frame.a.sum())]
`

// One server runs scripts on two Pythons, with packages for each, which are chosen by
// name or by what the script says that it needs: a thousand requests, mixed.
func TestTwoPythons(t *testing.T) {
	home := need.Python()
	if home == "" {
		need.Elsewhere(t, "there is one Python, the bundled one: PYEXEC_TEST_PYTHON names no other")
	}
	need.Time(t, "starts interpreters with packages")
	series := seriesOf(t, home)
	file := filepath.Join(t.TempDir(), "environments.toml")
	text := fmt.Sprintf("[[environment]]\nname = 'plain'\npython = '3.11'\n\n"+
		"[[environment]]\nname = 'data'\npython = '3.11'\npackages = %q\nstart = 'at once'\n\n"+
		"[[environment]]\nname = 'later'\npython = %q\npackages = %q\n",
		packagesFor(t, ""), series, packagesFor(t, home))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	server := freshLive(t, "EXEC_WORKERS=4", "PYTHONS="+home, "ENVIRONMENTS="+file)
	later := "[[" + strings.ReplaceAll(series, ".", ",") + "],true,4950]"
	kinds := []struct{ name, header, want string }{
		{"plain", "", "[[3,11],null,null]"},
		{"data", "", "[[3,11],true,4950]"},
		{"later", "", later},
		{"", "# /// script\n# requires-python = '<3.12'\n# dependencies = ['pandas']\n# ///", "[[3,11],true,4950]"},
		{"", "# /// script\n# requires-python = '>=3.12'\n# dependencies = ['pandas>=3']\n# ///", later},
	}
	var runs sync.WaitGroup
	for caller := range 10 {
		runs.Go(func() {
			for i := range 20 {
				for _, k := range kinds {
					body := map[string]any{"script": k.header + versions}
					if k.name != "" {
						body["environment"] = k.name
					}
					got, err := server.send(t.Context(), strings.NewReader(string(encoded(t, body))))
					if err != nil || string(got.member["result"]) != k.want {
						t.Errorf("caller %d, run %d in %q, %q: %s, %v, want %s", caller, i, k.name, k.header,
							got.body, err, k.want)
						return
					}
				}
			}
		})
	}
	runs.Wait()
	for script, want := range map[string]string{
		"import annotationlib": `this is 3.11. The environment "default" has ` + series,
		"x = t'{1}'":           `where text is meant. The environment "default" has ` + series,
		"print 'a'":            "this is 3.11.",
	} {
		got, err := server.send(t.Context(), strings.NewReader(string(encoded(t, map[string]any{
			"script": script + "\ndef main(): pass", "environment": "plain"}))))
		if err != nil || !strings.Contains(got.text("hint"), want) {
			t.Errorf("%s: %s, %v, want %s", script, got.body, err, want)
		}
	}
	resp, err := server.client.Get(server.http.URL + "/capabilities")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var told struct {
		Environments []struct {
			Name          string
			PythonVersion string `json:"python_version"`
			Packages      []string
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&told); err != nil || len(told.Environments) != 4 {
		t.Fatal(told, err)
	}
	for i, want := range []string{series, "3.11", "3.11", series} {
		e := told.Environments[i]
		if !strings.HasPrefix(e.PythonVersion, want+".") || (len(e.Packages) > 20) != (i > 1) {
			t.Errorf("environment %q: Python %s, %d packages; want Python %s", e.Name, e.PythonVersion,
				len(e.Packages), want)
		}
	}
}
