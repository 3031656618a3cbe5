package e2e

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Options of a request mean the same wherever a request may come from.
func TestOptionsEverywhere(t *testing.T) {
	server := live(t)
	const (
		program  = "import sys, time\nprint(__name__)\n{time.tzname[0]: {2, 1}, 'args': sys.argv[1:]}"
		function = "def solve(a, b):\n    return {a, b}"
	)
	for name, tt := range map[string]struct {
		request map[string]any
		want    string
	}{
		"program": {map[string]any{"script": program, "entry": nil, "convert": true, "args": []string{"a"},
			"env": map[string]string{"TZ": "Asia/Tokyo"}},
			`{"result":{"JST":[1,2],"args":["a"]},"stdout":"__main__\n"}`},
		"function": {map[string]any{"script": function, "entry": "solve", "spread": true, "convert": true,
			"input": map[string]any{"a": 4.5, "b": 3}}, `{"result":[3,4.5],"stdout":""}`},
	} {
		t.Run(name, func(t *testing.T) {
			body := encoded(t, tt.request)
			if got := server.post(t, body); got.body != tt.want {
				t.Errorf("/execute: got %s, want %s", got.body, tt.want)
			}
			query := url.Values{}
			for field, value := range tt.request {
				if field != "script" {
					query.Set(field, string(encoded(t, value)))
				}
			}
			got := server.postAs(t, "/execute?"+query.Encode(), "text/x-python", "", tt.request["script"].(string))
			if got != tt.want {
				t.Errorf("with a query: got %s, want %s", got, tt.want)
			}
			got = server.postAs(t, "/execute", "application/json", "text/event-stream", string(body))
			if !strings.HasSuffix(got, "event: result\ndata: "+tt.want+"\n\n") {
				t.Errorf("as a stream: got %s, want %s", got, tt.want)
			}
			_, called := callTool(t, connectTool(t, server.http.URL+"/mcp"), string(body))
			if called.body != tt.want {
				t.Errorf("/mcp: got %s, want %s", called.body, tt.want)
			}
			message := encoded(t, map[string]any{"subscription": "s", "message": map[string]string{"messageId": "1",
				"data": base64.StdEncoding.EncodeToString(body)}})
			// Without its options neither of the scripts would be ok.
			if got := server.postAs(t, "/events", "application/json", "", string(message)); got != `{"status":"ok"}` {
				t.Errorf("/events: got %s", got)
			}
		})
	}
}

// What does not fit together is refused before anything runs, for a stream as JSON.
func TestOptionsThatDoNotFit(t *testing.T) {
	server := live(t)
	const body = `{"script":"print(1)","entry":null,"spread":true}`
	want := `{"error":"spread must be false where entry is null: a program has no function to call",` +
		`"status":"invalid_request"}`
	for _, accept := range []string{"", "text/event-stream"} {
		if got := server.postAs(t, "/execute", "application/json", accept, body); got != want {
			t.Errorf("Accept %q: got %s", accept, got)
		}
	}
}

// Variables and arguments are in no log, not even in one with the payloads.
func TestOptionsAreNotLogged(t *testing.T) {
	server := freshLive(t, "LOG_PAYLOADS=true")
	hushed := request{"entry": nil, "env": map[string]string{"KEY": "hush-env"}, "args": []string{"hush-arg"}}
	server.run(t, "1", hushed).want(t, http.StatusOK, "", "")
	if err := server.service.Drain(t.Context()); err != nil { // which waits for the entry
		t.Fatal(err)
	}
	log := server.log.String()
	if !strings.Contains(log, `"run ok in`) || strings.Contains(log, "hush") {
		t.Errorf("log: %s", log)
	}
}

func encoded(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// postAs posts a body of any type and returns the body of the reply.
func (s *liveServer) postAs(t *testing.T, path, contentType, accept, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.http.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Accept", accept)
	resp, err := s.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
