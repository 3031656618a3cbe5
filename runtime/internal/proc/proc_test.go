package proc

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

// What a status line means, on Linux and where the kinds are not told apart.
func TestParse(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       Status
	}{
		{"Linux", "Name:\tState: x\nState:\tT (stopped)\nVmSize:\t  200 kB\nVmRSS:\t  60 kB\nRssAnon:\t  10 " +
			"kB\nRssFile:\t  20 kB\nRssShmem:\t  30 kB\nVmPTE:\t  44 kB\nThreads:\t3\n",
			Status{State: 'T', Threads: 3, Size: 200 << 10, Anon: 10 << 10, File: 20 << 10, Shmem: 30 << 10,
				Tables: 44 << 10}},
		{"gVisor", "State:\tS (sleeping)\nVmSize:\t200 kB\nVmRSS:\t60 kB\nThreads:\t1\n",
			Status{State: 'S', Threads: 1, Size: 200 << 10, Anon: 60 << 10}},
		{"a zombie", "State:\tZ (zombie)\nThreads:\t1\n", Status{State: 'Z', Threads: 1}},
		{"cut", "State:", Status{}},
		{"no number", "State:\tR\nThreads:\tmany\n", Status{State: 'R'}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := parse([]byte(tt.text)); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

// This process, and one that is gone.
func TestRead(t *testing.T) {
	s, err := Read(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if s.Size <= s.Resident() || s.Resident() < 1<<20 || s.Threads < 2 || s.Stopped() {
		t.Errorf("got %+v", s)
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^$")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	if s, err := Read(cmd.Process.Pid); err == nil {
		t.Errorf("gone: got %+v", s)
	}
	if pid := PID(1 << 20); pid != 0 {
		t.Errorf("no such descriptor: got %d", pid)
	}
}

// Pages that have been written to are private, as the kernel reports it.
func TestPrivate(t *testing.T) {
	if n, ok := private([]byte("00400000-7ff rollup\nRss: 9 kB\nPrivate_Clean:   1 kB\nPrivate_Dirty:  12 " +
		"kB\nReferenced: 2 kB\n")); n != 12<<10 || !ok {
		t.Errorf("got %d, %v", n, ok)
	}
	if n, ok := private([]byte("Rss: 9 kB\n")); n != 0 || ok {
		t.Errorf("nothing is told: got %d, %v", n, ok)
	}
	held := bytes.Repeat([]byte{1}, 32<<20)
	if n, ok := Private("/proc/self"); !ok || n < 32<<20 || held[len(held)-1] != 1 {
		t.Errorf("got %d, %v", n, ok)
	}
}
