package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Replies that a service, or a proxy in front of it, may give.
func TestOddServices(t *testing.T) {
	for name, tt := range map[string]struct {
		http        int
		contentType string
		body        string
		code        int
		says        string
	}{
		"overloaded": {429, "application/json", `{"error":"too many","status":"overloaded"}`, exitUnavailable,
			"overloaded: too many"},
		"fault": {500, "application/json", `{"error":"it broke","status":"internal_error"}`, exitOther,
			"internal_error: it broke"},
		"unknown status": {422, "application/json", `{"error":"e","status":"new_word"}`, exitOther, "new_word: e"},
		"private":        {403, "text/html", "<h1>Forbidden</h1>", exitOther, "Authorization: Bearer"},
		"front end":      {503, "text/plain", "upstream", exitUnavailable, "is no reply"},
		"gateway":        {502, "text/html", "<h1>Bad Gateway</h1>", exitUnavailable, "is no reply"},
		"late gateway":   {504, "", "", exitUnavailable, "is no reply"},
		"somebody else":  {200, "text/html", "<html>", exitOther, "is no reply"},
		"neither":        {200, "application/json", `{}`, exitOther, "is no reply"},
		"both":           {200, "application/json", `{"result":1,"error":"e"}`, exitOther, "is no reply"},
		"stream": {200, "text/event-stream",
			": hi\n\nevent: stdout\ndata: {\"text\":\"a\"}\n\nevent: result\ndata: " +
				"{\"result\":1,\"stdout\":\"ab\"}\n\n", 0, ""},
		"stream of errors": {200, "text/event-stream",
			"event: error\r\ndata: {\"error\":\"e\",\r\ndata: \"status\":\"timeout\"}\r\n\r\n", exitLimit,
			"timeout: e"},
		"cut stream": {200, "text/event-stream",
			"event: stdout\ndata: {\"text\":\"a\"}\n\nevent: result\ndata: {\"result\":1}\n", exitUnavailable,
			"unexpected EOF"},
		"broken event": {200, "text/event-stream", "event: stdout\ndata: {\n\n", exitOther, "event stdout"},
		"redirect":     {302, "text/html", "", exitOther, "is no reply"},
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

// A redirect that keeps the request is followed, of any other its target is
// named.
func TestRedirects(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/kept/execute":
			http.Redirect(w, r, "/there/execute", http.StatusTemporaryRedirect)
		case "/lost/execute":
			http.Redirect(w, r, "/there/execute", http.StatusFound)
		case "/loop/execute":
			http.Redirect(w, r, "/loop/execute", http.StatusPermanentRedirect)
		default:
			var asked request
			if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || r.Method != "POST" || asked.Script != "x" {
				t.Errorf("%s %+v, %v", r.Method, asked, err)
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"result":1,"stdout":""}`))
		}
	}))
	defer server.Close()
	for from, want := range map[string]struct {
		code int
		says string
	}{
		"kept": {0, ""},
		"lost": {exitOther, "302 Found: is redirected: use --url " + server.URL + "/there/execute\n"},
		"loop": {exitOther, "308 Permanent Redirect: is redirected: use --url " + server.URL + "/loop/execute\n"},
	} {
		got := pyrun(t, t.TempDir(), "x", "-", "--url", server.URL+"/"+from)
		if got.code != want.code || !strings.HasSuffix(got.stderr, want.says) {
			t.Errorf("%s: %+v, want %d %q", from, got, want.code, want.says)
		}
	}
}

// Output that the service left out of its stream comes from the reply.
func TestGapsAreFilled(t *testing.T) {
	for name, tt := range map[string]struct{ stream, want string }{
		"gap": {"event: stdout\ndata: {\"text\":\"one\\n\"}\n\nevent: stdout\ndata: " +
			"{\"text\":\"\",\"omitted_bytes\":4}\n\nevent: stdout\ndata: {\"text\":\"three\\n\"}\n\n",
			"one\ntwo\nthree\n0\n"},
		"no event": {"", "one\ntwo\nthree\n0\n"},
		"all":      {"event: stdout\ndata: {\"text\":\"one\\ntwo\\nthree\\n\"}\n\n", "one\ntwo\nthree\n0\n"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				_, _ = w.Write([]byte(tt.stream + "event: result\ndata: " +
					"{\"result\":0,\"stdout\":\"one\\ntwo\\nthree\\n\"}\n\n"))
			}))
			defer server.Close()
			if got := pyrun(t, t.TempDir(), "x", "-", "--url", server.URL); got != (ended{0, tt.want, ""}) {
				t.Errorf("%+v, want %q", got, tt.want)
			}
		})
	}
}
