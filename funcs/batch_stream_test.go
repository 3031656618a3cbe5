package funcs

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pyexec/pyexec/runtime"
)

// batchServer serves over TCP, with bounds and timing that a test can wait for.
func batchServer(t *testing.T, r Runner, change func(h *handler)) *httptest.Server {
	t.Helper()
	h := handlerWith(r, Options{BodyBytes: 1 << 20, BatchCases: 10_000, BatchTime: time.Minute}).(*handler)
	if change != nil {
		change(h)
	}
	s := httptest.NewUnstartedServer(h)
	s.Config.ReadTimeout, s.Config.WriteTimeout = time.Second, time.Second // shorter than some of the batches
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// lineClient sends a request line by line, and reads its reply meanwhile.
type lineClient struct {
	t    *testing.T
	send *io.PipeWriter
	from *bufio.Reader
	res  chan *http.Response
	done context.CancelFunc
}

func openLines(t *testing.T, url string, head string) *lineClient {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	body, send := io.Pipe()
	c := &lineClient{t: t, send: send, res: make(chan *http.Response, 1), done: cancel}
	req, err := http.NewRequestWithContext(ctx, "POST", url+"/execute", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", linesType)
	go func() {
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			_ = body.CloseWithError(err)
			close(c.res)
			return
		}
		c.res <- res
	}()
	c.line(head)
	return c
}

func (c *lineClient) line(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.send, text+"\n"); err != nil {
		c.t.Fatal(err)
	}
}

// want reads the next line of the reply.
func (c *lineClient) want(text string) {
	c.t.Helper()
	if c.from == nil {
		res, ok := <-c.res
		if !ok {
			c.t.Fatal("no reply")
		}
		c.t.Cleanup(func() { _ = res.Body.Close() })
		c.from = bufio.NewReader(res.Body)
	}
	got, err := c.from.ReadString('\n')
	if got != text+"\n" {
		c.t.Fatalf("got %q, %v, want %q", got, err, text)
	}
}

// A case is answered before the next is sent, for longer than the server lets an ordinary
// request take.
func TestLinesAreAnsweredWhileTheyAreSent(t *testing.T) {
	c := openLines(t, batchServer(t, echo(), nil).URL, `{"script":"x"}`)
	for i := range 4 {
		c.line(fmt.Sprintf(`{"input":%d}`, i))
		c.want(fmt.Sprintf(`{"result":%d,"stdout":""}`, i))
		time.Sleep(400 * time.Millisecond)
	}
	_ = c.send.Close()
	c.want(`{"summary":{"count":4,"failed":0}}`)
	if _, err := c.from.ReadByte(); err != io.EOF {
		t.Errorf("the reply goes on: %v", err)
	}
}

// The head of the reply comes before the first case, for clients that wait for it.
func TestLinesHeadComesFirst(t *testing.T) {
	c := openLines(t, batchServer(t, echo(), nil).URL, `{"script":"x"}`)
	res := <-c.res
	if res == nil || res.StatusCode != 200 || res.Header.Get("Content-Type") != linesType {
		t.Fatalf("%+v", res)
	}
	c.res <- res
	c.line(`{"input":1}`)
	c.want(`{"result":1,"stdout":""}`)
	c.line(`{"input":`)
	c.want(`{"error":"line 3: must be valid JSON: unexpected end of JSON input (byte 9)","status":"invalid_request","answered":1}`)
}

// Who sends nothing while nothing is under way is told so, and who waits for a case is not.
func TestLinesThatDoNotCome(t *testing.T) {
	slow := echo()
	quick := slow.run
	slow.run = func(ctx context.Context, job runtime.Job, hooks runtime.Hooks) (runtime.Result, error) {
		time.Sleep(300 * time.Millisecond)
		return quick(ctx, job, hooks)
	}
	s := batchServer(t, slow, func(h *handler) { h.pace.idle = 100 * time.Millisecond })
	c := openLines(t, s.URL, `{"script":"x"}`)
	c.line(`{"input":1}`)
	c.want(`{"result":1,"stdout":""}`)
	c.want(`{"error":"line 3: did not arrive: nothing came for 0.1 seconds","status":"invalid_request","answered":1}`)
}

