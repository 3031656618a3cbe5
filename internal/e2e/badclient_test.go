package e2e

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	goruntime "runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// eventually waits for something that is to become true by itself. Nothing is
// asserted about how long it takes; patience only ends a test that hangs.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("still not true: %s", what)
		}
	}
}

// descriptors counts the open descriptors of this process.
func descriptors(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// leavesNothing runs f and waits until as many goroutines and descriptors are
// there as before: nothing that a bad client did is held for ever.
func (s *liveServer) leavesNothing(t *testing.T, f func()) {
	t.Helper()
	s.wantGood(t)
	s.client.CloseIdleConnections()
	quiet := func() (int, int) { // the pool fills up in the background
		for last, same := [2]int{}, 0; ; time.Sleep(50 * time.Millisecond) {
			now := [2]int{goruntime.NumGoroutine(), descriptors(t)}
			if same++; now != last {
				last, same = now, 0
			}
			if same == 10 { // a busy machine takes a while for a worker
				return now[0], now[1]
			}
		}
	}
	goroutines, open := quiet()
	f()
	s.wantGood(t)
	s.client.CloseIdleConnections()
	eventually(t, "goroutines and descriptors are as many as before", func() bool {
		g, o := goruntime.NumGoroutine(), descriptors(t)
		return g <= goroutines && o <= open
	})
}

// dial opens a raw connection to a server.
func dial(t testing.TB, server *httptest.Server) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return c
}

const goodBody = `{"script":"def main():\n    return 2 + 2"}`

// head is the start of a request with a body of n bytes.
func head(n int) string {
	return fmt.Sprintf("POST /execute HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "+
		"%d\r\n\r\n", n)
}

// TestStalledBodies holds many requests open in the middle of their bodies.
// They take no worker, so that others go on, and end with the read timeout.
func TestStalledBodies(t *testing.T) {
	s := freshLive(t, "EXEC_WORKERS=1")
	slow := httptest.NewUnstartedServer(s.service.Handler())
	slow.Config.ReadTimeout = 2 * time.Second
	slow.Start()
	defer slow.Close()
	s.leavesNothing(t, func() {
		var stalled []net.Conn
		for range 50 {
			c := dial(t, slow)
			fmt.Fprint(c, head(len(goodBody))+goodBody[:20])
			stalled = append(stalled, c)
		}
		for range 5 {
			s.wantGood(t)
		}
		for _, c := range stalled {
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != http.StatusBadRequest || !strings.Contains(string(body),
				"it did not arrive in time") {
				t.Errorf("got %d %s", resp.StatusCode, body)
			}
			c.Close()
		}
	})
}

// TestRawRequests speaks HTTP badly. want is a piece of every reply, in order;
// after them the server is to close the connection.
func TestRawRequests(t *testing.T) {
	s := live(t)
	good := head(len(goodBody)) + goodBody
	const result = `{"result":4,"stdout":""}`
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"garbage": {"\x00\x01\x02garbage\r\n\r\n", []string{"400 Bad Request"}},
		"a good one, then garbage": {good + "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
			[]string{result, "400 Bad Request"}},
		"three in a pipe, then garbage": {good + good + good + "GARBAGE\r\n\r\n",
			[]string{result, result, result, "400 Bad Request"}},
		"a bad one, then a good one": {head(3) + "{]}" + good + "x\r\n\r\n",
			[]string{"must be valid JSON", result, "400 Bad Request"}},
		"a body that is longer": {head(len(goodBody)) + goodBody + "{}{}\r\n\r\n",
			[]string{result, "400 Bad Request"}},
		"a length that is no number": {"POST /execute HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n",
			[]string{"400 Bad Request"}},
		"two lengths": {"POST /execute HTTP/1.1\r\nHost: x\r\nContent-Length: " +
			"1\r\nContent-Length: 2\r\n\r\n", []string{"400 Bad Request"}},
		"a negative length": {"POST /execute HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
			[]string{"400 Bad Request"}},
		"chunks that are none": {"POST /execute HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: " +
			"chunked\r\n\r\nzz\r\n", []string{"broke off"}},
		"an encoding that is unknown": {"POST /execute HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: zip\r\n\r\n",
			[]string{"501 Not Implemented"}},
		"no host": {"POST /execute HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
			[]string{"400 Bad Request"}},
		"a control character in a header": {"POST /execute HTTP/1.1\r\nHost: x\r\nX: \x01\r\nContent-Length: " +
			"0\r\n\r\n", []string{"400 Bad Request"}},
		"a header of 2 MiB": {"POST /execute HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x",
			2<<20) + "\r\n\r\n", []string{"431 Request Header Fields Too Large"}},
		"HTTP/1.0": {"POST /execute HTTP/1.0\r\nContent-Length: " + fmt.Sprint(len(goodBody)) + "\r\n\r\n" + goodBody,
			[]string{result}},
		"chunks": {"POST /execute HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" +
			"Transfer-Encoding: chunked\r\n\r\n5\r\n" + goodBody[:5] + "\r\n" +
			fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(goodBody)-5, goodBody[5:]), []string{result}},
		"a question first": {"POST /execute HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: " +
			"100-continue\r\nContent-Length: " + fmt.Sprint(len(goodBody)) + "\r\n\r\n" + goodBody,
			[]string{"100 Continue", result}},
		"another path": {"POST /execute/../etc HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
			"0\r\n\r\n", []string{`"invalid_request"`}},
		"another method": {"BREW /execute HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
			[]string{"405 Method Not Allowed"}},
		"TLS":    {"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n", []string{"400 Bad Request"}},
		"HTTP/2": {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", []string{"404 Not Found"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, s.http)
			// Writing stays open: a client that closes it has left, to net/http.
			go io.WriteString(c, tt.text) //nolint:errcheck // the server may stop reading
			got, err := io.ReadAll(c)
			if err != nil && !errors.Is(err, syscall.ECONNRESET) {
				t.Error(err)
			}
			rest := string(got)
			for _, want := range tt.want {
				var found bool
				if _, rest, found = strings.Cut(rest, want); !found {
					t.Fatalf("no %q in %.2000q", want, got)
				}
			}
			s.wantGood(t)
		})
	}
}

