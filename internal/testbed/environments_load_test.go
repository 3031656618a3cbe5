package testbed_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed"
	"github.com/pyexec/pyexec/internal/testbed/need"
)

const (
	// mixedRequests are answered by all environments together, while each of their
	// interpreters is killed every so many answers.
	mixedRequests, killEvery = 1000, 150
	mixedCallers             = 8
	// containerMB is what the container has, and what a process may hold as well.
	containerMB = 768
)

const versionsOf = `
def main():
    import sys
    try:
        import thing
    except ModuleNotFoundError:
        return [None, *sys.version_info[:2]]
    return [thing.VERSION, *sys.version_info[:2]]
`

// wish is one way to ask for an environment, and which version it has to have.
type wish struct{ environment, header, thing, python string }

// versions makes a file of environments with two versions of a package, on two Pythons
// where there are two. It returns where the file is, and what to ask for.
func versions(t *testing.T, o *testbed.Options) (all []wish) {
	t.Helper()
	dir, err := os.MkdirTemp("", "pyexec-versions-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // it is in the directory for such things
	list, python, at := "", "", dir
	if o.Setup.Runtime != "" {
		at = "/versions"
		o.Args = append(o.Args, "--volume", dir+":"+at+":ro", "--memory", fmt.Sprint(containerMB, "m"))
	}
	if home := need.SecondPython(); home != "" {
		inside := home
		if o.Setup.Runtime != "" {
			inside = "/python"
			o.Args = append(o.Args, "--volume", home+":"+inside+":ro")
		}
		python = "python = '" + inside + "'\n"
	}
	const metadata = "Metadata-Version: 2.4\nName: thing\nVersion: "
	for _, version := range []string{"1.5", "2.0"} {
		list += "[[environment]]\nname = 'v" + version + "'\npackages = 'v" + version + "'\n"
		for path, text := range map[string]string{
			"thing.py": "VERSION = '" + version + "'\n",
			"thing-" + version + ".dist-info/METADATA": metadata + version + "\n",
		} {
			path = filepath.Join(dir, "v"+version, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	second := "" // of Python, which its own environment alone has
	if list += python; python != "" {
		second = "second"
	}
	if err := os.WriteFile(filepath.Join(dir, "all.toml"), []byte(list), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	o.Settings = append(o.Settings, "ENVIRONMENTS="+at+"/all.toml")
	return []wish{
		{"", "", "null", ""}, {"default", "", "null", ""}, {"v1.5", "", `"1.5"`, ""}, {"v2.0", "", `"2.0"`, second},
		{"", "thing<2", `"1.5"`, ""}, {"", "thing>=2", `"2.0"`, second},
	}
}

// TestMixedEnvironments sends a thousand requests for three environments, by name and by
// what the script needs, while each interpreter is killed again and again. Every answer is
// of the right environment, and the server stays within its memory.
func TestMixedEnvironments(t *testing.T) {
	bed := testbed.New(t)
	for _, setup := range []testbed.Setup{testbed.PlainRoot, testbed.Podman} {
		t.Run(setup.Name, func(t *testing.T) {
			setup.Need(t)
			o := testbed.Options{Setup: setup, Measured: true, Settings: []string{
				"EXEC_WORKERS=2", "EXEC_MEMORY_MB=64", "EXEC_TMP_MB=8", "EXEC_QUEUE=32", "EXEC_TIMEOUT=20s",
			}}
			all := versions(t, &o)
			s := newMeasured(t, bed, o, "")
			s.mix(t, all)
		})
	}
}

// mix sends the requests and kills the interpreters meanwhile.
func (s *measured) mix(t *testing.T, all []wish) {
	t.Helper()
	stop := s.meter.Watch()
	var sent, right, refused atomic.Int64
	var pythons sync.Map // of the environments that have the same one, by wish.python
	var callers sync.WaitGroup
	for range mixedCallers {
		callers.Go(func() {
			for !t.Failed() {
				n := sent.Add(1)
				if right.Load() >= mixedRequests || n > 20*mixedRequests {
					return
				}
				switch a := all[int(n)%len(all)]; s.answers(t, a, &pythons) {
				case http.StatusOK:
					right.Add(1)
				default:
					refused.Add(1)
					time.Sleep(20 * time.Millisecond)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		callers.Wait()
		close(done)
	}()
	kills := s.killInTurn(t, done, &right)
	samples, err := stop()
	var most testbed.Usage
	for _, sample := range samples {
		if sample.Held() > most.Held() {
			most = sample.Usage
		}
	}
	if err != nil || len(samples) == 0 || s.meter.Own && most.Held() > containerMB<<20 {
		t.Errorf("%v of %d MiB were held, %v", most, containerMB, err)
	}
	if right.Load() < mixedRequests || kills < 3 {
		t.Errorf("%d right answers, %d kills", right.Load(), kills)
	}
	if now, err := s.Instance(); err != nil || now != s.instance {
		t.Errorf("THE SERVER IS GONE: %s, %v; it was %s", now, err, s.instance)
	}
	distinct := map[any]bool{}
	pythons.Range(func(_, python any) bool { distinct[python] = true; return true })
	want := 1
	if need.SecondPython() != "" {
		want = 2
	}
	if len(distinct) != want {
		t.Errorf("Pythons: %v", distinct)
	}
	t.Logf("%d right answers, %d refusals, %d kills, at most %v", right.Load(), refused.Load(), kills, most)
	s.answersRightly(t)
}

// answers sends one request, and returns 200 if the answer is of the right environment; one
// that is refused because an interpreter was killed is 503 or 429.
func (s *measured) answers(t *testing.T, a wish, pythons *sync.Map) int {
	body := map[string]any{"script": versionsOf}
	if a.environment != "" {
		body["environment"] = a.environment
	}
	if a.header != "" {
		body["script"] = "# /// script\n# dependencies = ['" + a.header + "']\n# ///\n" + versionsOf
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Error(err)
		return 0
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	code, reply, err := s.Execute(ctx, string(text))
	if err != nil {
		t.Errorf("%+v: %v", a, err)
		return 0
	}
	switch code {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return code
	}
	begin, rest, _ := strings.Cut(reply, `{"result":[`+a.thing+`,`)
	python, _, found := strings.Cut(rest, "]")
	known, _ := pythons.LoadOrStore(a.python, python)
	if code != http.StatusOK || begin != "" || !found || known != python {
		t.Errorf("WRONG: %+v: %d %s, on %v elsewhere", a, code, reply, known)
		return 0
	}
	return http.StatusOK
}

// killInTurn kills one interpreter after the other until done, and returns how many.
func (s *measured) killInTurn(t *testing.T, done <-chan struct{}, right *atomic.Int64) (kills int) {
	t.Helper()
	server, err := s.HostPID()
	if err != nil {
		t.Fatal(err)
	}
	for next := int64(killEvery); ; next += killEvery {
		for right.Load() < next {
			select {
			case <-done:
				return kills
			case <-time.After(10 * time.Millisecond):
			}
		}
		if list := childrenOf(server); len(list) > 0 {
			if syscall.Kill(list[kills%len(list)], syscall.SIGKILL) == nil {
				kills++
			}
		}
	}
}

// childrenOf are the processes that have this parent and live, by age.
func childrenOf(parent int) (list []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		text, err := os.ReadFile(file)
		_, rest, _ := strings.Cut(string(text), ") ")
		var pid, of int
		var state string
		if err != nil {
			continue // it is gone
		}
		if _, err := fmt.Sscan(string(text), &pid); err != nil {
			continue
		}
		if _, err := fmt.Sscan(rest, &state, &of); err == nil && of == parent && state != "Z" {
			list = append(list, pid)
		}
	}
	return list
}
