package testbed_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed"
	"github.com/pyexec/pyexec/internal/testbed/need"
)

// defaultTmp is EXEC_TMP_MB.
const defaultTmp = 64 << 20

// kernelMemory is what one run may hold behind its limits, in MiB, by what it
// is held with. SECURITY.md and internal/capacity say the same.
var kernelMemory = []struct {
	what, program string
	most          int64
	// uncharged is what is in no control group, of the whole machine: a cache
	// of the kernel by name, or loose pages.
	uncharged string
}{
	{"shared anonymous memory, kept by one page", "shared_memory_cannot_be_kept_by_a_page", 1, ""},
	{"the same of /dev/zero", "shared_memory_of_a_device_cannot_be_kept", 1, ""},
	{"huge pages of /tmp in sockets", "huge_pages_of_files_cannot_be_kept_in_sockets", 4, ""},
	{"huge pages of which one page is mapped", "huge_pages_cannot_be_kept_by_a_page", 4, ""},
	{"the same by mremap", "huge_pages_cannot_be_thinned", 4, ""},
	{"page tables of sparse mappings", "page_tables_of_sparse_mappings_are_bounded", 6, ""},
	{"page tables by mremap", "page_tables_by_mremap_are_bounded", 6, ""},
	{"page tables of what was moved", "page_tables_left_by_mremap_are_bounded", 6, ""},
	{"page tables of stacks that grow", "page_tables_of_stacks_that_grow_are_bounded", 6, ""},
	{"page tables of guards", "page_tables_that_nothing_fills_are_bounded", 6, ""},
	{"pages of a device in sockets", "pages_of_a_device_in_sockets_are_bounded", 4, loose},
	{"pages of files in sockets", "pages_of_files_in_sockets_are_bounded", 4, ""},
	{"socket buffers, streams", "sockets_full_of_streams_are_bounded", 15, ""},
	{"socket buffers, datagrams", "sockets_full_of_datagrams_are_bounded", 26, ""},
	{"socket buffers, packets", "sockets_full_of_packets_are_bounded", 26, ""},
	{"socket buffers, empty messages", "sockets_full_of_empty_messages_are_bounded", 15, ""},
	{"pipes, by pages", "pages_of_one_byte_in_pipes_are_bounded", 4, ""},
	{"pipes, full", "pipes_cannot_be_enlarged", 4, ""},
	{"pipes of packets", "pipes_of_packets_are_bounded", 4, ""},
	{"descriptors in flight", "descriptors_cannot_be_put_into_flight", 1, ""},
	{"64,000 mappings by mprotect", "mappings_without_number_are_bounded", 14, ""},
	{"names of mappings", "names_of_mappings_are_bounded", 4, ""},
	{"threads", "stacks_of_threads_are_bounded", 4, ""},
	{"pending signals", "signals_that_wait_are_bounded", 1, ""},
	{"epoll items", "items_of_epoll_are_bounded", 2, ""},
	{"timers and counters", "counters_and_timers_are_bounded", 1, ""},
	{"locks, 3.5 s of processor time", "locks_of_files_are_bounded", 20, "file_lock_cache"},
	{"empty files", "a_tmp_full_of_empty_files_is_bounded", 4, ""},
	{"long names", "a_tmp_full_of_long_names_is_bounded", 4, ""},
	{"hard links", "hard_links_are_bounded", 4, ""},
	{"directories without a name", "directories_without_a_name_are_bounded", 4, ""},
}

// SECURITY.md says what the test finds.
func TestKernelMemoryIsTold(t *testing.T) {
	page, err := os.ReadFile("../../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range kernelMemory {
		if line := fmt.Sprintf("| %s | %d |", row.what, row.most); !strings.Contains(string(page), line+"\n") {
			t.Errorf("SECURITY.md lacks %s", line)
		}
	}
}

// nothingToTry is the result of a program that did not find the object of its
// attack: what the whole machine shows meanwhile is not its doing.
const nothingToTry = `["there is none"]`

// loose stands for pages in no list, which no cache is called.
const loose = "loose"

// TestKernelMemory prints, and judges, how much memory one run with the default
// limits can make the kernel hold that is counted as no memory of the run: beside
// pages of its own and /tmp.
func TestKernelMemory(t *testing.T) {
	shared, bed := preludeOf(t, memory), testbed.New(t)
	testbed.PlainRoot.Need(t)
	s := newMeasured(t, bed, testbed.Options{
		Setup: testbed.PlainRoot, Measured: true,
		Settings: []string{"BLOCKED_IMPORTS=", "EXEC_WORKERS=1", "EXEC_TIMEOUT=20s", "EXEC_CPU=5s"},
	}, shared)
	if !s.meter.Own {
		need.Unmet(t, "the server has no memory control group of its own here")
	}
	table := "| what | MiB | at most |\n|---|---|---|\n"
	for _, row := range kernelMemory {
		t.Run(row.program, func(t *testing.T) {
			p, err := memory.Read(row.program + ".py")
			if err != nil {
				t.Fatal(err)
			}
			body, err := holding(p, s.environment, shared, 480)
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

// behind is what a run holds beside its pages and its /tmp.
func (s *measured) behind(t *testing.T, body []byte, uncharged string) int64 {
	t.Helper()
	a := s.observe(t, body)
	t.Logf("%d, %v; the script says %.200s", a.code, a.most, a.members["result"])
	own := a.sustained(func(u testbed.Usage) int64 { return u.Behind() + max(u.Shmem-defaultTmp, 0) })
	switch {
	case uncharged == "", string(a.members["result"]) == nothingToTry:
		return own
	case uncharged == loose:
		return own + s.looseOfAll(t, body)
	default:
		return own + s.with(testbed.Cache(uncharged)).observe(t, body).sustained(testbed.Usage.Behind)
	}
}

func (s *measured) with(m *testbed.Meter) *measured {
	other := *s
	other.meter = m
	return &other
}

// looseOfAll is what a run adds to the loose pages of the whole machine. Others
// move that figure, too, up and down, now and then by much: it is compared with
// what was before and what is after, and of many times the middle one counts.
func (s *measured) looseOfAll(t *testing.T, body []byte) int64 {
	t.Helper()
	var tries []int64
	for range 9 {
		a := s.with(testbed.Machine()).observe(t, body)
		after, err := testbed.Machine().Settled()
		if err != nil {
			t.Fatal(err)
		}
		loose := a.sustained(func(u testbed.Usage) int64 { return u.Loose })
		tries = append(tries, loose-after.Minus(a.before).Loose/2)
	}
	slices.Sort(tries)
	t.Logf("loose pages of the machine: %.1f MiB, from %.1f to %.1f", mib(tries[4]), mib(tries[0]), mib(tries[8]))
	return max(tries[4], 0)
}
