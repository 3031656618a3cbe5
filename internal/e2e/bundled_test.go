package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// oldest is how long after its release a bundled part is used without asking.
const oldest = 18 * 30 * 24 * time.Hour

// released are the days on which the versions of the bundled parts came out. A
// new version of one needs its line here.
var released = map[string]string{
	"python 3.11.11": "2024-12-03",
	"openssl 3.0.15": "2024-09-03",
	"expat 2.6.3":    "2024-09-04",
	"sqlite 3.47.1":  "2024-11-25",
	"zlib 1.2.13":    "2022-10-13",
}

// tooOld are parts that are used although they are old. Each says why, and when
// that has to be thought about again: from that day on the test fails. Decision
// 076 says how to get a newer interpreter.
var tooOld = map[string]struct{ until, why string }{
	"python 3.11.11": {"2027-05-31",
		"the newest 3.11 of its Go module; it runs jailed, or without a network and for our own programs alone"},
	"openssl 3.0.15": {"2027-05-31",
		"part of that build; nothing makes a connection with it: packages are fetched by Go, and scripts have no " +
			"network"},
	"expat 2.6.3":   {"2027-05-31", "part of that build; it reads what scripts give it, in the jail"},
	"sqlite 3.47.1": {"2027-05-31", "part of that build; it reads what scripts give it, in the jail"},
	"zlib 1.2.13":   {"2027-05-31", "part of that build; outside the jail it reads nothing"},
}

// overdue says why a part must not be used on a day, if so.
func overdue(part string, on time.Time) string {
	day, err := time.Parse(time.DateOnly, released[part])
	if err != nil {
		return part + ": write down when it was released"
	}
	if on.Sub(day) <= oldest {
		return ""
	}
	exception, ok := tooOld[part]
	if !ok {
		return fmt.Sprintf("%s is of %s: update it, or write down why not: see "+
			"docs/decisions/076-the-age-of-the-interpreter.md", part, released[part])
	}
	until, err := time.Parse(time.DateOnly, exception.until)
	if err != nil || exception.why == "" {
		return part + ": an exception has a day and a reason"
	}
	if !on.Before(until) {
		return fmt.Sprintf("%s is of %s, and the exception was until %s (%s): see "+
			"docs/decisions/076-the-age-of-the-interpreter.md", part, released[part], exception.until, exception.why)
	}
	return ""
}

// The bundled interpreter, and what is in it, is young, or there is a reason
// written down that is not over.
func TestAgeOfBundledParts(t *testing.T) {
	if need.Python() != "" {
		need.Elsewhere(t, "scripts run on another interpreter than the bundled one")
	}
	s := freshLive(t, "BLOCKED_IMPORTS=", "EXEC_MEMORY_MB=64")
	r := s.post(t,
		[]byte(`{"script": "import platform, pyexpat, sqlite3, ssl, zlib\ndef main():\n    return ['python ' + platform.python_version(), 'openssl ' + ssl.OPENSSL_VERSION.split()[1], pyexpat.EXPAT_VERSION.replace('_', ' '), 'sqlite ' + sqlite3.sqlite_version, 'zlib ' + zlib.ZLIB_RUNTIME_VERSION]"}`))
	var reply struct{ Result []string }
	if err := json.Unmarshal([]byte(r.body), &reply); err != nil || len(reply.Result) != 5 {
		t.Fatalf("%d %s", r.code, r.body)
	}
	for _, part := range reply.Result {
		if why := overdue(part, time.Now()); why != "" {
			t.Error(why)
		}
	}
	// Nothing is left in the tables of what is not in use any more.
	for part := range released {
		if !strings.Contains(r.body, `"`+part+`"`) {
			t.Errorf("%s is not bundled", part)
		}
	}
	for part := range tooOld {
		if released[part] == "" {
			t.Errorf("%s: an exception for what is not bundled", part)
		}
	}
	if _, err := os.Stat("../../docs/decisions/076-the-age-of-the-interpreter.md"); err != nil {
		t.Error(err)
	}
}

func TestOverdue(t *testing.T) {
	day := func(text string) time.Time {
		d, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, tt := range []struct{ part, on, says string }{
		{"python 3.11.11", "2025-01-01", ""},
		{"python 3.11.11", "2027-05-30", ""},
		{"python 3.11.11", "2027-05-31", "the exception was until 2027-05-31"},
		{"python 3.11.99", "2025-01-01", "write down when it was released"},
	} {
		if got := overdue(tt.part, day(tt.on)); !strings.Contains(got, tt.says) || (tt.says == "") != (got == "") {
			t.Errorf("%s on %s: %q, want %q", tt.part, tt.on, got, tt.says)
		}
	}
	released["without 1"] = "2020-01-01"
	defer delete(released, "without 1")
	if got := overdue("without 1", day("2026-01-01")); !strings.Contains(got, "update it") {
		t.Errorf("old and without an exception: %q", got)
	}
}
