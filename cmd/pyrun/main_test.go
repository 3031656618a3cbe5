package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"syscall"
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
			"result": {"def main(): return {'b': 4.0, 'a': [1, 'é']}", nil, exitOK, `{"b": 4.0, "a": [1, "é"]}` + "\n", nil},
			"output and result": {"import sys\ndef main():\n    print('out')\n    print('err', file=sys.stderr)\n    return None", nil,
				exitOK, "out\nnull\n", []string{"err\n"}},
			"output without a line end": {"def main():\n    print('out', end='')\n    return 1", nil, exitOK, "out\n1\n", nil},
			"input":                     {"def main(n): return n['n'] * 2", []string{"--input", `{"n": 21}`}, exitOK, "42\n", nil},
			"input from a file":         {"def main(n): return n", []string{"--input", "@input.json"}, exitOK, "[1, 2.0]\n", nil},
			"stdin":                     {"import sys\ndef main(): return sys.stdin.read()", []string{"--stdin", "input.json"}, exitOK, "\"[1, 2.0]\"\n", nil},
			"exception": {"def main():\n    print('so far')\n    return 1 / 0", nil, exitScript, "so far\n",
				[]string{"line 3, in main", "pyrun: script_error: ZeroDivisionError: division by zero\n"}},
			"no main":      {"x = 1", nil, exitScript, "", []string{"pyrun: main_missing: Script must contain a 'main()' function"}},
			"syntax":       {"def main(:", nil, exitScript, "", []string{"pyrun: syntax_error: SyntaxError"}},
			"exit":         {"import sys\ndef main(): sys.exit(3)", nil, exitScript, "", []string{"exited with code 3"}},
			"denied":       {"import urllib.request\ndef main(): urllib.request.urlopen('http://10.0.0.1')", nil, exitScript, "", []string{"network access is not available to scripts"}},
			"timeout":      {"def main():\n    while True: pass", []string{"--timeout", "200ms"}, exitLimit, "", []string{"pyrun: timeout: Script execution timed out after 0.2 seconds"}},
			"memory":       {"def main(): return len(bytearray(1 << 40))", nil, exitLimit, "", []string{"memory_limit"}},
			"bad timeout":  {"def main(): pass", []string{"--timeout", "0.01"}, exitUsage, "", []string{"invalid_request: timeout must be"}},
			"report":       {"def main(): pass", []string{"--report"}, exitOK, "null\n", []string{`"wall_ms": `, `"seccomp": true`}},
			"empty script": {" ", nil, exitUsage, "", []string{"script must not be empty"}},
		} {
			t.Run(name, func(t *testing.T) {
				dir := t.TempDir()
				writeFile(t, dir, "script.py", tt.script)
				writeFile(t, dir, "input.json", "[1, 2.0]")
				got := pyrun(t, dir, "", append(append([]string{"script.py"}, where...), tt.args...)...)
				if got.code != tt.code || !sameResult(got.stdout, tt.stdout) {
					t.Errorf("exit code %d, stdout %q, want %d, %q\n%s", got.code, got.stdout, tt.code, tt.stdout, got.stderr)
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
		got := pyrun(t, dir, "def main():\n    print('out', end='')\n    return [1]", append(where, "-", "--result", "r.json")...)
		data, err := os.ReadFile(filepath.Join(dir, "r.json"))
		if err != nil || string(data) != "[1]\n" || got != (ended{0, "out", ""}) {
			t.Errorf("%+v, file %q, %v", got, data, err)
		}
		if got := pyrun(t, dir, "def main(): return 1", append(where, "-", "--result", "no/r.json")...); got.code != exitOther || !strings.Contains(got.stderr, "--result: ") {
			t.Errorf("%+v", got)
		}
	})
}

func TestUsage(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "latin1.py", "# \xe9\ndef main(): pass")
	writeFile(t, dir, "ok.py", "def main(): pass")
	for name, tt := range map[string]struct {
		args []string
		says string
	}{
		"no script":             {nil, "0 scripts are named"},
		"two scripts":           {[]string{"ok.py", "ok.py"}, "2 scripts are named"},
		"no such file":          {[]string{"no.py"}, "script: open no.py: no such file"},
		"not UTF-8":             {[]string{"latin1.py"}, "script: latin1.py: is not UTF-8"},
		"unknown flag":          {[]string{"ok.py", "--frobnicate"}, "frobnicate"},
		"input is no JSON":      {[]string{"ok.py", "--input", "text"}, "--input: is no JSON"},
		"no input file":         {[]string{"ok.py", "--input", "@no.json"}, "--input: open no.json"},
		"URL without a scheme":  {[]string{"ok.py", "--url", "example.com"}, "must begin with http"},
		"URL of a file":         {[]string{"ok.py", "--url", "file:///etc/passwd"}, "must begin with http"},
		"header without a name": {[]string{"ok.py", "--url", "http://x", "--header", "Bearer"}, "must be 'Name: value'"},
		"header to nobody":      {[]string{"ok.py", "--header", "A: b"}, "with --url only"},
		"timeout":               {[]string{"ok.py", "--timeout", "soon"}, "must be a duration"},
		"negative timeout":      {[]string{"ok.py", "--timeout", "-1"}, "must be a duration"},
		"stdin twice":           {[]string{"-", "--stdin", "-"}, "standard input is the script already"},
		"absolute file":         {[]string{"ok.py", "--file", "/etc/passwd"}, "must be relative"},
		"file above":            {[]string{"ok.py", "--file", "../x=ok.py"}, "must be relative"},
		"no such file to send":  {[]string{"ok.py", "--file", "no.csv"}, "--file: open no.csv"},
		"same file twice":       {[]string{"ok.py", "--file", "a=ok.py", "--file", "./a=ok.py"}, "--file: a: is given twice"},
		"out is a file":         {[]string{"ok.py", "--out", "ok.py"}, "--out: "},
	} {
		t.Run(name, func(t *testing.T) {
			got := pyrun(t, dir, "", tt.args...)
			if got.code != exitUsage || !strings.Contains(got.stderr, tt.says) || got.stdout != "" {
				t.Errorf("%+v, want %q", got, tt.says)
			}
		})
	}
	bad := command(t, dir, "", "ok.py")
	bad.Env = append(bad.Env, "EXEC_TIMEOUT=never")
	if got := runCommand(t, bad); got.code != exitUsage || !strings.Contains(got.stderr, "EXEC_TIMEOUT") {
		t.Errorf("setting: %+v", got)
	}
	got := pyrun(t, dir, "", "-h")
	for _, row := range exitTable {
		if got.code != 0 || !strings.Contains(got.stderr, row.meaning) {
			t.Errorf("help lacks %q: %+v", row.meaning, got)
		}
	}
}

