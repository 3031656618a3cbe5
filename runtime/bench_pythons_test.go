package runtime_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/capacity"
	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/runtime"
)

// pythonsVariable names the Pythons to compare: pairs of a prefix, which is empty for
// the bundled one, and a directory of packages for it, as in
//
//	PYEXEC_TEST_PYTHONS=":/opt/data /opt/python3.14:/opt/data3.14"
const pythonsVariable = "PYEXEC_TEST_PYTHONS"

// BenchmarkPythons compares what a fork and a run cost in the interpreters that
// PYEXEC_TEST_PYTHONS names, each without packages and with them: the page faults are
// the same on each machine and in each run of the benchmark, more or less.
//
//	go test -run '^$' -bench Pythons -benchtime 1x ./runtime
func BenchmarkPythons(b *testing.B) {
	pairs := strings.Fields(os.Getenv(pythonsVariable))
	if len(pairs) == 0 {
		need.Unmet(b, "%s is not set", pythonsVariable)
	}
	for b.Loop() {
		var out strings.Builder
		fmt.Fprintf(&out, "\n%-10s %-9s %-7s %8s %8s %10s %10s %12s %12s\n",
			"python", "packages", "script", "p50", "p90", "fork, ms", "run, ms", "fork, faults", "run, faults")
		for _, pair := range pairs {
			home, packages, _ := strings.Cut(pair, ":")
			for _, packages := range []string{"", packages} {
				rowsOfPython(b, &out, home, packages)
			}
		}
		fmt.Fprint(os.Stdout, out.String())
	}
}

// rowsOfPython measures runs of one interpreter, which is the only one meanwhile.
func rowsOfPython(b *testing.B, out *strings.Builder, home, packages string) {
	cfg := benchConfig(b)
	cfg.PythonHome, cfg.Packages = home, packages
	scripts, with := []struct{ name, text string }{{"small", benchScript}}, "none"
	if packages != "" {
		defaults, err := config.Parse(nil, capacity.Machine{CPUs: 2, Memory: 8 << 30})
		if err != nil {
			b.Fatal(err)
		}
		cfg.PreloadInstalled = defaults.Runtime.PreloadInstalled
		scripts = append(scripts, struct{ name, text string }{"pandas", pandasScript})
		with = "data"
	}
	before := children(b, os.Getpid())
	r, err := runtime.New(context.Background(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	for _, script := range scripts {
		run := func() error { return runText(r, script.text) }
		measure(b, run, 30, 20*time.Millisecond) // the interpreter has settled then
		zygote := slices.DeleteFunc(children(b, os.Getpid()),
			func(pid int) bool { return slices.Contains(before, pid) })
		if len(zygote) != 1 {
			b.Fatalf("not one interpreter: %v", zygote)
		}
		time.Sleep(100 * time.Millisecond)
		from := costOf(b, zygote[0])
		const n = 200
		times := measure(b, run, n, 20*time.Millisecond)
		time.Sleep(100 * time.Millisecond)
		to := costOf(b, zygote[0])
		each := func(i int) float64 { return float64(to[i]-from[i]) / n }
		fmt.Fprintf(out, "%-10s %-9s %-7s %8s %8s %10.2f %10.2f %12.0f %12.0f\n",
			r.Info().PythonVersion, with, script.name,
			at(times, 50), at(times, 90), each(2)*tick, each(3)*tick, each(0), each(1))
	}
}

// runText runs a script that must succeed.
func runText(r *runtime.Runtime, text string) error {
	result, err := r.Run(context.Background(), runtime.Job{Script: text}, runtime.Hooks{})
	if err == nil && result.Status != runtime.OK {
		err = fmt.Errorf("status %s: %s", result.Status, result.Error)
	}
	return err
}

const tick = 10 // ms, of the figures in /proc: sysconf(_SC_CLK_TCK) is 100 on every Linux that Go runs on

// costOf is what a process has had itself, and its children that are gone: page
// faults of both, then ticks of both.
func costOf(b *testing.B, pid int) (cost [4]int) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	figure := func(at int) int { // by its number in proc(5)
		n, err := strconv.Atoi(fields[at-3])
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	return [4]int{figure(10), figure(11), figure(14) + figure(15), figure(16) + figure(17)}
}
