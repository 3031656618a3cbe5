package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// small are limits that a script reaches quickly. The wall clock is long, so
// that it decides nothing here.
var small = []string{
	"EXEC_TIMEOUT=20", "EXEC_CPU=1", "EXEC_MEMORY_MB=64", "EXEC_TMP_MB=4", "EXEC_TMP_FILES=32",
	"EXEC_OUTPUT_BYTES=4096",
	"EXEC_RESULT_BYTES=4096", "EXEC_RESULT_DEPTH=20", "EXEC_SCRIPT_BYTES=8192", "EXEC_OPEN_FILES=24",
	"EXEC_THREADS=16",
	"BLOCKED_IMPORTS=",
}

// Sentences of more than one test.
const (
	memorySentence = "Script exceeded the memory limit of 64 MiB"
	stackSentence  = "RuntimeError: can't start new thread (no memory is left for its stack; the limit is 64 MiB)"
	tmpSentence    = "Script exceeded the /tmp limit of 4 MiB and 32 files"
	resultSentence = "Script exceeded the result limit of 4 KiB"
	depthSentence  = "Script exceeded the result limit of 20 nested levels"
	// looked gives the server the time to look, which keeps the limit where no kernel does.
	looked      = "\nimport time\ntime.sleep(1)"
	cpuSentence = "Script exceeded the CPU limit of 1 seconds"
)

// limitOf are limits that one layer alone sets, or that a script survives only
// there: elsewhere the server ends a run that it finds at the limit.
var limitOf = map[string]string{"tmp: directories": "private_tmp", "tmp: caught": "private_tmp"}

