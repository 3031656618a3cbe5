package runtime

import (
	"sync/atomic"
	"testing"
)

// Each byte that is counted because of a case is in its Result, so that whoever has counted
// it can give it back, and output is counted before the turn of a case has come.
func TestCasesRoom(t *testing.T) {
	const script = `
import sys
def main(n):
    sys.stdout.write("o" * 100_000)
    sys.stderr.write("e" * 100_000)
    if n % 2:
        raise ValueError
    return "v" * 100_000
`
	r := forCases(t)
	for _, isolation := range []Isolation{IsolationCase, IsolationRun} {
		var room, held atomic.Int64
		b := Batch{Job: Job{Script: script}, Isolation: isolation, Next: listed(numbers(10)...)}
		b.Held = func(n int) error { held.Add(int64(n)); return nil }
		results, err := collect(t, r, b, Hooks{Room: func(n int) error { room.Add(int64(n)); return nil }})
		if err != nil || len(results) != 10 {
			t.Fatalf("%s: %d results, %v", isolation, len(results), err)
		}
		told := int64(0)
		for i, result := range results {
			told += int64(result.Room)
			if least := len(result.Value) + 200_000; result.Room < least {
				t.Errorf("%s: case %d: room for %d bytes, want at least %d", isolation, i, result.Room, least)
			}
		}
		if all := room.Load() + held.Load(); told != all || held.Load() < 10*200_000 {
			t.Errorf("%s: results have %d bytes, asked for were %d", isolation, told, all)
		}
	}
}
