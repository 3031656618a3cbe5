package runtime

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

//go:embed testdata/cases/*.py
var hostileCases embed.FS

// The cases of a hostile script are 0 to 4, and it does what its first line says in case
// 1. any is an answer that is the script's own affair.
const anyAnswer = "*"

// hostileCaseTests say what comes of the scripts in testdata/cases in one process; with
// a process for each case the answers to the other cases are always 0, 2, 3 and 4, or
// what stands in alone.
var hostileCaseTests = []struct {
	name  string
	want  []string // where it ends in *, the beginning
	alone string   // the answer to the other cases, %d for the number
}{
	{"answers_ahead", []string{"0", `"forged"`, anyAnswer, anyAnswer, anyAnswer}, "%d"},
	{"answers_and_leaves", []string{"0", `"forged"`, anyAnswer, anyAnswer, anyAnswer}, "%d"},
	{"floods_the_channel", []string{"0", anyAnswer, anyAnswer, anyAnswer, anyAnswer}, "%d"},
	{"writes_rubbish", []string{"0", "script_error Script broke the channel*", "2", "3", "4"}, "%d"},
	{"says_loaded_again", []string{"0", "script_error Script broke the channel*", "2", "3", "4"}, "%d"},
	{"closes_the_channel", []string{"0", anyAnswer, "2", "3", "4"}, "%d"},
	{"takes_the_inputs", []string{"0", "timeout *", "2", "3", "4"}, "%d"},
	{"sleeps_on", []string{"0", "timeout *", "2", "3", "4"}, "%d"},
	{"runs_on", []string{"0", "timeout *", "2", "3", "4"}, "%d"},
	{"closes_the_streams", []string{"0|in 0\n", "1|in 1\n", "*", "*", "*"}, "%[1]d|in %[1]d\n"},
	{"makes_up_marks", []string{"0", anyAnswer, anyAnswer, anyAnswer, anyAnswer}, "%d"},
	{"writes_too_much", []string{"0|in 0\n", "output_limit *", "2|in 2\n", "3|in 3\n", "4|in 4\n"},
		"%[1]d|in %[1]d\n"},
	{"eats_memory", []string{"0", "memory_limit *", "0", "0", "0"}, "0"},
	{"eats_the_disk", []string{"[]", "file_limit *", "[]", "[]", "[]"}, "[]"},
	{"eats_descriptors", []string{"0", "file_limit *", "0", "0", "0"}, "0"},
	{"changes_the_harness", []string{"0", anyAnswer, anyAnswer, anyAnswer, anyAnswer}, "%d"},
}

// A script that is after its neighbours' answers, the server or its time changes the
// answers to its own request at most, and with a process for each case those to the one
// case. Each case has one answer whatever it does, and the service goes on.
func TestHostileCases(t *testing.T) {
	for _, posture := range postures {
		inPosture(t, posture, func(t *testing.T) {
			r := start(t, nil)
			for _, tt := range hostileCaseTests {
				text, err := hostileCases.ReadFile("testdata/cases/" + tt.name + ".py")
				if err != nil {
					t.Fatal(err)
				}
				for _, isolation := range both {
					t.Run(tt.name+"/"+string(isolation), func(t *testing.T) {
						want := tt.want
						if isolation == IsolationCase {
							want = []string{tt.want[0], anyAnswer}
							for i := 2; i < 5; i++ {
								alone := strings.ReplaceAll(tt.alone, "%d", "%[1]d")
								if strings.Contains(alone, "%") {
									alone = fmt.Sprintf(alone, i)
								}
								want = append(want, alone)
							}
						}
						batch := Batch{Isolation: isolation, Next: listed(numbers(5)...),
							Job: Job{Script: string(text), Timeout: time.Second}}
						results, err := collect(t, r, batch, Hooks{})
						if err != nil {
							t.Fatal(err)
						}
						checkBegins(t, results, want)
						good(t, r)
					})
				}
			}
		})
	}
}

// However many cases come behind it, and whenever they come, a worker that has answered
// ahead and left does not leave the batch waiting.
func TestCasesBehindAForger(t *testing.T) {
	r := forCases(t)
	text, err := hostileCases.ReadFile("testdata/cases/answers_and_leaves.py")
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		taken := make(chan struct{}, 1000)
		next := listed(numbers(500)...)
		batch := Batch{Job: Job{Script: string(text)}, Isolation: IsolationRun}
		batch.Next = func(ctx context.Context) (Case, error) {
			c, err := next(ctx)
			if len(taken) > 0 && err == nil && string(c.Input) < "3" {
				<-taken // behind an answer
			}
			return c, err
		}
		n := 0
		err := r.RunCases(t.Context(), batch, Hooks{}, func(int, Result) error {
			n++
			taken <- struct{}{}
			return nil
		})
		if err != nil || n != 500 {
			t.Fatalf("%d results, %v", n, err)
		}
	}
}

