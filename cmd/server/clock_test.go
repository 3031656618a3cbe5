package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// ownMachine says that this process is alone on its machine, whose clock it may
// set.
const ownMachine = "PYEXEC_TEST_OWN_MACHINE"

// The clock of the machine is set under load, by days and in both directions.
// That takes a machine of its own: Linux as a program of an ordinary user
// (user-mode Linux), which has this machine's files, read-only, and runs this
// test once more.
func TestTheClockIsSet(t *testing.T) {
	if os.Getenv(ownMachine) == "" {
		inMachine(t)
		return
	}
	// A run takes some 0.2 s there, so that its results say little of the time.
	underLoad(t, fault{inject: setClock}, patience)
}

// setClock sets the clock while two runs go on: one that ends before its time,
// and one that has to be ended. Neither ends too early or too late. The clock
// goes one way at a time: whoever measures with it is wrong by days.
func setClock(t *testing.T, p *process) {
	for _, by := range []time.Duration{-26 * time.Hour, 26 * time.Hour} {
		ended := timedRuns(t, p)
		for done := false; !done; {
			moveClock(t, by)
			select {
			case <-ended:
				done = true
			case <-time.After(400 * time.Millisecond):
			}
		}
	}
}

// timedRuns starts the runs and tells when they have ended.
func timedRuns(t *testing.T, p *process) (ended <-chan struct{}) {
	t.Helper()
	var runs sync.WaitGroup
	for _, tt := range []struct {
		body, want string
		least      float64 // milliseconds
	}{
		{`{"script": "import time\ndef main():\n    time.sleep(3)\n    return 'slept'", "timeout": 25, "report": true}`, `"result":"slept"`, 3000},
		{`{"script": "import time\ndef main():\n    time.sleep(60)", "timeout": 3, "report": true}`, `"status":"timeout"`, 2990},
	} {
		runs.Go(func() {
			code, text := http.StatusServiceUnavailable, ""
			for code == http.StatusServiceUnavailable || code == http.StatusTooManyRequests {
				resp, err := brief().Post(p.url+"/execute", "application/json", strings.NewReader(tt.body))
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if err != nil {
					t.Error(err)
				}
				code, text = resp.StatusCode, string(body)
			}
			var told struct {
				Report struct {
					Wall float64 `json:"wall_ms"`
				}
			}
			if err := json.Unmarshal([]byte(text), &told); err != nil || !strings.Contains(text, tt.want) || told.Report.Wall < tt.least {
				t.Errorf("%d %s, %v, want %s after %v ms", code, text, err, tt.want, tt.least)
			}
		})
	}
	over := make(chan struct{})
	go func() { runs.Wait(); close(over) }()
	return over
}

// moveClock sets the clock and looks whether it is set.
func moveClock(t *testing.T, by time.Duration) {
	t.Helper()
	before := time.Now()
	now := syscall.NsecToTimeval(before.Add(by).UnixNano())
	if err := syscall.Settimeofday(&now); err != nil {
		t.Fatal(err)
	}
	if moved := time.Now().Round(0).Sub(before.Round(0)); (moved - by).Abs() > time.Minute {
		t.Fatalf("the clock moved by %v instead of %v", moved, by)
	}
}

// inMachine runs the current test in a machine of its own.
func inMachine(t *testing.T) {
	kernel, err := exec.LookPath("linux.uml")
	switch {
	case raceDetector:
		t.Skip("SKIPPED, NOTHING WAS TESTED: too slow with the race detector; CI runs this as another user without it")
	case err != nil && os.Getenv("CI") == "true":
		t.Fatal("there is no user-mode Linux: apt-get install user-mode-linux")
	case err != nil:
		t.Skip("SKIPPED, NOTHING WAS TESTED: there is no user-mode Linux: apt-get install user-mode-linux")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	init := filepath.Join(dir, "init")
	script := fmt.Sprintf(machineInit, ownMachine, self, t.Name())
	if err := os.WriteFile(init, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, kernel, "mem=2G", "rootfstype=hostfs", "rootflags=/", "ro", "init="+init,
		"uml_dir="+dir, "con=null", "con0=null,fd:1", "quiet")
	// Its processes are this kernel's, too: none may outlive it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()+" ") {
		t.Errorf("%v\n%s", err, out)
	}
}

// machineInit is the first program of the machine: what a server needs of one,
// the test, and the end.
const machineInit = `#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/run/tmp TMPDIR=/run/tmp %s=yes
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mkdir -m 1777 /run/tmp
ip link set lo up
%q -test.v -test.run '^%s$'
echo o >/proc/sysrq-trigger
sleep 60
`
