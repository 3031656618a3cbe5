package runtime_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/runtime"
)

const caseScript = "def main(x):\n    return {'square': x * x}"

// forkLoop is what an interpreter without confinement does for the same: it forks for
// each case, calls the function and hands the JSON text over a pipe. Its argument is
// the number of cases.
const forkLoop = `
import json, os, sys
` + caseScript + `
for x in range(int(sys.argv[1])):
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(w, json.dumps(main(json.loads(str(x)))).encode())
        os._exit(0)
    os.close(w)
    assert json.loads(os.read(r, 4096)) == {"square": x * x}
    os.close(r)
    os.waitpid(pid, 0)
`

// BenchmarkCases compares, in one run on one machine, how many cases of a small function
// are answered a second: by a batch with either isolation, by runs of their own, and by
// a bare loop of forks. Absolute figures say little; the ratios are the point.
//
//	go test -run '^$' -bench Cases -benchtime 1x ./runtime
func BenchmarkCases(b *testing.B) {
	cfg := benchConfig(b)
	interpreter, err := interpreterOf(cfg)
	if err != nil {
		b.Fatal(err)
	}
	r, err := runtime.New(context.Background(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	ways := []struct {
		name string
		n    int
		do   func(n int) error
	}{
		{"a bare loop of os.fork", 3000, func(n int) error {
			return exec.Command(interpreter.Executable, "-I", "-S", "-c", forkLoop, fmt.Sprint(n)).Run()
		}},
		{"a Run after the other", 1500, func(n int) error {
			for i := range n {
				input := json.RawMessage(fmt.Sprint(i))
				got, err := r.Run(context.Background(), runtime.Job{Script: caseScript, Input: input}, runtime.Hooks{})
				if err := square(i, got, err); err != nil {
					return err
				}
			}
			return nil
		}},
		{"RunCases, case", 3000, func(n int) error { return squares(r, runtime.IsolationCase, n) }},
		{"RunCases, run", 100_000, func(n int) error { return squares(r, runtime.IsolationRun, n) }},
	}
	for b.Loop() {
		var out strings.Builder
		fmt.Fprintf(&out, "\n%-26s %10s %8s\n", "cases", "a second", "ratio")
		bare := 0.0
		for _, way := range ways {
			if err := way.do(way.n / 10); err != nil {
				b.Fatal(err)
			}
			began := time.Now()
			if err := way.do(way.n); err != nil {
				b.Fatal(err)
			}
			rate := float64(way.n) / time.Since(began).Seconds()
			if bare == 0 {
				bare = rate
			}
			fmt.Fprintf(&out, "%-26s %10.0f %8.2f\n", way.name, rate, rate/bare)
		}
		fmt.Fprint(os.Stdout, out.String())
	}
}

// squares runs n cases in one batch.
func squares(r *runtime.Runtime, isolation runtime.Isolation, n int) error {
	next := 0
	batch := runtime.Batch{
		Job:       runtime.Job{Script: caseScript},
		Isolation: isolation,
		Next: func(context.Context) (runtime.Case, error) {
			if next == n {
				return runtime.Case{}, io.EOF
			}
			next++
			return runtime.Case{Input: json.RawMessage(fmt.Sprint(next - 1))}, nil
		},
	}
	got := 0
	err := r.RunCases(context.Background(), batch, runtime.Hooks{}, func(i int, result runtime.Result) error {
		got++
		return square(i, result, nil)
	})
	if err == nil && got != n {
		err = fmt.Errorf("%d results of %d", got, n)
	}
	return err
}

// square checks one result.
func square(i int, got runtime.Result, err error) error {
	if want := fmt.Sprintf(`{"square":%d}`, i*i); err == nil && string(got.Value) != want {
		err = fmt.Errorf("case %d: %s %s", i, got.Value, got.Error)
	}
	return err
}
