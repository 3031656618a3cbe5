// Package children turns a process into one of the trusted children of the server, if
// that is what its argv[0] says.
//
// The children are this same binary, re-executed: so they can't drift from the server,
// and they work under a main that a buildpack wrote. That happens in an init function,
// because only there the main goroutine still owns the main thread, and in that of a
// package which needs little else: what is initialised after it (clients, tables of
// protocols) a child never does, which is a third of the time until it acts.
package children

import (
	"github.com/pyexec/pyexec/runtime/internal/cgroup"
	"github.com/pyexec/pyexec/runtime/internal/sandbox"
	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

func init() {
	sandbox.RunProbe()
	cgroup.RunProbe()
	zygote.RunLaunch()
}
