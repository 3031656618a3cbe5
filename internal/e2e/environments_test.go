package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// environments makes a directory for ENVIRONMENTS: a package "thing" of each version, in
// an environment of the name behind it.
func environments(t *testing.T, versions map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for parent := dir; parent != os.TempDir() && parent != "/"; parent = filepath.Dir(parent) {
		if err := os.Chmod(parent, 0o755); err != nil { // for the uid of a run
			t.Fatal(err)
		}
	}
	for name, version := range versions {
		info := filepath.Join(dir, name, "thing-"+version+".dist-info")
		if err := os.MkdirAll(info, 0o755); err != nil {
			t.Fatal(err)
		}
		for path, text := range map[string]string{
			filepath.Join(dir, name, "thing.py"): "VERSION = '" + version + "'\n",
			filepath.Join(info, "METADATA"):      "Metadata-Version: 2.4\nName: thing\nVersion: " + version + "\n",
		} {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

const versionOfThing = "\ndef main():\n    try:\n        import thing\n    except ModuleNotFoundError:\n" +
	"        return None\n    return thing.VERSION\n"

// An environment is chosen by name through every door, and by what the script needs.
func TestEnvironmentsEverywhere(t *testing.T) {
	server := freshLive(t, "ENVIRONMENTS="+environments(t, map[string]string{"old": "1.5", "new": "2.0"}))
	for _, tt := range []struct{ header, name, want string }{
		{"", "", `{"result":null,"stdout":""}`},
		{"", "old", `{"result":"1.5","stdout":""}`},
		{"", "new", `{"result":"2.0","stdout":""}`},
		{"# /// script\n# dependencies = ['thing<2']\n# ///", "", `{"result":"1.5","stdout":""}`},
		{"# /// script\r\n# dependencies = ['thing<2']\r\n# ///", "new", `{"result":"2.0","stdout":""}`},
		{"# /// script\n# dependencies = [\n#   'thing>=3',\n# ]\n# ///", "",
			`{"error":"No environment has what the script asks for. The nearest is \"new\", which lacks: thing>=3: ` +
				`2.0 is installed (line 3)","status":"environment_missing","line":3,`},
		{"", "newer", `{"error":"There is no environment \"newer\", only default, new, old",` +
			`"status":"environment_missing",`},
	} {
		body := map[string]any{"script": tt.header + versionOfThing}
		query := ""
		if tt.name != "" {
			body["environment"], query = tt.name, "?environment="+tt.name
		}
		text := string(encoded(t, body))
		for door, got := range map[string]string{
			"/execute":     server.postAs(t, "/execute", "application/json", "", text),
			"with a query": server.postAs(t, "/execute"+query, "text/x-python", "", tt.header+versionOfThing),
			"/mcp": func() string {
				_, called := callTool(t, connectTool(t, server.http.URL+"/mcp"), text)
				return called.body
			}(),
		} {
			if !strings.HasPrefix(got, tt.want) {
				t.Errorf("%q, %q, %s: got %s, want %s", tt.header, tt.name, door, got, tt.want)
			}
		}
		if got := server.postAs(t, "/execute", "application/json", "text/event-stream", text); !strings.Contains(got,
			"data: "+tt.want) && !strings.HasPrefix(got, tt.want) {
			t.Errorf("%q, %q, as a stream: got %s, want %s", tt.header, tt.name, got, tt.want)
		}
		word := "ok"
		if strings.Contains(tt.want, "environment_missing") {
			word = "environment_missing"
		}
		message := encoded(t, map[string]any{"subscription": "s", "message": map[string]string{"messageId": "1",
			"data": base64.StdEncoding.EncodeToString([]byte(text))}})
		if got := server.postAs(t, "/events", "application/json", "", string(message)); got != `{"status":"`+word+`"}` {
			t.Errorf("%q, %q, /events: got %s", tt.header, tt.name, got)
		}
	}
	report := server.run(t, "# /// script\n# dependencies = ['thing<2']\n# ///"+versionOfThing,
		request{"report": true, "environment": "new"})
	if want := `"environment":"new","environment_lacks":"thing<2: 2.0 is installed (line 2)"`; !strings.Contains(
		report.body, want) {
		t.Errorf("%s lacks %s", report.body, want)
	}
}

// A thousand runs, mixed, each find the version of their own environment.
func TestMixedEnvironments(t *testing.T) {
	versions := map[string]string{"a": "1.0", "b": "2.0", "c": "3.0"}
	server := freshLive(t, "EXEC_WORKERS=4", "ENVIRONMENTS="+environments(t, versions))
	want := map[string]string{"default": "null", "": "null"}
	for name, version := range versions {
		want[name] = `"` + version + `"`
	}
	var runs sync.WaitGroup
	for caller := range 10 {
		runs.Go(func() {
			for i := range 20 {
				for name, version := range want {
					body := map[string]any{"script": versionOfThing}
					if name != "" {
						body["environment"] = name
					}
					got, err := server.send(t.Context(), strings.NewReader(string(encoded(t, body))))
					if err != nil || string(got.member["result"]) != version {
						t.Errorf("caller %d, run %d in %q: %s, %v", caller, i, name, got.body, err)
						return
					}
				}
			}
		})
	}
	runs.Wait()
	var told struct{ Environments []struct{ Name string } }
	resp, err := server.client.Get(server.http.URL + "/capabilities")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&told); err != nil ||
		fmt.Sprint(told.Environments) != "[{default} {a} {b} {c}]" {
		t.Error(told, err)
	}
}
