package index

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const zeros = "0000000000000000000000000000000000000000000000000000000000000000"

// ask returns a client for a server, and the server's URL.
func ask(t *testing.T, c Config, h http.HandlerFunc) (*Client, string) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	if c.IndexURL == "" {
		c.IndexURL = server.URL + "/simple/"
	}
	c.Pause = time.Millisecond
	client, err := New(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client, server.URL
}

func page(kind, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		io.WriteString(w, text)
	}
}

// show is a file in short.
func show(f File) string {
	text := f.Name + " " + strings.TrimPrefix(f.Place(), "http://")
	text = text[:strings.IndexByte(text, ' ')+1] + text[strings.IndexByte(text, '/')+1:]
	for _, h := range f.Hashes {
		text += " " + h.Algorithm
	}
	if f.RequiresPython != "" {
		text += " python" + f.RequiresPython
	}
	if f.Yanked {
		text += " yanked"
	}
	if f.metadata != nil {
		text += fmt.Sprint(" metadata", len(f.metadata))
	}
	return text
}

func TestPages(t *testing.T) {
	const jsonKind, htmlKind = "application/vnd.pypi.simple.v1+json", "text/html; charset=utf-8"
	for _, tt := range []struct{ name, kind, text, want, says string }{
		{"JSON", jsonKind, `{"meta":{"api-version":"1.3"},"files":[
			{"filename":"a-1.whl","url":"../../files/a-1.whl","hashes":{"sha256":"` + zeros + `","md5":"00"},"requires-python":">=3.8","yanked":false,"core-metadata":{"sha256":"` + zeros + `"}},
			{"filename":"a-2.whl","url":"a-2.whl","hashes":{},"requires-python":null,"yanked":"broken","core-metadata":true},
			{"filename":"a-3.whl","url":"a-3.whl","hashes":{},"core-metadata":false,"data-dist-info-metadata":{"sha256":"` + zeros + `"}},
			{"filename":"a-4.whl","url":"file:///etc/passwd","hashes":{}}]}`,
			"a-1.whl files/a-1.whl sha256 python>=3.8 metadata1, a-2.whl simple/a/a-2.whl yanked metadata0, " +
				"a-3.whl simple/a/a-3.whl metadata1", ""},
		{"HTML", htmlKind, `<!DOCTYPE html><html><body><h1>a</h1>
			<a href="../../files/a-1.whl#sha256=` + zeros + `" data-requires-python="&gt;=3.8" data-dist-info-metadata="sha256=` + zeros + `">a-1.whl</a>
			<A HREF='a%2B2.whl' data-yanked>x</A><a href="a-3.whl#md5=00" data-core-metadata="true">3</a>
			<a>nothing</a><a href="javascript:alert(1)">no file</a><a href="mailto:x">no file</a>`,
			"a-1.whl files/a-1.whl sha256 python>=3.8 metadata1, a+2.whl simple/a/a%2B2.whl yanked, a-3.whl " +
				"simple/a/a-3.whl metadata0", ""},
		{"HTML with a base", htmlKind, `<base href="/elsewhere/"><a href="a.whl">a</a>`, "a.whl elsewhere/a.whl", ""},
		{"an empty page", htmlKind, ``, "", ""},
		{"another API", jsonKind, `{"meta":{"api-version":"2.0"}}`, "", "only 1 is known"},
		{"no JSON", jsonKind, `<html>`, "", "not a page of an index"},
		{"something else", "image/png", `x`, "", "JSON or HTML"},
		{"a tag without an end", htmlKind, "<a " + strings.Repeat("x", 2<<20), "", "not a page of an index"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := ask(t, Config{}, page(tt.kind, tt.text))
			files, err := c.Files(t.Context(), "a")
			var got []string
			for _, f := range files {
				got = append(got, show(f))
			}
			if strings.Join(got,
				", ") != tt.want || (err == nil) != (tt.says == "") || err != nil &&
				!strings.Contains(err.Error(), tt.says) {
				t.Errorf("got  %q, %v\nwant %q, %q", got, err, tt.want, tt.says)
			}
		})
	}
}

