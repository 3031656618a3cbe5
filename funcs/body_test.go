package funcs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestContentTypes(t *testing.T) {
	for value, text := range map[string]string{
		"text/plain": "Content-Type must be application/json, " +
			"text/x-python or application/x-ndjson, got text/plain",
		"application/x-www-form-urlencoded": "Content-Type must be application/json, " +
			"text/x-python or application/x-ndjson, got application/x-www-form-urlencoded",
		"application/json; charset=iso-8859-1": "Content-Type must be application/json in charset " +
			"utf-8, got iso-8859-1",
		"application/json; charset=": "Content-Type must be application/json…",
		"application/json; charset=utf-8; charset=x": "Content-Type must be application/json, " +
			"text/x-python or application/x-ndjson, got …",
		"application/jsonp": "Content-Type must be application/json, " +
			"text/x-python or application/x-ndjson, got application/jsonp",
		"application/ndjson": "Content-Type must be application/json, " +
			"text/x-python or application/x-ndjson, got application/ndjson",
		";": "Content-Type must be application/json, " +
			"text/x-python or application/x-ndjson, got ;",
	} {
		wantRefusal(t, serve(four(), newRequest("POST", "/execute", value, someScript)), 415, text)
	}
	req := newRequest("POST", "/execute", "application/json", "\x1f\x8b")
	req.Header.Set("Content-Encoding", "br")
	wantRefusal(t, serve(four(), req), 415, "Content-Encoding must be absent, identity or gzip, got br")
}

// A 10 MiB body is refused whether or not it says its length beforehand, and
// the client gets to read so although it sends all of it first.
func TestLargeBody(t *testing.T) {
	body := `{"script":"` + strings.Repeat("#", 10<<20) + `"}`
	server := httptest.NewServer(newTestHandler(four()))
	defer server.Close()
	for _, hide := range []bool{false, true} {
		req, _ := http.NewRequest("POST", server.URL+"/execute", strings.NewReader(body))
		text := "request body must be at most 8388608 bytes, got 10485773"
		if hide {
			req, _ = http.NewRequest("POST", server.URL+"/execute", chunked{strings.NewReader(body)})
			text = "request body must be at most 8388608 bytes"
		}
		resp, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		w.Code = resp.StatusCode
		w.Body.ReadFrom(resp.Body)
		resp.Body.Close()
		wantRefusal(t, w, 413, text)
	}
}

// A client that asks before it sends (Expect) is told without having sent anything.
func TestLargeBodyThatIsAnnounced(t *testing.T) {
	req := httptest.NewRequest("POST", "/execute", nil)
	req.ContentLength = testBodyBytes + 1
	req.Header.Set("Expect", "100-continue")
	read := false
	req.Body = io.NopCloser(readerFunc(func([]byte) (int, error) { read = true; return 0, io.EOF }))
	wantRefusal(t, serve(four(), req), 413, "request body must be at most 8388608 bytes, got 8388609")
	if read {
		t.Error("the body was asked for")
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// The bound is exact, with and without a length given.
func TestBodyBound(t *testing.T) {
	for _, size := range []int{100, 65535, 65536, 65537, 300_000} {
		for _, over := range []int{0, 1} {
			for _, hide := range []bool{false, true} {
				body := `{"script":"x"` + strings.Repeat(" ", size-14+over) + `}`
				req := newRequest("POST", "/execute", "", body)
				if hide {
					req = httptest.NewRequest("POST", "/execute", chunked{strings.NewReader(body)})
				}
				w := httptest.NewRecorder()
				handlerWith(four(), Options{BodyBytes: int64(size)}).ServeHTTP(w, req)
				if wantCode := 200 + 213*over; w.Code != wantCode {
					t.Errorf("limit %d, body %d, length hidden %v: status %d, want %d", size, len(body), hide,
						w.Code, wantCode)
				}
			}
		}
	}
}

// A body that breaks off is the client's fault; network errors name
// addresses, which are not repeated.
func TestBodyReadErrors(t *testing.T) {
	for text, err := range map[string]error{
		"request body: read: it did not arrive in time": &net.OpError{Op: "read", Net: "tcp",
			Err: os.ErrDeadlineExceeded},
		"request body: read: it is shorter than announced": io.ErrUnexpectedEOF,
		"request body: read: the connection or its encoding broke off": &net.OpError{Op: "read", Net: "tcp",
			Err: errors.New("reset")},
		"request body: read: it did not arrive in time…":                context.DeadlineExceeded,
		"request body: read: the connection or its encoding broke off…": errors.New("invalid byte in chunk length"),
	} {
		body := io.MultiReader(strings.NewReader(`{"script":`), iotest.ErrReader(err))
		wantRefusal(t, serve(four(), httptest.NewRequest("POST", "/execute", body)), 400, text)
	}
}

// A body that arrives byte by byte, and with its end, is read all the same.
func TestSlowBody(t *testing.T) {
	for _, body := range []io.Reader{iotest.OneByteReader(strings.NewReader(someScript)),
		iotest.DataErrReader(strings.NewReader(someScript))} {
		want(t, serve(four(), httptest.NewRequest("POST", "/execute", body)), 200, `{"result":4,"stdout":""}`)
	}
}

// A stalled body is ended by the server's read timeout and gets a reply.
func TestStalledBody(t *testing.T) {
	server := httptest.NewUnstartedServer(newTestHandler(four()))
	server.Config.ReadTimeout = time.Second // for the head, too
	server.Start()
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST /execute HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
	reply, _ := io.ReadAll(conn)
	if !strings.HasPrefix(string(reply), "HTTP/1.1 400 ") ||
		!strings.HasSuffix(string(reply),
			`{"error":"request body: read: it did not arrive in time","status":"invalid_request"}`) {
		t.Errorf("reply %s", reply)
	}
}
