package runtime

import (
	"github.com/pyexec/pyexec/runtime/internal/cgroup"
	"github.com/pyexec/pyexec/runtime/internal/sandbox"
	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// The trusted children are this same binary, re-executed: so they can't drift
// from the server, and they work under a main that a buildpack wrote. Which one
// it is to be, argv[0] says. An init function, because only there the main
// goroutine still owns the main thread.
func init() {
	sandbox.RunProbe()
	cgroup.RunProbe()
	zygote.RunLaunch()
}
