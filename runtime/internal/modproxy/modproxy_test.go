package modproxy

import (
	"archive/zip"
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
)

// wanted is the module that these tests fetch; its capital is escaped in the protocol.
var wanted = module.Version{Path: "example.com/Some/thing", Version: "v0.0.0-3.14.6-1"}

const place = "/example.com/!some/thing/@v/v0.0.0-3.14.6-1.zip"

// archive makes the module's archive, and its hash as in go.sum.
func archive(t *testing.T) (data []byte, sum string) {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create(wanted.String() + "/data/file")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("content")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "made.zip")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if sum, err = dirhash.HashZip(path, dirhash.Hash1); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), sum
}

// proxy answers every request with code, and with the archive where that is 200.
func proxy(t *testing.T, code int, data []byte) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != place {
			t.Errorf("asked for %s", r.URL.Path)
		}
		w.WriteHeader(code)
		if code == http.StatusOK {
			w.Write(data)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestFetch(t *testing.T) {
	data, sum := archive(t)
	good, none := proxy(t, 200, data), proxy(t, 404, nil)
	gone, broken := proxy(t, 410, nil), proxy(t, 500, nil)
	other := proxy(t, 200, []byte("no archive"))
	secret := strings.Replace(broken, "http://", "http://me:secret@", 1)
	files := t.TempDir()
	path := filepath.Join(files, filepath.FromSlash(place))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, proxies, sum, says string
	}{
		{"one", good, sum, ""},
		{"with a slash", good + "/", sum, ""},
		{"files", "file://" + files, sum, ""},
		{"no such files", "file://" + t.TempDir(), sum, "not there"},
		{"behind one that has it not", none + "," + gone + "," + good, sum, ""},
		{"before direct", good + ",direct", sum, ""},
		{"only direct", none + ",direct", sum, "direct: only a module proxy is asked"},
		{"off", "off", sum, "off: only a module proxy is asked"},
		{"none", "", sum, "no proxy is named"},
		{"behind a broken one", broken + "," + good, sum, "500 Internal Server Error"},
		{"in place of a broken one", broken + "|" + good, sum, ""},
		{"password", secret, sum, "http://me:xxxxx@"},
		{"another scheme", "ftp://example.com", sum, "not a URL with http, https or file"},
		{"no URL", "://secret", sum, "a proxy's name is no URL"},
		{"another hash", good + "|" + good, "h1:AAAA", "its hash is " + sum + ", want h1:AAAA"},
		{"no archive", other + "|" + good, sum, "not a valid zip file"},
		{"no answer", "http://127.0.0.1:1", sum, "connection refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			to := filepath.Join(t.TempDir(), "module.zip")
			err := Fetch(t.Context(), tt.proxies, wanted, tt.sum, to)
			got, readErr := os.ReadFile(to)
			if tt.says == "" {
				if err != nil || !bytes.Equal(got, data) {
					t.Errorf("%v; %d bytes", err, len(got))
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "secret") {
				t.Errorf("got %v, want %q and no secret", err, tt.says)
			}
			if !os.IsNotExist(readErr) {
				t.Errorf("something is left: %d bytes, %v", len(got), readErr)
			}
		})
	}
}

func TestFetchStopped(t *testing.T) {
	data, sum := archive(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	to := filepath.Join(t.TempDir(), "module.zip")
	if err := Fetch(ctx, proxy(t, 200, data), wanted, sum, to); err == nil ||
		!strings.Contains(err.Error(), "canceled") {
		t.Errorf("got %v", err)
	}
}

// What is there already is not written to.
func TestFetchOverSomething(t *testing.T) {
	data, sum := archive(t)
	to := filepath.Join(t.TempDir(), "module.zip")
	if err := os.WriteFile(to, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := Fetch(t.Context(), proxy(t, 200, data), wanted, sum, to)
	if got, _ := os.ReadFile(to); err == nil || string(got) != "mine" {
		t.Errorf("got %v, and the file has %q", err, got)
	}
}
