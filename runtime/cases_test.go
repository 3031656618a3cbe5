package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// listed returns cases one by one.
func listed(cases ...Case) func(context.Context) (Case, error) {
	at := 0
	return func(context.Context) (Case, error) {
		if at == len(cases) {
			return Case{}, io.EOF
		}
		at++
		return cases[at-1], nil
	}
}

// inputs are cases with these inputs.
func inputs(texts ...string) (cases []Case) {
	for _, text := range texts {
		cases = append(cases, Case{Input: json.RawMessage(text)})
	}
	return cases
}

// numbers are cases with the inputs 0 to n-1.
func numbers(n int) (cases []Case) {
	for i := range n {
		cases = append(cases, inputs(fmt.Sprint(i))...)
	}
	return cases
}

// collect runs a batch and returns what is handed on, which must be in order.
func collect(t *testing.T, r *Runtime, b Batch, hooks Hooks) (results []Result, err error) {
	t.Helper()
	var busy atomic.Bool
	err = r.RunCases(t.Context(), b, hooks, func(i int, result Result) error {
		if i != len(results) || !busy.CompareAndSwap(false, true) {
			t.Errorf("case %d came as number %d, or beside another one", i, len(results))
		}
		results = append(results, result)
		busy.Store(false)
		return nil
	})
	return results, err
}

// shownCase is a result in one line: the value, or the status and the error, behind an
// ampersand what is shown, and behind bars what was written.
func shownCase(r Result) string {
	text := string(r.Value)
	if r.Status != OK {
		text = string(r.Status) + " " + r.Error
	}
	if html := r.Display["text/html"]; html != "" {
		text += "&" + html
	}
	if len(r.Stdout)+len(r.Stderr) > 0 {
		text += "|" + string(r.Stdout)
	}
	if len(r.Stderr) > 0 {
		text += "|" + string(r.Stderr)
	}
	return text
}

// checkTold compares results with what they are to be.
func checkTold(t *testing.T, results []Result, want []string) {
	t.Helper()
	if len(results) != len(want) {
		t.Errorf("%d results, want %d", len(results), len(want))
	}
	for i := range min(len(results), len(want)) {
		if got := shownCase(results[i]); got != want[i] {
			t.Errorf("case %d: got %.300q, want %q\n%s", i, got, want[i], results[i].Traceback)
		}
	}
}

var both = []Isolation{IsolationCase, IsolationRun}

// What holds however cases are kept apart: cases_table_test.go.
func TestCases(t *testing.T) {
	r := forCases(t)
	for name, tt := range caseTests {
		for _, isolation := range both {
			t.Run(name+"/"+string(isolation), func(t *testing.T) {
				b := Batch{Job: tt.job, Isolation: isolation, Next: listed(tt.cases...)}
				b.Job.Script = tt.script
				results, err := collect(t, r, b, Hooks{})
				if err != nil {
					t.Fatal(err)
				}
				checkTold(t, results, tt.want)
			})
		}
	}
}

// forCases is a runtime in which two cases of a batch run side by side.
func forCases(t *testing.T) *Runtime {
	t.Helper()
	return start(t, func(cfg *Config) { cfg.Workers = 3 })
}

// Many cases come back in order, whatever each takes, and those who read slowly or send
// slowly get all of them.
func TestCasesInOrder(t *testing.T) {
	r := forCases(t)
	const script = "import time\ndef main(x):\n    if x % 50 == 0:\n        time.sleep(0.05)\n    return x"
	for _, isolation := range both {
		t.Run(string(isolation), func(t *testing.T) {
			results, err := collect(t, r,
				Batch{Job: Job{Script: script}, Isolation: isolation, Next: listed(numbers(500)...)}, Hooks{})
			if err != nil || len(results) != 500 {
				t.Fatalf("%d results, %v", len(results), err)
			}
			for i, result := range results {
				if string(result.Value) != fmt.Sprint(i) {
					t.Errorf("case %d: %s", i, shownCase(result))
				}
			}
		})
	}
}

// What a case leaves behind the next one finds with IsolationRun alone.
func TestCasesSeeEachOther(t *testing.T) {
	r := forCases(t)
	for name, script := range map[string]string{
		"globals": "seen = []\ndef main(x):\n    seen.append(x)\n    return len(seen)",
		"builtins": "import builtins\ndef main(x):\n    builtins.n = getattr(builtins, 'n', 0) + 1\n" +
			"    return builtins.n",
		"files": "def main(x):\n    with open('f', 'a') as f:\n        f.write('.')\n" +
			"    return len(open('f').read())",
		"the library's": "import math\ndef main(x):\n    math.n = getattr(math, 'n', 0) + 1\n    return math.n",
	} {
		for isolation, want := range map[Isolation][]string{
			IsolationCase: {"1", "1", "1"}, IsolationRun: {"1", "2", "3"},
		} {
			t.Run(name+"/"+string(isolation), func(t *testing.T) {
				results, err := collect(t, r,
					Batch{Job: Job{Script: script}, Isolation: isolation, Next: listed(numbers(3)...)}, Hooks{})
				if err != nil {
					t.Fatal(err)
				}
				checkTold(t, results, want)
			})
		}
	}
}

