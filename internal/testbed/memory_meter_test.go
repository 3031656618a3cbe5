package testbed_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed"
	"github.com/pyexec/pyexec/internal/testbed/need"
)

// The meter itself: a process that nothing confines holds a known amount of each
// kind, and the meter sees that, as that kind, and that it is gone.
func TestMeter(t *testing.T) {
	const exactly = 300
	shared, bed := preludeOf(t, memory), testbed.New(t)
	for _, setup := range []testbed.Setup{testbed.PlainRoot, testbed.Podman} {
		t.Run(setup.Name, func(t *testing.T) {
			setup.Need(t)
			s := newMeasured(t, bed, testbed.Options{Setup: setup, Measured: true, Settings: []string{
				"SANDBOX=off", "EXEC_MEMORY_MB=2048", "EXEC_WORKERS=1", "BLOCKED_IMPORTS=", "EXEC_OPEN_FILES=256",
			}}, shared)
			if !s.meter.Own {
				need.Elsewhere(t, "the figures of the whole machine are never exact")
			}
			for _, tt := range []struct {
				kind string
				take string
				more int64 // that goes with it, of its kind or another
				of   func(testbed.Usage) int64
			}{
				{"anon", "at = mapped(n * MIB); touch(at, n * MIB)", 4,
					func(u testbed.Usage) int64 { return u.Anon }},
				{"shmem", "at = mapped(n * MIB, SHARED | ANONYMOUS); touch(at, n * MIB)", 4,
					func(u testbed.Usage) int64 { return u.Shmem }},
				{"page tables", sparse, 20,
					func(u testbed.Usage) int64 { return u.PageTables }},
				// And the mappings themselves.
				{"kernel", sparse, 20,
					func(u testbed.Usage) int64 { return u.Kernel }},
				{"loose", huge, 4, func(u testbed.Usage) int64 { return u.Loose }},
			} {
				t.Run(tt.kind, func(t *testing.T) { s.sees(t, tt.take, exactly, tt.more, tt.of) })
			}
		})
	}
}

// sparse makes tables of 8 KiB for each page: one of pages, and one of tables.
const sparse = "[ctypes.string_at(mapped(PAGE, PRIVATE | ANONYMOUS | FIXED, READ, at=i << 31), 1)" +
	" for i in range(64, 64 + n * 128)]"

// huge makes huge pages of which one page each is mapped.
const huge = `at = (mapped(n * MIB + HUGE) + HUGE - 1) // HUGE * HUGE
    for page in range(at, at + n * MIB, HUGE):
        advise(page, HUGE, 14)
        touch(page, PAGE)
        unmap(page + PAGE, HUGE - PAGE)`

func (s *measured) sees(t *testing.T, take string, exactly, more int64, of func(testbed.Usage) int64) {
	t.Helper()
	const main = "%s\ndef main(n):\n    %s\n    return held(call(\"prctl\", 42, 0, 0, 0, 0))[0]\n"
	script := fmt.Sprintf(main, s.shared, take)
	body, err := json.Marshal(map[string]any{"script": script, "input": exactly, "report": true})
	if err != nil {
		t.Fatal(err)
	}
	a := s.observe(t, body)
	if a.code != 200 {
		t.Fatalf("%d %s", a.code, a.reply)
	}
	t.Logf("%v", a.most)
	if off := string(a.members["result"]); take == huge && off != "0" {
		need.Elsewhere(t, "the server has no huge pages: %s", off)
	}
	// The process has some memory beside, and the kernel keeps pages at hand
	// for each processor, that are charged and not used. One sample alone can be
	// torn: its kinds and its sum come from two files, read one after the other.
	got, held := a.sustained(of)>>20, a.held>>20
	if got < exactly-2 || got > exactly+more || held < exactly-2 || held > exactly+more+8 {
		t.Errorf("%d MiB of its kind and %d MiB in all, held are %d", got, held, exactly)
	}
	s.leaves(t, a.before, left)
}

func TestSustained(t *testing.T) {
	start := time.Now()
	samples := func(anon ...int64) (list []testbed.Sample) {
		for i, n := range anon {
			at := start.Add(time.Duration(i) * 50 * time.Millisecond)
			list = append(list, testbed.Sample{At: at, Usage: testbed.Usage{Anon: n}})
		}
		return list
	}
	for _, tt := range []struct {
		name    string
		samples []testbed.Sample
		want    int64
	}{
		{"nothing", nil, 0},
		{"too short a run", samples(9, 9), 0},
		{"a moment", samples(1, 9, 9, 1, 1), 1},
		{"long enough", samples(1, 9, 8, 9, 1), 8},
		{"the higher of two", samples(5, 5, 5, 0, 7, 6, 7), 6},
		{"never back", samples(0, 0, 4, 4, 4), 4},
	} {
		if got := testbed.Sustained(tt.samples, 100*time.Millisecond, testbed.Usage.Held); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}