// A client that leaves ends the batch, in the middle of a case and of a line.
func TestLinesOfAClientThatLeaves(t *testing.T) {
	for _, part := range []string{"", `{"inp`} {
		runner := echo()
		began, ended := make(chan struct{}, 1), make(chan error, 1)
		quick := runner.run
		runner.run = func(ctx context.Context, job runtime.Job, hooks runtime.Hooks) (runtime.Result, error) {
			if string(job.Input) != "2" {
				return quick(ctx, job, hooks)
			}
			began <- struct{}{}
			<-ctx.Done()
			ended <- ctx.Err()
			return runtime.Result{}, ctx.Err()
		}
		told := make(toldOf, 1)
		s := batchServer(t, ahead{runner}, func(h *handler) { h.recorder = told })
		c := openLines(t, s.URL, `{"script":"x"}`)
		c.line(`{"input":1}`)
		c.want(`{"result":1,"stdout":""}`)
		c.line(`{"input":2}`)
		<-began
		_, _ = io.WriteString(c.send, part)
		c.done()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if rec := <-told; rec.Status != statusCanceled || rec.Cases.Count != 1 {
			t.Errorf("%+v", rec)
		}
	}
}

// toldOf is a Recorder that hands its records on.
type toldOf chan *Record

func (t toldOf) Later(rec *Record) { t <- rec }
func (t toldOf) Now(rec *Record)   { t <- rec }

// ahead reads the next case while one runs, as the real runner does.
type ahead struct{ *fakeRunner }

