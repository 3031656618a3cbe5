package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/pyexec/pyexec/internal/testbed/readme"
)

// exercise is a small well-known program with cases: lines of input and expected.
type exercise struct {
	name, script string
	cases        []json.RawMessage
}

// exercises reads testdata/exercises. What is expected was worked out in another way than the
// program does it.
func exercises(t *testing.T) []exercise {
	t.Helper()
	paths, err := filepath.Glob("testdata/exercises/*.txtar")
	if err != nil || len(paths) < 40 {
		t.Fatalf("%d exercises: %v", len(paths), err)
	}
	var list []exercise
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil || len(archive.Files) != 2 {
			t.Fatalf("%s: %v", path, err)
		}
		e := exercise{name: strings.TrimSuffix(filepath.Base(path), ".txtar"), script: string(archive.Files[0].Data)}
		for line := range bytes.Lines(archive.Files[1].Data) {
			e.cases = append(e.cases, line)
		}
		if len(e.cases) < 10 {
			t.Errorf("%s: %d cases", e.name, len(e.cases))
		}
		list = append(list, e)
	}
	return list
}

// verdict is the part of a reply that says how a batch went.
type verdict struct{ Count, Failed, Expected, Passed int }

func summaryOf(t *testing.T, r said) (v verdict) {
	t.Helper()
	if err := json.Unmarshal(r.member["summary"], &v); err != nil || r.code != http.StatusOK {
		t.Fatalf("%v: %d %.500s", err, r.code, r.body)
	}
	return v
}

// Exercises are graded, each as one batch: the right solution passes every case in both
// isolations, and a wrong one none of them.
func TestExercises(t *testing.T) {
	s := live(t)
	for _, e := range exercises(t) {
		t.Run(e.name, func(t *testing.T) {
			for _, isolation := range []string{"case", "run"} {
				n := len(e.cases)
				asked := request{"cases": e.cases, "isolation": isolation}
				r := s.run(t, e.script, asked)
				if got := summaryOf(t, r); got != (verdict{n, 0, n, n}) {
					t.Errorf("%s: %+v: %.2000s", isolation, got, r.body)
				}
			}
			n := len(e.cases)
			r := s.run(t, e.script+"\ndef main(_):\n    return 'wrong'\n",
				request{"cases": e.cases, "isolation": "run"})
			if got := summaryOf(t, r); got != (verdict{n, 0, n, 0}) {
				t.Errorf("a wrong solution: %+v", got)
			}
		})
	}
}

// batchStories are scripts, their inputs, and the status of each case with its result, or a part of
// its error.
var batchStories = []struct {
	name, script string
	inputs       string
	case_, run   []string // by isolation; run is nil where it is the same
	more         request
}{
	{"globals are poisoned", "import json\nseen = []\ndef main(n):\n    seen.append(n)\n    json.dumps = None\n" +
		"    return len(seen)", `[1,2,3]`, []string{"ok 1", "ok 1", "ok 1"}, []string{"ok 1", "ok 2", "ok 3"}, nil},
	{"exits in the third", "import sys\ndef main(n):\n    if n == 3:\n        sys.exit(n)\n    return n",
		`[1,2,3,4]`, []string{"ok 1", "ok 2", "exited Script exited with code 3", "ok 4"}, nil, nil},
	{"ends the process in the third", "import signal\ndef main(n):\n    if n == 3:\n        " +
		"signal.raise_signal(signal.SIGSEGV)\n    return n", `[1,2,3,4]`, []string{"ok 1", "ok 2", "killed Script was killed by SIGSEGV", "ok 4"}, nil, nil},
	{"hangs", "def main(n):\n    while n == 2:\n        pass\n    return n", `[1,2,3]`,
		[]string{"ok 1", "timeout Script execution timed out after 0.3 seconds", "ok 3"}, nil, request{"timeout": 0.3}},
	{"eats memory", "def main(n):\n    return len(bytearray(n << 20))", `[1,4000,1]`,
		[]string{"ok 1048576", "memory_limit ", "ok 1048576"}, nil, nil},
	{"floods", "def main(n):\n    print('x' * (n << 20))\n    return n", `[0,3,0]`,
		[]string{"ok 0", "output_limit ", "ok 0"}, nil, nil},
	{"fills the disk", "def main(n):\n    with open('f', 'wb') as f:\n        f.write(bytes(n << 20))\n    return n",
		`[1,100,1]`, []string{"ok 1", "file_limit ", "ok 1"}, nil, nil},
	{"raises", "def main(n):\n    return 1 // n", `[1,0,1]`,
		[]string{"ok 1", "script_error ZeroDivisionError: ", "ok 1"}, nil, nil},
	{"returns no JSON", "def main(n):\n    return {n} if n else n", `[0,1,0]`, []string{"ok 0", "not_json ", "ok 0"}, nil, nil},
	{"is asynchronous", "async def main(n):\n    return n", `[1,2]`, []string{"ok 1", "ok 2"}, nil, nil},
	{"takes keywords", "def add(a, b=1):\n    return a + b", `[{"a":1},{"a":1,"b":2}]`, []string{"ok 2", "ok 3"}, nil,
		request{"entry": "add", "spread": true}},
	{"converts", "def main(n):\n    return {n}", `[1,2]`, []string{"ok [1]", "ok [2]"}, nil, request{"convert": true}},
}

