package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

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
