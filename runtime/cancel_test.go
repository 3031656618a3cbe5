package runtime

import (
	"context"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// A start that is canceled ends, even while the launch stage hangs in a system
// call, and leaves no process.
func TestCanceledStart(t *testing.T) {
	ours := func() (pids []int) {
		for _, pid := range childrenOf(t, os.Getpid()) {
			args, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
			if strings.HasPrefix(string(args), "pyexec-launch\x00") {
				pids = append(pids, pid)
			}
		}
		return pids
	}
	cfg := testConfig(t)
	hangs := func(_ *sandbox.Jail, list []sandbox.Step) []sandbox.Step {
		// It reads from the server, which writes nothing before the interpreter
		// is there.
		wait := sandbox.Step{Name: "wait", Call: unix.SYS_READ,
			Args: []sandbox.Arg{{Int: 3}, {Buf: make([]byte, 64)}, {Int: 64}}}
		return slices.Concat([]sandbox.Step{wait}, list)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	started := make(chan error, 1)
	go func() {
		r, err := newWeak(ctx, cfg, weakness{edit: hangs})
		if err == nil {
			err = errors.Join(errors.New("it started"), r.Close())
		}
		started <- err
	}()
	eventually(t, "the launch stage is there", func() bool { return len(ours()) > 0 })
	cancel()
	if err := <-started; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left := ours(); len(left) > 0 {
		t.Errorf("processes %v are left", left)
	}
}