// A report says what a case has used only where that is known; the summary has it of all.
func TestBatchReports(t *testing.T) {
	s := live(t)
	const script = "import time\ndef main(n):\n    held = bytes([n]) * (8 << 20)\n" +
		"    end = time.process_time() + 0.05\n" +
		"    while time.process_time() < end:\n        pass\n    return n"
	for isolation, known := range map[string]bool{"case": true, "run": false} {
		r := s.run(t, script, request{"inputs": []int{1, 2, 3}, "isolation": isolation, "report": true})
		type cost struct {
			CPU    float64 `json:"cpu_ms"`
			Memory int64   `json:"peak_memory_bytes"`
		}
		var results []struct{ Report map[string]json.RawMessage }
		var sum cost
		r.decode(t, "results", &results)
		r.decode(t, "summary", &sum)
		if sum.CPU < 150 || sum.Memory < 1<<20 {
			t.Errorf("%s: %s", isolation, r.member["summary"])
		}
		for i, one := range results {
			for _, name := range []string{"cpu_ms", "peak_memory_bytes", "peak_tmp_bytes"} {
				if _, there := one.Report[name]; there != known && (there || name != "peak_tmp_bytes") {
					t.Errorf("%s: case %d: %s: %v", isolation, i, name, there)
				}
			}
			var cpu float64
			wrong := known && (json.Unmarshal(one.Report["cpu_ms"], &cpu) != nil || cpu < 50)
			if wrong || one.Report["wall_ms"] == nil {
				t.Errorf("%s: case %d: %s", isolation, i, r.body)
			}
		}
	}
}

// What happens in a case is the answer to that case, and costs the others nothing.
func TestBatchStories(t *testing.T) {
	s := live(t)
	for _, tt := range batchStories {
		for isolation, want := range map[string][]string{"case": tt.case_, "run": tt.run} {
			t.Run(tt.name+"/"+isolation, func(t *testing.T) {
				if want == nil {
					want = tt.case_
				}
				r := s.run(t, tt.script, request{"inputs": json.RawMessage(tt.inputs), "isolation": isolation}, tt.more)
				summaryOf(t, r)
				var results []struct {
					Result        json.RawMessage
					Status, Error string
				}
				if err := json.Unmarshal(r.member["results"], &results); err != nil || len(results) != len(want) {
					t.Fatalf("%v: %.2000s", err, r.body)
				}
				for i, got := range results {
					text := "ok " + string(got.Result)
					if got.Status != "" {
						text = got.Status + " " + got.Error
					}
					if !strings.HasPrefix(text, want[i]) {
						t.Errorf("case %d: %s, want %s", i, text, want[i])
					}
				}
				s.wantGood(t)
			})
		}
	}
}

