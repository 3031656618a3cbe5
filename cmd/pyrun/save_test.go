package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Files that come back are saved, whatever their names and whatever lies in the
// way, but nowhere else.
func TestOut(t *testing.T) {
	for name, tt := range map[string]struct {
		reply string
		code  int
		saved map[string]string
	}{
		"files": {`{"result":1,"stdout":"","files":{"a.txt":"A","sub/b.bin":{"base64":"AAE="}}}`, 0,
			map[string]string{"a.txt": "A", "sub/b.bin": "\x00\x01"}},
		"of a failure": {`{"error":"e","status":"script_error","files":{"a.txt":"A"},"files_omitted":[{"name":"b","why":"too large"}]}`, exitScript,
			map[string]string{"a.txt": "A"}},
		"figures": {`{"result":1,"stdout":"","figures":[{"type":"image/png","base64":"cG5n"},{"type":"image/png","base64":"cG9n"}],"files":{"figure-1.png":"mine"}}`, 0,
			map[string]string{"figure-1.png": "mine", "figure-1_.png": "png", "figure-2.png": "pog"}},
		"several things displayed": {`{"result":null,"stdout":"","displays":[{"text/html":"<b>"},` +
			`{"image/png":"cG5n","text/plain":"x"}],"display":{"text/html":"<i>"}}`, 0, map[string]string{
			"display-1.html": "<b>", "display-2.png": "png", "display-2.txt": "x", "display-3.html": "<i>"}},
		"forms": {`{"result":null,"stdout":"","display":{"text/html":"<b>","image/png":"cG5n","image/svg+xml":"<svg/>"}}`, 0,
			map[string]string{"display.html": "<b>", "display.png": "png", "display.svg": "<svg/>"}},
		"above":               {`{"result":1,"stdout":"","files":{"../escaped":"x"}}`, exitOther, nil},
		"above, further down": {`{"result":1,"stdout":"","files":{"a/../../escaped":"x"}}`, exitOther, nil},
		"absolute":            {`{"result":1,"stdout":"","files":{"/tmp/escaped":"x"}}`, exitOther, nil},
		"through a link":      {`{"result":1,"stdout":"","files":{"link/escaped":"x"}}`, exitOther, nil},
		"onto a link":         {`{"result":1,"stdout":"","files":{"linked":"x"}}`, exitThere, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var asked request
			url := replying(t, "application/json", tt.reply, &asked)
			dir := t.TempDir()
			out := filepath.Join(dir, "out")
			writeFile(t, dir, "outside", "untouched")
			for link, target := range map[string]string{"link": "..", "linked": "../outside"} {
				if err := errors.Join(os.MkdirAll(out, 0o700),
					os.Symlink(target, filepath.Join(out, link))); err != nil {
					t.Fatal(err)
				}
			}
			got := pyrun(t, dir, "x", "-", "--url", url, "--out", "out")
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

// replying is a service that always gives the same reply. It keeps the request in
// asked.
func replying(t *testing.T, contentType, reply string, asked *request) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(asked); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write([]byte(reply))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// A script can't put anything in the place of what is in the directory, which
// may be a repository with its hooks. The rest is saved, and the reply shown.
func TestOutOverwritesNothing(t *testing.T) {
	const files = `"files":{".git/hooks/pre-commit":"evil","notes.txt":"evil","dangling":"evil","linked":"evil","notes.txt/x":"evil","sub/new.sh":"#!/bin/sh\n"}`
	for name, tt := range map[string]struct {
		reply  string
		args   []string
		code   int
		stdout string
		told   []string
		forced bool
	}{
		"success": {`{"result":[1],"stdout":"out\n",` + files + `}`, nil, exitThere, "out\n[1]\n",
			[]string{`pyrun: --out: ".git/hooks/pre-commit", "dangling", "linked", "notes.txt", "notes.txt/x": in the way and left as it was; --force overwrites` + "\n"}, false},
		"failure": {`{"error":"boom","status":"script_error","stdout":"out\n","traceback":"T\n",` + files + `}`,
			nil, exitScript, "out\n",
			[]string{"T\n", "pyrun: script_error: boom\n", `pyrun: --out: ".git/hooks/pre-commit", "dangling"`},
			false},
		"force": {`{"result":[1],"stdout":"",` + files + `}`, []string{"--force"}, exitOther, "[1]\n",
			[]string{`pyrun: --out: "notes.txt/x": notes.txt: is no directory: file already exists` + "\n"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			hooks := filepath.Join(dir, "out/.git/hooks")
			if err := errors.Join(os.MkdirAll(hooks, 0o755),
				os.Symlink("../nowhere", filepath.Join(dir, "out/dangling")),
				os.Symlink("../outside", filepath.Join(dir, "out/linked"))); err != nil {
				t.Fatal(err)
			}
			writeFile(t, hooks, "pre-commit", "mine")
			writeFile(t, dir, "out/notes.txt", "mine")
			writeFile(t, dir, "outside", "mine")
			if err := os.Chmod(filepath.Join(hooks, "pre-commit"), 0o755); err != nil {
				t.Fatal(err)
			}
			url := replying(t, "application/json", tt.reply, new(request))
			got := pyrun(t, dir, "x", append(tt.args, "-", "--url", url, "--out", "out")...)
			if got.code != tt.code || got.stdout != tt.stdout {
				t.Errorf("%+v", got)
			}
			for _, want := range tt.told {
				if !strings.Contains(got.stderr, want) {
					t.Errorf("stderr lacks %q: %s", want, got.stderr)
				}
			}
			want, mode := "mine", os.FileMode(0o755)
			if tt.forced {
				want, mode = "evil", 0o644
			}
			wantFile(t, filepath.Join(hooks, "pre-commit"), want, mode)
			wantFile(t, filepath.Join(dir, "out/sub/new.sh"), "#!/bin/sh\n", 0o644)
			wantFile(t, filepath.Join(dir, "outside"), "mine", 0o600)
			if data, err := os.ReadFile(filepath.Join(dir, "out/notes.txt")); err != nil || string(data) != want {
				t.Errorf("notes.txt: %q, %v", data, err)
			}
			if tt.forced {
				wantFile(t, filepath.Join(dir, "out/dangling"), "evil", 0o644)
				wantFile(t, filepath.Join(dir, "out/linked"), "evil", 0o644)
			}
			if _, err := os.Lstat(filepath.Join(dir, "nowhere")); err == nil {
				t.Error("what the link leads to was made")
			}
			entries, err := os.ReadDir(filepath.Join(dir, "out"))
			if err != nil || len(entries) != 5 { // .git dangling linked notes.txt sub
				t.Errorf("%v, %v", entries, err)
			}
		})
	}
}

// wantFile checks a file, which must not be a link, and its mode under any umask.
func wantFile(t *testing.T, name, want string, mode os.FileMode) {
	t.Helper()
	info, err := os.Lstat(name)
	if err != nil {
		t.Error(err)
		return
	}
	data, err := os.ReadFile(name)
	if err != nil || string(data) != want || info.Mode()&^mode != 0 {
		t.Errorf("%s: %q, %v, mode %v", name, data, err, info.Mode())
	}
}

// A directory where a file should go stays, with --force, too, and no draft of
// the file is left.
func TestOutOntoADirectory(t *testing.T) {
	for force, code := range map[bool]int{false: exitThere, true: exitOther} {
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, "a/b"), 0o755); err != nil {
			t.Fatal(err)
		}
		url := replying(t, "application/json", `{"result":1,"stdout":"","files":{"a":"x"}}`, new(request))
		args := []string{"-", "--url", url, "--out", "."}
		if force {
			args = append(args, "--force")
		}
		got := pyrun(t, dir, "x", args...)
		entries, err := os.ReadDir(dir)
		if got.code != code || got.stdout != "1\n" || !strings.Contains(got.stderr,
			`"a"`) || err != nil || len(entries) != 1 || !entries[0].IsDir() {
			t.Errorf("force %v: %+v, %v, %v", force, got, entries, err)
		}
	}
}

// The file for the result is new as well, or a pipe or device. A file in the way is
// found before anything runs.
func TestResultOverwritesNothing(t *testing.T) {
	for name, tt := range map[string]struct {
		args   []string
		code   int
		stdout string
		file   string // r.json afterwards
		ran    bool
	}{
		"new":            {[]string{"--result", "new.json"}, exitOK, "", "mine", true},
		"there":          {[]string{"--result", "r.json"}, exitThere, "", "mine", false},
		"a link":         {[]string{"--result", "link"}, exitThere, "", "mine", false},
		"dangling":       {[]string{"--result", "dangling"}, exitThere, "", "mine", false},
		"forced":         {[]string{"--result", "r.json", "--force"}, exitOK, "", "[1]\n", true},
		"device":         {[]string{"--result", "/dev/stdout"}, exitOK, "[1]\n", "mine", true},
		"no directory":   {[]string{"--result", "no/r.json"}, exitOther, "[1]\n", "mine", true},
		"is a directory": {[]string{"--result", ".", "--force"}, exitOther, "[1]\n", "mine", true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeFile(t, dir, "r.json", "mine")
			for link, target := range map[string]string{"link": "r.json", "dangling": "nowhere"} {
				if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
					t.Fatal(err)
				}
			}
			var asked request
			url := replying(t, "application/json", `{"result":[1],"stdout":""}`, &asked)
			got := pyrun(t, dir, "x", append(tt.args, "-", "--url", url)...)
			if got.code != tt.code || got.stdout != tt.stdout || (asked.Script != "") != tt.ran ||
				(got.stderr != "") != (tt.code != 0) {
				t.Errorf("%+v, ran: %v", got, asked.Script != "")
			}
			if data, err := os.ReadFile(filepath.Join(dir, "r.json")); err != nil || string(data) != tt.file {
				t.Errorf("r.json: %q, %v", data, err)
			}
			if _, err := os.Lstat(filepath.Join(dir, "nowhere")); err == nil {
				t.Error("what the link leads to was made")
			}
			if tt.args[1] == "new.json" {
				wantFile(t, filepath.Join(dir, "new.json"), "[1]\n", 0o644)
			}
		})
	}
}
