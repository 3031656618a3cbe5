package bench_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed"
	"github.com/pyexec/pyexec/internal/testbed/need"
)

// patience is far more than anything takes.
const patience = time.Minute

// build builds the server as its image has it.
func build(b *testing.B) string {
	b.Helper()
	need.Toolchain(b)
	program := filepath.Join(b.TempDir(), "server")
	cmd := exec.Command("go", "build", "-o", program, "github.com/pyexec/pyexec/cmd/server")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	return program
}

// server is the program with its default settings, as a process.
type server struct {
	b     *testing.B
	cmd   *exec.Cmd
	addr  string
	took  time.Duration // from its start to its first right answer
	cases bool          // it knows what inputs are
}

// hello is what is run most: a small script with some output and a value.
const hello = `{"script":"def main():\n    print('Hello World')\n    return {'message': 'success', 'value': 42}"}`

const helloReply = `{"result":{"message":"success","value":42},"stdout":"Hello World\n"}`

// start starts a server and waits for its first answer.
func start(b *testing.B, program string) *server {
	b.Helper()
	ports, err := testbed.FreePorts(1)
	if err != nil {
		b.Fatal(err)
	}
	s := &server{b: b, addr: net.JoinHostPort("127.0.0.1", fmt.Sprint(ports[0])), cmd: exec.Command(program)}
	s.cmd.Env = append(os.Environ(), "HOST=127.0.0.1", fmt.Sprintf("PORT=%d", ports[0]))
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	for ; ; time.Sleep(time.Millisecond) {
		if time.Since(began) > patience {
			s.stop()
			b.Fatalf("%s: no answer", program)
		}
		c, err := net.Dial("tcp", s.addr)
		if err != nil {
			continue
		}
		code, body, err := (&caller{conn: c, in: bufio.NewReader(c)}).ask(s.request("/execute", hello))
		c.Close()
		if err == nil && code == http.StatusOK && body == helloReply {
			s.took = time.Since(began)
			break
		}
	}
	code, _, err := s.once("/execute", batch("case", 1))
	s.cases = err == nil && code == http.StatusOK
	return s
}

func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
}

// request is one over HTTP/1.1, as bytes.
func (s *server) request(path, body string) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\n\r\n%s", path, s.addr, len(body), body)
}

// caller is one connection.
type caller struct {
	conn net.Conn
	in   *bufio.Reader
}

func (s *server) caller() (*caller, error) {
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		return nil, err
	}
	return &caller{c, bufio.NewReader(c)}, nil
}

// ask sends a request and reads the answer.
func (c *caller) ask(request []byte) (code int, body string, err error) {
	if _, err := c.conn.Write(request); err != nil {
		return 0, "", err
	}
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	var text bytes.Buffer
	_, err = io.Copy(&text, resp.Body)
	return resp.StatusCode, strings.TrimSpace(text.String()), err
}

// once asks over a connection of its own.
func (s *server) once(path, body string) (int, string, error) {
	c, err := s.caller()
	if err != nil {
		return 0, "", err
	}
	defer c.conn.Close()
	return c.ask(s.request(path, body))
}

// hellos is a function that has hello run and insists on the right answer, over one
// connection.
func (s *server) hellos() (do func() error, done func()) {
	c, err := s.caller()
	if err != nil {
		s.b.Fatal(err)
	}
	request := s.request("/execute", hello)
	return func() error {
		code, body, err := c.ask(request)
		if err == nil && (code != http.StatusOK || body != helloReply) {
			err = fmt.Errorf("%d %s", code, body)
		}
		return err
	}, func() { c.conn.Close() }
}
