package testbed_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed"
	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/internal/testbed/program"
)

// tight are limits that a script reaches quickly. Not the wall clock, which
// goes on while a busy machine has no time for the script.
var tight = []string{
	"EXEC_TIMEOUT=20s", "EXEC_CPU=1s", "EXEC_MEMORY_MB=64", "EXEC_TMP_MB=4", "EXEC_TMP_FILES=64",
	"EXEC_OUTPUT_BYTES=4096",
	"EXEC_RESULT_BYTES=16384", "EXEC_OPEN_FILES=24", "EXEC_THREADS=16", "EXEC_WORKERS=4", "EXEC_QUEUE=64",
}

const (
	// atOnce is how many programs run at the same time: many wait for a limit.
	atOnce = 3
	// patience ends a test that hangs.
	patience = 30 * time.Second
	// again is by when the service has to answer rightly after each program.
	again = 2 * time.Second
)

// Where the suite runs inside an image it can build nothing: it is told what
// there is, and which set-up's answers to expect.
var (
	server   = flag.String("server", "", "`program` to attack, instead of building it; with -canary")
	canary   = flag.String("canary", "", "`program` of the canary")
	settings = flag.String("settings", "", "`environment` of the server, NAME=value with commas between")
	granted  = flag.String("granted", "", "`set-up` that this place is: a server that resembles another one has lost layers")
	image    = flag.String("image", "", "`name` of an image to start in containers, instead of the testbed's own")
	other    = flag.Bool("other-environment", false,
		"run hostile programs in another environment than the default one, and those beside them in the default one")
)

// newBed builds the programs or takes those given.
func newBed(t *testing.T) *testbed.Bed {
	if *server == "" {
		return testbed.New(t)
	}
	if *settings != "" {
		tight = append(tight, strings.Split(*settings, ",")...)
	}
	return testbed.With(t, *server, *canary)
}

// setups are all, but inside an image those that are processes.
func setups() []testbed.Setup {
	if *server != "" {
		return []testbed.Setup{testbed.PlainRoot, testbed.PlainUser}
	}
	return testbed.Setups()
}

// TestEscape runs every program in every set-up, with the check of imports and
// without. What a program reports is compared with its header. That it got
// nothing is also seen from outside: no secret is in any reply, nobody reached
// the canary, and after each program the service still answers rightly.
func TestEscape(t *testing.T) {
	names := namesOf(t, escapes)
	if len(names) < 120 {
		t.Errorf("only %d programs", len(names))
	}
	shared := preludeOf(t, escapes)
	bed := newBed(t)
	for _, setup := range setups() {
		t.Run(setup.Name, func(t *testing.T) {
			setup.Need(t)
			checks := []struct {
				name     string
				settings []string
			}{{"imports-checked", nil}, {"imports-free", []string{"BLOCKED_IMPORTS="}}}
			places := make(chan struct{}, atOnce)
			var all sync.WaitGroup
			for _, check := range checks {
				settings := append(check.settings, tight...)
				s := newTarget(t, bed, testbed.Options{Setup: setup, Image: *image, Settings: settings}, shared)
				s.checked = check.settings == nil
				for _, file := range names {
					places <- struct{}{}
					all.Go(func() {
						defer func() { <-places }()
						name := check.name + "/" + strings.TrimSuffix(file, ".py")
						t.Run(name, func(t *testing.T) { s.attack(t, file) })
					})
				}
				all.Wait()
				s.unharmed(t)
			}
		})
	}
}

// target is a server under attack.
type target struct {
	*testbed.Server
	setup   string
	checked bool // imports are
	shared  string
	// environment is where programs are run, neighbours is where those are that are run
	// beside or before them; empty for the default one.
	environment, neighbours string
}

// newTarget starts a server to attack, and finds out what to expect of it.
func newTarget(t *testing.T, bed *testbed.Bed, o testbed.Options, shared string) *target {
	t.Helper()
	var apart *apart
	if *other {
		apart = newApart(t)
		o = apart.added(o)
	}
	s := &target{Server: bed.Start(t, o), shared: shared}
	if *other {
		s.environment = second
		s.Secrets["the packages of another environment"] = apart.secret
	}
	var err error
	if s.setup, err = s.Resembles(t.Context(), o.Setup); err != nil {
		t.Fatal(err)
	}
	switch want := o.Setup.Name; {
	case *granted != "":
		want = *granted
		fallthrough
	case *server == "" && need.OnCI():
		if err := less(want, s.setup); err != nil {
			t.Error(err) // and not the answers that come of it
		}
	}
	t.Logf("the answers of set-up %s are expected", s.setup)
	return s
}

