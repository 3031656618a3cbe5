package testbed_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed"
)

// defaultTmp is EXEC_TMP_MB.
const defaultTmp = 64 << 20

// kernelMemory is what one run may hold behind its limits, in MiB, by what it
// is held with. SECURITY.md and sizes.go say the same.
var kernelMemory = []struct {
	what, program string
	most          int64
	// uncharged memory is in no control group: the whole machine's figure.
	uncharged func(testbed.Usage) int64
}{
	{"shared anonymous memory, kept by one page", "shared_memory_cannot_be_kept_by_a_page", 1, nil},
	{"the same of /dev/zero", "shared_memory_of_a_device_cannot_be_kept", 1, nil},
	{"huge pages of /tmp in sockets", "huge_pages_of_files_cannot_be_kept_in_sockets", 4, nil},
	{"huge pages of which one page is mapped", "huge_pages_cannot_be_kept_by_a_page", 4, nil},
	{"the same by mremap", "huge_pages_cannot_be_thinned", 4, nil},
	{"page tables of sparse mappings", "page_tables_of_sparse_mappings_are_bounded", 32, nil},
	{"page tables by mremap", "page_tables_by_mremap_are_bounded", 32, nil},
	{"page tables of what was moved", "page_tables_left_by_mremap_are_bounded", 32, nil},
	{"page tables of stacks that grow", "page_tables_of_stacks_that_grow_are_bounded", 32, nil},
	{"page tables of guards", "page_tables_that_nothing_fills_are_bounded", 32, nil},
	{"pages of a device in sockets", "pages_of_a_device_in_sockets_are_bounded", 15, loose},
	{"pages of files in sockets", "pages_of_files_in_sockets_are_bounded", 15, nil},
	{"socket buffers, streams", "sockets_full_of_streams_are_bounded", 15, nil},
	{"socket buffers, datagrams", "sockets_full_of_datagrams_are_bounded", 28, nil},
	{"socket buffers, packets", "sockets_full_of_packets_are_bounded", 28, nil},
	{"socket buffers, empty messages", "sockets_full_of_empty_messages_are_bounded", 15, nil},
	{"pipes, by pages", "pages_of_one_byte_in_pipes_are_bounded", 4, nil},
	{"pipes, full", "pipes_cannot_be_enlarged", 4, nil},
	{"pipes of packets", "pipes_of_packets_are_bounded", 4, nil},
	{"descriptors in flight", "descriptors_cannot_be_put_into_flight", 1, nil},
	{"64,000 mappings by mprotect", "mappings_without_number_are_bounded", 14, nil},
	{"names of mappings", "names_of_mappings_are_bounded", 14, nil},
	{"threads", "mappings_spread_over_threads_are_bounded", 4, nil},
	{"pending signals", "signals_that_wait_are_bounded", 1, nil},
	{"epoll items", "items_of_epoll_are_bounded", 2, nil},
	{"timers and counters", "counters_and_timers_are_bounded", 1, nil},
	{"locks, 3.5 s of processor time", "locks_of_files_are_bounded", 8, slab},
	{"empty files", "a_tmp_full_of_empty_files_is_bounded", 4, nil},
	{"long names", "a_tmp_full_of_long_names_is_bounded", 4, nil},
	{"hard links", "hard_links_are_bounded", 4, nil},
	{"directories without a name", "directories_without_a_name_are_bounded", 4, nil},
}

func slab(u testbed.Usage) int64  { return u.Kernel - u.PageTables }
func loose(u testbed.Usage) int64 { return u.Loose }

// TestKernelMemory prints, and judges, what one run with the default limits can
// make the kernel hold that is counted as no memory of the run: beside pages of
// its own and /tmp.
func TestKernelMemory(t *testing.T) {
	shared, bed := memorySource(t), testbed.New(t)
	testbed.PlainRoot.Need(t)
	s := newMeasured(t, bed, testbed.Options{
		Setup: testbed.PlainRoot, Measured: true,
		Settings: []string{"BLOCKED_IMPORTS=", "EXEC_WORKERS=1", "EXEC_TIMEOUT=20s", "EXEC_CPU=5s"},
	}, shared)
	table := "| what | MiB | at most |\n|---|---|---|\n"
	for _, row := range kernelMemory {
		t.Run(row.program, func(t *testing.T) {
			p, err := readProgramIn(memoryDir, row.program+".py")
			if err != nil {
				t.Fatal(err)
			}
			body, err := p.holding(memoryDir, shared, 480)
			if err != nil {
				t.Fatal(err)
			}
			held := s.behind(t, body, row.uncharged)
			table += fmt.Sprintf("| %s | %.1f | %d |\n", row.what, mib(held), row.most)
			if held > row.most<<20 {
				t.Errorf("TOO MUCH: %.1f MiB, want at most %d", mib(held), row.most)
			}
			s.goesOn(t)
		})
	}
	t.Logf("kernel memory of one run, default limits:\n%s", table)
}

// behind is what a run holds beside its pages and its /tmp. Others of the
// machine move the figures of what is in no control group, up or down: of
// three times the middle one counts.
func (s *measured) behind(t *testing.T, body []byte, uncharged func(testbed.Usage) int64) int64 {
	t.Helper()
	of := func(u testbed.Usage) int64 { return u.Behind() + max(u.Shmem-defaultTmp, 0) }
	if uncharged == nil {
		a := s.observe(t, body)
		t.Logf("%d, %v; the script says %.200s", a.code, a.most, a.members["result"])
		return a.sustained(of)
	}
	own := s.meter
	defer func() { s.meter = own }()
	var tries []int64
	for range 3 {
		s.meter = own
		a := s.observe(t, body)
		s.meter = testbed.Machine()
		b := s.observe(t, body)
		t.Logf("%d, %v; of the whole machine %v; the script says %.200s", a.code, a.most, b.most, a.members["result"])
		tries = append(tries, max(a.sustained(of), b.sustained(uncharged)))
		time.Sleep(200 * time.Millisecond)
	}
	slices.Sort(tries)
	return tries[1]
}
