package runtime

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/pool"
	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// Whatever somebody else does to a run is never reported as the script's doing.
func TestNobodyIsBlamed(t *testing.T) {
	for _, posture := range postures {
		inPosture(t, posture, func(t *testing.T) {
			var kills atomic.Int64
			r := start(t, func(cfg *Config) {
				cfg.OOMKills = func() (int64, bool) { return kills.Load(), true }
			})
			for _, tt := range []struct {
				name   string
				signal syscall.Signal
				oom    int64
				want   string
			}{
				{"killed", syscall.SIGKILL, 0, "killed by somebody else"},
				{"killed by the kernel", syscall.SIGKILL, 1, "memory ran out"},
				{"stopped", syscall.SIGSTOP, 0, "stopped by somebody else"},
			} {
				ended := make(chan error, 1)
				go func() {
					got, err := r.Run(t.Context(), Job{Script: slow}, Hooks{})
					if err == nil {
						err = fmt.Errorf("it ended: %+v", got)
					}
					ended <- err
				}()
				pid := busyPID(t, r)
				kills.Add(tt.oom)
				if err := syscall.Kill(pid, tt.signal); err != nil {
					t.Fatal(err)
				}
				if err := <-ended; !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%s: %v", tt.name, err)
				}
				wantQuick(t, r)
			}
		})
	}
}

// A worker that was stopped while it waited takes no run with it: the next one
// has it.
func TestStoppedWhileReady(t *testing.T) {
	for _, posture := range []sandbox.Posture{sandbox.Full, sandbox.User, sandbox.Container, sandbox.LandlockOnly} {
		inPosture(t, posture, func(t *testing.T) {
			r := start(t, nil)
			eventually(t, "all are ready", func() bool { return r.Stats().Ready == r.cfg.Workers+pool.Spares })
			for _, pid := range readyPIDs(r)[2:] { // more than one attempt, and fewer than there are
				if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
					t.Error(err)
				}
			}
			wantQuick(t, r)
		})
	}
}

// busyPID is the process that runs a script, of a runtime with one run: the child
// of the zygote that is neither ready nor about to end or to begin.
func busyPID(t *testing.T, r *Runtime) (pid int) {
	t.Helper()
	zygote := zygotePID(t, r)
	eventually(t, "a worker runs", func() bool {
		idle := readyPIDs(r)
		busy := slices.DeleteFunc(childrenOf(t, zygote), func(child int) bool { return slices.Contains(idle, child) })
		before := pid
		pid = 0
		if len(idle) == r.cfg.Workers+pool.Spares-1 && len(busy) == 1 {
			pid = busy[0]
		}
		time.Sleep(50 * time.Millisecond)
		return pid != 0 && pid == before
	})
	return pid
}