func (a ahead) RunCases(
	ctx context.Context, batch runtime.Batch, hooks runtime.Hooks, each func(int, runtime.Result) error,
) error {
	type read struct {
		one runtime.Case
		err error
	}
	cases := make(chan read, 16)
	ctx, cancel := context.WithCancel(ctx)
	over := make(chan struct{})
	defer func() { cancel(); <-over }()
	next := batch.Next
	go func() {
		defer close(over)
		for {
			one, err := next(ctx)
			select {
			case cases <- read{one, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	batch.Next = func(context.Context) (runtime.Case, error) {
		select {
		case r := <-cases:
			return r.one, r.err
		case <-ctx.Done():
			return runtime.Case{}, ctx.Err()
		}
	}
	return a.fakeRunner.RunCases(ctx, batch, hooks, each)
}

// A reader who takes nothing stops the batch after some time; what is held for him is bounded.
func TestLinesOfASlowReader(t *testing.T) {
	runner := returning(runtime.Result{Status: runtime.OK, Ran: true, Value: []byte(`"` + strings.Repeat("x", 64<<10) + `"`)})
	told := make(toldOf, 1)
	s := batchServer(t, ahead{runner}, func(h *handler) { h.pace.stall, h.recorder = 100*time.Millisecond, told })
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /execute HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\n"+
		"Transfer-Encoding: chunked\r\n\r\n", linesType)
	chunk := func(text string) error {
		_, err := fmt.Fprintf(conn, "%x\r\n%s\r\n", len(text), text)
		return err
	}
	for err := chunk("{\"script\":\"x\"}\n"); err == nil; err = chunk("{}\n") {
	}
	if rec := <-told; rec.Status != statusCanceled {
		t.Errorf("%+v", rec)
	}
	if n := len(runner.jobs); n*(64<<10) > 32<<20 {
		t.Errorf("%d cases were run", n)
	}
}

// Large lines wait until those before them are answered: what is held is bounded, and counted.
func TestLinesInMemory(t *testing.T) {
	h := handlerWith(ahead{echo()}, Options{BodyBytes: 1 << 20, HeldBodyBytes: 2 << 20}).(*handler)
	line := `{"input":"` + strings.Repeat("x", 600<<10) + "\"}\n"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, newRequest("POST", "/execute", linesType, "{\"script\":\"x\"}\n"+strings.Repeat(line, 20)))
	if w.Code != 200 || !strings.HasSuffix(w.Body.String(), "\n"+`{"summary":{"count":20,"failed":0}}`+"\n") {
		t.Errorf("%d, %d bytes: %.200s", w.Code, w.Body.Len(), w.Body)
	}
	small := handlerWith(ahead{echo()}, Options{BodyBytes: 1 << 20, HeldBodyBytes: 1 << 20}).(*handler)
	w = httptest.NewRecorder()
	small.ServeHTTP(w, newRequest("POST", "/execute", linesType, "{\"script\":\"x\"}\n"+line))
	want(t, w, 429, `{"error":"too many requests are waiting: try again shortly","status":"overloaded"}`)
	for _, bounds := range []bounds{h.bounds, small.bounds} {
		if !bounds.bodies.TryAcquire(1<<20) || !bounds.bodies.TryAcquire(1) && bounds == h.bounds {
			t.Error("memory is not given back")
		}
	}
}

// Lines may be compressed.
func TestLinesInGzip(t *testing.T) {
	var packed strings.Builder
	z := gzip.NewWriter(&packed)
	fmt.Fprint(z, "{\"script\":\"x\"}\n{\"input\":1}\n{\"input\":2}\n")
	_ = z.Close()
	r := newRequest("POST", "/execute", linesType, packed.String())
	r.Header.Set("Content-Encoding", "gzip")
	want(t, serveBatch(echo(), r), 200,
		`{"result":1,"stdout":""}`+"\n"+`{"result":2,"stdout":""}`+"\n"+`{"summary":{"count":2,"failed":0}}`+"\n")
	r = newRequest("POST", "/execute", linesType, packed.String()[:packed.Len()-12])
	r.Header.Set("Content-Encoding", "gzip")
	w := serveBatch(echo(), r)
	if !strings.Contains(w.Body.String(), `read: it breaks off","status":"invalid_request"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A client that sends all before it reads gets to see a refusal.
func TestLinesRefusedWhileTheyAreSent(t *testing.T) {
	s := batchServer(t, echo(), nil)
	body := "{\"script\":1}\n" + strings.Repeat(`{"input":"`+strings.Repeat("x", 1000)+"\"}\n", 8_000)
	res, err := http.Post(s.URL+"/execute", linesType, chunked{strings.NewReader(body)})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, _ := io.ReadAll(res.Body)
	if want := `{"error":"line 1: script must be a string","status":"invalid_request"}`; string(got) != want {
		t.Errorf("%d %s", res.StatusCode, got)
	}
}

// An ordinary batch may take longer than an ordinary request.
func TestBatchOutlivesTheDeadlineOfTheServer(t *testing.T) {
	runner := echo()
	quick := runner.run
	runner.run = func(ctx context.Context, job runtime.Job, hooks runtime.Hooks) (runtime.Result, error) {
		time.Sleep(700 * time.Millisecond)
		return quick(ctx, job, hooks)
	}
	s := batchServer(t, runner, nil)
	for body, text := range map[string]string{
		`{"script":"x","inputs":[1,2]}`:            `{"results":[{"result":1,"stdout":""},{"result":2,"stdout":""}],"summary":{"count":2,"failed":0}}`,
		`{"script":"x","inputs":[1,"overloaded"]}`: `{"error":"too many requests are waiting: try again shortly","status":"overloaded"}`,
	} {
		res, err := http.Post(s.URL+"/execute", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if string(got) != text {
			t.Errorf("%d %s", res.StatusCode, got)
		}
	}
}

// A gzip stream of a few KiB has any number of blank lines, which nobody answers.
func TestBlankLinesEnd(t *testing.T) {
	s := batchServer(t, echo(), nil)
	for _, head := range []string{"", `{"script":"def main(x): return x"}` + "\n"} {
		body := io.MultiReader(strings.NewReader(head), blankLines{})
		res, err := http.Post(s.URL+"/execute", linesType, io.LimitReader(body, 64<<20))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || !strings.Contains(string(text), "bytes of blank lines together") {
			t.Errorf("behind %q: %d %.200s %v", head, res.StatusCode, text, err)
		}
	}
}

type blankLines struct{}

func (blankLines) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '\n'
	}
	return len(p), nil
}

// A context that ends between two reads ends the next one, which nothing else would.
func TestInterruptBetweenReads(t *testing.T) {
	ended := make(chan error, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l := &lineReader{control: http.NewResponseController(w), lines: []int{1}, idle: time.Minute}
		l.moved = sync.NewCond(&l.mu)
		l.interrupt()
		_, err := timedBody{r.Body, l}.Read(make([]byte, 1))
		ended <- err
	}))
	defer s.Close()
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err == nil {
			t.Error("something was read")
		}
	case <-time.After(5 * time.Second):
		t.Error("it reads on")
	}
}
