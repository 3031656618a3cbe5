// Canary is a process that no script may reach. It listens, holds secrets, and
// tells the test who came: anybody who does is an escape.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
)

type canary struct {
	secret, shared string

	mu      sync.Mutex
	touched []string
}

func main() {
	var tcp, unix, abstract, report string
	c := &canary{}
	flag.StringVar(&tcp, "tcp", "", "address to listen on")
	flag.StringVar(&unix, "unix", "", "path of a Unix socket to listen on")
	flag.StringVar(&abstract, "abstract", "", "abstract name to listen on")
	flag.StringVar(&c.shared, "shared", "", "file to make in shared memory")
	flag.StringVar(&report, "report", "", "address to tell what was seen")
	flag.Parse()
	// On stdin, because arguments are for everybody to see.
	secret, err := io.ReadAll(os.Stdin)
	if err != nil {
		end(err)
	}
	c.secret = string(secret)

	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM,
		syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGCONT)
	go func() {
		for sig := range signals {
			c.touch("signal " + sig.String())
		}
	}()
	if err := os.WriteFile(c.shared, secret, 0o666); err != nil {
		end(err)
	}
	for network, address := range map[string]string{"tcp": tcp, "unix": unix, "unix abstract": "@" + abstract} {
		l, err := net.Listen(network[:min(len(network), 4)], address)
		if err != nil {
			end(err)
		}
		go c.greet(network, l)
	}
	if err := os.Chmod(unix, 0o777); err != nil {
		end(err)
	}
	udp, err := net.ListenPacket("udp", tcp)
	if err != nil {
		end(err)
	}
	go c.listen(udp)
	end(http.ListenAndServe(report, c))
}

func end(err error) {
	fmt.Fprintln(os.Stderr, "canary:", err)
	os.Exit(1)
}

func (c *canary) touch(how string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.touched = append(c.touched, how)
}

// greet tells everybody who connects a secret.
func (c *canary) greet(network string, l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			end(err)
		}
		c.touch("connection: " + network)
		fmt.Fprint(conn, c.secret)
		conn.Close()
	}
}

func (c *canary) listen(conn net.PacketConn) {
	for {
		if _, _, err := conn.ReadFrom(make([]byte, 1)); err != nil {
			end(err)
		}
		c.touch("datagram")
	}
}

// ServeHTTP tells what was seen.
func (c *canary) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	lost := []string{}
	if data, err := os.ReadFile(c.shared); err != nil || string(data) != c.secret {
		lost = append(lost, fmt.Sprintf("the file in shared memory: %q, %v", data, err))
	}
	report := map[string]any{"pid": os.Getpid(), "touched": slices.Clone(c.touched), "lost": lost}
	_ = json.NewEncoder(w).Encode(report) // the test will notice
}