// TestLimits meets every limit with scripts that do it in different ways, and
// stays just below it with others.
func TestLimits(t *testing.T) {
	s := live(t, small...)
	layers, _ := s.layers(t)
	for _, tt := range []struct {
		name   string
		script string // the body of main, or a whole script when it has one
		status string // "" means a success
		want   string // the error, or the whole body of a success
	}{
		{"memory: bytearray", "b = bytearray(200 << 20)", "memory_limit", memorySentence},
		{"memory: list", "a = []\nwhile True: a.append([0] * 1000)", "memory_limit", memorySentence},
		{"memory: small objects", "a = []\nwhile True: a.append(object())", "memory_limit", memorySentence},
		{"memory: dict", "d = {}\nwhile True: d[len(d)] = len(d)", "memory_limit", memorySentence},
		{"memory: string", "s = 'x' * (1 << 30)", "memory_limit", memorySentence},
		{"memory: string that doubles", "s = 'x'\nwhile True: s += s", "memory_limit", memorySentence},
		{"memory: int", "n = 1 << (1 << 33)", "memory_limit", memorySentence},
		{"memory: recursion of generators", "import itertools\nlist(itertools.permutations(range(12)))",
			"memory_limit", memorySentence},
		{"memory: mmap", "import mmap\nm = mmap.mmap(-1, 100 << 20)", "memory_limit", memorySentence},
		{"memory: at module level", "a = 'x' * (1 << 30)\ndef main(): pass", "memory_limit", memorySentence},
		{"memory: in a thread", "import threading\nthreading.excepthook = lambda args: " +
			"print(args.exc_type.__name__)\n" +
			"t = threading.Thread(target=lambda: bytearray(200 << 20))\nt.start()\nt.join()\nreturn 'on'", "",
			`{"result":"on","stdout":"MemoryError\n"}`},
		{"memory: in the result", "return [['x' * 1000] * 1000] * 1000", "memory_limit", memorySentence},
		{"memory: caught", "try: bytearray(200 << 20)\nexcept MemoryError: return len(bytearray(10 << 20))", "",
			`{"result":10485760,"stdout":""}`},
		{"memory: raised by the script", "raise MemoryError('mine')", "memory_limit", memorySentence},
		{"memory: the stack of a thread",
			"import threading\nthreading.stack_size(128 << 20)\nthreading.Thread(target=print).start()",
			"script_error", stackSentence},
		{"memory: the stacks of threads",
			"import threading, time\nb = bytearray(50 << 20)\nwhile True: threading.Thread(target=time.sleep, " +
				"args=(9,), daemon=True).start()", "script_error", stackSentence},
		// It counts on top of the interpreter: nearly all of it is the script's.
		{"memory: nine tenths", "b = bytearray(58 << 20)\nb[::4096] = b'x' * len(b[::4096])\nreturn len(b)", "",
			`{"result":60817408,"stdout":""}`},
		{"memory: used twice", "for _ in range(5): b = bytearray(30 << 20)\nreturn 1", "",
			`{"result":1,"stdout":""}`},

		{"cpu: one thread", "while True: pass", "cpu_limit", cpuSentence},
		{"cpu: two threads in C", burn, "cpu_limit", cpuSentence},
		{"cpu: one long call", "pow(3, 10**8)", "cpu_limit", cpuSentence},
		{"cpu: caught", "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
			"cpu_limit", cpuSentence},

		{"tmp: bytes", "open('f', 'wb').write(b'x' * (5 << 20))", "file_limit", tmpSentence},
		{"tmp: bytes in many files", "for i in range(20): open(f'f{i}', 'wb').write(b'x' * (1 << 20))" + looked,
			"file_limit", tmpSentence},
		{"tmp: files", "for i in range(100): open(f'f{i}', 'w').close()" + looked, "file_limit", tmpSentence},
		{"tmp: directories", "import os\nfor i in range(100): os.mkdir(f'd{i}')", "file_limit", tmpSentence},
		{"tmp: sparse", "open('f', 'wb').truncate(1 << 40)", "file_limit", tmpSentence},
		{"tmp: sparse by seeking", "with open('f', 'wb') as f:\n    f.seek(1 << 40)\n    f.write(b'x')",
			"file_limit", tmpSentence},
		{"tmp: caught", "try: open('f', 'wb').write(b'x' * (5 << 20))\nexcept OSError as e: return e.errno in " +
			"(27, 28)", "", `{"result":true,"stdout":""}`},
		{"tmp: most of it", "for i in range(20): open(f'f{i}', 'wb').write(b'x' * (180 << 10))\nreturn 1", "",
			`{"result":1,"stdout":""}`},

		{"open files", "a = [open('f', 'w') for _ in range(100)]", "file_limit",
			"Script exceeded the limit of 24 open files"},
		{"open files: below", "a = [open('f', 'w') for _ in range(19)]\nreturn len(a)", "",
			`{"result":19,"stdout":""}`},
		{"open files: pipes", "import os\na = [os.pipe() for _ in range(100)]", "file_limit",
			"Script exceeded the limit of 24 open files"},
		{"open files: caught", "try: a = [open('f', 'w') for _ in range(100)]\nexcept OSError as e: return e.errno",
			"", `{"result":24,"stdout":""}`},

		{"result: exactly", "return 'x' * 4094", "", `{"result":"` + strings.Repeat("x", 4094) + `","stdout":""}`},
		{"result: one byte more", "return 'x' * 4095", "result_limit", resultSentence},
		{"result: far more", "return 'x' * 10_000_000", "result_limit", resultSentence},
		{"result: in bytes, not characters", "return 'é' * 2048", "result_limit", resultSentence},
		{"depth: exactly", nested("[", 20), "",
			`{"result":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `,"stdout":""}`},
		{"depth: one more", nested("[", 21), "result_limit", depthSentence},
		{"depth: objects", nested("{", 21), "result_limit", depthSentence},
		{"depth: beyond Python's own", nested("[", 100_000), "result_limit", depthSentence},
		{"depth: tuples in tuples", "x = ()\nfor _ in range(1500): x = (x,)\nreturn x", "result_limit",
			depthSentence},
		{"depth: brackets in text", "return '[' * 1000", "",
			`{"result":"` + strings.Repeat("[", 1000) + `","stdout":""}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if layer, ok := limitOf[tt.name]; ok && !layers[layer] {
				need.Unmet(t, "%s is not in force here, which keeps it", layer)
			}
			r := s.run(t, whole(tt.script))
			if tt.status == "" {
				if r.code != http.StatusOK || r.body != tt.want {
					t.Errorf("got %d %.600s", r.code, r.body)
				}
				return
			}
			r.want(t, http.StatusUnprocessableEntity, tt.status, tt.want)
		})
	}
}

// burn keeps two threads in C code that has let go of the interpreter's lock.
const burn = `import hashlib, threading
def work():
    b = bytes(1 << 20)
    while True: hashlib.sha256(b)
threading.Thread(target=work).start()
work()`

// whole makes a script of the body of main.
func whole(body string) string {
	if strings.Contains(body, "def main(") {
		return body
	}
	return "def main():\n    " + strings.ReplaceAll(body, "\n", "\n    ") + "\n"
}

// nested is the body of a main whose result is depth levels deep.
func nested(open string, depth int) string {
	step := map[string]string{"[": "x = [x]", "{": "x = {'k': x}"}[open]
	first := map[string]string{"[": "x = []", "{": "x = {}"}[open]
	return fmt.Sprintf("%s\nfor _ in range(%d): %s\nreturn x", first, depth-1, step)
}

