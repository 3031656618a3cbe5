package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// openStalled posts a script for a stream on a connection of its own, and reads
// no more than the head of the reply.
func openStalled(t *testing.T, server *httptest.Server, script string) (net.Conn, *http.Response) {
	t.Helper()
	c := dial(t, server)
	body := `{"script":` + string(quote(script)) + `}`
	fmt.Fprint(c, strings.Replace(head(len(body)), "\r\n", "\r\nAccept: text/event-stream\r\n", 1)+body)
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%s %v", resp.Status, resp.Header)
	}
	return c, resp
}

// A script does not wait for a reader who pauses: it ends, others run, and the
// service holds a bounded part of its output for the reader. The rest is missing
// from the stream, is counted there, and is in the last event.
func TestStreamReaderPauses(t *testing.T) {
	s := freshLive(t, "EXEC_WORKERS=1", "EXEC_OUTPUT_BYTES=67108864")
	const written = 48 << 20
	_, resp := openStalled(t, s.http,
		fmt.Sprintf("def main():\n    for _ in range(%d): print('x' * 1023)", written>>10))
	eventually(t, "the script has ended", func() bool { return s.service.Stats().Busy == 0 })
	s.wantGood(t)
	events := make(chan event, 100_000)
	if err := readEvents(resp.Body, events); err != nil {
		t.Fatal(err)
	}
	close(events)
	streamed, omitted, last := 0, 0, event{}
	for e := range events {
		last = e
		var data struct {
			Text    string
			Omitted int `json:"omitted_bytes"`
		}
		if err := json.Unmarshal([]byte(e.data), &data); err != nil {
			t.Fatal(err)
		}
		streamed, omitted = streamed+len(data.Text), omitted+data.Omitted
	}
	// Besides the service's 256 KiB, held and on their way, there is what the
	// kernel's buffers take: a few MiB.
	if streamed+omitted != written || streamed > written/4 {
		t.Errorf("%d bytes streamed, %d omitted of %d", streamed, omitted, written)
	}
	var reply struct{ Stdout string }
	if err := json.Unmarshal([]byte(last.data),
		&reply); err != nil || last.name != "result" || len(reply.Stdout) != written {
		t.Errorf("last event %s with %d bytes of output, %v", last.name, len(reply.Stdout), err)
	}
}

// hurried gives the reader of a stream less time for a write than usual.
type hurried struct{ http.ResponseWriter }

func (h hurried) Unwrap() http.ResponseWriter { return h.ResponseWriter }

func (h hurried) SetWriteDeadline(end time.Time) error {
	if !end.IsZero() {
		end = time.Now().Add(time.Until(end) / 30)
	}
	return http.NewResponseController(h.ResponseWriter).SetWriteDeadline(end)
}

// A reader who does not read for longer than a write may take has left: a script
// that would go on for ever is ended, and its worker is free again.
func TestStreamReaderStalls(t *testing.T) {
	s := freshLive(t, "EXEC_WORKERS=1", "EXEC_OUTPUT_BYTES=67108864", "EXEC_TIMEOUT=1h")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.service.Handler().ServeHTTP(hurried{w}, r)
	}))
	defer server.Close()
	// First more than all buffers take, so that a write waits; then slowly, so
	// that it is not the limit of the output that ends the run.
	const script = "import time\ndef main():\n    print('x' * (24 << 20))\n    while True:\n        print('still " +
		"here')\n        time.sleep(0.01)"
	s.leavesNothing(t, func() {
		c, resp := openStalled(t, server, script)
		defer c.Close()
		eventually(t, "the run is over", func() bool { return s.service.Stats().Busy == 0 })
		s.wantGood(t)
		events := make(chan event, 100_000)
		err := readEvents(resp.Body, events)
		close(events)
		for e := range events {
			if e.name != "stdout" {
				t.Errorf("event %s: %.200s", e.name, e.data)
			}
		}
		if err == nil {
			t.Error("the stream ends in order")
		}
	})
	eventually(t, "the run is logged as left", func() bool {
		return strings.Contains(s.log.String(), `"status":"canceled"`)
	})
}