// Replies that a service, or what stands before it, may give.
func TestOddServices(t *testing.T) {
	for name, tt := range map[string]struct {
		http        int
		contentType string
		body        string
		code        int
		says        string
	}{
		"overloaded":       {429, "application/json", `{"error":"too many","status":"overloaded"}`, exitUnavailable, "overloaded: too many"},
		"fault":            {500, "application/json", `{"error":"it broke","status":"internal_error"}`, exitOther, "internal_error: it broke"},
		"unknown status":   {422, "application/json", `{"error":"e","status":"new_word"}`, exitOther, "new_word: e"},
		"private":          {403, "text/html", "<h1>Forbidden</h1>", exitOther, "Authorization: Bearer"},
		"front end":        {503, "text/plain", "upstream", exitUnavailable, "is no reply"},
		"somebody else":    {200, "text/html", "<html>", exitOther, "is no reply"},
		"neither":          {200, "application/json", `{}`, exitOther, "is no reply"},
		"both":             {200, "application/json", `{"result":1,"error":"e"}`, exitOther, "is no reply"},
		"stream":           {200, "text/event-stream", ": hi\n\nevent: stdout\ndata: {\"text\":\"a\"}\n\nevent: result\ndata: {\"result\":1,\"stdout\":\"ab\"}\n\n", 0, ""},
		"stream of errors": {200, "text/event-stream", "event: error\r\ndata: {\"error\":\"e\",\r\ndata: \"status\":\"timeout\"}\r\n\r\n", exitLimit, "timeout: e"},
		"cut stream":       {200, "text/event-stream", "event: stdout\ndata: {\"text\":\"a\"}\n\nevent: result\ndata: {\"result\":1}\n", exitUnavailable, "unexpected EOF"},
		"broken event":     {200, "text/event-stream", "event: stdout\ndata: {\n\n", exitOther, "event stdout"},
		"redirect":         {302, "text/html", "", exitOther, "is no reply"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/base/execute" || r.Header.Get("X-A") != "b" {
					t.Errorf("%s %v", r.URL, r.Header)
				}
				w.Header().Set("Content-Type", tt.contentType)
				w.WriteHeader(tt.http)
				_, _ = w.Write([]byte(tt.body))
			}))
			defer server.Close()
			got := pyrun(t, t.TempDir(), "x", "-", "--url", server.URL+"/base/", "--header", "x-a: b")
			if got.code != tt.code || !strings.Contains(got.stderr, tt.says) {
				t.Errorf("%+v, want %d %q", got, tt.code, tt.says)
			}
		})
	}
	if got := pyrun(t, t.TempDir(), "x", "-", "--url", "http://127.0.0.1:1"); got.code != exitUnavailable {
		t.Errorf("nobody there: %+v", got)
	}
}

