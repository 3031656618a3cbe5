package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// event is one event of a stream.
type event struct{ name, data string }

// openStream posts a script and returns its events as they come. The channel
// is closed at the end of the stream, when read has its error.
func (s *liveServer) openStream(ctx context.Context, t testing.TB, body request) (events <-chan event, read *error) {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.http.URL+"/execute", bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	resp, err := s.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if got := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || got != "text/event-stream" ||
		resp.Header.Get("X-Execution-Id") == "" {
		t.Fatalf("%d %s", resp.StatusCode, got)
	}
	out, failed := make(chan event, 10_000), new(error)
	go func() {
		defer close(out)
		defer resp.Body.Close()
		*failed = readEvents(resp.Body, out)
	}()
	return out, failed
}

// readEvents is a reader of events as the specification has it, less what is
// not used here.
func readEvents(body io.Reader, out chan<- event) error {
	var e event
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		switch field, value, _ := strings.Cut(lines.Text(), ": "); {
		case lines.Text() == "" && e != (event{}):
			out <- e
			e = event{}
		case field == "event":
			e.name = value
		case field == "data":
			e.data += value
		}
	}
	return lines.Err()
}

// text is what the event says was written.
func (e event) text() string {
	var data struct{ Text string }
	_ = json.Unmarshal([]byte(e.data), &data)
	return data.Text
}

var whereTimeRanOut = regexp.MustCompile(`"traceback":"[^"]*(\\"[^"]*)*","line":\d+,`)

// The stream ends with what would be the whole reply, and the output before it is
// the same.
func TestStreamLive(t *testing.T) {
	s := live(t)
	for _, tt := range []struct{ name, script, last string }{
		{"result", "import sys, time\ndef main():\n    for n in range(3):\n        print('né', n)\n        " +
			"time.sleep(0.02)\n    sys.stderr.write('e')\n    return {'a': 4.0}", "result"},
		{"faster than anybody looks", "def main():\n    print('x')\n    return 1", "result"},
		{"exception", "def main():\n    print('x')\n    1/0", "error"},
		{"timeout", "import time\ndef main():\n    print('x')\n    time.sleep(9)", "error"},
		{"too much output", "def main():\n    while True: print('é' * 999)", "error"},
		{"bytes that are no text", "import sys\ndef main():\n    sys.stdout.buffer.write(b'\\xc3'); " +
			"sys.stdout.flush(); sys.stdout.buffer.write(b'\\xa9\\xff\\xe2')", "result"},
		{"no main", "x = 1", "error"},
		{"blocked import", "import subprocess\ndef main(): pass", "error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := request{"script": tt.script}
			if tt.name == "timeout" {
				body["timeout"] = 1
			}
			plain := s.run(t, tt.script, body)
			events, read := s.openStream(t.Context(), t, body)
			out := map[string]string{}
			var last event
			omitted := false
			for e := range events {
				if last.name != "" {
					t.Errorf("%v after %v", e, last)
				}
				if e.name == "result" || e.name == "error" {
					last = e
					continue
				}
				out[e.name] += e.text()
				omitted = omitted || strings.Contains(e.data, "omitted_bytes")
			}
			if *read != nil || last.name != tt.last {
				t.Fatalf("%v, last %v", *read, last)
			}
			// Where output is cut, and whether a busy machine lets a script say
			// where it was when its time was up, may differ from run to run.
			got, want := whereTimeRanOut.ReplaceAllString(last.data, ""),
				whereTimeRanOut.ReplaceAllString(plain.body, "")
			if tt.name != "timeout" {
				got, want = last.data, plain.body
			}
			if got != want && tt.name != "too much output" {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			var reply struct{ Stdout, Stderr string }
			if err := json.Unmarshal([]byte(last.data), &reply); err != nil {
				t.Fatal(err)
			}
			if !omitted && (out["stdout"] != reply.Stdout || reply.Stderr != "" && out["stderr"] != reply.Stderr) {
				t.Errorf("streamed %.200q, reply has %.200q", out, reply)
			}
		})
	}
}

// What is printed is seen while the script still runs: this one ends only when
// it has been seen.
func TestStreamIsLive(t *testing.T) {
	s := live(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	events, _ := s.openStream(ctx, t,
		request{"script": "import time\ndef main():\n    print('seen')\n    time.sleep(25)"})
	select {
	case e := <-events:
		if e.name != "stdout" || e.text() != "seen\n" {
			t.Errorf("%v", e)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("nothing is seen of a script that prints and goes on")
	}
	cancel() // and a reader who leaves ends the run
	deadline := time.Now().Add(20 * time.Second)
	for s.service.Stats().Busy > 0 {
		if time.Now().After(deadline) {
			t.Fatalf("the run goes on: %+v", s.service.Stats())
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.wantGood(t)
}

// A script as it is, with a file in and files back.
func TestSourceLive(t *testing.T) {
	s := live(t)
	const script = "def main(x):\n    open('out.txt', 'w').write('é' * x)\n    open('raw', " +
		"'wb').write(b'\\xff')\n    return x\n"
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.http.URL+"/execute?input=2&return_files=true",
		strings.NewReader(script))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "text/x-python")
	resp, err := s.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if want := `{"result":2,"stdout":"","files":{"out.txt":"éé","raw":{"base64":"/w=="}}}`; err != nil ||
		string(got) != want {
		t.Errorf("%v: %s, want %s", err, got, want)
	}
}
