package bench_test

import (
	"slices"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed"
)

// starts measures how long it takes from the start of the process to the first right
// answer, with the interpreter unpacked, and what all processes hold after it, when they
// have nothing to do.
func (t *table) starts(b *testing.B) {
	running := t.servers
	defer func() { t.servers = running }()
	t.servers = nil
	programs := map[*server]string{}
	for _, program := range t.programs {
		s := &server{b: b}
		t.servers, programs[s] = append(t.servers, s), program
	}
	fresh := func(of func(s *server) float64) func(*server) float64 {
		return func(s *server) float64 {
			f := start(b, programs[s])
			defer f.stop()
			return of(f)
		}
	}
	t.add("start of the process to its first answer", "ms", ms(t.bareStart), true,
		fresh(func(s *server) float64 { return ms(s.took) }))
	t.add("memory of all processes after it, PSS", "MiB", 0, true,
		fresh(func(s *server) float64 { return float64(held(s.cmd.Process.Pid)) / (1 << 20) }))
	t.add("a ready worker's own pages", "MiB", 0, true, fresh(func(s *server) float64 {
		held(s.cmd.Process.Pid)
		return float64(ownOfWorker(s.cmd.Process.Pid)) / (1 << 20)
	}))
}

// held is the proportional set size of a server, its interpreter and its ready workers.
func held(pid int) (sum int64) {
	time.Sleep(500 * time.Millisecond) // until all workers are ready
	for _, p := range testbed.Family(pid) {
		sum += testbed.PSS(p)
	}
	return sum
}

// ownOfWorker is what one of the ready workers holds by itself, the one in the middle.
// Workers are those below a server that have nobody below them.
func ownOfWorker(pid int) int64 {
	var sizes []int64
	for _, p := range testbed.Family(pid) {
		if own := testbed.Own(p); own > 0 && len(testbed.Family(p)) == 1 {
			sizes = append(sizes, own)
		}
	}
	if len(sizes) == 0 {
		return 0
	}
	slices.Sort(sizes)
	return sizes[len(sizes)/2]
}
