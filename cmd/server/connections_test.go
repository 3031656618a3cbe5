package main

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/internal/service"
	"github.com/pyexec/pyexec/internal/testbed/need"
)

// limited is the service behind a limiter, without any of the timeouts by which
// connections end on their own.
type limited struct {
	*limiter
	addr string
}

// most is how many connections it accepts: two runs, three places in the queue,
// and the spare ones.
const most = 8

func startLimited(t *testing.T) limited {
	t.Helper()
	need.Time(t, "starts an interpreter")
	for name, value := range map[string]string{"EXEC_WORKERS": "2", "EXEC_QUEUE": "3", "EXEC_MEMORY_MB": "128",
		"EXEC_TIMEOUT": "1h", "METRICS_PORT": "0"} {
		t.Setenv(name, value)
	}
	cfg, err := config.Load()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	service, err := service.New(t.Context(), cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	server := newHTTPServer(cfg, service.Handler(), log)
	server.ReadHeaderTimeout, server.ReadTimeout, server.IdleTimeout, server.WriteTimeout = 0, 0, 0, 0
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener := withLimit(plain, most, server, log)
	go func() { _ = server.Serve(listener) }() // ends with Close
	t.Cleanup(func() {
		_ = server.Close()
		if err := service.Close(); err != nil {
			t.Error(err)
		}
	})
	select {
	case <-service.Ready():
	case <-time.After(patience):
		t.Fatal("not ready")
	}
	if err := service.Err(); err != nil {
		t.Fatal(err)
	}
	return limited{listener.(*limiter), plain.Addr().String()}
}

// in counts the connections in a phase.
func (l *limited) in(p phase) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.open) > most {
		panic("more connections than there may be")
	}
	for c := range l.open {
		if c.phase == p {
			n++
		}
	}
	return n
}

// health asks on a connection of its own. An answer takes a moment; far more
// than that passes before the test gives up.
func (l *limited) health() error {
	client := brief()
	client.Timeout = patience / 4
	resp, err := client.Get("http://" + l.addr + "/health")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s", resp.Status)
	}
	return nil
}

// run asks for a script on a connection of its own and returns the reply.
func (l *limited) run(script string) (string, error) {
	client := brief()
	resp, err := client.Post("http://"+l.addr+"/execute", "text/x-python", strings.NewReader(script))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}

