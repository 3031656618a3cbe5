package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// TestTimeout is about the wall clock: the server's and the request's.
func TestTimeout(t *testing.T) {
	const sleep = "import time\ndef main():\n    print('before')\n    time.sleep(60)"
	for _, tt := range []struct {
		name     string
		settings string
		script   string
		ask      request
		want     string
	}{
		{"of the server", "EXEC_TIMEOUT=1500ms", sleep, nil, "Script execution timed out after 1.5 seconds"},
		{"of the request", "EXEC_TIMEOUT=20", sleep, request{"timeout": 1.25},
			"Script execution timed out after 1.25 seconds"},
		{"the shortest", "EXEC_TIMEOUT=20", sleep, request{"timeout": 0.05},
			"Script execution timed out after 0.05 seconds"},
		// The wall clock and the processor time run out together here: a script
		// that waits in a loop is told of the former, with the line.
		{"of a busy loop", "EXEC_TIMEOUT=1", "def main():\n    print('before')\n    while True:\n        pass", nil,
			"Script execution timed out after 1 seconds"},
		{"of a busy loop that holds on", "EXEC_TIMEOUT=1", "def main():\n    print('before')\n    pow(3, 10**9)",
			nil, "Script execution timed out after 1 seconds"},
		{"of the parser", "EXEC_TIMEOUT=1500ms", "print('before')\nx = 9**9**9**9\ndef main(): pass", nil,
			"Script execution timed out after 1.5 seconds"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := live(t, tt.settings)
			r := s.run(t, tt.script, tt.ask)
			r.want(t, http.StatusUnprocessableEntity, "timeout", tt.want)
			// A busy machine may give a script nothing of the shortest time.
			if out := r.text("stdout"); out != "before\n" && (out != "" || tt.name != "the shortest") {
				t.Errorf("stdout %q", r.text("stdout"))
			}
			s.wantGood(t)
		})
	}
}

// TestScriptBytes is about the size of the source.
func TestScriptBytes(t *testing.T) {
	s := live(t, small...)
	const start = "def main(): return 1\n#"
	exact := start + strings.Repeat("x", 8192-len(start))
	if r := s.run(t, exact); r.code != http.StatusOK {
		t.Errorf("exactly the limit: got %d %.300s", r.code, r.body)
	}
	s.run(t, exact+"x").want(t, http.StatusRequestEntityTooLarge, "invalid_request",
		"script must be at most 8192 bytes, got 8193")
	s.run(t, strings.Repeat("é", 4097)).want(t, http.StatusRequestEntityTooLarge, "invalid_request",
		"script must be at most 8192 bytes, got 8194")
}

// TestLimitsAreReported checks that a report names the limits in force, the
// request's own timeout among them, and says what a run has cost.
func TestLimitsAreReported(t *testing.T) {
	r := live(t, small...).run(t, "def main():\n    b = bytearray(20 << 20)\n    b[::4096] = b'x' * len(b[::4096])",
		request{"report": true, "timeout": 3})
	for _, want := range []string{
		`"timeout_seconds":3,`, `"cpu_seconds":1,`, `"memory_bytes":67108864,`, `"tmp_bytes":4194304,`,
		`"tmp_files":32,`, `"output_bytes":4096,`,
		`"result_bytes":4096,`, `"result_depth":20,`, `"script_bytes":8192,`, `"open_files":24,`, `"threads":16`,
	} {
		if !strings.Contains(string(r.member["report"]), want) {
			t.Errorf("the report lacks %s: %s", want, r.member["report"])
		}
	}
	var report struct {
		Peak int64   `json:"peak_memory_bytes"`
		CPU  float64 `json:"cpu_ms"`
	}
	r.decode(t, "report", &report)
	if report.Peak < 19<<20 || report.CPU <= 0 { // the kernel counts in steps, for each processor
		t.Errorf("peak %d bytes, %v ms", report.Peak, report.CPU)
	}
}

// TestLimitsAtTheirEnds starts servers with every limit as low, and with the
// nesting as high, as a setting may be: what is accepted must work.
func TestLimitsAtTheirEnds(t *testing.T) {
	low := live(t, "EXEC_TIMEOUT=1", "EXEC_MEMORY_MB=16", "EXEC_TMP_MB=1", "EXEC_TMP_FILES=16",
		"EXEC_OUTPUT_BYTES=1024", "EXEC_RESULT_BYTES=1024",
		"EXEC_RESULT_DEPTH=8", "EXEC_SCRIPT_BYTES=1024", "EXEC_BODY_BYTES=4096", "EXEC_OPEN_FILES=16",
		"EXEC_THREADS=1", "EXEC_WORKERS=1", "EXEC_QUEUE=1")
	low.wantGood(t)
	const modest = `import asyncio, tempfile
async def main(x):
    with tempfile.TemporaryFile() as f: f.write(b"x" * 100_000)
    await asyncio.sleep(0)
    return [input(), len(bytearray(8 << 20)), x]`
	r := low.run(t, modest, request{"input": 1, "stdin": "line\n"})
	for try := 1; try < 5 && r.text("status") == "timeout"; try++ { // a second is not much on a busy machine
		r = low.run(t, modest, request{"input": 1, "stdin": "line\n"})
	}
	if r.code != http.StatusOK || r.text("result") != `["line",8388608,1]` {
		t.Errorf("lowest: got %d %.600s", r.code, r.body)
	}
	low.run(t, "def main():\n    import threading\n    threading.Thread(target=print).start()").
		want(t, http.StatusUnprocessableEntity, "script_error",
			"RuntimeError: can't start new thread (the limit is 1 threads)")

	deep := live(t, "EXEC_RESULT_DEPTH=500")
	value := strings.Repeat(`{"k":[`, 250) + strings.Repeat(`]}`, 250)
	if r := deep.post(t, []byte(`{"script":"def main(x): return x","input":`+value+`}`)); r.code != http.StatusOK ||
		string(r.member["result"]) != value {
		t.Errorf("deepest: got %d %.300s", r.code, r.body)
	}
	deep.run(t, whole(nested("[", 501))).want(t, http.StatusUnprocessableEntity, "result_limit",
		"Script exceeded the result limit of 500 nested levels")
}
