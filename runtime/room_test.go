package runtime

import (
	"errors"
	"testing"
	"time"
)

const returnsMuch = `
def main():
    open('f', 'w').write('f' * 200_000)
    return 'r' * 100_000`

// Room is asked for each large part of a result, and not for others.
func TestRoom(t *testing.T) {
	t.Parallel()
	r := fresh(t, 1, 1)
	var asked []int
	room := func(n int) error { asked = append(asked, n); return nil }
	got, err := r.Run(t.Context(), Job{Script: returnsMuch, ReturnFiles: true}, Hooks{Room: room})
	if err != nil || got.Status != OK || len(got.Value) != 100_002 || len(got.Files) != 1 {
		t.Fatalf("%v, %+v", err, got)
	}
	if len(asked) != 2 || asked[0] < 200_000 || asked[0] > 201_000 || asked[1] != 100_002 {
		t.Errorf("asked for %d", asked)
	}
	if _, err = r.Run(t.Context(), Job{Script: quick}, Hooks{Room: room}); err != nil || len(asked) != 2 {
		t.Errorf("%v, asked for %d", err, asked)
	}
	full := errors.New("full")
	if got, err := r.Run(t.Context(), Job{Script: returnsMuch},
		Hooks{Room: func(int) error { return full }}); err != full {
		t.Errorf("refused: %v, %+v", err, got)
	}
	wantQuick(t, r)
}

// What a result waits for room is not the script's time.
func TestWaitForRoom(t *testing.T) {
	t.Parallel()
	r := fresh(t, 1, 1)
	const limit = 2 * time.Second
	slow := func(int) error { time.Sleep(limit + limit/2); return nil }
	got, err := r.Run(t.Context(), Job{Script: returnsMuch, Timeout: limit}, Hooks{Room: slow})
	if err != nil || got.Status != OK || len(got.Value) != 100_002 {
		t.Errorf("%v, %s %s, %d bytes", err, got.Status, got.Error, len(got.Value))
	}
}
