// Package bench_test measures the program from outside, as its callers and its operator
// see it: time, answers a second, processor time, memory. Everything is compared with
// something else on the same machine in the same run, in turn: with Python that is
// started bare, with the program of another commit, and with other ways to run a script
// that are installed.
//
// docs/benchmark.md says how to run it, docs/performance.md what came of it.
package bench_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

var (
	before = flag.String("before", "", "the `program` of another commit, cmd/server built there, to measure beside this one")
	span   = flag.Duration("span", 200*time.Millisecond, "how long each figure is measured in each round")
	rounds = flag.Int("rounds", 3, "how often each figure is measured: the best counts")
)

// BenchmarkFloor prints one table of what the service costs beside what others cost.
// The machine has other things to do: each figure is the best of some rounds, in which
// everything that is compared is measured in turn. For figures to state:
//
//	go test -run '^$' -bench Floor -benchtime 1x ./internal/bench -span 2s -rounds 5
//
// With -before the program of another commit has a column. bwrap, nsjail and go-judge
// have rows where they are on the PATH.
func BenchmarkFloor(b *testing.B) {
	need.Time(b, "starts servers")
	if err := checkBefore(*before); err != nil {
		b.Fatal(err)
	}
	now := build(b)
	for b.Loop() {
		t := &table{names: []string{"now"}, programs: []string{now}}
		if *before != "" {
			t.names = append(t.names, "before")
			t.programs = append(t.programs, *before)
		}
		for _, program := range t.programs {
			t.servers = append(t.servers, start(b, program))
		}
		t.bare(b)
		t.latencies(b)
		t.costs(b)
		t.crowds(b)
		t.cases(b)
		t.starts(b)
		t.others(b)
		fmt.Fprintln(os.Stdout, t.String())
		for _, s := range t.servers {
			s.stop()
		}
	}
}

// checkBefore refuses a program that can't be started, before anything is measured.
func checkBefore(program string) error {
	if program == "" {
		return nil
	}
	if _, err := exec.LookPath(program); err != nil {
		return fmt.Errorf("-before: %w", err)
	}
	return nil
}

// table is what was measured, a row for each figure.
type table struct {
	names    []string // of the columns
	programs []string
	servers  []*server
	rows     []row
	// What a bare interpreter does: the time to start one that does nothing, how many are
	// started a second, and how many processes a second one that is running forks and awaits.
	bareStart       time.Duration
	bareLoop, forks float64
	python          string
}

// row is one figure: that of each program, and of something else.
type row struct {
	name   string
	unit   string
	values []float64 // 0: it can't do that
	rival  float64   // see legend; 0: there is nothing to compare with
}

// add measures a figure of each server in turn. lower says that less is better.
func (t *table) add(name, unit string, bare float64, lower bool, measure func(s *server) float64) {
	values := make([]float64, len(t.servers))
	for range *rounds {
		for i, s := range t.servers {
			v := measure(s)
			if values[i] == 0 || lower == (v < values[i]) {
				values[i] = v
			}
		}
	}
	t.rows = append(t.rows, row{name, unit, values, bare})
}

// milliseconds adds a figure that is a time.
func (t *table) milliseconds(name string, bare time.Duration, measure func(s *server) time.Duration) {
	t.add(name, "ms", ms(bare), true, func(s *server) float64 { return ms(measure(s)) })
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// legend says what the columns are.
const legend = `
now      this tree
before   the program of -before
÷        now divided by the column that is named: below 1 is better for ms, MiB and page faults, above 1 for /s
rival    what does the same without us: for a run, a start and callers, Python that is started bare; for
         inputs, Python that forks for each; in the rows of bwrap, nsjail and go-judge, these
(blank)  it can't do that, or there is nothing to compare with
`

// String is the table, with ratios to before and to the rival, and the legend.
func (t *table) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "\n%-44s", "")
	for _, name := range t.names {
		fmt.Fprintf(&out, "%10s", name)
	}
	if len(t.names) > 1 {
		fmt.Fprintf(&out, "%10s", "÷ before")
	}
	fmt.Fprintf(&out, "%10s%10s\n", "rival", "÷ rival")
	for _, r := range t.rows {
		fmt.Fprintf(&out, "%-44s", strings.TrimRight(r.name+" "+r.unit, " "))
		for _, v := range r.values {
			out.WriteString(cell(v))
		}
		for range len(t.names) - len(r.values) {
			out.WriteString(cell(0))
		}
		if len(t.names) > 1 {
			out.WriteString(cell(ratio(r.values, 0, 1)))
		}
		out.WriteString(cell(r.rival))
		if r.rival > 0 && len(r.values) > 0 {
			out.WriteString(cell(r.values[0] / r.rival))
		}
		out.WriteByte('\n')
	}
	return out.String() + legend
}

func cell(v float64) string {
	switch {
	case v == 0:
		return fmt.Sprintf("%10s", "")
	case v >= 100:
		return fmt.Sprintf("%10.0f", v)
	}
	return fmt.Sprintf("%10.3g", v)
}

func ratio(values []float64, i, j int) float64 {
	if len(values) <= max(i, j) || values[j] == 0 {
		return 0
	}
	return values[i] / values[j]
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
