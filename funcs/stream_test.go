package funcs

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pyexec/pyexec/funcs/jsontext"
	"github.com/pyexec/pyexec/runtime"
)

// streaming makes a runner whose script writes what write does.
func streaming(
	res runtime.Result, err error, write func(ctx context.Context, output func(runtime.Stream, []byte)),
) *fakeRunner {
	return &fakeRunner{info: testInfo(),
		run: func(ctx context.Context, job runtime.Job, hooks runtime.Hooks) (runtime.Result, error) {
			if write != nil {
				hooks.Started()
				write(ctx, hooks.Output)
			}
			if ctx.Err() != nil {
				return runtime.Result{}, ctx.Err()
			}
			return res, err
		}}
}

func streamRequest(body string) *http.Request {
	req := newRequest("POST", "/execute", "application/json", body)
	req.Header.Set("Accept", "text/event-stream")
	return req
}

var fine = runtime.Result{Status: runtime.OK, Ran: true, Value: []byte(`4`), Stdout: []byte("aé")}

func TestStream(t *testing.T) {
	for _, tt := range []struct {
		name   string
		result runtime.Result
		err    error
		write  func(context.Context, func(runtime.Stream, []byte))
		want   string
	}{
		{"silent", fine, nil, func(context.Context, func(runtime.Stream, []byte)) {},
			"event: result\ndata: {\"result\":4,\"stdout\":\"aé\"}\n\n"},
		{"both streams", fine, nil, func(_ context.Context, put func(runtime.Stream, []byte)) {
			put(runtime.Stdout, []byte("a\n"))
			put(runtime.Stdout, []byte("b"))
			put(runtime.Stderr, []byte("\"e"))
			put(runtime.Stdout, []byte("c"))
		}, "event: stdout\ndata: {\"text\":\"a\\nb\"}\n\nevent: stderr\ndata: {\"text\":\"\\\"e\"}\n\nevent: " +
			"stdout\ndata: {\"text\":\"c\"}\n\n" +
			"event: result\ndata: {\"result\":4,\"stdout\":\"aé\"}\n\n"},
		{"failure", runtime.Result{Status: runtime.ScriptError, Error: "E: x", Ran: true}, nil,
			func(context.Context, func(runtime.Stream, []byte)) {},
			"event: error\ndata: {\"error\":\"E: " +
				"x\",\"status\":\"script_error\",\"stdout\":\"\",\"stderr\":\"\"}\n\n"},
		{"the interpreter dies", runtime.Result{}, runtime.ErrUnavailable,
			func(context.Context, func(runtime.Stream, []byte)) {},
			"event: error\ndata: {\"error\":\"the service cannot run scripts right now: try again " +
				"shortly\",\"status\":\"unavailable\"}\n\n"},
		{"a panic", fine, nil, func(context.Context, func(runtime.Stream, []byte)) { panic("x") },
			"event: error\ndata: {\"error\":\"the service could not handle this " +
				"request\",\"status\":\"internal_error\"}\n\n"},
		{"a forged result", runtime.Result{Status: runtime.OK, Value: []byte("[1,\n\r\n2]")}, nil,
			func(context.Context, func(runtime.Stream, []byte)) {},
			"event: result\ndata: {\"result\":[1,\ndata: 2],\"stdout\":\"\"}\n\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// All is written before the first event is taken: so the events are the same every time.
				w := serve(streaming(tt.result, tt.err, tt.write), streamRequest(someScript))
				if w.Code != 200 || w.Header().Get("Content-Type") != "text/event-stream" ||
					w.Header().Get("X-Execution-Id") == "" || w.Header().Get("Content-Length") != "" ||
					w.Header().Get("X-Accel-Buffering") != "no" {
					t.Errorf("%d %v", w.Code, w.Header())
				}
				if got := joined(w.Body.String()); got != joined(tt.want) {
					t.Errorf("got\n%s\nwant\n%s", got, tt.want)
				}
			})
		})
	}
}

// joined puts neighbouring events of one stream together: how many there are
// is a matter of timing.
func joined(events string) string {
	for _, stream := range []string{"stdout", "stderr"} {
		parts := strings.Split(events, "\n\n")
		var out []string
		for _, p := range parts {
			head := "event: " + stream + "\ndata: {\"text\":\""
			if last := len(out) - 1; last >= 0 && strings.HasPrefix(p, head) &&
				strings.HasPrefix(out[last], head) {
				out[last] = strings.TrimSuffix(out[last], "\"}") + strings.TrimPrefix(p, head)
				continue
			}
			out = append(out, p)
		}
		events = strings.Join(out, "\n\n")
	}
	return events
}

// A request that is refused before a worker has it is answered as always.
func TestStreamRefused(t *testing.T) {
	for _, tt := range []struct {
		err    error
		body   string
		status int
	}{
		{runtime.ErrOverloaded, someScript, 429}, {runtime.ErrUnavailable, someScript, 503},
		{errors.New("x"), someScript, 500}, {nil, `{}`, 400},
	} {
		w := serve(streaming(fine, tt.err, nil), streamRequest(tt.body))
		if w.Code != tt.status || w.Header().Get("Content-Type") != jsonType || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%v: %d %v %s", tt.err, w.Code, w.Header(), w.Body)
		}
	}
}

// A caller who gives JSON a greater weight gets no stream.
func TestStreamIsAskedFor(t *testing.T) {
	for accept, want := range map[string]bool{
		"": false, "*/*": false, "application/json": false, "text/event-stream": true,
		"TEXT/Event-Stream ; q=0.5":           true,
		"application/json, text/event-stream": true, "text/event-stream;q=0": false,
		"text/html,;,text/event-stream":                   true,
		"application/json, text/event-stream;q=0.9":       false,
		"application/json;q=0.5, text/event-stream;q=0.9": true,
	} {
		req := streamRequest(someScript)
		req.Header.Set("Accept", accept)
		w := serve(streaming(fine, nil, nil), req)
		if got := w.Header().Get("Content-Type") == streamType; got != want || w.Code != 200 {
			t.Errorf("Accept %q: %d %s", accept, w.Code, w.Header().Get("Content-Type"))
		}
	}
}

