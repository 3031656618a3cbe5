package bench_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed"
)

// square is a small function, the one of the fork loop.
const square = "def main(x):\n    return x * x\n"

// batch is a request to run square on so many inputs.
func batch(isolation string, n int) string {
	var inputs strings.Builder
	for i := range n {
		if i > 0 {
			inputs.WriteByte(',')
		}
		fmt.Fprint(&inputs, i)
	}
	return fmt.Sprintf(`{"script":%q,"isolation":%q,"inputs":[%s]}`, square, isolation, inputs.String())
}

// cases measures many inputs for one script, a request after the other.
func (t *table) cases(b *testing.B) {
	for _, of := range []struct {
		isolation string
		n         int
	}{{"case", 500}, {"run", 5000}} {
		body := batch(of.isolation, of.n)
		measure := func(figure func(took, cpu time.Duration, cases float64) float64) func(*server) float64 {
			return func(s *server) float64 {
				if !s.cases {
					return 0
				}
				before, cases, began := testbed.SpentBy(s.cmd.Process.Pid), 0, time.Now()
				for took := time.Duration(0); took < *span; took = time.Since(began) {
					s.whole(body, of.n)
					cases += of.n
				}
				took := time.Since(began)
				spent := testbed.SpentBy(s.cmd.Process.Pid).Minus(before)
				return figure(took, spent.CPU, float64(cases))
			}
		}
		t.add(fmt.Sprintf("inputs, isolation %q", of.isolation), "/s", t.forks, false,
			measure(func(took, _ time.Duration, cases float64) float64 { return cases / took.Seconds() }))
		t.add(fmt.Sprintf("  processor time of an input, %q", of.isolation), "ms", 0, true,
			measure(func(_, cpu time.Duration, cases float64) float64 { return ms(cpu) / cases }))
	}
}

// whole has a batch run and looks at its answer: all of it, and the last entry.
func (s *server) whole(body string, n int) {
	code, reply, err := s.once("/execute", body)
	last := fmt.Sprintf(`{"result":%d,"stdout":""}`, (n-1)*(n-1))
	if err != nil || code != http.StatusOK || strings.Count(reply, `"result":`) != n || !strings.Contains(reply, last) {
		s.b.Fatalf("batch: %d %v %.300s", code, err, reply)
	}
}