// What an index says has its bounds, and an answer that may be better next time
// is asked for again.
func TestPagesThatAreRefused(t *testing.T) {
	var asked atomic.Int32
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		says    string
		asks    int32
	}{
		{"not there", http.NotFound, "", 1},
		{"forbidden", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, "403 Forbidden", 1},
		{"out of order", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, "503 Service",
			attempts},
		{"too often", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) }, "429 Too Many", attempts},
		{"a page without an end", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			for block := make([]byte, 1<<20); ; {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		}, "larger than", 1},
		{"a page of too many files", func(w http.ResponseWriter, r *http.Request) {
			page("text/html", strings.Repeat("<a href=a.whl>", pageFiles+1))(w, r)
		}, "more than 100000 files", 1},
		{"a list without an end", func(w http.ResponseWriter, r *http.Request) {
			page("application/json", `{"files":[`+strings.Repeat("0,", 2_000_000)+"0]}")(w, r)
		}, "more than 100000 files", 1},
		{"a name without an end", func(w http.ResponseWriter, r *http.Request) {
			page("text/html", "<a href="+strings.Repeat("a", 2000)+".whl>")(w, r)
		}, "", 1},
		{"a page that breaks off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, "<a href=a.whl>")
		}, "unexpected EOF", attempts},
		{"redirects without an end",
			func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/again", http.StatusFound) },
			"more than 10 redirects", 11},
		{"a redirect to a file", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(302)
		}, "not a URL of http", 1},
		{"a redirect to a machine that is not encrypted", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://index.example/")
			w.WriteHeader(302)
		}, "not encrypted", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked.Store(0)
			c, _ := ask(t, Config{}, func(w http.ResponseWriter, r *http.Request) { asked.Add(1); tt.handler(w, r) })
			files, err := c.Files(t.Context(), "a")
			if len(files) != 0 || (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(),
				tt.says) {
				t.Errorf("%v, %v, want %q", files, err, tt.says)
			}
			if n := asked.Load(); n != tt.asks {
				t.Errorf("asked %d times, want %d", n, tt.asks)
			}
		})
	}
	flaky, _ := ask(t, Config{}, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1)%3 != 0 {
			w.WriteHeader(500)
			return
		}
		page("text/html", "<a href=a.whl>")(w, nil)
	})
	asked.Store(0)
	if files, err := flaky.Files(t.Context(), "a"); err != nil || len(files) != 1 {
		t.Errorf("%v, %v", files, err)
	}
}

// A password goes to its own server and into no message.
func TestPassword(t *testing.T) {
	var elsewhere string
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter,
		r *http.Request) {
		elsewhere = r.Header.Get("Authorization")
	}))
	defer other.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); !ok || user != "me" || password != "secret" {
			w.WriteHeader(401)
			return
		}
		if strings.HasSuffix(r.URL.Path, ".whl") {
			io.WriteString(w, "content")
			return
		}
		page("text/html", "<a href=/files/a.whl></a><a href="+other.URL+"/b.whl></a>")(w, r)
	}))
	defer server.Close()
	c, _ := ask(t, Config{IndexURL: strings.Replace(server.URL, "http://", "http://me:secret@", 1)}, nil)
	files, err := c.Files(t.Context(), "a")
	if err != nil || len(files) != 2 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, f := range files {
		if err := c.Download(t.Context(), f, filepath.Join(t.TempDir(), "f"), nil); err != nil {
			t.Error(err)
		}
		if strings.Contains(f.Place(), "secret") {
			t.Error(f.Place())
		}
	}
	if elsewhere != "" {
		t.Errorf("another server was told %q", elsewhere)
	}
	c, _ = ask(t, Config{IndexURL: strings.Replace(server.URL, "http://", "http://me:hidden@", 1)}, nil)
	if _, err := c.Files(t.Context(), "a"); err == nil || strings.Contains(err.Error(),
		"hidden") || !strings.Contains(err.Error(), "401") {
		t.Errorf("got %v", err)
	}
}