// TestOutputLimits checks that what was written up to a limit is returned, and
// that the limit itself may be reached.
func TestOutputLimits(t *testing.T) {
	s := live(t, small...)
	full := strings.Repeat("x", 4096)
	for _, stream := range []string{"stdout", "stderr"} {
		write := "import sys, os, time\ndef main():\n    sys." + stream + ".write('x' * %d)\n" +
			"    sys." + stream + ".flush()\n    %s\n"
		for _, tt := range []struct {
			name, script string
			over         bool
		}{
			{"exactly", fmt.Sprintf(write, 4096, "return 1"), false},
			{"exactly, slowly", fmt.Sprintf(write, 4096, "time.sleep(0.05)"), false},
			{"one byte more", fmt.Sprintf(write, 4097, "return 1"), true},
			{"one byte more, slowly", fmt.Sprintf(write, 4096, "time.sleep(0.05); sys."+stream+".write('y')"), true},
			{"for ever", fmt.Sprintf(write, 4096, "\n    while True: sys."+stream+".write('y' * 100)"), true},
			{"at once", fmt.Sprintf(write, 10_000_000, "return 1"), true},
			{"with an exception", fmt.Sprintf(write, 5000, "1 / 0"), true},
			{"with an exit", fmt.Sprintf(write, 5000, "sys.exit(3)"), true},
			{"with a hard exit", fmt.Sprintf(write, 5000, "os._exit(3)"), true},
		} {
			t.Run(stream+": "+tt.name, func(t *testing.T) {
				t.Parallel()
				r := s.run(t, tt.script, request{"report": true})
				if tt.over {
					r.want(t, http.StatusUnprocessableEntity, "output_limit",
						"Script exceeded the "+stream+" limit of 4 KiB")
				} else if r.code != http.StatusOK {
					t.Errorf("got %d %.300s", r.code, r.body)
				}
				if r.text(stream) != full {
					t.Errorf("%d bytes of %s were kept", len(r.text(stream)), stream)
				}
			})
		}
	}
}

// TestOutputIsCutBetweenCharacters checks that a limit in the middle of a
// character does not show as a broken one.
func TestOutputIsCutBetweenCharacters(t *testing.T) {
	r := live(t, small...).run(t, "def main():\n    print('x' + '€' * 3000)")
	r.want(t, http.StatusUnprocessableEntity, "output_limit", "")
	if want := "x" + strings.Repeat("€", 1365); r.text("stdout") != want {
		t.Errorf("got %d bytes that end in %q", len(r.text("stdout")), r.text("stdout")[4000:])
	}
}

// TestThreadLimit starts one thread more than there may be. The script can go
// on: Python says it with an exception.
func TestThreadLimit(t *testing.T) {
	const script = `import threading
def main(n):
    go = threading.Event()
    started = 0
    try:
        for _ in range(n):
            threading.Thread(target=go.wait).start()
            started += 1
    finally:
        print(started)
        go.set()
    return started`
	s := live(t, small...)
	r := untilAlone(func() said { return s.run(t, script, request{"input": 15}) }, "15\n")
	if r.code != http.StatusOK || r.text("result") != "15" {
		t.Errorf("15 threads beside the main one: got %d %.600s", r.code, r.body)
	}
	r = untilAlone(func() said { return s.run(t, script, request{"input": 16}) }, "15\n")
	r.want(t, http.StatusUnprocessableEntity, "script_error",
		"RuntimeError: can't start new thread (the limit is 16 threads)")
	if r.text("stdout") != "15\n" {
		t.Errorf("stdout %q", r.text("stdout"))
	}
}

// untilAlone runs a script again while it prints something else. The kernel
// counts threads by uid, and another server on this machine may just have a
// worker of the same one: there are some four thousand.
func untilAlone(run func() said, stdout string) (r said) {
	for range 5 {
		if r = run(); r.text("stdout") == stdout {
			break
		}
	}
	return r
}

// TestThreadsAtTheDefaults fills every place that the defaults grant, at the
// same time: stacks and heaps of threads must not use up the memory.
func TestThreadsAtTheDefaults(t *testing.T) {
	const script = `import threading
def main():
    barrier = threading.Barrier(64)
    done = []
    def work():
        barrier.wait()
        done.append(len(bytearray(1 << 20)))
    threads = [threading.Thread(target=work) for _ in range(63)]
    for t in threads: t.start()
    barrier.wait()
    for t in threads: t.join()
    print(len(done))`
	s := live(t)
	if r := untilAlone(func() said { return s.run(t, script) }, "63\n"); r.body != `{"result":null,"stdout":"63\n"}` {
		t.Errorf("got %d %.600s", r.code, r.body)
	}
}
