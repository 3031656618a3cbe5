package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// openTerminal opens a terminal. What a program writes to its screen is seen at
// the other end.
func openTerminal(t *testing.T) (seen, screen *os.File) {
	t.Helper()
	seen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	var n int
	if err == nil {
		err = unix.IoctlSetPointerInt(int(seen.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		n, err = unix.IoctlGetInt(int(seen.Fd()), unix.TIOCGPTN)
	}
	if err == nil {
		screen, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	need.That(t, "a terminal", err)
	return seen, screen
}

// hostile is text that makes a terminal act: it goes back over the line, fills the
// clipboard, has C1 controls and turns the direction of text.
const hostile = "a\x1b[2K\rb\x1b]52;c;ZXZpbA==\x07\u009b1A\x7f\u202ec\té"

const harmless = `a\x1b[2K\x0db\x1b]52;c;ZXZpbA==\x07\x9b1A\x7f\u202ec` + "\té"

// On a terminal no control character of a script is obeyed, be it in its stderr,
// its traceback, the sentence of its error, names of files or the report. Output
// for a program, and stdout, is as it was written.
func TestControlCharactersAreShown(t *testing.T) {
	text := func(s string) string {
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	stream := "event: stderr\ndata: {\"text\":" + text("live "+hostile+"\n") + "}\n\n" +
		"event: stdout\ndata: {\"text\":" + text("out "+hostile+"\n") + "}\n\n" +
		"event: error\ndata: {\"error\":" + text("sentence "+hostile) + `,"status":"script_error","denied":` + text("denied "+hostile) +
		`,"stdout":` + text("out "+hostile+"\n") + `,"stderr":` + text("live "+hostile+"\nrest "+hostile+"\n") +
		`,"traceback":` + text("trace "+hostile+"\n") + `,"report":{"x":` + text("report "+hostile) +
		`},"files_omitted":[{"name":` + text("name "+hostile) + `,"why":` + text("why "+hostile) + "}]}\n\n"
	url := replying(t, "text/event-stream", stream, new(request))
	args := []string{"-", "--url", url, "--report"}

	seen, screen := openTerminal(t)
	cmd := command(t, t.TempDir(), "x", args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, screen
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(&stderr, seen) // ends with an error when nobody has the screen open
	}()
	err := cmd.Run()
	if err := screen.Close(); err != nil {
		t.Error(err)
	}
	<-read
	_ = seen.Close()
	if code := cmd.ProcessState.ExitCode(); code != exitScript {
		t.Errorf("%v", err)
	}
	got := strings.ReplaceAll(stderr.String(), "\r\n", "\n") // the terminal's own
	for _, what := range []string{"live", "rest", "trace", "pyrun: script_error: sentence", "  denied", "why"} {
		if !strings.Contains(got, what+" "+harmless+"\n") {
			t.Errorf("%s is not as it should be: %q", what, got)
		}
	}
	for _, what := range []string{"report ", "name "} {
		if !strings.Contains(got, what) {
			t.Errorf("%s is missing: %q", what, got)
		}
	}
	if strings.ContainsAny(got, "\x1b\r\x07\x7f\u009b\u202e") {
		t.Errorf("obeyed: %q", got)
	}
	if stdout.String() != "out "+hostile+"\n" {
		t.Errorf("stdout %q", &stdout)
	}

	plain := pyrun(t, t.TempDir(), "x", args...)
	for _, what := range []string{"live", "rest", "trace", "pyrun: script_error: sentence"} {
		if !strings.Contains(plain.stderr, what+" "+hostile+"\n") {
			t.Errorf("%s is not as it was written: %q", what, plain.stderr)
		}
	}
}

// Every character that a terminal would obey is shown instead, broken ones
// included, and no other is changed.
func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"":                     "",
		"plain é\n\t日本":        "plain é\n\t日本",
		hostile:                harmless,
		"\x9b\xff":             `\x9b\xff`,
		"\u2066\u200f\u061c":   `\u2066\u200f\u061c`,
		"\x00\x1f\u0080\u009f": `\x00\x1f\x80\x9f`,
		"\ufffd":               "\ufffd",
	} {
		var got bytes.Buffer
		if n, err := (visible{&got}).Write([]byte(text)); n != len(text) || err != nil || got.String() != want {
			t.Errorf("%q: %d, %v, got %q, want %q", text, n, err, &got, want)
		}
	}
}
