package bench_test

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// large is a reply that fills what a connection buffers many times.
const large = `{"script":"def main():\n    return 'x' * (4 << 20)"}`

// crowds measures how many good answers a second so many callers get who each ask again
// at once, and how many are turned away.
func (t *table) crowds(b *testing.B) {
	for _, n := range []int{1, 8, 32, 128, 1000} {
		t.crowd(b, fmt.Sprintf("good answers, %d callers", n), n, 0)
	}
	t.crowd(b, "good answers, 128 callers, 10 % read slowly", 128, 10)
}

func (t *table) crowd(b *testing.B, name string, n, slowPercent int) {
	away := make(map[*server]float64)
	t.add(name, "/s", t.bareLoop, false, func(s *server) float64 {
		good, refused := s.crowd(b, n, n*slowPercent/100)
		away[s] = max(away[s], refused)
		return good
	})
	r := row{name: "  of them turned away at most", unit: "/s"}
	for _, s := range t.servers {
		r.values = append(r.values, away[s])
	}
	if n > 8 {
		t.rows = append(t.rows, r)
	}
}

// crowd has n callers ask for the span, of whom some ask for something large and hardly
// read it: they are not counted. It returns good answers and refusals a second.
func (s *server) crowd(b *testing.B, n, slow int) (good, away float64) {
	var goods, aways atomic.Int64
	var callers, ready sync.WaitGroup
	ready.Add(n)
	over, begin := make(chan struct{}), make(chan struct{})
	for i := range n {
		callers.Go(func() {
			c, err := s.caller()
			ready.Done()
			if err != nil {
				b.Error(err)
				return
			}
			defer c.conn.Close()
			<-begin
			if i < slow {
				s.dawdle(c, over)
				return
			}
			request := s.request("/execute", hello)
			for !closed(over) {
				code, body, err := c.ask(request)
				switch {
				case err != nil:
					b.Error(err)
					return
				case closed(over):
				case code == http.StatusOK && body == helloReply:
					goods.Add(1)
				default:
					aways.Add(1)
				}
			}
		})
	}
	ready.Wait()
	close(begin)
	time.Sleep(*span)
	close(over)
	callers.Wait()
	return float64(goods.Load()) / span.Seconds(), float64(aways.Load()) / span.Seconds()
}

// dawdle asks for a large reply, and reads a little of it now and then.
func (s *server) dawdle(c *caller, over <-chan struct{}) {
	if _, err := c.conn.Write(s.request("/execute", large)); err != nil {
		return
	}
	for piece := make([]byte, 4<<10); !closed(over); time.Sleep(20 * time.Millisecond) {
		if _, err := io.ReadFull(c.conn, piece); err != nil {
			return
		}
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
