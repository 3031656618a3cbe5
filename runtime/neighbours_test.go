package runtime

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// A run that kills its process group reaches nobody else.
func TestKillOfTheGroupStaysInside(t *testing.T) {
	for _, posture := range postures {
		inPosture(t, posture, func(t *testing.T) {
			var w weakness
			if posture != sandbox.LandlockOnly {
				w = without(of(sandbox.Landlock)) // an older one does not know signals
			}
			r := startWeak(t, w, nil)
			if got := killGroup(t, r, 0.4); got != `"unharmed"` {
				t.Errorf("the neighbour: %s", got)
			}
			good(t, r)
		})
	}
}

// The twin: neighbours have the same uid in this posture, and a signal to a
// group goes through PID namespaces.
func TestKillOfTheGroupWithoutOneOfItsOwn(t *testing.T) {
	inPosture(t, sandbox.User, func(t *testing.T) {
		r := startWeak(t, without(of(sandbox.Landlock), stepsOf(sandbox.PIDNamespace, "setpgid"),
			stepsOf(sandbox.Seccomp, "base filter"), checksOf(sandbox.Seccomp)), nil) // which knows the signal
		if got := killGroup(t, r, 10); got == `"unharmed"` {
			t.Error("the neighbour lives: the process group is not what protects it")
		}
	})
}

// killGroup returns the outcome of a run of some seconds beside one that kills its
// group.
func killGroup(t *testing.T, r *Runtime, seconds float64) string {
	t.Helper()
	run := func(script string) string {
		got, err := r.Run(t.Context(), Job{Script: script}, Hooks{})
		if err != nil || got.Status != OK {
			return fmt.Sprintf("%s %s %v", got.Status, got.Error, err)
		}
		return string(got.Value)
	}
	neighbour := make(chan string, 1)
	go func() {
		neighbour <- run(fmt.Sprintf("import time\ndef main():\n    time.sleep(%g)\n    return 'unharmed'", seconds))
	}()
	eventually(t, "the neighbour runs", func() bool { return r.Stats().Busy == 1 })
	time.Sleep(150 * time.Millisecond)
	run(program(t, "attacks/group")) // what becomes of it does not matter
	return <-neighbour
}

// errorText is empty for no error.
func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Threads are bounded for each run by itself: two runs at once each have all of
// theirs.
func TestThreadsOfNeighbours(t *testing.T) {
	for _, posture := range postures {
		inPosture(t, posture, func(t *testing.T) {
			r := start(t, nil)
			got, text := make(chan string, 2), program(t, "attacks/threads")
			for range 2 {
				go func() {
					res, err := r.Run(t.Context(), Job{Script: text, Input: []byte("60")}, Hooks{})
					got <- fmt.Sprint(string(res.Value), res.Error, errorText(err))
				}()
			}
			for range 2 {
				if g := <-got; g != "60" {
					t.Errorf("60 of 64 threads wanted, got %s", g)
				}
			}
			over := execute(t, r, program(t, "attacks/threads"), 100)
			note := r.Info().LayerNotes["rlimits"]
			switch posture {
			case sandbox.LandlockOnly, gVisorUser:
				// The kernel can't count them for each run there: the server does.
				if over.Status != Killed || !strings.Contains(over.Error, "limit of 64 threads") {
					t.Errorf("100 of 64 threads wanted: %+v", over)
				}
				if !strings.Contains(note, "threads are counted") {
					t.Errorf("nothing says so: %v", r.Info().LayerNotes)
				}
			default:
				// A few less when another server here has a worker of that uid.
				if got, _ := strconv.Atoi(string(over.Value)); got < 60 || got > 64 ||
					strings.Contains(note, "threads") {
					t.Errorf("100 of 64 threads wanted, got %+v; note: %q", over, note)
				}
			}
			good(t, r)
		})
	}
}

// No run outlives the zygote, whether or not it reads its channel.
func TestRunsEndWithTheZygote(t *testing.T) {
	for _, posture := range postures {
		inPosture(t, posture, func(t *testing.T) {
			r := start(t, nil)
			ended := make(chan error, 1)
			go func() {
				_, err := r.Run(context.Background(), Job{Script: "import time\ndef main():\n    time.sleep(60)"},
					Hooks{})
				ended <- err
			}()
			eventually(t, "it runs", func() bool { return r.Stats().Busy == 1 })
			time.Sleep(150 * time.Millisecond)
			zygotes := childrenOf(t, os.Getpid())
			if len(zygotes) != 1 {
				t.Fatalf("children of the server: %v", zygotes)
			}
			workers := childrenOf(t, zygotes[0])
			if len(workers) == 0 {
				t.Fatal("no worker")
			}
			zygote, err := os.FindProcess(zygotes[0])
			if err != nil {
				t.Fatal(err)
			}
			if err := zygote.Kill(); err != nil {
				t.Fatal(err)
			}
			if err := <-ended; err == nil {
				t.Error("the run does not notice")
			}
			if !gone(workers) {
				t.Errorf("still alive, or some of them: %v", workers)
			}
		})
	}
}

// childrenOf lists the processes whose parent is pid.
func childrenOf(t *testing.T, pid int) (children []int) {
	t.Helper()
	all, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		n, err := strconv.Atoi(d.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + d.Name() + "/stat")
		if err != nil {
			continue // it is gone
		}
		// The name, in parentheses, may hold anything.
		after := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if after[1] == strconv.Itoa(pid) {
			children = append(children, n)
		}
	}
	return children
}

// gone waits a while for all of the processes to be dead.
func gone(pids []int) bool {
	for range 3000 {
		alive := slices.ContainsFunc(pids, func(pid int) bool {
			stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
			return err == nil && !strings.Contains(string(stat), ") Z ")
		})
		if !alive {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

// The things that SECURITY.md says are shared by the runs of one interpreter are
// shared by them, and by no others; the uid says nothing of how many runs there
// were before it.
func TestWhatRunsShare(t *testing.T) {
	const script = "import ctypes, os\ndef main():\n    return [hash('x'), " +
		"ctypes.addressof(ctypes.c_int.in_dll(ctypes.pythonapi, 'Py_NoSiteFlag')), os.getuid()]"
	type told [3]int64
	ask := func(r *Runtime) (got told) {
		if err := json.Unmarshal([]byte(answer(t, r, script, nil)), &got); err != nil {
			t.Fatal(err)
		}
		return got
	}
	inPosture(t, here(), func(t *testing.T) {
		r := start(t, nil)
		first := ask(r)
		steps := map[int64]bool{}
		for last := first; len(steps) < 3; {
			next := ask(r)
			if next[0] != first[0] || next[1] != first[1] {
				t.Errorf("the same interpreter: %v and %v", first, next)
			}
			steps[next[2]-last[2]] = true
			last = next
			if !r.jail.Has(sandbox.OwnUID) { // it is the same each time
				break
			}
		}
		if steps[1] {
			t.Errorf("uids count up: %v", steps)
		}
		if other := ask(start(t, nil)); other[0] == first[0] || other[1] == first[1] {
			t.Errorf("another interpreter: %v and %v", first, other)
		}
	})
}