// What is wrong with a script is told once, as for a single run.
func TestBatchOfABadScript(t *testing.T) {
	s := live(t)
	for script, status := range map[string]string{"x = 1": "main_missing", "def main(": "syntax_error",
		"import os\ndef main(n): pass": "import_blocked"} {
		single := s.run(t, script)
		for _, isolation := range []string{"case", "run"} {
			r := s.run(t, script, request{"inputs": []int{1, 2, 3}, "isolation": isolation})
			if r.code != 400 || r.text("status") != status || r.body != single.body {
				t.Errorf("%s: %d %s, want %s", isolation, r.code, r.body, single.body)
			}
		}
	}
}

// Ten thousand cases go through a stream, whose last line says that it is complete.
func TestManyLines(t *testing.T) {
	s := live(t)
	const n = 10_000
	for _, isolation := range []string{"run", "case"} {
		count := n
		if isolation == "case" {
			count = 300
		}
		body, to := io.Pipe()
		go func() {
			w := bufio.NewWriter(to)
			fmt.Fprintf(w, `{"script":"def main(n):\n    print(n)\n    return n * n","isolation":%q}`+"\n", isolation)
			for i := range count {
				fmt.Fprintf(w, `{"input":%d,"expected":%d,"expected_stdout":"%d"}`+"\n", i, i*i, i)
			}
			_ = to.CloseWithError(w.Flush())
		}()
		resp, err := s.client.Post(s.http.URL+"/execute", "application/x-ndjson", body)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(resp.Body)
		i := 0
		for ; lines.Scan() && i < count; i++ {
			if want := fmt.Sprintf(`{"result":%d,"stdout":"%d\n","passed":true}`, i*i, i); lines.Text() != want {
				t.Fatalf("%s: line %d: %s, want %s", isolation, i, lines.Text(), want)
			}
		}
		want := fmt.Sprintf(`{"summary":{"count":%d,"failed":0,"expected":%[1]d,"passed":%[1]d}}`, count)
		if lines.Text() != want || lines.Scan() {
			t.Errorf("%s: %s, %v, want %s", isolation, lines.Text(), lines.Err(), want)
		}
		_ = resp.Body.Close()
	}
}

// A client that leaves in the middle ends its batch, and the next request is answered.
func TestALeaverInTheMiddleOfABatch(t *testing.T) {
	s := freshLive(t)
	for _, isolation := range []string{"case", "run"} {
		body, to := io.Pipe()
		go func() {
			_, err := fmt.Fprintf(to, `{"script":"def main(n):\n    while n: pass","isolation":%q}`+"\n"+
				`{"input":0}`+"\n"+`{"input":1}`+"\n", isolation)
			if err != nil {
				_ = to.CloseWithError(err)
			}
		}()
		resp, err := s.client.Post(s.http.URL+"/execute", "application/x-ndjson", body)
		if err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(resp.Body).ReadString('\n'); line != `{"result":null,"stdout":""}`+"\n" {
			t.Errorf("%q %v", line, err)
		}
		_ = resp.Body.Close()
		_ = to.Close()
		s.client.CloseIdleConnections()
		s.wantGood(t)
	}
}

// The examples of docs/batches.md print what stands there.
func TestBatchExamples(t *testing.T) {
	examples, err := readme.Examples("../../docs/batches.md")
	if err != nil || len(examples) < 4 {
		t.Fatalf("%d examples: %v", len(examples), err)
	}
	readme.Run(t, live(t).http.URL, examples)
	for _, want := range []string{"application/x-ndjson", `"isolation": "run"`, `"expected_stdout"`} {
		if !slices.ContainsFunc(examples, func(e readme.Example) bool { return strings.Contains(e.Command, want) }) {
			t.Errorf("no example has %s", want)
		}
	}
}
