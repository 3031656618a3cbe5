package runtime

import "testing"

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
