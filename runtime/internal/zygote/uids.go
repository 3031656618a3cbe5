package zygote

import (
	"errors"
	"math/rand/v2"
	"sync"

	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// UIDs hands out the uids of workers: no two that live have the same, whichever
// zygotes they are of. The zero value has all of them to give.
type UIDs struct {
	mu   sync.Mutex
	used map[uint32]bool
}

// uids is how many there are.
const uids = sandbox.LastUID - sandbox.FirstUID + 1

// take returns a uid that nobody has.
func (u *UIDs) take() (uint32, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.used == nil {
		u.used = map[uint32]bool{}
	}
	// From a place at random: a uid is to tell nothing of how many runs there
	// were, and on one host may be other servers, whose threads the kernel counts
	// with ours.
	uid := sandbox.FirstUID + rand.Uint32N(uids)
	for range uids {
		if !u.used[uid] {
			u.used[uid] = true
			return uid, nil
		}
		if uid++; uid > sandbox.LastUID {
			uid = sandbox.FirstUID
		}
	}
	return 0, errors.New("zygote: spawn: every uid of the range is in use")
}

// free takes a uid back whose process is gone.
func (u *UIDs) free(uid uint32) {
	if uid == 0 {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.used, uid)
}
