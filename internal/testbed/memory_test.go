package testbed_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed"
	"github.com/pyexec/pyexec/internal/testbed/program"
)

// Limits of the server, in MiB, and what a program is told to hold: far more.
const (
	memoryMB, tmpMB = 64, 16
	wanted          = 320
)

// small are settings under which a program that holds too much is seen at once.
var small = []string{
	fmt.Sprint("EXEC_MEMORY_MB=", memoryMB), fmt.Sprint("EXEC_TMP_MB=", tmpMB),
	"EXEC_TIMEOUT=30s", "EXEC_CPU=5s", "EXEC_WORKERS=2", "BLOCKED_IMPORTS=",
}

// hostileSeconds bounds a hostile program. An honest one may take longer: a busy
// machine has no time for it now and then.
const hostileSeconds = 5

// What is judged, in MiB.
const (
	// aside is for the interpreter of the run and of the worker that takes its
	// place, for the server that answers, and what the kernel keeps for all.
	aside = 32
	// left may be of a run that is over, in no cache that the kernel would
	// empty. The heap of the server is not counted, which grows at times.
	left = 4
	// within gVisor the kernel is a process, whose memory comes and goes by the
	// rules of its own collector. It can't be told from that of the script.
	gVisorAside, gVisorLeft = 96, 32
	// others have to be allowed for in the figures of the whole machine.
	others = 128
)

const (
	// lasting is how long too much has to be held to be too much: whoever watches
	// may need some time.
	lasting = 100 * time.Millisecond
	// gone is by when all of a run has to be gone.
	gone = 5 * time.Second
)

// TestMemory runs every program in every set-up, one after the other, and looks
// from outside at what the server and all that it runs hold: no more than the
// limits say, for no longer than a moment, whatever the process says of itself,
// and nothing when it is over. The service goes on. Honest programs get what
// they are due.
func TestMemory(t *testing.T) {
	names := namesOf(t, memory)
	if len(names) < 50 {
		t.Errorf("only %d programs", len(names))
	}
	shared := preludeOf(t, memory)
	bed := testbed.New(t)
	for _, setup := range testbed.Setups() {
		t.Run(setup.Name, func(t *testing.T) {
			setup.Need(t)
			s := newMeasured(t, bed, testbed.Options{Setup: setup, Settings: small, Measured: true}, shared)
			for _, name := range namesOf(t, honest) {
				t.Run("honest/"+strings.TrimSuffix(name, ".py"), func(t *testing.T) { s.deal(t, honest, "", name) })
			}
			for _, name := range names {
				t.Run(strings.TrimSuffix(name, ".py"), func(t *testing.T) { s.deal(t, memory, shared, name) })
			}
			s.unharmed(t)
		})
	}
}

// measured is a server whose memory is looked at.
type measured struct {
	target
	meter       *testbed.Meter
	instance    string
	aside, left int64
}

func newMeasured(t *testing.T, bed *testbed.Bed, o testbed.Options, shared string) *measured {
	t.Helper()
	s := &measured{target: *newTarget(t, bed, o, shared), aside: aside, left: left}
	if s.inGVisor() {
		s.aside, s.left = gVisorAside, gVisorLeft
	}
	s.answersRightly(t)
	if s.meter = s.Meter(t); !s.meter.Own {
		s.aside, s.left = s.aside+others, s.left+others
	}
	var err error
	if s.instance, err = s.Instance(); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *measured) inGVisor() bool { return strings.HasPrefix(s.setup, "gvisor") }

// deal runs one program and judges what it held, what it said, and what is left.
func (s *measured) deal(t *testing.T, set program.Set, shared, name string) {
	p, err := set.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	body, err := holding(p, s.environment, shared, wanted)
	if err != nil {
		t.Fatal(err)
	}
	if shared != "" {
		body = fmt.Appendf(nil, `{"timeout":%d,%s`, hostileSeconds, body[1:])
	}
	a := s.observe(t, body)
	if t.Failed() {
		return
	}
	for _, wrong := range mismatches(p.In(places(s.setup)...), a.code, a.members) {
		t.Errorf("%s\nthe reply: %d %.1000s", wrong, a.code, a.reply)
	}
	t.Logf("held %v, beside its own pages %.1f MiB; the reply says %.1f MiB at most, and %s %s",
		a.most, mib(a.beside), mib(a.reported()), text(a.members["status"]), a.members["result"])
	holds := number(t, p, "holds")
	if limit := max(memoryMB+tmpMB+s.aside, holds); a.held > limit<<20 {
		t.Errorf("TOO MUCH: %.1f MiB were held for %v, want at most %d: %v", mib(a.held), lasting, limit, a.most)
	}
	if holds > 0 && s.meter.Own && !s.inGVisor() && a.beside > holds<<20 {
		t.Errorf("TOO MUCH: %.1f MiB were held beside its own pages for %v, want at most %d: %v",
			mib(a.beside), lasting, holds, a.most)
	}
	s.leaves(t, a.before, max(s.left, number(t, p, "leaves")))
	s.goesOn(t)
}