func TestEncryption(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "leaves") {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
			return
		}
		page("text/html", "<a href=a.whl>")(w, r)
	}))
	defer server.Close()
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	roots := filepath.Join(t.TempDir(), "roots.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(roots, text, 0o600); err != nil {
		t.Fatal(err)
	}
	c, _ := ask(t, Config{IndexURL: server.URL, TrustedHosts: []string{"127.0.0.1"}}, nil)
	if _, err := c.Files(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown authority: %v", err)
	}
	c, _ = ask(t, Config{IndexURL: server.URL, CertFile: roots}, nil)
	if files, err := c.Files(t.Context(), "a"); err != nil || len(files) != 1 {
		t.Errorf("an authority of one's own: %v, %v", files, err)
	}
	if _, err := c.Files(t.Context(), "leaves"); err == nil || !strings.Contains(err.Error(),
		"redirects from https to http") {
		t.Errorf("a redirect out of it: %v", err)
	}
}

// An index elsewhere leads to no service of this machine, neither by a link nor by a
// redirect.
func TestNothingLeadsInward(t *testing.T) {
	c, err := New(Config{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for from, want := range map[string]bool{"https://index.example/a/": false, "http://localhost:1/a/": true} {
		base, _ := url.Parse(from)
		for _, to := range []string{"http://127.0.0.1:8080/a.whl", "http://localhost/a.whl", "https://[::1]/a.whl"} {
			if _, ok := newFile(to, base); ok != want {
				t.Errorf("%s links to %s: %v", from, to, ok)
			}
			u, _ := url.Parse(to)
			if err := c.follow(&http.Request{URL: u}, []*http.Request{{URL: base}}); (err == nil) != want {
				t.Errorf("%s redirects to %s: %v", from, to, err)
			}
		}
	}
}

// A link that is not to be followed is the fault of the index.
func TestLinkWithoutEncryption(t *testing.T) {
	c, _ := ask(t, Config{}, page("text/html", "<a href=http://index.example/a.whl>"))
	files, err := c.Files(t.Context(), "a")
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	err = c.Download(t.Context(), files[0], filepath.Join(t.TempDir(), "a.whl"), nil)
	if _, ok := errors.AsType[*Failure](err); !ok || !strings.Contains(err.Error(), "not encrypted") {
		t.Errorf("%T %v", err, err)
	}
}

func TestNewRefuses(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		config Config
		says   string
	}{
		{Config{}, ""},
		{Config{IndexURL: "http://localhost:8080/simple"}, ""},
		{Config{IndexURL: "http://index.example/"}, "index: http://index.example/: not encrypted"},
		{Config{IndexURL: "http://index.example:8080/", TrustedHosts: []string{"Index.example"}}, ""},
		{Config{IndexURL: "http://index.example:8080/", TrustedHosts: []string{"index.example:8080"}}, ""},
		{Config{IndexURL: "http://index.example:8080/", TrustedHosts: []string{"index.example:80"}}, "not encrypted"},
		{Config{IndexURL: "http://me:secret@index.example/"}, "http://me:xxxxx@index.example/"},
		{Config{IndexURL: "ftp://index.example/"}, "not a URL of http"},
		{Config{ExtraIndexURLs: []string{"file:///etc"}}, "not a URL of http"},
		{Config{IndexURL: "http://index.example/", NoIndex: true}, ""},
		{Config{CertFile: empty}, "has none in PEM"},
		{Config{CertFile: empty + "x"}, "no such file"},
	} {
		_, err := New(tt.config, slog.New(slog.DiscardHandler))
		if (err == nil) != (tt.says == "") || err != nil && (!strings.Contains(err.Error(), tt.says) ||
			strings.Contains(err.Error(), "secret")) {
			t.Errorf("%+v: %v, want %q", tt.config, err, tt.says)
		}
	}
}

func TestDownload(t *testing.T) {
	const sum = "sha256:ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73" // of "content"
	right, err := ParseHash(sum, ":")
	if err != nil {
		t.Fatal(err)
	}
	wrong := Hash{"sha256", zeros}
	wrong512 := Hash{"sha512", zeros + zeros}
	breaks := 0
	c, base := ask(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "endless"):
			w.Header().Set("Content-Length", "99999999999999")
		case strings.HasSuffix(r.URL.Path, "short"), strings.HasSuffix(r.URL.Path, "once") && breaks == 0:
			breaks++
			w.Header().Set("Content-Length", "100")
		}
		io.WriteString(w, "content")
	})
	for _, tt := range []struct {
		path         string
		all, allowed []Hash
		says         string
	}{
		{"good", nil, nil, ""},
		{"good", []Hash{right}, []Hash{wrong, right}, ""},
		{"good", []Hash{wrong}, []Hash{right}, "not that of the index"},
		{"good", []Hash{right, wrong512}, nil, "its sha512 is not that of the index"},
		{"good", nil, []Hash{wrong, wrong512}, "none of those required: it has " + sum},
		{"short", nil, nil, "unexpected EOF"},
		{"once", []Hash{right}, nil, ""},
		{"endless", nil, nil, "larger than"},
	} {
		u, _ := url.Parse(base + "/" + tt.path)
		breaks = 0
		path := filepath.Join(t.TempDir(), "f")
		err := c.Download(t.Context(), File{Hashes: tt.all, url: u}, path, tt.allowed)
		if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%+v: %v", tt, err)
		}
		if data, _ := os.ReadFile(path); err == nil && string(data) != "content" {
			t.Errorf("%+v: %q", tt, data)
		}
	}
}