// less returns an error if a server has other answers than its set-up, as on a
// machine that grants it less. CI grants all: there the server has lost something.
func less(setup, found string) error {
	if found == setup {
		return nil
	}
	return fmt.Errorf("set-up %s: the server resembles %s", setup, found)
}

// attack runs one program, and those that it needs.
func (s *target) attack(t *testing.T, name string) {
	p, err := escapes.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Here() {
		need.Elsewhere(t, "for %s only", p.Value("arch"))
	}
	if before := p.Value("before"); before != "" {
		s.run(t, s.neighbours, before)
	}
	var others sync.WaitGroup
	if beside := p.Value("beside"); beside != "" {
		others.Go(func() { s.run(t, s.neighbours, beside) })
		time.Sleep(300 * time.Millisecond) // the other one runs by then
	}
	s.run(t, s.environment, name)
	s.answersRightly(t)
	others.Wait()
	s.untouched(t)
}

// run runs a program in an environment and compares the reply.
func (s *target) run(t *testing.T, environment, name string) {
	t.Helper()
	p, err := escapes.Read(name)
	if err != nil {
		t.Error(err)
		return
	}
	body, err := request(p, environment, s.shared, s.Targets)
	if err != nil {
		t.Error(err)
		return
	}
	want := p.In(places(s.setup)...)
	if blocked := want["blocked"]; blocked != "" && s.checked {
		why := "Script contains potentially dangerous code: " + blocked
		want = program.Expected{"status": "import_blocked", "error": why}
	}
	code, reply, err := s.post(patience, body)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(reply), &members); err != nil {
		t.Errorf("%s: %v: %.500s", name, err, reply)
		return
	}
	for _, wrong := range mismatches(want, code, members) {
		t.Errorf("%s: %s\nthe reply: %d %.1000s", name, wrong, code, reply)
	}
	s.keepsSecrets(t, name, reply)
}

func (s *target) post(limit time.Duration, body []byte) (int, string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return s.Execute(ctx, string(body))
}

// keepsSecrets looks for the secrets in a reply, in the forms they would have
// been found in or put into.
func (s *target) keepsSecrets(t *testing.T, name, reply string) {
	t.Helper()
	for where, secret := range s.Secrets {
		raw := []byte(secret)
		for _, form := range []string{secret, hex.EncodeToString(raw), base64.StdEncoding.EncodeToString(raw)} {
			if strings.Contains(reply, form) {
				t.Errorf("%s: ESCAPE: the reply has the secret of %s", name, where)
			}
		}
	}
}

// answersRightly runs an ordinary script.
func (s *target) answersRightly(t *testing.T) {
	t.Helper()
	const script = "import json\ndef main():\n    open('f', 'w').write('good')\n" +
		"    print(open('f').read())\n    return [json.loads('1'), 2.0]"
	body, err := json.Marshal(map[string]string{"script": script})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"result":[1,2.0],"stdout":"good\n"}`
	code, got, err := s.post(again, body)
	if errors.Is(err, context.DeadlineExceeded) { // others want the machine's processors, too
		code, got, err = s.post(again, body)
	}
	if err != nil || code != http.StatusOK || strings.TrimSpace(got) != want {
		t.Errorf("the next good run: %d %.500s, %v", code, got, err)
	}
}

// untouched asks the canary.
func (s *target) untouched(t *testing.T) {
	t.Helper()
	r, err := s.Canary(t.Context())
	if err != nil {
		t.Fatalf("ESCAPE: %v", err)
	}
	if len(r.Touched) > 0 || len(r.Lost) > 0 {
		t.Errorf("ESCAPE: the canary was reached: %q, changed: %q", r.Touched, r.Lost)
	}
}

// unharmed looks at the server as a whole when all programs have run.
func (s *target) unharmed(t *testing.T) {
	t.Helper()
	select {
	case <-s.Ended():
		t.Error("the server has ended")
	default:
	}
	data, err := os.ReadFile(s.Targets.File)
	if s.Targets.Server != 1 && (err != nil || string(data) != s.Secrets["a file"]) {
		t.Errorf("the secret file has changed: %q, %v", data, err)
	}
	for line := range strings.Lines(s.Log()) {
		var entry struct{ Severity, Message string }
		_ = json.Unmarshal([]byte(line), &entry) // other lines are nobody's fault
		if entry.Severity == "ERROR" || entry.Severity == "CRITICAL" {
			t.Errorf("the log has: %s", line)
		}
	}
}
