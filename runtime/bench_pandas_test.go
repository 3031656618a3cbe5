package runtime_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/funcs"
	"github.com/pyexec/pyexec/internal/capacity"
	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/runtime"
	"github.com/pyexec/pyexec/runtime/internal/packages"
	"github.com/pyexec/pyexec/runtime/internal/python"
)

const pandasScript = `import pandas as pd

def main():
    df = pd.DataFrame({"a": range(1000), "b": [x / 2 for x in range(1000)]})
    return {"a": int(df["a"].sum()), "b": float(df["b"].sum())}
`

// importScript is what pandas costs a script that then does next to nothing.
const (
	importScript = "import pandas as pd\n\ndef main():\n    return pd.__name__\n"
	importReply  = `{"result":"pandas","stdout":""}`
)

const pandasReply = `{"result":{"a":499500,"b":249750.0},"stdout":""}`

// BenchmarkPandas compares, in one run on one machine, a script that imports
// pandas and sums a frame with the same script in an interpreter of its own. It
// prints the time from the start of the runtime to the first right answer, too.
//
//	go test -run '^$' -bench Pandas -benchtime 1x ./runtime
//
// It installs cmd/packages/data.txt, unless PYEXEC_TEST_PACKAGES names a directory
// made by cmd/packages.
func BenchmarkPandas(b *testing.B) {
	cfg := benchConfig(b)
	defaults, err := config.Parse(nil, capacity.Machine{CPUs: 2, Memory: 8 << 30})
	if err != nil {
		b.Fatal(err)
	}
	cfg.PreloadInstalled = defaults.Runtime.PreloadInstalled
	interpreter, err := python.Bundled(context.Background(), cfg.CacheDir, cfg.Log)
	if err != nil {
		b.Fatal(err)
	}
	if cfg.Packages = os.Getenv("PYEXEC_TEST_PACKAGES"); cfg.Packages == "" {
		cfg.Packages = filepath.FromSlash("../cmd/packages/data.txt")
	}
	// Installed beforehand, so that the start below is one as usual.
	dir, err := packages.Open(context.Background(), interpreter, cfg.Index, cfg.Packages, cfg.CacheDir, cfg.Log)
	need.That(b, "pandas from an index", err)
	fresh := func() error {
		code := fmt.Sprintf("import sys\nsys.path.append(%q)\n%s\nprint(main())", dir, pandasScript)
		return exec.Command(interpreter.Executable, "-I", "-S", "-B", "-c", code).Run()
	}
	for b.Loop() {
		began := time.Now()
		r, err := runtime.New(context.Background(), cfg)
		if err != nil {
			b.Fatal(err)
		}
		server := httptest.NewServer(funcs.NewHandler(r,
			funcs.Options{BodyBytes: 8 << 20, Log: cfg.Log, Recorder: nobody{}}))
		confined := func() error { return postScript(server.URL, pandasScript, pandasReply) }
		imported := func() error { return postScript(server.URL, importScript, importReply) }
		if err := confined(); err != nil {
			b.Fatal(err)
		}
		first := time.Since(began)
		own, paced, full := measure(b, fresh, 20, 0), measure(b, confined, 100, 50*time.Millisecond),
			measure(b, confined, 200, 0)
		importPaced, importFull := measure(b, imported, 100, 50*time.Millisecond), measure(b, imported, 200, 0)
		server.Close()
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
		var out strings.Builder
		fmt.Fprintf(&out, "\n%-34s %10s %10s %10s\n", "import pandas and sum a frame", "p50", "p90", "p99")
		for _, row := range []struct {
			name  string
			times []time.Duration
		}{
			{"fresh interpreter", own}, {"HTTP, 20 a second", paced}, {"HTTP, back to back", full},
			{"import alone, 20 a second", importPaced}, {"import alone, back to back", importFull},
		} {
			fmt.Fprintf(&out, "%-34s %10s %10s %10s\n", row.name, at(row.times, 50), at(row.times, 90),
				at(row.times, 99))
		}
		fmt.Fprintf(&out, "%-34s %10s\n", "start to the first right answer", first.Round(time.Millisecond))
		fmt.Fprint(os.Stdout, out.String())
		b.ReportMetric(float64(paced[len(paced)/2])/float64(own[len(own)/2]), "paced/fresh")
	}
}

func postScript(url, script, want string) error {
	body, err := json.Marshal(map[string]string{"script": script})
	if err != nil {
		return err
	}
	resp, err := http.Post(url+"/execute", "application/json", strings.NewReader(string(body)))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	reply, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if string(reply) != want {
		return fmt.Errorf("%s: %s", resp.Status, reply)
	}
	return nil
}
