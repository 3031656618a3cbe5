package funcs

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/funcs/web"
	"github.com/pyexec/pyexec/internal/testbed/need"
)

// The programs in Go are compiled, all at once, and run.
func TestPastedGo(t *testing.T) {
	need.Time(t, "compiles programs")
	need.Toolchain(t)
	runner := documentedRunner(t)
	server := httptest.NewServer(newTestHandler(runner))
	defer server.Close()
	var doc web.Document
	if err := json.Unmarshal(serve(runner, httptest.NewRequest("GET", server.URL+"/", nil)).Body.Bytes(),
		&doc); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module pasted\n\ngo 1.21\n")
	want := map[string]string{}
	for _, s := range doc.Examples {
		write(s.Name+"/main.go", s.Go+"\n")
		want[s.Name] = compact(t, string(s.Response))
	}
	for i, e := range doc.Endpoints {
		if e.Path != "/execute" { // the first example
			name := fmt.Sprintf("endpoint-%d", i)
			write(name+"/main.go", e.Go+"\n")
			want[name] = ""
		}
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-o",
		filepath.Join(dir, "bin")+"/", "./...")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for name, reply := range want {
		out, err := exec.CommandContext(t.Context(), filepath.Join(dir, "bin", name)).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v: %s", name, err, out)
			continue
		}
		got := compact(t, string(out))
		if reply != "" && got != reply || reply == "" && strings.HasPrefix(got, `{"error"`) {
			t.Errorf("%s: reply\n got %s\nwant %s", name, got, reply)
		}
	}
	formatted := exec.CommandContext(t.Context(), "gofmt", "-l", dir)
	if out, err := formatted.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("gofmt: %v: %s", err, out)
	}
}
