package funcs

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/pyexec/pyexec/runtime"
)

// Bodies are bounded all together: one that would exceed the bound is told to come
// again, at once, however slowly the others send; small ones always get through.
func TestHeldBodies(t *testing.T) {
	m := &memo{maxBytes: -1}
	h := handlerWith(four(), Options{BodyBytes: testBodyBytes, Recorder: m, HeldBodyBytes: 9 << 20})
	large := `{"script":"def main(): pass"` + strings.Repeat(" ", 1<<20) + "}"
	body, sender := io.Pipe()
	var first sync.WaitGroup
	w := httptest.NewRecorder()
	first.Go(func() {
		r := httptest.NewRequest("POST", "/execute", body)
		h.ServeHTTP(w, r)
	})
	if _, err := io.WriteString(sender, large[:len(large)-1]); err != nil { // returns when it is read
		t.Fatal(err)
	}
	for path, code := range map[string]int{"/execute": 429, "/events": 429} {
		again := httptest.NewRecorder()
		h.ServeHTTP(again, newRequest("POST", path, "application/json", large))
		if again.Code != code || again.Header().Get("Retry-After") == "" ||
			!strings.Contains(again.Body.String(), `"status":"overloaded"`) {
			t.Errorf("%s: %d %s", path, again.Code, again.Body)
		}
	}
	small := httptest.NewRecorder()
	h.ServeHTTP(small, newRequest("POST", "/execute", "application/json", someScript))
	want(t, small, 200, `{"result":4,"stdout":""}`)
	if _, err := io.WriteString(sender, "}"); err != nil {
		t.Fatal(err)
	}
	sender.Close()
	first.Wait()
	want(t, w, 200, `{"result":4,"stdout":""}`)
	after := httptest.NewRecorder()
	h.ServeHTTP(after, newRequest("POST", "/execute", "application/json", large))
	want(t, after, 200, `{"result":4,"stdout":""}`)
}

// slowReader reads nothing until it is told to.
type slowReader struct {
	*httptest.ResponseRecorder
	once    sync.Once
	reached chan struct{} // closed when something is to be read
	read    chan struct{}
}

func newSlowReader() *slowReader {
	return &slowReader{ResponseRecorder: httptest.NewRecorder(), reached: make(chan struct{}),
		read: make(chan struct{})}
}

func (s *slowReader) Write(b []byte) (int, error) {
	s.once.Do(func() { close(s.reached) })
	<-s.read
	return s.ResponseRecorder.Write(b)
}

// Replies that nobody reads are bounded all together: a large one waits in its
// worker until another has been read, and output that finds no room is refused.
func TestHeldReplies(t *testing.T) {
	value := []byte(`"` + strings.Repeat("x", 1<<20) + `"`)
	r := four()
	r.run = func(_ context.Context, job runtime.Job, hooks runtime.Hooks) (runtime.Result, error) {
		if job.Script == "output" {
			return runtime.Result{Status: runtime.OK, Value: []byte("4"),
				Stdout: bytes.Repeat([]byte("x"), 1<<20)}, nil
		}
		if err := hooks.Room(len(value)); err != nil {
			return runtime.Result{}, err
		}
		return runtime.Result{Status: runtime.OK, Value: value}, nil
	}
	h := handlerWith(r, Options{BodyBytes: testBodyBytes, Recorder: &memo{maxBytes: -1}, HeldReplyBytes: 3 << 19})
	request := func(script string) *http.Request {
		return newRequest("POST", "/execute", "application/json", fmt.Sprintf(`{"script":%q}`, script))
	}
	slow := newSlowReader()
	var all sync.WaitGroup
	all.Go(func() { h.ServeHTTP(slow, request("value")) })
	<-slow.reached
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request("output"))
	if w.Code != 429 || w.Header().Get("Retry-After") == "" ||
		!strings.HasPrefix(w.Body.String(), `{"error":"the script has run, but`) {
		t.Errorf("output: %d %.100s", w.Code, w.Body)
	}
	next := httptest.NewRecorder()
	all.Go(func() { h.ServeHTTP(next, request("value")) })
	gone, leave := context.WithCancel(t.Context())
	leave()
	left := httptest.NewRecorder()
	h.ServeHTTP(left, request("value").WithContext(gone))
	if left.Body.Len() > 0 {
		t.Errorf("who has left: %s", left.Body)
	}
	close(slow.read)
	all.Wait()
	for name, w := range map[string]*httptest.ResponseRecorder{"slow": slow.ResponseRecorder, "next": next} {
		if w.Code != 200 || w.Body.Len() != len(value)+len(`{"result":,"stdout":""}`) {
			t.Errorf("%s: %d, %d bytes", name, w.Code, w.Body.Len())
		}
	}
	w = httptest.NewRecorder()
	h.ServeHTTP(w, request("output"))
	if w.Code != 200 {
		t.Errorf("output, once all is read: %d", w.Code)
	}
}
