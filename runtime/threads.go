package runtime

import (
	"runtime"
	"sync"
)

// spareThreads are kept for system calls that block. A Go program dies on the
// spot when it needs a thread and the user, or the container, may have no
// further process; what it once had it keeps.
const spareThreads = 16

// reserveThreads makes as many threads as the server needs at its busiest, once
// in the life of the process.
var reserveThreads = sync.OnceFunc(func() {
	n := runtime.GOMAXPROCS(0) + spareThreads
	var all sync.WaitGroup
	all.Add(n)
	for range n {
		go func() {
			runtime.LockOSThread() // so that each has one of its own
			all.Done()
			all.Wait()
			runtime.UnlockOSThread() // idle threads stay
		}()
	}
})