// attacks are ways to hold a connection. Each gets a connection that is closed when
// the test is over; errors mean that the server closed it, which it may.
var attacks = map[string]func(net.Conn){
	"silent":      func(net.Conn) {},
	"half header": func(c net.Conn) { _, _ = io.WriteString(c, "GET /health HTTP/1.1\r\nHost: x\r\nX-") },
	"slow header": func(c net.Conn) {
		trickle(c, "GET /health HTTP/1.1\r\nHost: x\r\nX-")
	},
	"half body": func(c net.Conn) {
		_, _ = io.WriteString(c, "POST /execute HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
	},
	"slow body": func(c net.Conn) {
		trickle(c, "POST /execute HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{")
	},
	"half body for nothing": func(c net.Conn) {
		_, _ = io.WriteString(c, "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
	},
	"idle": func(c net.Conn) { exchange(c) },
	"half header after reply": func(c net.Conn) {
		exchange(c)
		_,
			_ = io.WriteString(c, "GET /health HTTP/1.1\r\nHost: x\r\nX-")
	},
	"never idle for long": func(c net.Conn) {
		for exchange(c) {
			time.Sleep(5 * time.Millisecond)
		}
	},
	"replies that are not read": func(c net.Conn) {
		_ = c.(*net.TCPConn).SetReadBuffer(4096) // what is asked is the same
		for err := error(nil); err == nil; {
			_, err = io.WriteString(c, strings.Repeat("GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n", 20))
		}
	},
	"replies of runs that are not read": func(c net.Conn) {
		_ = c.(*net.TCPConn).SetReadBuffer(4096)
		const script = "def main(): return 'x' * 60000"
		for err := error(nil); err == nil; {
			_, err = fmt.Fprintf(c,
				"POST /execute HTTP/1.1\r\nHost: x\r\nContent-Type: text/x-python\r\nContent-Length: %d\r\n\r\n%s",
				len(script), script)
		}
	},
}

func trickle(c net.Conn, begin string) {
	for _, err := io.WriteString(c, begin); err == nil; _, err = io.WriteString(c, "x") {
		time.Sleep(5 * time.Millisecond)
	}
}

func exchange(c net.Conn) bool {
	if _, err := io.WriteString(c, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		return false
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err == nil
}

// attack holds as many connections in this way as it can get, and opens closed ones
// again, until the function that it returns is called.
func (l *limited) attack(t *testing.T, hold func(net.Conn)) (stop func()) {
	var mu sync.Mutex
	var all sync.WaitGroup
	over, open := false, map[net.Conn]bool{}
	for range 2 * most {
		all.Go(func() {
			for {
				c, err := net.Dial("tcp", l.addr)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				ended := over
				open[c] = true
				mu.Unlock()
				if ended {
					_ = c.Close()
					return
				}
				hold(c)
				_, _ = io.Copy(io.Discard, io.LimitReader(c, 1)) // until the server closes it
				_ = c.Close()
				mu.Lock()
				delete(open, c)
				mu.Unlock()
			}
		})
	}
	return sync.OnceFunc(func() {
		mu.Lock()
		over = true
		for c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
}

// However all connections are held, /health answers on a new one, each time,
// and a run is answered to the end.
func TestHealthAnswersAtTheLimit(t *testing.T) {
	l := startLimited(t)
	for name, hold := range attacks {
		t.Run(name, func(t *testing.T) {
			waitFor(t, "the end of all runs before", patience, func() bool {
				text, err := l.run("def main(): return 1")
				return err == nil && strings.HasPrefix(text, `{"result":1`) && l.in(running) == 0
			})
			ran := make(chan string, 1)
			go func() {
				text, err := l.run("import time\ndef main():\n    time.sleep(1)\n    return 'slept'")
				ran <- fmt.Sprint(text, err)
			}()
			waitFor(t, "the run", patience, func() bool { return l.in(running) == 1 })
			stop := l.attack(t, hold)
			defer stop()
			waitFor(t, "the limit", patience, l.full)
			for range 3 {
				if err := l.health(); err != nil {
					t.Error(err)
				}
			}
			if got := <-ran; !strings.HasPrefix(got, `{"result":"slept"`) {
				t.Errorf("the run that was under way: %s", got)
			}
		})
	}
}

func (l *limited) full() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open) == l.most
}

// Runs that take all places they can get, in workers and in the queue, leave
// some for the others.
func TestHealthAnswersBesideRuns(t *testing.T) {
	l := startLimited(t)
	var runs sync.WaitGroup
	for range 5 {
		runs.Go(func() {
			if text, err := l.run("import time\ndef main(): time.sleep(2)"); err != nil ||
				text != `{"result":null,"stdout":""}` {
				t.Errorf("%s, %v", text, err)
			}
		})
	}
	waitFor(t, "all runs", patience, func() bool { return l.in(running) == 5 })
	stop := l.attack(t, attacks["half body"])
	defer stop()
	for range 3 {
		if err := l.health(); err != nil {
			t.Error(err)
		}
	}
	runs.Wait()
}

// Honest clients who keep their connections are served to the last request
// while others hold all they can get.
func TestHonestClientsAtTheLimit(t *testing.T) {
	l := startLimited(t)
	stop := l.attack(t, attacks["half header"])
	defer stop()
	waitFor(t, "the limit", patience, l.full)
	var clients sync.WaitGroup
	for range 2 {
		clients.Go(func() {
			client := newClient()
			defer client.CloseIdleConnections()
			for range 30 {
				resp, err := client.Post("http://"+l.addr+"/execute", "text/x-python",
					strings.NewReader("def main(): return 1"))
				if err != nil {
					t.Error(err)
					continue
				}
				if resp.StatusCode != http.StatusOK {
					t.Error(resp.Status)
				}
				_, _ = io.Copy(io.Discard, resp.Body) // so that the connection is kept
				_ = resp.Body.Close()
			}
		})
	}
	clients.Wait()
}

// The order in which connections are closed for new ones.
func TestWhoIsClosed(t *testing.T) {
	now := time.Now()
	ago := func(p phase, d time.Duration) *conn { return &conn{phase: p, came: now.Add(-d), since: now.Add(-d)} }
	known := func(p phase, d time.Duration) *conn {
		return &conn{phase: p, came: now.Add(-time.Hour), since: now.Add(-d)}
	}
	const young, old, older = grace / 2, 2 * grace, 3 * grace
	for name, tt := range map[string]struct {
		open   []*conn
		waited time.Duration
		victim int // index, -1 for none yet
	}{
		"oldest idle first": {[]*conn{ago(idle, old), ago(idle, older),
			ago(silent, older)}, 0, 1},
		"then silent":                         {[]*conn{ago(reading, older), ago(silent, old)}, 0, 1},
		"then reading":                        {[]*conn{ago(answering, older), ago(reading, old)}, 0, 1},
		"a young one is spared for an old":    {[]*conn{ago(idle, young), ago(reading, old)}, 0, 1},
		"who has sent all waits for no other": {[]*conn{ago(silent, young), ago(answering, older)}, 0, -1},
		"then answering":                      {[]*conn{ago(replying, older), ago(answering, old)}, 0, 1},
		"then replying":                       {[]*conn{ago(running, older), ago(replying, old)}, 0, 1},
		"never a run":                         {[]*conn{ago(running, older)}, older, -1},
		"none who has asked before, others being new": {[]*conn{ago(silent, young), known(idle, young/2),
			known(idle, young)}, 0, -1},
		"one who has asked before, none being new": {[]*conn{known(reading, young), known(idle, young/2),
			known(reading, young)}, 0, 1},
		"who has asked before, for an old": {[]*conn{known(idle, young), ago(reading, old)}, 0, 1},
		"all young":                        {[]*conn{ago(reading, young), ago(idle, young)}, 0, -1},
		"all young, for long":              {[]*conn{ago(reading, young), ago(idle, young)}, grace, 1},
	} {
		t.Run(name, func(t *testing.T) {
			l := &limiter{open: map[*conn]struct{}{}}
			for _, c := range tt.open {
				l.open[c] = struct{}{}
			}
			got, wait := l.choose(now, tt.waited)
			if tt.victim < 0 && (got != nil || wait <= 0) || tt.victim >= 0 && got != tt.open[tt.victim] {
				t.Errorf("got %+v, %v", got, wait)
			}
		})
	}
}
