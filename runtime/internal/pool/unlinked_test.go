package pool

import (
	"strings"
	"testing"
)

func TestMappedUnlinked(t *testing.T) {
	for line, want := range map[string]uint64{
		"7f0000000000-7f0000001000 r--s 00000000 08:01 4711                       /runs/NAME/part (deleted)\n": 4711,
		"7f0000000000-7f0000001000 r--s 00000000 08:01 4711                       /runs/NAME/a b (deleted)\n":  4711,
		"7f0000000000-7f0000001000 rw-s 00000000 00:01 3001                       /dev/zero (deleted)\n":       0,
		"7f0000000000-7f0000001000 rw-s 00000000 08:01 4711                       /dev/zero a (deleted)\n":     4711,
		"7f0000000000-7f0000001000 r--s 00000000 08:01 4711                       /runs/NAME/part\n":           0,
		"7f0000000000-7f0000001000 rw-p 00000000 00:00 0 \n":                                                   0,
		"7f0000000000-7f0000001000 rw-p 00000000 00:00 0                          [heap]\n":                    0,
		" (deleted)\n": 0,
		"":             0,
	} {
		if got := mappedUnlinked(line); got != want {
			t.Errorf("%q: %d, want %d", line, got, want)
		}
	}
}

// A list that is too long is not reported as whole, and of a long line both ends
// are left, wherever it is cut while it is read.
func TestShortLines(t *testing.T) {
	long := func(n int) string { return "begin " + strings.Repeat("x", n) + " (deleted)\n" }
	for _, n := range []int{1, 200, 16<<10 - 16, 16<<10 - 10, 16<<10 - 7, 16 << 10, 50_000} {
		var got []string
		if !shortLines(strings.NewReader("first\n"+long(n)+"last\n"), 1<<20,
			func(line string) { got = append(got, line) }) {
			t.Errorf("%d: not whole", n)
		}
		if len(got) != 3 || got[0] != "first\n" || got[2] != "last\n" ||
			!strings.HasPrefix(got[1], "begin x") || !strings.HasSuffix(got[1], " (deleted)\n") ||
			len(got[1]) > 16<<10+2*endsOfLine {
			t.Errorf("%d: %d lines, the second of %d bytes", n, len(got), len(got[min(1, len(got)-1)]))
		}
	}
	if shortLines(strings.NewReader(strings.Repeat(long(100), 100)), 5000, func(string) {}) {
		t.Error("what is cut is taken for whole")
	}
	if !shortLines(strings.NewReader(""), 10, func(string) { t.Error("a line of nothing") }) {
		t.Error("nothing is whole")
	}
}
