package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/internal/logline"
	"github.com/pyexec/pyexec/internal/service"
	"github.com/pyexec/pyexec/internal/testbed/need"
)

// dataURL makes the tests of this file ask a server that runs already, such as
// one of the data image:
//
//	go test ./internal/e2e -run 'TestData' -data-url http://127.0.0.1:8080
var dataURL = flag.String("data-url", "", "base `URL` of a running server with cmd/packages/data.txt")

// dataPackages names a directory made by cmd/packages, for machines where the
// tests run several times, and as several users.
const dataPackages = "PYEXEC_TEST_PACKAGES"

// packagesFor is the directory of the data packages for an interpreter, or else the
// requirements file to make it of.
func packagesFor(t *testing.T, home string) string {
	t.Helper()
	if dir := need.Packages(dataPackages, home); dir != "" {
		return dir
	}
	path, err := filepath.Abs(dataRequirements)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

const dataRequirements = "../../cmd/packages/data.txt"

// dataService is a service with the packages of cmd/packages/data.txt and otherwise
// the defaults, one for all tests that need it.
var dataService = withPackages(dataPackages, dataRequirements)

// withPackages makes a service with the packages in the directory that a variable
// of the environment names (see need.Packages), or else of a requirements file.
func withPackages(variable, requirements string, overrides ...string) func() (*service.Service, error) {
	return sync.OnceValues(func() (*service.Service, error) {
		packages := need.Packages(variable, need.Python())
		if packages == "" {
			packages = requirements
		}
		cfg, err := config.Load(overrides...)
		if err != nil {
			return nil, err
		}
		if cfg.Runtime.Packages, err = filepath.Abs(packages); err != nil {
			return nil, err
		}
		if cfg.Runtime.PythonHome == "" {
			cfg.Runtime.PythonHome = need.Python()
		}
		s, err := service.New(context.Background(), cfg, logline.New(io.Discard))
		if err != nil {
			return nil, err
		}
		select {
		case <-s.Ready():
			return s, s.Err()
		case <-time.After(10 * time.Minute): // the packages are 200 MB to fetch
			return nil, errors.New("not ready")
		}
	})
}

// dataServer is the base URL of a server with the data packages.
func dataServer(tb testing.TB) string {
	tb.Helper()
	if *dataURL != "" {
		return strings.TrimSuffix(*dataURL, "/")
	}
	return serverOf(tb, dataService)
}

// serverOf is the base URL of a server for a service that withPackages makes.
func serverOf(tb testing.TB, made func() (*service.Service, error)) string {
	tb.Helper()
	need.Time(tb, "installs packages")
	s, err := made()
	if err != nil && strings.Contains(err.Error(), "index:") {
		need.That(tb, "packages from an index", err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	tb.Cleanup(server.Close)
	return server.URL
}

// execute posts a script and returns the status and the reply.
func execute(tb testing.TB, base, script string) (int, map[string]any) {
	tb.Helper()
	return executeRequest(tb, base, map[string]any{"script": script})
}

// executeFor is execute with a timeout in seconds.
func executeFor(tb testing.TB, base, script string, timeout float64) (int, map[string]any) {
	tb.Helper()
	return executeRequest(tb, base, map[string]any{"script": script, "timeout": timeout})
}

// executeRequest posts a request and returns the status and the reply.
func executeRequest(tb testing.TB, base string, request map[string]any) (int, map[string]any) {
	tb.Helper()
	body, err := json.Marshal(request)
	if err != nil {
		tb.Fatal(err)
	}
	resp, err := http.Post(base+"/execute", "application/json", bytes.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	defer resp.Body.Close()
	var reply map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&reply); err != nil {
		tb.Fatal(err)
	}
	return resp.StatusCode, reply
}

// Each program of testdata/data returns what its header says, under the default
// limits.
func TestDataPrograms(t *testing.T) {
	runPrograms(t, dataServer(t), "testdata/data", 40)
}

// runPrograms runs the programs of a directory, which are at least so many.
func runPrograms(t *testing.T, base, dir string, least int) {
	t.Helper()
	files, err := filepath.Glob(dir + "/*.py")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < least {
		t.Fatalf("%d programs, want at least %d", len(files), least)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".py"), func(t *testing.T) {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, header, ok := strings.Cut(string(source), "\n# expect: ")
			header, _, _ = strings.Cut(header, "\n")
			var want any
			if err := json.Unmarshal([]byte(header), &want); !ok || err != nil {
				t.Fatalf("the header has no JSON to expect: %v", err)
			}
			status, reply := execute(t, base, string(source))
			if status != http.StatusOK || !reflect.DeepEqual(reply["result"], want) {
				t.Errorf("status %d\n got %v\nwant %v", status, reply, want)
			}
			if stderr, _ := reply["stderr"].(string); stderr != "" || reply["stdout"] != "" {
				t.Errorf("a warning was printed: %v", reply)
			}
		})
	}
}

// What is imported beforehand is shared by all runs; their random numbers are not.
func TestDataRandomNumbersDiffer(t *testing.T) {
	base := dataServer(t)
	const script = `
import random, numpy as np, pandas as pd
def main():
    return {
        "random": random.random(),
        "legacy": float(np.random.rand()),
        "legacy deviate": float(np.random.standard_normal()),
        "generator": float(np.random.default_rng().random()),
        "state": float(np.random.RandomState().rand()),
        "pandas": int(pd.Series(range(1 << 40, (1 << 40) + 100000)).sample(1).iloc[0]),
    }`
	seen := map[string]map[any]bool{}
	const runs = 24 // more than are ready at once
	for range runs {
		status, reply := execute(t, base, script)
		result, ok := reply["result"].(map[string]any)
		if status != http.StatusOK || !ok {
			t.Fatalf("status %d: %v", status, reply)
		}
		for source, number := range result {
			if seen[source] == nil {
				seen[source] = map[any]bool{}
			}
			if seen[source][number] && source != "pandas" { // of 100000 two may be the same by chance
				t.Errorf("%s: two runs drew %v", source, number)
			}
			seen[source][number] = true
		}
	}
	if len(seen["pandas"]) < runs/2 {
		t.Errorf("pandas: %d different samples in %d runs", len(seen["pandas"]), runs)
	}
	if len(seen) != 6 {
		t.Errorf("%d sources of random numbers, want 6", len(seen))
	}
}

// A script sees neither the settings of the libraries nor threads of theirs, and
// finds the usual ones imported.
func TestDataPreload(t *testing.T) {
	base := dataServer(t)
	status, reply := execute(t, base, `
import sys, threading
preloaded = [m for m in ("numpy", "pandas", "matplotlib.pyplot") if m in sys.modules]
environment = [n for n in sys.modules["os"].environ if n in ("MPLBACKEND", "JOBLIB_MULTIPROCESSING") or "THREADS" in n]
def main():
    import numpy as np
    np.random.rand(300, 300) @ np.random.rand(300, 300)
    import matplotlib, threading
    return [preloaded, environment, threading.active_count(), matplotlib.get_backend().lower(),
        [f for f in sys.meta_path if not isinstance(f, type)]]`)
	want := []any{[]any{"numpy", "pandas", "matplotlib.pyplot"}, []any{}, 1.0, "agg", []any{}}
	if status != http.StatusOK || !reflect.DeepEqual(reply["result"], any(want)) {
		t.Errorf("status %d\n got %v\nwant %v", status, reply, want)
	}
}

// Values of the libraries' own types that are not Python's are refused under their
// full names, with the way to convert them.
func TestDataNotJSON(t *testing.T) {
	base := dataServer(t)
	for expr, want := range map[string][2]string{
		`np.bool_(True)`:             {`numpy.bool`, `.item()`},
		`{"n": [np.int64(1)]}`:       {`dict (result['n'][0] is numpy.int64)`, `.item()`},
		`np.float32(1)`:              {`numpy.float32`, `.item()`},
		`np.arange(3)`:               {`numpy.ndarray`, `.tolist()`},
		`np.array(1)`:                {`numpy.ndarray`, `.tolist()`},
		`pd.Index([1])`:              {`pandas.Index`, `.tolist()`},
		`pd.Series([1])`:             {`pandas.Series`, `.to_dict()`},
		`[pd.DataFrame({"a": [1]})]`: {`list (result[0] is pandas.DataFrame)`, `.to_dict("records")`},
		`[pd.Timestamp(0)]`:          {`list (result[0] is pandas.Timestamp)`, `.isoformat()`},
		`{np.int64(1): 2}`: {`dict (result[np.int64(1)] is under a key of type numpy.int64)`,
			`keys to str`},
		`pd.Series([1, None]).to_dict()`:                 {`dict (result[1] is nan)`, `None`},
		`lxml.etree.fromstring("<a/>")`:                  {`lxml.etree._Element`, `lxml.etree.tostring(x, encoding="unicode")`},
		`bs4.BeautifulSoup("<a>x</a>", "html.parser").a`: {`bs4.element.Tag`, `str(x)`},
	} {
		status, reply := execute(t, base, "import bs4, lxml.etree, numpy as np, pandas as pd\ndef main(): return "+expr)
		says, _ := reply["error"].(string)
		hint, _ := reply["hint"].(string)
		if status != http.StatusUnprocessableEntity || !strings.HasSuffix(says,
			", got: "+want[0]) || !strings.Contains(hint, want[1]) {
			t.Errorf("%s: status %d, %v, want %q and %q", expr, status, reply, want[0], want[1])
		}
	}
}