func TestMetadata(t *testing.T) {
	c, base := ask(t, Config{}, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "of "+r.URL.Path) })
	u, _ := url.Parse(base + "/a.whl")
	if text, err := c.Metadata(t.Context(), File{url: u}, 100); text != nil || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if text, err := c.Metadata(t.Context(), File{url: u, metadata: []Hash{}},
		100); string(text) != "of /a.whl.metadata" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := c.Metadata(t.Context(), File{url: u, metadata: []Hash{{"sha256", zeros}}}, 100); err == nil {
		t.Error("another hash passed")
	}
	if _, err := c.Metadata(t.Context(), File{url: u, metadata: []Hash{}},
		5); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Error(err)
	}
}

// Files of directories and of pages of links come with those of the index.
func TestFindLinks(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.whl", "b.whl"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("content"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "c.whl"), 0o700); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(page("text/html", "<a href=l.whl>"))
	defer server.Close()
	c, _ := ask(t, Config{FindLinks: []string{dir, "file://" + dir, server.URL + "/links",
		filepath.Join(dir, "none")}, ExtraIndexURLs: []string{server.URL}}, http.NotFound)
	files, err := c.Files(t.Context(), "a")
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
	}
	if err != nil || strings.Join(names, " ") != "a.whl b.whl a.whl b.whl l.whl l.whl" {
		t.Fatalf("%v, %v", names, err)
	}
	path := filepath.Join(t.TempDir(), "f")
	if err := c.Download(t.Context(), files[0], path,
		[]Hash{{"sha256", zeros}}); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "a.whl")) {
		t.Errorf("got %v", err)
	}
	if err := c.Download(t.Context(), files[0], path, nil); err != nil {
		t.Error(err)
	}
	c, _ = ask(t, Config{NoIndex: true}, func(http.ResponseWriter, *http.Request) { t.Error("asked") })
	if files, err := c.Files(t.Context(), "a"); err != nil || files != nil {
		t.Errorf("%v, %v", files, err)
	}
}

// Whatever a page holds, reading it ends, and its files are of the network.
func FuzzPages(f *testing.F) {
	f.Add([]byte(`{"meta":{"api-version":"1.0"},"files":[{"filename":"a","url":"../b#sha256=` + zeros + `","hashes":{"sha256":"x"},"yanked":1}]}`))
	f.Add([]byte(`<base href=//x/><a href="file:///etc#sha256=` + zeros + `" data-yanked data-core-metadata=x>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		base := &url.URL{Scheme: "https", Host: "index.example", Path: "/simple/a/"}
		fromJSON, _ := parseJSON(bytes.Clone(text), base)
		fromHTML, _ := parseHTML(text, base)
		for _, file := range append(fromJSON, fromHTML...) {
			if file.local() || file.url.Host == "" {
				t.Errorf("%q: %s", text, file.url)
			}
		}
	})
}
