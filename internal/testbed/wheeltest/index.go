package wheeltest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Index is an index of wheels on this machine, with pages in JSON.
type Index struct {
	// URL is that of the index.
	URL string

	mu     sync.Mutex
	files  map[string][]byte
	hashes map[string]string
	asked  map[string]int
	before func(w http.ResponseWriter, r *http.Request) bool
}

// NewIndex starts an index, which ends with the test.
func NewIndex(t testing.TB, wheels ...Wheel) *Index {
	t.Helper()
	x := &Index{files: map[string][]byte{}, hashes: map[string]string{}, asked: map[string]int{}}
	for _, w := range wheels {
		x.Add(w.File(), w.Bytes(t))
	}
	server := httptest.NewServer(x)
	t.Cleanup(server.Close)
	x.URL = server.URL + "/simple/"
	return x
}

// Add adds a file, with its true hash.
func (x *Index) Add(name string, data []byte) { x.AddAs(name, data, Sum(data)) }

// AddAs adds a file that the pages say has another hash, empty for none.
func (x *Index) AddAs(name string, data []byte, hash string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.files[name], x.hashes[name] = data, hash
}

// Before has f look at each request first; it returns true if it has answered it.
func (x *Index) Before(f func(w http.ResponseWriter, r *http.Request) bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.before = f
}

// Asked is how often a page or a file was asked for, by the end of its path, and all of
// them for the empty text.
func (x *Index) Asked(end string) (n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for path, times := range x.asked {
		if strings.HasSuffix(path, end) {
			n += times
		}
	}
	return n
}

// ServeHTTP implements http.Handler.
func (x *Index) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x.mu.Lock()
	x.asked[r.URL.Path]++
	before := x.before
	x.mu.Unlock()
	if before != nil && before(w, r) {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if name, ok := strings.CutPrefix(r.URL.Path, "/files/"); ok {
		if data, there := x.files[name]; there {
			_, _ = w.Write(data)
			return
		}
	}
	project, ok := strings.CutPrefix(strings.TrimSuffix(r.URL.Path, "/"), "/simple/")
	files := []map[string]any{}
	for name := range x.files {
		of, _, _ := strings.Cut(name, "-")
		if ok && strings.EqualFold(strings.ReplaceAll(of, "_", "-"), project) {
			hashes := map[string]string{}
			if sum := x.hashes[name]; sum != "" {
				hashes["sha256"] = sum
			}
			files = append(files, map[string]any{"filename": name, "url": "/files/" + name, "hashes": hashes})
		}
	}
	if len(files) == 0 {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/vnd.pypi.simple.v1+json")
	_ = json.NewEncoder(w).Encode(map[string]any{"meta": map[string]string{"api-version": "1.1"}, "files": files})
}