// What comes back is saved, whatever its name and whatever lies in the way, but
// nowhere else.
func TestOut(t *testing.T) {
	for name, tt := range map[string]struct {
		reply string
		code  int
		saved map[string]string
	}{
		"files": {`{"result":1,"stdout":"","files":{"a.txt":"A","sub/b.bin":{"base64":"AAE="}}}`, 0, map[string]string{"a.txt": "A", "sub/b.bin": "\x00\x01"}},
		"of a failure": {`{"error":"e","status":"script_error","files":{"a.txt":"A"},"files_omitted":[{"name":"b","why":"too large"}]}`, exitScript,
			map[string]string{"a.txt": "A"}},
		"figures": {`{"result":1,"stdout":"","figures":[{"type":"image/png","base64":"cG5n"},{"type":"image/png","base64":"cG9n"}],"files":{"figure-1.png":"mine"}}`, 0,
			map[string]string{"figure-1.png": "mine", "figure-1_.png": "png", "figure-2.png": "pog"}},
		"forms": {`{"result":null,"stdout":"","display":{"text/html":"<b>","image/png":"cG5n","image/svg+xml":"<svg/>"}}`, 0,
			map[string]string{"display.html": "<b>", "display.png": "png", "display.svg": "<svg/>"}},
		"above":               {`{"result":1,"stdout":"","files":{"../escaped":"x"}}`, exitOther, nil},
		"above, further down": {`{"result":1,"stdout":"","files":{"a/../../escaped":"x"}}`, exitOther, nil},
		"absolute":            {`{"result":1,"stdout":"","files":{"/tmp/escaped":"x"}}`, exitOther, nil},
		"through a link":      {`{"result":1,"stdout":"","files":{"link/escaped":"x"}}`, exitOther, nil},
		"onto a link":         {`{"result":1,"stdout":"","files":{"linked":"x"}}`, exitOther, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var asked request
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
					t.Error(err)
				}
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write([]byte(tt.reply))
			}))
			defer server.Close()
			dir := t.TempDir()
			out := filepath.Join(dir, "out")
			writeFile(t, dir, "outside", "untouched")
			for link, target := range map[string]string{"link": "..", "linked": "../outside"} {
				if err := errors.Join(os.MkdirAll(out, 0o700), os.Symlink(target, filepath.Join(out, link))); err != nil {
					t.Fatal(err)
				}
			}
			got := pyrun(t, dir, "x", "-", "--url", server.URL, "--out", "out")
			if got.code != tt.code || !asked.ReturnFiles {
				t.Errorf("%+v, want %d; files asked for: %v", got, tt.code, asked.ReturnFiles)
			}
			for name, want := range tt.saved {
				if data, err := os.ReadFile(filepath.Join(out, name)); err != nil || string(data) != want {
					t.Errorf("%s: %q, %v, want %q", name, data, err, want)
				}
			}
			if _, err := os.Stat(filepath.Join(dir, "escaped")); err == nil {
				t.Error("a file escaped")
			}
			if data, err := os.ReadFile(filepath.Join(dir, "outside")); err != nil || string(data) != "untouched" {
				t.Errorf("outside: %q, %v", data, err)
			}
		})
	}
}

// Files go out as text where they are text.
func TestFilesAreSent(t *testing.T) {
	var asked request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"result":1,"stdout":""}`))
	}))
	defer server.Close()
	dir := t.TempDir()
	writeFile(t, dir, "a.csv", "é,1\n")
	writeFile(t, dir, "b.bin", "\xff\x00")
	got := pyrun(t, dir, "x", "-", "--url", server.URL, "--file", "a.csv", "--file", "data/b=b.bin", "--timeout", "1.5")
	want := map[string]any{"a.csv": "é,1\n", "data/b": map[string]any{"base64": "/wA="}}
	if got.code != 0 || !reflect.DeepEqual(asked.Files, want) || asked.Timeout != 1.5 || asked.ReturnFiles {
		t.Errorf("%+v, %+v", got, asked)
	}
}

// Output that the service left out of its stream comes from the reply.
func TestGapsAreFilled(t *testing.T) {
	for name, tt := range map[string]struct{ stream, want string }{
		"gap": {"event: stdout\ndata: {\"text\":\"one\\n\"}\n\nevent: stdout\ndata: {\"text\":\"\",\"omitted_bytes\":4}\n\nevent: stdout\ndata: {\"text\":\"three\\n\"}\n\n",
			"one\ntwo\nthree\n0\n"},
		"no event": {"", "one\ntwo\nthree\n0\n"},
		"all":      {"event: stdout\ndata: {\"text\":\"one\\ntwo\\nthree\\n\"}\n\n", "one\ntwo\nthree\n0\n"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				_, _ = w.Write([]byte(tt.stream + "event: result\ndata: {\"result\":0,\"stdout\":\"one\\ntwo\\nthree\\n\"}\n\n"))
			}))
			defer server.Close()
			if got := pyrun(t, t.TempDir(), "x", "-", "--url", server.URL); got != (ended{0, tt.want, ""}) {
				t.Errorf("%+v, want %q", got, tt.want)
			}
		})
	}
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
		line = strings.NewReplacer("go run ./cmd/pyrun", `"$0"`, "http://localhost:8080", url).Replace(line)
		cmd := command(t, dir, "")
		cmd.Path, cmd.Args = "/bin/sh", []string{"sh", "-c", line, os.Args[0]}
		if got := runCommand(t, cmd); got.code != 0 {
			t.Errorf("%s: %+v", line, got)
		}
	}
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
		if code := cmd.ProcessState.ExitCode(); code != 130 || !strings.Contains(stderr.String(), "interrupt: the run was ended") {
			t.Errorf("exit code %d, %s", code, stderr.String())
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("the run went on for %s", took)
		}
	})
}
