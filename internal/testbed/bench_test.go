package testbed_test

import (
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed"
)

// How BenchmarkSetups asks.
const (
	starts  = 5
	asked   = 100
	between = 50 * time.Millisecond // where requests are paced: long enough to fork a worker, in gVisor too
)

// BenchmarkSetups prints, for each set-up, how long podman takes to start it, how
// long it takes from then on to its first right answer, and how long a run takes
// over HTTP while workers are ready, and while none is. The interpreter is
// unpacked already, and containers are those of an image:
//
//	go test ./deploy -run '^TestImage$' -keep localhost/pyexec
//	go test -run '^$' -bench Setups -benchtime 1x ./internal/testbed -image localhost/pyexec
//
// Times mean little from one machine to the next: the ratios are to a Python
// that this machine starts bare, as a process.
func BenchmarkSetups(b *testing.B) {
	bed := testbed.New(b)
	fmt.Printf("\n%-14s %12s %12s %12s %9s %12s %9s\n", "",
		"podman start", "first answer", "paced p50", "ratio", "back to back", "ratio")
	bare := time.Duration(0)
	for _, setup := range testbed.Setups() {
		if setup.Runtime != "" && *image == "" {
			fmt.Printf("%-14s not measured: there is no -image\n", setup.Name)
			continue
		}
		setup.Need(b)
		o := testbed.Options{Setup: setup, Image: *image, Settings: []string{"EXEC_WORKERS=4"}}
		s := bed.Start(b, o) // unpacks the interpreter
		if bare == 0 {
			bare = barePython(b, bed)
		}
		var podman, first []time.Duration
		for range starts {
			s = bed.Start(b, o)
			podman, first = append(podman, s.Launched), append(first, s.FirstAnswer-s.Launched)
		}
		paced, close := latencies(b, s, between), latencies(b, s, 0)
		fmt.Printf("%-14s %12v %12v %12v %9.3f %12v %9.3f\n", setup.Name,
			median(podman).Round(time.Millisecond), median(first).Round(time.Millisecond),
			median(paced).Round(10*time.Microsecond), float64(median(paced))/float64(bare),
			median(close).Round(10*time.Microsecond), float64(median(close))/float64(bare))
	}
	fmt.Printf("%-14s %12s %12s %12v\n", "bare python", "", "", bare.Round(10*time.Microsecond))
}

// latencies are those of runs one after the other.
func latencies(b *testing.B, s *testbed.Server, pause time.Duration) (took []time.Duration) {
	for range asked {
		time.Sleep(pause)
		began := time.Now()
		code, body, err := s.Execute(b.Context(), `{"script": "def main(): return 42"}`)
		if err != nil || code != http.StatusOK || strings.TrimSpace(body) != `{"result":42,"stdout":""}` {
			b.Fatalf("%s: %d %v %s", s.URL, code, err, body)
		}
		took = append(took, time.Since(began))
	}
	return took
}

// barePython is what the interpreter that was unpacked takes to do nothing.
func barePython(b *testing.B, bed *testbed.Bed) time.Duration {
	b.Helper()
	found, err := filepath.Glob(filepath.Join(bed.Home(testbed.PlainRoot), ".cache/*/python-*/prefix/bin/python3.11"))
	if err != nil || len(found) != 1 {
		b.Fatalf("interpreter: %v %v", found, err)
	}
	var took []time.Duration
	for range 50 {
		cmd := exec.Command(found[0], "-I", "-S", "-c", "pass")
		cmd.Env = []string{}
		began := time.Now()
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	return median(took)
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