// checkBegins compares results with what they are to be, or to begin with.
func checkBegins(t *testing.T, results []Result, want []string) {
	t.Helper()
	if len(results) != len(want) {
		t.Fatalf("%d results, want %d", len(results), len(want))
	}
	for i, result := range results {
		got := shownCase(result)
		begins, cut := strings.CutSuffix(want[i], "*")
		if got != want[i] && !(cut && strings.HasPrefix(got, begins)) {
			t.Errorf("case %d: got %.300q, want %q\n%s", i, got, want[i], result.Traceback)
		}
	}
}

// Every script there is run.
func TestHostileCasesAreRun(t *testing.T) {
	entries, err := hostileCases.ReadDir("testdata/cases")
	if err != nil || len(entries) != len(hostileCaseTests) {
		t.Errorf("%d files, %d tests, %v", len(entries), len(hostileCaseTests), err)
	}
}

// What fails before the first case is not tried again for each.
func TestCasesOfNoScript(t *testing.T) {
	for name, script := range map[string]string{
		"exit":      "import os\nos._exit(1)\ndef main(x): pass",
		"exception": "1 / 0\ndef main(x): pass",
		"syntax":    "def main(x)",
		"no main":   "globals()",
		"hangs":     "import time\ntime.sleep(60)\ndef main(x): pass",
		"channel":   "import os\nos.write(3, b'\\xff' * 10)\ndef main(x): pass",
	} {
		t.Run(name, func(t *testing.T) {
			r := fresh(t, 2, 4)
			before := r.all.main().runs.Load()
			job := Job{Script: script, Timeout: 300 * time.Millisecond}
			batch := Batch{Job: job, Isolation: IsolationRun, Next: listed(numbers(5000)...)}
			results, err := collect(t, r, batch, Hooks{})
			if err != nil || len(results) != 5000 {
				t.Fatalf("%d results, %v", len(results), err)
			}
			if n := r.all.main().runs.Load() - before; n != 1 {
				t.Errorf("it was tried %d times", n)
			}
			if slices.ContainsFunc(results, func(got Result) bool {
				return got.Status == OK || shownCase(got) != shownCase(results[0])
			}) {
				t.Errorf("not all are like the first: %s", shownCase(results[0]))
			}
		})
	}
}

// A batch of slow cases leaves a place to others, and its own cases are not turned away
// though there is no queue; a second batch is, before it begins.
func TestCasesLeaveAPlace(t *testing.T) {
	for _, isolation := range both {
		t.Run(string(isolation), func(t *testing.T) {
			r := fresh(t, 2, 0)
			ctx, leave := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			started := make(chan struct{})
			go func() {
				ended <- r.RunCases(ctx, Batch{Job: Job{Script: "import time\ndef main(x):\n    time.sleep(60)"},
					Isolation: isolation, Next: listed(numbers(50)...)},
					Hooks{Started: func() { close(started) }}, func(int, Result) error { return nil })
			}()
			<-started
			for range 3 {
				wantQuick(t, r)
			}
			second := Batch{Job: Job{Script: quick}, Isolation: isolation, Next: listed(Case{})}
			if results, err := collect(t, r, second, Hooks{}); len(results) != 0 || err == nil ||
				!strings.Contains(err.Error(), ErrOverloaded.Error()) {
				t.Errorf("a second batch: %d results, %v", len(results), err)
			}
			leave()
			if err := <-ended; err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Whoever is slow in between holds a process only for so long.
func TestCasesIdle(t *testing.T) {
	need.Time(t, "waits for a limit")
	for _, slow := range []string{"next", "each"} {
		t.Run(slow, func(t *testing.T) {
			r := start(t, func(cfg *Config) { cfg.Limits.Timeout = 500 * time.Millisecond })
			n := 0
			batch := Batch{Job: Job{Script: "def main(x):\n    return 'x' * 100_000"}, Isolation: IsolationRun}
			batch.Next = func(ctx context.Context) (Case, error) {
				if n++; n == 3 && slow == "next" {
					<-ctx.Done()
					return Case{}, ctx.Err()
				}
				return Case{Input: json.RawMessage("1")}, nil
			}
			err := r.RunCases(t.Context(), batch, Hooks{}, func(i int, _ Result) error {
				if i == 1 && slow == "each" {
					time.Sleep(2 * r.cfg.Limits.Timeout) // the process is ended meanwhile
				}
				return nil
			})
			if err == nil || !strings.Contains(err.Error(), ErrIdle.Error()) {
				t.Errorf("got %v", err)
			}
			good(t, r)
		})
	}
}
