package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
)

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
	got := pyrun(t, dir, "x", "-", "--url", server.URL, "--file", "a.csv", "--file", "data/b=b.bin", "--timeout",
		"1.5")
	want := map[string]any{"a.csv": "é,1\n", "data/b": map[string]any{"base64": "/wA="}}
	if got.code != 0 || !reflect.DeepEqual(asked.Files, want) || asked.Timeout != 1.5 || asked.ReturnFiles {
		t.Errorf("%+v, %+v", got, asked)
	}
}
