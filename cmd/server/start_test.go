package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed"
)

// BenchmarkStart measures how long a cold start takes once the interpreter is
// unpacked: from the start of the process to its first right answer, also as a
// multiple of the time of a Python that does nothing, and the memory (proportional
// set size) of server, zygote and eight ready workers.
//
//	go test -run '^$' -bench Start -benchtime 10x ./cmd/server
func BenchmarkStart(b *testing.B) {
	var pss int
	for b.Loop() {
		ports, err := testbed.FreePorts(1)
		if err != nil {
			b.Fatal(err)
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), beServer+"=1", "HOST=127.0.0.1", fmt.Sprintf("PORT=%d", ports[0]),
			"EXEC_WORKERS=6")
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		firstAnswer(b, fmt.Sprintf("http://127.0.0.1:%d", ports[0]))
		b.StopTimer()
		pss = settledPSS(cmd.Process.Pid, 10)
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			b.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	start := float64(b.Elapsed().Milliseconds()) / float64(b.N)
	b.ReportMetric(start, "ms/start")
	b.ReportMetric(start/barePython(b), "start/bare")
	b.ReportMetric(float64(pss)/1024, "MiB-PSS")
}

// firstAnswer asks until the server listens, and then once.
func firstAnswer(b *testing.B, url string) {
	for began := time.Now(); time.Since(began) < patience; time.Sleep(time.Millisecond) {
		resp, err := http.Post(url+"/execute", "application/json",
			strings.NewReader(`{"script":"def main(): return 42"}`))
		if err != nil {
			continue // not listening yet
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || string(body) != `{"result":42,"stdout":""}` {
			b.Fatalf("first answer: %v %s", err, body)
		}
		return
	}
	b.Fatal("no answer")
}

// settledPSS waits until a process has so many below it and adds up their
// memory and its own, in KiB.
func settledPSS(pid, processes int) int {
	for range 200 {
		if family := family(pid); len(family) >= processes {
			total := 0
			for _, p := range family {
				total += pssOf(p)
			}
			return total
		}
		time.Sleep(10 * time.Millisecond)
	}
	return 0
}

// family is a process and everything below it.
func family(pid int) []int {
	out := []int{pid}
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, name := range lists {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // the thread ended
		}
		for _, field := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				out = append(out, family(child)...)
			}
		}
	}
	return out
}

func pssOf(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			kib, _ := strconv.Atoi(strings.Fields(rest)[0])
			return kib
		}
	}
	return 0
}

// barePython is how many milliseconds the unpacked interpreter takes to do nothing.
func barePython(b *testing.B) float64 {
	cache, err := os.UserCacheDir()
	if err != nil {
		b.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(cache, "pyexec/python-*/prefix/bin/python3.11"))
	if err != nil || len(found) == 0 {
		b.Fatalf("interpreter: %v %v", found, err)
	}
	const times = 20
	began := time.Now()
	for range times {
		cmd := exec.Command(found[0], "-I", "-S", "-c", "pass")
		cmd.Env = []string{}
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
	}
	return float64(time.Since(began).Milliseconds()) / times
}
