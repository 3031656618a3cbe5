package runtime_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pyexec/pyexec/funcs"
	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/internal/logline"
	"github.com/pyexec/pyexec/internal/service"
	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/runtime"
	"github.com/pyexec/pyexec/runtime/internal/python"
)

const (
	benchScript = "def main():\n    print('Hello World')\n    return {'message': 'success', 'value': 42}"
	benchBody   = `{"script":"def main():\n    print('Hello World')\n    return {'message': 'success', 'value': 42}"}`
	benchReply  = `{"result":{"message":"success","value":42},"stdout":"Hello World\n"}`
)

// benchConfig is the service's default on two CPUs, with a queue long enough
// for the loads below.
func benchConfig(tb testing.TB) runtime.Config {
	tb.Helper()
	return runtime.Config{
		Limits: runtime.Limits{
			Timeout: 30 * time.Second, CPU: 30 * time.Second,
			MemoryBytes: 512 << 20, TmpBytes: 64 << 20, TmpFiles: 1024,
			OutputBytes: 1 << 20, ResultBytes: 8 << 20, ResultDepth: 256, ScriptBytes: 1 << 20, ReturnFiles: 64,
			ReturnBytes: 8 << 20,
			OpenFiles:   64, Threads: 64,
		},
		Workers: 8, Queue: 1024, CacheDir: cacheDir(tb), PythonHome: need.Python(),
		BlockedImports: []string{"subprocess", "socket"},
		Preload: strings.Split("json,math,re,random,datetime,collections,itertools,functools,string,time,typing,"+
			"dataclasses,enum,copy,operator,contextlib,decimal,fractions,statistics,"+
			"hashlib,base64,textwrap,heapq,bisect", ","),
		Log: slog.New(slog.DiscardHandler),
	}
}

// BenchmarkService compares, in one run on one machine, a confined run with
// the bare start of the same interpreter. Absolute times say little; the
// ratios are the point.
//
//	go test -run '^$' -bench Service -benchtime 1x ./runtime
func BenchmarkService(b *testing.B) {
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
	server := httptest.NewServer(funcs.NewHandler(r,
		funcs.Options{BodyBytes: 8 << 20, Log: cfg.Log, Recorder: nobody{}}))
	defer server.Close()
	logged := httptest.NewServer(loggedService(b, cfg).Handler())
	defer logged.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}

	ways := []way{
		{"bare python -I -S -c pass", func() error {
			return exec.Command(interpreter.Executable, "-I", "-S", "-c", "pass").Run()
		}},
		{"runtime.Run", func() error { return runOnce(r) }},
		{"HTTP", func() error { return post(client, server.URL) }},
		{"HTTP, logged", func() error { return post(client, logged.URL) }},
	}
	for b.Loop() {
		report(b, ways)
	}
}

// interpreterOf is the one that runs of a configuration have.
func interpreterOf(cfg runtime.Config) (*python.Interpreter, error) {
	if cfg.PythonHome != "" {
		return python.At(cfg.PythonHome)
	}
	return python.Bundled(context.Background(), cfg.CacheDir, cfg.Log)
}

// loggedService is the whole service: it writes an entry for every run, after
// the reply. Callers should see no difference.
func loggedService(b *testing.B, cfg runtime.Config) *service.Service {
	b.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	log := logline.New(struct{ io.Writer }{null}) // JSON lines: nothing says that it is a terminal
	s, err := service.New(context.Background(), config.Config{Runtime: cfg, BodyBytes: 8 << 20}, log)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
		_ = null.Close()
	})
	<-s.Ready()
	return s
}

// nobody is a Recorder that keeps nothing.
type nobody struct{}

func (nobody) Later(*funcs.Record) {}
func (nobody) Now(*funcs.Record)   {}

// way is one way to run a script.
type way struct {
	name string
	do   func() error
}

func report(b *testing.B, ways []way) {
	var out strings.Builder
	fmt.Fprintf(&out, "\n%-28s %10s %10s %10s %8s\n", "latency", "p50", "p90", "p99", "ratio")
	bare := measure(b, ways[0].do, 200, 0)
	row := func(name string, d []time.Duration) float64 {
		ratio := float64(d[len(d)/2]) / float64(bare[len(bare)/2])
		fmt.Fprintf(&out, "%-28s %10s %10s %10s %8.3f\n", name, at(d, 50), at(d, 90), at(d, 99), ratio)
		return ratio
	}
	row(ways[0].name, bare)
	for _, w := range ways[1:] {
		paced := row(w.name+", 100 a second", measure(b, w.do, 300, 10*time.Millisecond))
		full := row(w.name+", back to back", measure(b, w.do, 2000, 0))
		if w.name == "HTTP" {
			b.ReportMetric(paced, "paced/bare")
			b.ReportMetric(full, "back-to-back/bare")
		}
	}
	fmt.Fprintf(&out, "\n%-28s", "runs per second, callers:")
	callers := []int{1, 2, 8, 32, 128}
	for _, n := range callers {
		fmt.Fprintf(&out, "%8d", n)
	}
	var base []float64
	for _, w := range ways {
		fmt.Fprintf(&out, "\n%-28s", w.name)
		var rates []float64
		for _, n := range callers {
			rates = append(rates, throughput(b, w.do, n, 2*time.Second))
			fmt.Fprintf(&out, "%8.0f", rates[len(rates)-1])
		}
		if base == nil {
			base = rates
			continue
		}
		fmt.Fprintf(&out, "\n%-28s", "  times the bare loop")
		for i := range rates {
			fmt.Fprintf(&out, "%8.2f", rates[i]/slices.Max(base))
		}
		if w.name == "HTTP" {
			b.ReportMetric(slices.Max(rates)/slices.Max(base), "throughput/bare")
		}
	}
	fmt.Fprintln(os.Stdout, out.String())
}

// measure times n calls, one after the other, each begun pace after the last.
func measure(b *testing.B, do func() error, n int, pace time.Duration) []time.Duration {
	times := make([]time.Duration, 0, n)
	next := time.Now()
	for range n {
		time.Sleep(time.Until(next))
		next = next.Add(pace)
		began := time.Now()
		if err := do(); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(began))
	}
	slices.Sort(times)
	return times
}

func at(sorted []time.Duration, percent int) time.Duration {
	return sorted[len(sorted)*percent/100].Round(10 * time.Microsecond)
}

// throughput is how many calls a second n callers get done.
func throughput(b *testing.B, do func() error, n int, span time.Duration) float64 {
	var done atomic.Int64
	var wg sync.WaitGroup
	began := time.Now()
	for range n {
		wg.Go(func() {
			for time.Since(began) < span {
				if err := do(); err != nil {
					b.Error(err)
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(done.Load()) / time.Since(began).Seconds()
}

func runOnce(r *runtime.Runtime) error {
	result, err := r.Run(context.Background(), runtime.Job{Script: benchScript}, runtime.Hooks{})
	if err != nil {
		return err
	}
	if result.Status != runtime.OK {
		return fmt.Errorf("status %s: %s", result.Status, result.Error)
	}
	return nil
}

func post(client *http.Client, url string) error {
	resp, err := client.Post(url+"/execute", "application/json", strings.NewReader(benchBody))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if !bytes.Equal(body, []byte(benchReply)) {
		return fmt.Errorf("%s: %s", resp.Status, body)
	}
	return nil
}
