package main

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Output appears while the script runs. The script ends only when it is told
// to, so that what was read before was read in time.
func TestOutputIsLive(t *testing.T) {
	both(t, func(t *testing.T, where []string) {
		cmd := command(t, t.TempDir(), "import time\ndef main():\n    print('tick')\n    time.sleep(25)",
			append(where, "-")...)
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(stdout).ReadString('\n')
		if err != nil || line != "tick\n" {
			t.Errorf("%q, %v", line, err)
		}
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Errorf("the script is over: %v", err)
		}
		_ = cmd.Wait() // the code is what counts
		if code := cmd.ProcessState.ExitCode(); code != 128+int(syscall.SIGTERM) {
			t.Errorf("exit code %d", code)
		}
	})
}

// Files go in and come back, text and binary ones, in directories too.
func TestFiles(t *testing.T) {
	both(t, func(t *testing.T, where []string) {
		dir := t.TempDir()
		writeFile(t, dir, "in.csv", "a,b\n")
		writeFile(t, dir, "in.bin", "\xff\x00")
		script := `
import pathlib
def main():
    pathlib.Path("made").mkdir()
    pathlib.Path("made/text.txt").write_text(open("in.csv").read() * 2)
    pathlib.Path("binary").write_bytes(open("data/b", "rb").read() * 2)
    return sorted(str(p) for p in pathlib.Path(".").rglob("*") if p.is_file())
`
		got := pyrun(t, dir, script,
			append(where, "-", "--file", "in.csv", "--file", "data/b=in.bin", "--out", "out")...)
		if got.code != 0 || !sameResult(got.stdout, `["binary", "data/b", "in.csv", "made/text.txt"]`+"\n") {
			t.Fatalf("%+v", got)
		}
		for name, want := range map[string]string{"made/text.txt": "a,b\na,b\n", "binary": "\xff\x00\xff\x00"} {
			if data, err := os.ReadFile(filepath.Join(dir, "out", name)); err != nil || string(data) != want {
				t.Errorf("%s: %q, %v", name, data, err)
			}
		}
		if _, err := os.Stat(filepath.Join(dir, "out", "in.csv")); err == nil {
			t.Error("a file that did not change came back")
		}
	})
}

// Files that a script leaves before it fails come back, too, and a value with a
// form of its own is saved in that form.
func TestFilesOfAFailureAndForms(t *testing.T) {
	both(t, func(t *testing.T, where []string) {
		dir := t.TempDir()
		got := pyrun(t, dir, "def main():\n    open('left.txt', 'w').write('here')\n    return 1 / 0",
			append(where, "-", "--out", "out")...)
		data, err := os.ReadFile(filepath.Join(dir, "out", "left.txt"))
		if got.code != exitScript || err != nil || string(data) != "here" {
			t.Errorf("%+v: %q, %v", got, data, err)
		}
		got = pyrun(t, dir, "class C:\n    def _repr_html_(self): return '<b>c</b>'\ndef main(): return C()",
			append(where, "-", "--out", "out")...)
		data, err = os.ReadFile(filepath.Join(dir, "out", "display.html"))
		if got.code != 0 || got.stdout != "null\n" || err != nil || string(data) != "<b>c</b>" {
			t.Errorf("%+v: %q, %v", got, data, err)
		}
	})
}

// Ctrl-C ends the run at once, here and on a service.
func TestInterrupt(t *testing.T) {
	both(t, func(t *testing.T, where []string) {
		cmd := command(t, t.TempDir(), "def main():\n    while True: pass", append(where, "-", "--timeout", "25")...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(500 * time.Millisecond) // it may be anywhere on its way; the outcome is the same
		began := time.Now()
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // the code is looked at below
		if code := cmd.ProcessState.ExitCode(); code != 130 || !strings.Contains(stderr.String(),
			"interrupt: the run was ended") {
			t.Errorf("exit code %d, %s", code, stderr.String())
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("the run went on for %s", took)
		}
	})
}
