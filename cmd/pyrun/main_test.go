package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The tests run the program as a process: this very binary, told by a variable
// to be pyrun.
const bePyrun = "PYEXEC_TEST_PYRUN"

func TestMain(m *testing.M) {
	if os.Getenv(bePyrun) != "" {
		os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	code := m.Run()
	if live.close() != nil && code == 0 {
		code = 1
	}
	os.Exit(code)
}

// patience is far more than anything here takes.
const patience = time.Minute

// ended is a process that is over.
type ended struct {
	code           int
	stdout, stderr string
}

func command(t *testing.T, dir, stdin string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), bePyrun+"=1")
	return cmd
}

func pyrun(t *testing.T, dir, stdin string, args ...string) ended {
	t.Helper()
	return runCommand(t, command(t, dir, stdin, args...))
}

func runCommand(t *testing.T, cmd *exec.Cmd) ended {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return ended{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

func writeFile(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOutcomes(t *testing.T) {
	both(t, func(t *testing.T, where []string) {
		for name, tt := range map[string]struct {
			script string
			args   []string
			code   int
			stdout string
			stderr []string
		}{
			"result": {"def main(): return {'b': 4.0, 'a': [1, 'é']}", nil, exitOK,
				`{"b": 4.0, "a": [1, "é"]}` + "\n", nil},
			"output and result": {"import sys\ndef main():\n    print('out')\n    print('err', " +
				"file=sys.stderr)\n    return None", nil,
				exitOK, "out\nnull\n", []string{"err\n"}},
			"output without a line end": {"def main():\n    print('out', end='')\n    return 1", nil, exitOK,
				"out\n1\n", nil},
			"input": {"def main(n): return n['n'] * 2", []string{"--input", `{"n": 21}`},
				exitOK, "42\n", nil},
			"input from a file": {"def main(n): return n", []string{"--input", "@input.json"}, exitOK,
				"[1, 2.0]\n", nil},
			"stdin": {"import sys\ndef main(): return sys.stdin.read()",
				[]string{"--stdin", "input.json"}, exitOK, "\"[1, 2.0]\"\n", nil},
			"exception": {"def main():\n    print('so far')\n    return 1 / 0", nil, exitScript, "so far\n",
				[]string{"line 3, in main", "pyrun: script_error: ZeroDivisionError: division by zero\n"}},
			"no main": {"x = 1", nil, exitScript, "",
				[]string{"pyrun: main_missing: Script must contain a 'main()' function"}},
			"syntax": {"def main(:", nil, exitScript, "", []string{"pyrun: syntax_error: SyntaxError"}},
			"exit": {"import sys\ndef main(): sys.exit(3)", nil, exitScript, "",
				[]string{"exited with code 3"}},
			"denied": {"import urllib.request\ndef main(): urllib.request.urlopen('http://10.0.0.1')", nil,
				exitScript, "", []string{"network access is not available to scripts"}},
			"timeout": {"def main():\n    while True: pass", []string{"--timeout", "200ms"}, exitLimit, "",
				[]string{"pyrun: timeout: Script execution timed out after 0.2 seconds"}},
			"memory": {"def main(): return len(bytearray(1 << 40))", nil, exitLimit, "",
				[]string{"memory_limit"}},
			"bad timeout": {"def main(): pass", []string{"--timeout", "0.01"}, exitUsage, "",
				[]string{"invalid_request: timeout must be"}},
			"report": {"def main(): pass", []string{"--report"}, exitOK, "null\n",
				[]string{`"wall_ms": `, `"seccomp": true`}},
			"entry, spread, convert": {"def f(a, b):\n    return {a, b}", []string{"--entry", "f", "--spread",
				"--convert", "--input", `{"b": 1, "a": 2}`}, exitOK, "[1, 2]\n", nil},
			"program": {"import sys\nprint(__name__)\nsys.argv", []string{"--program", "--", "-x", "--", "é"}, exitOK,
				"__main__\n" + `["script.py", "-x", "--", "é"]` + "\n", nil},
			"env": {"import time\ndef main(): return time.tzname[0]", []string{"--env", "TZ=Asia/Tokyo", "--env",
				"A=b=c"}, exitOK, `"JST"` + "\n", nil},
			"entry that is no name": {"x = 1", []string{"--entry", "a b"}, exitUsage, "",
				[]string{"invalid_request: entry must be"}},
			"spread without input": {"def main(): pass", []string{"--spread"}, exitUsage, "",
				[]string{"invalid_request: input must be an object"}},
			"environment": {"def main(): return 1", []string{"--environment", "default"}, exitOK, "1\n", nil},
			"no such environment": {"def main(): return 1", []string{"--environment", "data"}, exitScript, "",
				[]string{`pyrun: environment_missing: There is no environment "data", only default`}},
			"empty script": {" ", nil, exitUsage, "", []string{"script must not be empty"}},
		} {
			t.Run(name, func(t *testing.T) {
				dir := t.TempDir()
				writeFile(t, dir, "script.py", tt.script)
				writeFile(t, dir, "input.json", "[1, 2.0]")
				got := pyrun(t, dir, "", append(append([]string{"script.py"}, where...), tt.args...)...)
				if got.code != tt.code || !sameResult(got.stdout, tt.stdout) {
					t.Errorf("exit code %d, stdout %q, want %d, %q\n%s", got.code, got.stdout, tt.code, tt.stdout,
						got.stderr)
				}
				for _, want := range tt.stderr {
					if !strings.Contains(got.stderr, want) {
						t.Errorf("stderr lacks %q:\n%s", want, got.stderr)
					}
				}
				if tt.stderr == nil && got.stderr != "" {
					t.Errorf("stderr: %q", got.stderr)
				}
			})
		}
	})
}

// sameResult compares output whose last line is JSON: its spaces don't matter.
func sameResult(got, want string) bool {
	compact := func(s string) string {
		at := strings.LastIndex(strings.TrimSuffix(s, "\n"), "\n") + 1
		var b bytes.Buffer
		if json.Compact(&b, []byte(s[at:])) != nil {
			return s
		}
		return s[:at] + b.String()
	}
	return compact(got) == compact(want)
}

func TestScriptFromStandardInput(t *testing.T) {
	both(t, func(t *testing.T, where []string) {
		got := pyrun(t, t.TempDir(), "def main():\r\n    return 6 * 7\r\n", append(where, "-")...)
		if got != (ended{0, "42\n", ""}) {
			t.Errorf("%+v", got)
		}
	})
}

func TestResultFile(t *testing.T) {
	both(t, func(t *testing.T, where []string) {
		dir := t.TempDir()
		got := pyrun(t, dir, "def main():\n    print('out', end='')\n    return [1]",
			append(where, "-", "--result", "r.json")...)
		data, err := os.ReadFile(filepath.Join(dir, "r.json"))
		if err != nil || string(data) != "[1]\n" || got != (ended{0, "out", ""}) {
			t.Errorf("%+v, file %q, %v", got, data, err)
		}
		if got := pyrun(t, dir, "def main(): return 1",
			append(where, "-", "--result", "no/r.json")...); got.code != exitOther ||
			!strings.Contains(got.stderr, "--result: ") {
			t.Errorf("%+v", got)
		}
	})
}

// The commands of the README, run as they stand.
func TestREADME(t *testing.T) {
	url := liveURL(t)
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile(`(?m)^go run ./cmd/pyrun .*$`).FindAllString(string(readme), -1)
	if len(commands) < 2 {
		t.Fatalf("README.md: %d commands", len(commands))
	}
	for _, line := range commands {
		dir := t.TempDir()
		writeFile(t, dir, "script.py", "def main(input=None): return [input]")
		writeFile(t, dir, "numbers.ndjson", "1\n2\n")
		line = strings.NewReplacer("go run ./cmd/pyrun", `"$0"`, "http://localhost:8080", url).Replace(line)
		cmd := command(t, dir, "")
		cmd.Path, cmd.Args = "/bin/sh", []string{"sh", "-c", line, os.Args[0]}
		if got := runCommand(t, cmd); got.code != 0 {
			t.Errorf("%s: %+v", line, got)
		}
	}
}
