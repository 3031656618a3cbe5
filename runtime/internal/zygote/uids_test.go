package zygote

import (
	"testing"

	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// A uid has one owner at a time, of all zygotes.
func TestUIDs(t *testing.T) {
	var all UIDs
	seen := map[uint32]bool{}
	for range uids {
		uid, err := all.take()
		if err != nil || seen[uid] || uid < sandbox.FirstUID || uid > sandbox.LastUID {
			t.Fatalf("%d, %v after %d others", uid, err, len(seen))
		}
		seen[uid] = true
	}
	if uid, err := all.take(); err == nil {
		t.Errorf("%d is given out twice", uid)
	}
	all.free(sandbox.FirstUID + 7)
	all.free(0) // of a worker that has none
	if uid, err := all.take(); err != nil || uid != sandbox.FirstUID+7 {
		t.Errorf("%d, %v", uid, err)
	}
}