// Errors of the caller's end a batch, when the cases before them are handed on.
func TestCasesEnd(t *testing.T) {
	r := forCases(t)
	mine := errors.New("mine")
	for _, isolation := range both {
		batch := Batch{Job: Job{Script: "def main(x):\n    return x"}, Isolation: isolation}
		t.Run("next/"+string(isolation), func(t *testing.T) {
			n := 0
			batch.Next = func(context.Context) (Case, error) {
				if n++; n > 5 {
					return Case{}, mine
				}
				return Case{Input: json.RawMessage("1")}, nil
			}
			results, err := collect(t, r, batch, Hooks{})
			if !errors.Is(err, mine) || len(results) != 5 {
				t.Errorf("%d results, %v", len(results), err)
			}
		})
		t.Run("each/"+string(isolation), func(t *testing.T) {
			batch.Next = listed(numbers(1000)...)
			last := 0
			err := r.RunCases(t.Context(), batch, Hooks{}, func(i int, _ Result) error {
				if last = i; i == 3 {
					return mine
				}
				return nil
			})
			if !errors.Is(err, mine) || last != 3 {
				t.Errorf("the last was %d, %v", last, err)
			}
		})
	}
	checkNobodyIn(t, r)
}

// A caller who leaves ends a batch, whatever it waits for.
func TestCasesCanceled(t *testing.T) {
	r := forCases(t)
	mine := errors.New("mine")
	for _, isolation := range both {
		batch := Batch{Job: Job{Script: "def main(x):\n    return x"}, Isolation: isolation}
		t.Run("ctx/"+string(isolation), func(t *testing.T) {
			ctx, leave := context.WithCancelCause(t.Context())
			batch.Next = listed(numbers(1000)...)
			err := r.RunCases(ctx, batch, Hooks{}, func(i int, _ Result) error {
				if i == 3 {
					leave(mine)
				}
				return nil
			})
			if !errors.Is(err, mine) {
				t.Errorf("got %v", err)
			}
		})
		t.Run("ctx while Next blocks/"+string(isolation), func(t *testing.T) {
			ctx, leave := context.WithCancelCause(t.Context())
			n := 0
			batch.Next = func(ctx context.Context) (Case, error) {
				if n++; n > 2 {
					<-ctx.Done()
					return Case{}, context.Cause(ctx)
				}
				return Case{Input: json.RawMessage("1")}, nil
			}
			err := r.RunCases(ctx, batch, Hooks{}, func(i int, _ Result) error {
				if i == 1 {
					leave(mine)
				}
				return nil
			})
			if !errors.Is(err, mine) {
				t.Errorf("got %v", err)
			}
		})
	}
	checkNobodyIn(t, r)
}

// checkNobodyIn demands that all places are free again.
func checkNobodyIn(t *testing.T, r *Runtime) {
	t.Helper()
	eventually(t, "nobody has a place any more", func() bool {
		a := r.admission
		return len(a.places) == 0 && len(a.cases) == 0 && a.behind.Load() == 0 && a.waiting.Load() == 0
	})
}

// What can't be a batch is refused in words, and nothing is run.
func TestCheckBatch(t *testing.T) {
	r := forCases(t)
	for name, tt := range map[string]struct {
		batch Batch
		cases []Case
		want  string
	}{
		"isolation": {Batch{Isolation: "thread"}, nil, `isolation must be "case" or "run"`},
		"a program": {Batch{Isolation: IsolationRun, Job: Job{Options: Options{Program: true}}}, nil,
			"isolation must be"},
		"files back":   {Batch{Isolation: IsolationRun, Job: Job{ReturnFiles: true}}, nil, "isolation must be"},
		"entry":        {Batch{Job: Job{Options: Options{Entry: "1"}}}, nil, "entry must be the name of a function"},
		"name of file": {Batch{Job: Job{Files: []File{{Name: "/a"}}}}, nil, `files: "/a": must be relative`},
		"spread":       {Batch{Job: Job{Options: Options{Spread: true}}}, inputs("1"), "input must be an object"},
		"input":        {Batch{Job: Job{Options: Options{Program: true}}}, inputs("1"), "input must be left out"},
	} {
		t.Run(name, func(t *testing.T) {
			tt.batch.Next = listed(tt.cases...)
			results, err := collect(t, r, tt.batch, Hooks{})
			if err == nil || !strings.Contains(err.Error(), tt.want) || len(results) != 0 {
				t.Errorf("%d results, %v", len(results), err)
			}
		})
	}
}

// Processor time is that of all cases of a process. The one that meets the limit is not
// to blame, and one that needs more by itself is.
func TestCasesShareProcessorTime(t *testing.T) {
	r := start(t, func(cfg *Config) { cfg.Limits.CPU = time.Second })
	const script = "import time\ndef main(x):\n    end = time.process_time() + x\n" +
		"    while time.process_time() < end: pass\n    return x"
	var bills []*Bill
	batch := Batch{Job: Job{Script: script}, Isolation: IsolationRun,
		Next:  listed(inputs("0.4", "0.4", "0.4", "0.4", "9", "0.4")...),
		Ended: func(b *Bill) { bills = append(bills, b) }}
	results, err := collect(t, r, batch, Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	checkTold(t, results, []string{"0.4", "0.4", "0.4", "0.4", "cpu_limit Script exceeded the CPU limit of 1 seconds",
		"0.4"})
	var hints, total int
	for _, result := range results {
		if result.Hint == anotherProcess {
			hints++
		}
	}
	for _, bill := range bills {
		if u, ok := bill.Wait(); ok && u.CPU > 0 && u.Wall > 0 {
			total++
		}
	}
	if hints == 0 || total != len(bills) || total < 2 {
		t.Errorf("%d hints, %d of %d bills", hints, total, len(bills))
	}
}
