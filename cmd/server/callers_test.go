package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed"
)

// BenchmarkCallers measures how many good answers a second so many callers get
// who each ask again at once, of a server with its default settings, and how many
// callers are turned away. Each figure is the best of several, because the machine
// has other things to do; the ratio to that of 8 is the point.
//
//	go test -run '^$' -bench Callers -benchtime 1x ./cmd/server
func BenchmarkCallers(b *testing.B) {
	ports, err := testbed.FreePorts(1)
	if err != nil {
		b.Fatal(err)
	}
	addr := fmt.Sprintf("127.0.0.1:%d", ports[0])
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), beServer+"=1", "HOST=127.0.0.1", fmt.Sprintf("PORT=%d", ports[0]))
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}()
	firstAnswer(b, "http://"+addr)
	const rounds, span = 3, 3 * time.Second
	for b.Loop() {
		best := map[int]float64{}
		counts := []int{8, 128, 1000}
		away := map[int]float64{}
		for range rounds {
			for _, n := range counts {
				good, refused := callFor(b, addr, n, span)
				best[n], away[n] = max(best[n], good), max(away[n], refused)
			}
		}
		for _, n := range counts {
			b.ReportMetric(best[n], fmt.Sprintf("good/s-of-%d", n))
			b.ReportMetric(away[n], fmt.Sprintf("away/s-of-%d", n))
		}
	}
}

// callFor has n callers ask for a span of time. It returns good answers and
// refusals a second.
func callFor(b *testing.B, addr string, n int, span time.Duration) (good, away float64) {
	const body = `{"script":"def main(): return 42"}`
	request := fmt.Appendf(nil, "POST /execute HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\n\r\n%s", addr, len(body), body)
	var goods, aways atomic.Int64
	var callers sync.WaitGroup
	var ready sync.WaitGroup
	ready.Add(n)
	var began time.Time
	start := make(chan struct{})
	for range n {
		callers.Go(func() {
			c, err := net.Dial("tcp", addr)
			ready.Done()
			if err != nil {
				b.Error(err)
				return
			}
			defer c.Close()
			<-start
			for in := bufio.NewReaderSize(c, 1024); time.Since(began) < span; {
				if _, err := c.Write(request); err != nil {
					b.Error(err)
					return
				}
				resp, err := http.ReadResponse(in, nil)
				if err != nil {
					b.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				switch {
				case time.Since(began) > span:
					return
				case resp.StatusCode == http.StatusOK:
					goods.Add(1)
				default:
					aways.Add(1)
				}
			}
		})
	}
	ready.Wait()
	began = time.Now()
	close(start)
	callers.Wait()
	return float64(goods.Load()) / span.Seconds(), float64(aways.Load()) / span.Seconds()
}