// number is the value of a line of the header, zero without one.
func number(t *testing.T, p *program.Program, name string) int64 {
	t.Helper()
	n, err := p.Number(name)
	if err != nil || n != float64(int64(n)) {
		t.Fatalf("%s: %v MiB, %v", name, n, err)
	}
	return int64(n)
}

// answer is a reply, and what was held meanwhile beyond what was before.
type answer struct {
	code    int
	reply   string
	members map[string]json.RawMessage

	samples      []testbed.Sample
	before       testbed.Usage
	most         testbed.Usage // when most was
	held, beside int64         // sustained: all, and without pages of processes
}

// reported is what the reply says was the most.
func (a answer) reported() int64 {
	var r struct {
		Peak int64 `json:"peak_memory_bytes"`
	}
	_ = json.Unmarshal(a.members["report"], &r) // zero is an answer, too
	return r.Peak
}

// observe sends a request and watches.
func (s *measured) observe(t *testing.T, body []byte) (a answer) {
	t.Helper()
	var err error
	if a.before, err = s.meter.Settled(); err != nil {
		t.Fatal(err)
	}
	stop := s.meter.Watch()
	a.code, a.reply, err = s.post(patience, body)
	samples, failed := stop()
	if err != nil || failed != nil {
		t.Errorf("%v, %v", err, failed)
		return a
	}
	if err := json.Unmarshal([]byte(a.reply), &a.members); err != nil {
		t.Errorf("%v: %.500s", err, a.reply)
	}
	for i, sample := range samples {
		samples[i].Usage = sample.Minus(a.before)
		if samples[i].Held() > a.most.Held() {
			a.most = samples[i].Usage
		}
	}
	a.samples = samples
	a.held = a.sustained(testbed.Usage.Held)
	a.beside = a.sustained(func(u testbed.Usage) int64 { return u.Held() - u.Anon })
	return a
}

// sustained is the most that was held for long enough, as f counts it.
func (a answer) sustained(f func(testbed.Usage) int64) int64 {
	return testbed.Sustained(a.samples, lasting, f)
}

// leaves looks at what is left when the run is over and caches are emptied.
func (s *measured) leaves(t *testing.T, before testbed.Usage, most int64) {
	t.Helper()
	var over testbed.Usage
	for end := time.Now().Add(gone); ; time.Sleep(50 * time.Millisecond) {
		now, err := s.meter.Now()
		if err != nil {
			t.Fatal(err)
		}
		over = now.Minus(before)
		if over.Held()-over.Anon <= most<<20 {
			return
		}
		if time.Now().After(end) {
			break
		}
		if err := s.meter.Reclaim(); err != nil {
			t.Fatal(err)
		}
	}
	t.Errorf("LEFT: after %v there is still %v, want at most %d MiB beside pages of processes", gone, over, most)
}

// goesOn asks whether the server is the same as before, and well.
func (s *measured) goesOn(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if now, err := s.Instance(); err != nil || now != s.instance {
		t.Fatalf("THE SERVER IS GONE: it is %q now, %v, it was %q", now, err, s.instance)
	}
	if err := s.Healthy(ctx); err != nil {
		t.Error(err)
	}
	s.answersRightly(t)
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }

// Every program that holds memory is told how much, and honest ones are not.
func TestMemoryPrograms(t *testing.T) {
	for _, set := range []program.Set{memory, honest} {
		hostile := set.Dir == memory.Dir
		for _, name := range namesOf(t, set) {
			p, err := set.Read(name)
			if err != nil {
				t.Error(err)
				continue
			}
			if strings.Contains(p.Source, "def main(aim):") != hostile {
				t.Errorf("%s: what main takes is not as its directory and its header say", filepath.Join(set.Dir, name))
			}
			number(t, p, "holds")
			number(t, p, "leaves")
			if status := p.Value("status"); !hostile && status != "" {
				t.Errorf("%s: status %s: an honest program gets its result", name, status)
			}
		}
	}
}