// TestClientLeaves lets clients go in the middle of a run. The processes of
// these runs have to end, and their places are free again.
func TestClientLeaves(t *testing.T) {
	s := freshLive(t, "EXEC_WORKERS=2", "EXEC_QUEUE=20", "BLOCKED_IMPORTS=")
	mark := fmt.Sprintf("left%d", os.Getpid()%1e6)
	// The name of a thread is what of a confined process shows outside.
	script := "import ctypes, time\ndef main():\n    ctypes.CDLL(None).prctl(15, b'" + mark + "')\n    while True:\n" +
		"        try: time.sleep(60)\n        except BaseException: pass"
	body := fmt.Appendf(nil, "{\"script\":%s}", quote(script))
	s.leavesNothing(t, func() {
		ctx, leave := context.WithCancel(t.Context())
		var clients sync.WaitGroup
		for range 12 { // two of them run, the others wait
			clients.Go(func() {
				if r, err := s.send(ctx, bytes.NewReader(body)); err == nil {
					t.Errorf("got %d %s", r.code, r.body)
				}
			})
		}
		eventually(t, "two scripts run", func() bool { return processes(t, mark) == 2 })
		leave()
		clients.Wait()
		eventually(t, "no process of theirs is left", func() bool { return processes(t, mark) == 0 })
		s.wantGood(t)
	})
}

// processes counts the processes whose main thread has this name.
func processes(t testing.TB, name string) int {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range entries {
		comm, err := os.ReadFile("/proc/" + e.Name() + "/comm")
		if err == nil && strings.TrimSpace(string(comm)) == name {
			n++
		}
	}
	return n
}

// connections is how many connections this process may have with itself, both
// ends of which are descriptors.
func connections(t testing.TB) int {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	const others = 200
	return (int(min(limit.Cur, 1<<20)) - others) / 2
}

// TestThousandAtOnce sends a thousand requests at the same moment, or as many as
// a container has descriptors for. With a queue that holds them every one is answered rightly; with a short one those
// that find it full are told so, and none hangs.
func TestThousandAtOnce(t *testing.T) {
	crowd := min(1000, connections(t))
	if crowd < 1000 && need.OnCI() {
		t.Errorf("descriptors for %d connections only", crowd)
	}
	for _, tt := range []struct {
		queue string
		most  int // that may be turned away
	}{{"EXEC_QUEUE=1000", 0}, {"EXEC_QUEUE=8", crowd - 10}} {
		t.Run(tt.queue, func(t *testing.T) {
			s := freshLive(t, tt.queue)
			s.leavesNothing(t, func() {
				start := make(chan struct{})
				replies := make(chan said, crowd)
				for i := range crowd {
					go func() {
						<-start
						body := fmt.Sprintf(`{"script":"def main(x):\n    print(x)\n    return x * 2","input":%d}`, i)
						r, err := s.send(t.Context(), strings.NewReader(body))
						if err != nil {
							t.Error(err)
						}
						if want := fmt.Sprintf(`{"result":%d,"stdout":"%d\n"}`, 2*i,
							i); r.code == http.StatusOK && r.body != want {
							t.Errorf("got %s, want %s", r.body, want)
						}
						replies <- r
					}()
				}
				close(start)
				away := 0
				for range crowd {
					switch r := <-replies; {
					case r.code == http.StatusTooManyRequests && r.text("status") == "overloaded" &&
						r.header.Get("Retry-After") != "":
						away++
					case r.code != http.StatusOK:
						t.Errorf("got %d %.300s", r.code, r.body)
					}
				}
				t.Logf("%d of %d were turned away", away, crowd)
				if away > tt.most {
					t.Errorf("%d turned away, at most %d expected", away, tt.most)
				}
			})
		})
	}
}
