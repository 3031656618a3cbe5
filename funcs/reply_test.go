package funcs

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/runtime"
)

// largeResult has all that can be large in a reply, with characters of every
// length across the borders of pieces.
func largeResult() runtime.Result {
	mixed := strings.Repeat("a\x01é€😀\"\n", 20_000)
	return runtime.Result{
		Status: runtime.OK, Ran: true, Value: []byte("[1,\n\r\n" + strings.Repeat("2,\n", 60_000) + "3]"),
		Stdout: []byte(mixed + "\xff\xc3"), Stderr: []byte("x" + mixed),
		Files: []runtime.File{{Name: "text", Data: []byte("xy" + mixed)},
			{Name: "binary", Data: bytes.Repeat([]byte("\xff\x00\x01\x02"), 50_001)}},
		Figures: [][]byte{bytes.Repeat([]byte("png"), 40_001)},
		Display: map[string]string{"text/html": "xyz" + mixed},
	}
}

// A large reply is what a small one would be, in pieces.
func TestLargeReply(t *testing.T) {
	const body = `{"script":"def main(): pass","return_files":true,"report":true}`
	res := largeResult()
	m := &memo{maxBytes: -1}
	link := &slowLink{ResponseRecorder: httptest.NewRecorder()}
	w := link.ResponseRecorder
	handlerWith(returning(res), Options{BodyBytes: testBodyBytes, Recorder: m}).ServeHTTP(link,
		newRequest("POST", "/execute", "application/json", body))
	if w.Code != 200 || w.Header().Get("Content-Type") != jsonType || w.Header().Get("Content-Length") != "" ||
		link.most > 2*largeBytes {
		t.Errorf("%d, %v, %d bytes at once", w.Code, w.Header(), link.most)
	}
	if end := time.Now().Add(usualPace.stall); link.longest.IsZero() || link.longest.After(end) {
		t.Errorf("the reader has until %v for a piece", link.longest)
	}
	if !link.deadline.IsZero() {
		t.Errorf("what comes next on this connection must be sent before %v", link.deadline)
	}
	var got struct {
		Result json.RawMessage
		Stdout string
		Stderr string
		Files  struct {
			Text   string
			Binary struct{ Base64 []byte }
		}
		Figures []struct{ Base64 []byte }
		Display map[string]string
		Report  struct{ Status string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for name, same := range map[string]bool{
		"result": bytes.Equal(got.Result, res.Value),
		"stdout": got.Stdout == string(res.Stdout[:len(res.Stdout)-2])+"\ufffd\ufffd",
		"stderr": got.Stderr == string(res.Stderr), "text": got.Files.Text == string(res.Files[0].Data),
		"binary":  bytes.Equal(got.Files.Binary.Base64, res.Files[1].Data),
		"figure":  bytes.Equal(got.Figures[0].Base64, res.Figures[0]),
		"display": got.Display["text/html"] == res.Display["text/html"], "report": got.Report.Status == "ok",
	} {
		if !same {
			t.Errorf("%s is another", name)
		}
	}
	if run := m.runs[0]; run.ReplyBytes != int64(w.Body.Len()) || run.Request.ResponseBytes != run.ReplyBytes ||
		len(run.Reply) < largeBytes || len(run.Reply) > 2*largeBytes ||
		!bytes.HasPrefix(w.Body.Bytes(), run.Reply) {
		t.Errorf("recorded %d of %d bytes, %+v", len(run.Reply), run.ReplyBytes, run.Request)
	}
}

// The last event of a stream, and what is published, are the same large reply.
func TestLargeReplyElsewhere(t *testing.T) {
	const body = `{"script":"def main(): pass","return_files":true}`
	plain := post(returning(largeResult()), body).Body.String()
	events := serve(streaming(largeResult(), nil, nil), streamRequest(body)).Body.String()
	var lines []string
	for line := range strings.Lines(events) {
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			lines = append(lines, strings.TrimSuffix(data, "\n"))
		}
	}
	want := strings.FieldsFunc(plain, func(c rune) bool { return c == '\n' || c == '\r' })
	if strings.Join(lines, "\n") != strings.Join(want, "\n") || !strings.HasSuffix(events, "}\n\n") {
		t.Errorf("%d lines of events, want %d", len(lines), len(want))
	}
	m := &memo{maxBytes: 64 << 20}
	envelope := fmt.Sprintf(`{"message":{"messageId":"1","data":%q}}`,
		base64.StdEncoding.EncodeToString([]byte(body)))
	serveWith(returning(largeResult()), m, newRequest("POST", "/events", "application/json", envelope))
	if len(m.published) != 1 || m.published[0].reply != plain {
		t.Errorf("%d published", len(m.published))
	}
	m = &memo{maxBytes: len(plain) - 1}
	serveWith(returning(largeResult()), m, newRequest("POST", "/events", "application/json", envelope))
	if len(m.published) != 1 ||
		!strings.HasPrefix(m.published[0].reply,
			fmt.Sprintf(`{"error":"The reply of %d bytes is larger`, len(plain))) {
		t.Errorf("%d published", len(m.published))
	}
}

// A reader who has left ends the encoding, and the connection is not left as if the
// reply were complete.
func TestLargeReplyToNobody(t *testing.T) {
	w := &gone{ResponseRecorder: httptest.NewRecorder()}
	newTestHandler(returning(largeResult())).ServeHTTP(w,
		newRequest("POST", "/execute", "application/json", someScript))
	if w.writes != 1 {
		t.Errorf("%d writes to a reader who is gone", w.writes)
	}
}

type gone struct {
	*httptest.ResponseRecorder
	writes int
}

func (g *gone) Write([]byte) (int, error) {
	g.writes++
	return 0, errGone
}

// A tool returns no more than it says.
func TestToolReplyIsBounded(t *testing.T) {
	text := func(n int) runtime.Result {
		return runtime.Result{Status: runtime.OK, Value: []byte(`"` + strings.Repeat("x", n) + `"`)}
	}
	around := len(`{"result":"","stdout":""}`)
	for _, tt := range []struct{ size, over int }{{toolReplyBytes, 0}, {toolReplyBytes + 1, 1}} {
		s := newToolServer(t, returning(text(tt.size-around)), nil)
		got := callTool(t, s.connect(t), someScript)
		run := s.recorded(t, 1)[0]
		if got.IsError != (tt.over > 0) || run.LimitHit != got.IsError {
			t.Errorf("%d bytes: %v, %+v", tt.size, got.IsError, run.Status)
		}
		want := `{"error":"The reply of 2097153 bytes is larger than the 2097152 bytes that a tool may ` +
			`return","status":"result_limit","hint":"` + toolReplyHint + `"}`
		if body := text1(t, got); tt.over > 0 && body != want || tt.over == 0 && len(body) != tt.size {
			t.Errorf("%d bytes: got %.300s", tt.size, body)
		}
	}
}
