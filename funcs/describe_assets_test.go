package funcs

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// pageLimit is what a browser may have to load to show the page, compressed.
const pageLimit = 300_000

func getCompressed(path, accept string) *httptest.ResponseRecorder {
	req := newRequest("GET", path, "", "")
	req.Header.Set("Accept", accept)
	req.Header.Set("Accept-Encoding", "gzip, deflate, br")
	return serve(four(), req)
}

func gunzip(t *testing.T, b []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// assetPaths are the files that the page names, as a browser would find them.
func assetPaths(t *testing.T) []string {
	t.Helper()
	page := string(gunzip(t, getCompressed("/", "text/html").Body.Bytes()))
	seen := map[string]bool{}
	var paths []string
	for _, m := range regexp.MustCompile(`(?:src|href)="(assets/[^"]+)"`).FindAllStringSubmatch(page, -1) {
		if !seen[m[1]] {
			paths = append(paths, "/"+m[1])
		}
		seen[m[1]] = true
	}
	if len(paths) < 5 {
		t.Fatalf("the page names %q", paths)
	}
	return paths
}

// All that the page loads is there, may be kept for ever, and is small.
func TestPageLoadsLittle(t *testing.T) {
	total := getCompressed("/", "text/html").Body.Len()
	names := map[string]bool{}
	var modules []string
	for _, path := range assetPaths(t) {
		w := getCompressed(path, "*/*")
		if w.Code != 200 || w.Header().Get("Content-Encoding") != "gzip" ||
			w.Header().Get("X-Content-Type-Options") != "nosniff" ||
			w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" ||
			w.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
		names[path[strings.LastIndexByte(path, '/')+1:]] = true
		if strings.HasSuffix(path, ".js") {
			total += w.Body.Len()
			modules = append(modules, string(gunzip(t, w.Body.Bytes())))
		}
	}
	for _, source := range modules {
		for _, m := range regexp.MustCompile(`from "\./([^"]+)";`).FindAllStringSubmatch(source, -1) {
			if !names[m[1]] {
				t.Errorf("a module imports %s, which the page does not name", m[1])
			}
		}
	}
	t.Logf("the page and its modules: %d bytes compressed", total)
	if total > pageLimit {
		t.Errorf("the page and its modules: %d bytes compressed, at most %d", total, pageLimit)
	}
}

func TestAssets(t *testing.T) {
	path := assetPaths(t)[0]
	plain := serve(four(), newRequest("GET", path, "", ""))
	zipped := getCompressed(path, "*/*")
	if !bytes.Equal(gunzip(t, zipped.Body.Bytes()), plain.Body.Bytes()) {
		t.Error("compressed, it is not the same")
	}
	tag := plain.Header().Get("Etag")
	if !regexp.MustCompile(`^"[0-9a-f]{24}"$`).MatchString(tag) ||
		zipped.Header().Get("Etag") != strings.TrimSuffix(tag, `"`)+`-gzip"` {
		t.Errorf("tags %s and %s", tag, zipped.Header().Get("Etag"))
	}
	for _, tt := range []struct {
		method, path, encoding, match string
		status                        int
	}{
		{"GET", path, "", "", 200},
		{"HEAD", path, "", "", 200},
		{"GET", path, "", tag, 304},
		{"GET", path, "", `"x", W/` + tag, 304},
		{"GET", path, "", "*", 304},
		{"GET", path, "gzip", tag, 200},
		{"GET", path, "gzip;q=0", tag, 304},
		{"GET", path, "br, gzip;q=0.5", zipped.Header().Get("Etag"), 304},
		{"GET", path, "", `"x"`, 200},
		{"POST", path, "", "", 405},
		{"GET", "/assets/", "", "", 404},
		{"GET", "/assets/0000000000000000/codemirror.js", "", "", 404},
		{"GET", path + "/../../../page.html", "", "", 404},
	} {
		req := newRequest(tt.method, tt.path, "", "")
		req.Header.Set("Accept-Encoding", tt.encoding)
		req.Header.Set("If-None-Match", tt.match)
		w := serve(four(), req)
		if w.Code != tt.status {
			t.Errorf("%+v: status %d", tt, w.Code)
		}
		if hasBody := tt.method != "HEAD" && tt.status != 304; (w.Body.Len() > 0) != hasBody {
			t.Errorf("%+v: body of %d bytes", tt, w.Body.Len())
		}
		if tt.status == 304 && (w.Header().Get("Content-Length") != "" || w.Header().Get("Etag") == "") {
			t.Errorf("%+v: %v", tt, w.Header())
		}
	}
}

// A compressed reply holds the bytes of the plain one.
func TestCompressed(t *testing.T) {
	for path, accept := range map[string]string{"/": "application/json", "/openapi.json": "*/*"} {
		plain := serve(four(), newRequest("GET", path, "", ""))
		zipped := getCompressed(path, accept)
		if zipped.Header().Get("Content-Encoding") != "gzip" || zipped.Body.Len() >= plain.Body.Len() ||
			!bytes.Equal(gunzip(t, zipped.Body.Bytes()), plain.Body.Bytes()) {
			t.Errorf("%s: %v", path, zipped.Header())
		}
		if plain.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s: compressed for a caller who did not ask", path)
		}
	}
}