// A silent script: the connection is kept alive.
func TestStreamKeepAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := serve(streaming(fine, nil,
			func(context.Context, func(runtime.Stream, []byte)) { time.Sleep(12 * time.Second) }),
			streamRequest(someScript))
		if got := strings.Count(w.Body.String(), ": keep-alive\n\n"); got != 2 {
			t.Errorf("%d comments: %s", got, w.Body)
		}
	})
}

// A character is never cut, and what is no character shows as in the reply.
func TestOutputCharacters(t *testing.T) {
	const text = "aé€😀\xff\xc3(\xf0\x9f\x98\x80\xe2\x82"
	var reply struct{ Text string }
	if err := json.Unmarshal(append(jsontext.AppendString([]byte(`{"text":`), text), '}'), &reply); err != nil {
		t.Fatal(err)
	}
	for size := 1; size < 6; size++ {
		o, got := newOutput(1<<20), ""
		read := func(last bool) {
			for _, e := range strings.Split(string(o.append(nil, last)), "\n\n") {
				var event struct{ Text string }
				if _, data, ok := strings.Cut(e, "data: "); ok {
					if err := json.Unmarshal([]byte(data), &event); err != nil {
						t.Fatal(err)
					}
					got += event.Text
				}
			}
		}
		for i := 0; i < len(text); i += size {
			o.put(runtime.Stdout, []byte(text[i:min(len(text), i+size)]))
			read(false)
		}
		read(true)
		if got != reply.Text {
			t.Errorf("by %d: %q, want %q", size, got, reply.Text)
		}
	}
}

// Output for a slow reader is held up to a bound; what is missing is counted.
func TestOutputBound(t *testing.T) {
	o := newOutput(64 << 20)
	line := []byte(strings.Repeat("x", 1023) + "\n")
	for range 1000 {
		o.put(runtime.Stdout, line)
	}
	o.put(runtime.Stderr, []byte("e"))
	events := string(o.append(nil, false))
	if len(events) > streamBytes+2000 ||
		!strings.HasSuffix(events,
			"event: stdout\ndata: {\"text\":\"\",\"omitted_bytes\":761856}\n\nevent: stderr\ndata: "+
				"{\"text\":\"\",\"omitted_bytes\":1}\n\n") {
		t.Errorf("%d bytes: …%s", len(events), events[len(events)-200:])
	}
	o.put(runtime.Stdout, []byte("again"))
	if events := string(o.append(nil, false)); events != "event: stdout\ndata: {\"text\":\"again\"}\n\n" {
		t.Errorf("afterwards: %s", events)
	}
}

// A reader who leaves ends the run, and so does one who stops reading.
func TestStreamReaderGone(t *testing.T) {
	ended := make(chan error, 1)
	chatty := streaming(fine, nil, func(ctx context.Context, put func(runtime.Stream, []byte)) {
		for ctx.Err() == nil {
			put(runtime.Stdout, make([]byte, 64<<10))
			time.Sleep(time.Millisecond)
		}
		ended <- ctx.Err()
	})
	h := newTestHandler(chatty).(*handler)
	h.pace.stall = 100 * time.Millisecond
	server := httptest.NewServer(h)
	defer server.Close()
	for _, how := range []string{"leaves", "stalls"} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, "POST", server.URL+"/execute", strings.NewReader(someScript))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "text/event-stream")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(resp.Body).ReadString('\n'); line != "event: stdout\n" {
			t.Errorf("%q, %v", line, err)
		}
		if how == "leaves" {
			cancel()
		}
		select {
		case <-ended:
		case <-time.After(30 * time.Second):
			t.Fatalf("reader %s: the run goes on", how)
		}
		if how == "stalls" { // what was under way may still come, but not the end
			rest, err := io.ReadAll(resp.Body)
			if err == nil || strings.Contains(string(rest), "event: result") {
				t.Errorf("the stream ends in order: %v", err)
			}
		}
		resp.Body.Close()
	}
}

// slowLink notes how much is written on each deadline.
type slowLink struct {
	*httptest.ResponseRecorder
	since, most       int
	deadline, longest time.Time // the one that holds, and the last one of all
}

func (l *slowLink) SetWriteDeadline(end time.Time) error {
	l.since, l.deadline = 0, end
	if end.After(l.longest) {
		l.longest = end
	}
	return nil
}

func (l *slowLink) Write(b []byte) (int, error) {
	l.since += len(b)
	l.most = max(l.most, l.since)
	return l.ResponseRecorder.Write(b)
}

// A client that reads a large reply over a slow link has time for each piece of it.
func TestStreamSlowLink(t *testing.T) {
	value := []byte(`"` + strings.Repeat("x", 4<<20) + `"`)
	link := &slowLink{ResponseRecorder: httptest.NewRecorder()}
	newTestHandler(streaming(runtime.Result{Status: runtime.OK, Value: value}, nil, nil)).ServeHTTP(link,
		streamRequest(someScript))
	if want := "event: result\ndata: {\"result\":" + string(value) +
		",\"stdout\":\"\"}\n\n"; link.Body.String() != want || link.most > writeBytes {
		t.Errorf("%d bytes, %d of them on one deadline", link.Body.Len(), link.most)
	}
	if !link.deadline.IsZero() {
		t.Error("the next reply on this connection has what is left of the time for this one")
	}
}
