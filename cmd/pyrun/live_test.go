package main

import (
	"bufio"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Output appears while the script runs. The script ends only when it is told
// to, so that what was read before was read in time.
func TestOutputIsLive(t *testing.T) {
	both(t, func(t *testing.T, where []string) {
		cmd := command(t, t.TempDir(), "import time\ndef main():\n    print('tick')\n    time.sleep(25)", append(where, "-")...)
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
		got := pyrun(t, dir, script, append(where, "-", "--file", "in.csv", "--file", "data/b=in.bin", "--out", "out")...)
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

// What a script leaves before it fails comes back, too, and a value with a
// form of its own is saved in that form.
func TestFilesOfAFailureAndForms(t *testing.T) {
	both(t, func(t *testing.T, where []string) {
		dir := t.TempDir()
		got := pyrun(t, dir, "def main():\n    open('left.txt', 'w').write('here')\n    return 1 / 0", append(where, "-", "--out", "out")...)
		data, err := os.ReadFile(filepath.Join(dir, "out", "left.txt"))
		if got.code != exitScript || err != nil || string(data) != "here" {
			t.Errorf("%+v: %q, %v", got, data, err)
		}
		got = pyrun(t, dir, "class C:\n    def _repr_html_(self): return '<b>c</b>'\ndef main(): return C()", append(where, "-", "--out", "out")...)
		data, err = os.ReadFile(filepath.Join(dir, "out", "display.html"))
		if got.code != 0 || got.stdout != "null\n" || err != nil || string(data) != "<b>c</b>" {
			t.Errorf("%+v: %q, %v", got, data, err)
		}
	})
}
