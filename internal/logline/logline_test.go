package logline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/slogtest"
	"time"
)

func TestLogHasCloudLoggingNames(t *testing.T) {
	for _, tt := range []struct {
		level slog.Level
		want  string
	}{
		{slog.LevelInfo, "INFO"}, {slog.LevelWarn, "WARNING"}, {slog.LevelError, "ERROR"},
		{slog.LevelError + 4, "ERROR"},
	} {
		var out bytes.Buffer
		New(&out).Log(t.Context(), tt.level, "text", "cause", errors.New("why"),
			slog.Group("settings", "level", "x", "msg", "y"))
		var line struct {
			Severity, Message, Time, Cause string
			Settings                       map[string]string
			Level, Msg                     *string
		}
		if err := json.Unmarshal(out.Bytes(), &line); err != nil {
			t.Fatalf("%v: %s", err, &out)
		}
		if line.Severity != tt.want || line.Message != "text" || line.Cause != "why" || line.Level != nil ||
			line.Msg != nil {
			t.Errorf("got %s", &out)
		}
		if line.Settings["level"] != "x" || line.Settings["msg"] != "y" {
			t.Errorf("names inside of a group were changed: %s", &out)
		}
		if _, err := time.Parse(time.RFC3339Nano, line.Time); err != nil {
			t.Error(err)
		}
	}
	if got := severity(slog.LevelDebug); got != "DEBUG" {
		t.Errorf("debug: %s", got)
	}
}

func TestTerminalIsToldFromFile(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if isTerminal(file) {
		t.Error("a file is taken for a terminal")
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if !isTerminal(null) {
		t.Error("a character device is not taken for a terminal")
	}
	if _, ok := New(null).Handler().(*lineHandler); !ok {
		t.Error("the log for a terminal is not for people")
	}
}

func TestLinesForPeople(t *testing.T) {
	for _, tt := range []struct {
		log  func(*slog.Logger)
		want string
	}{
		{func(l *slog.Logger) { l.Info("listening", "url", "http://localhost:8080", "n", 3) },
			"listening url=http://localhost:8080 n=3"},
		{func(l *slog.Logger) { l.Warn("careful") }, "WARNING: careful"},
		{func(l *slog.Logger) { l.Debug("never seen") }, ""},
		{func(l *slog.Logger) { l.Info("m", "a", "two words", "b", "", "c", `q"`, "d", "\x1b[31m") },
			`m a="two words" b="" c="q\"" d="\x1b[31m"`},
		{func(l *slog.Logger) { l.Info("m", slog.Group("g", "a", 1, slog.Group("h", "b", 2))) }, "m g.a=1 g.h.b=2"},
		{func(l *slog.Logger) {
			l.Info("m", slog.Group("g", "a", 1, "b", 2, "c", 3, "d", 4, "e", 5, "f", 6), "x", 1)
		}, "m x=1"},
		{func(l *slog.Logger) { l.With("a", 1).WithGroup("g").With("b", 2).Info("m", "c", 3) }, "m a=1 g.b=2 g.c=3"},
	} {
		var out bytes.Buffer
		tt.log(slog.New(&lineHandler{out: &lockedWriter{w: &out}}))
		got := out.String()
		if tt.want == "" {
			if got != "" {
				t.Errorf("got %q, want nothing", got)
			}
			continue
		}
		clock, rest, _ := strings.Cut(got, " ")
		if _, err := time.Parse(time.TimeOnly, clock); err != nil || rest != tt.want+"\n" {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

// The rules every slog handler has to keep.
func TestLineHandlerKeepsTheRules(t *testing.T) {
	var out bytes.Buffer
	slogtest.Run(t, func(*testing.T) slog.Handler {
		out.Reset()
		return &lineHandler{out: &lockedWriter{w: &out}}
	}, func(t *testing.T) map[string]any {
		return parseLine(t, out.String())
	})
}

// parseLine reads back what slogtest wrote: one line of simple values.
func parseLine(t *testing.T, line string) map[string]any {
	t.Helper()
	record := make(map[string]any)
	for i, word := range strings.Fields(line) {
		key, value, isPair := strings.Cut(word, "=")
		switch {
		case isPair:
			group := record
			path := strings.Split(key, ".")
			for _, name := range path[:len(path)-1] {
				inner, ok := group[name].(map[string]any)
				if !ok {
					inner = make(map[string]any)
					group[name] = inner
				}
				group = inner
			}
			group[path[len(path)-1]] = value
		case i == 0 && strings.Count(word, ":") == 2:
			record[slog.TimeKey] = word
		case strings.HasSuffix(word, ":"):
			record[slog.LevelKey] = strings.TrimSuffix(word, ":")
		default:
			record[slog.MessageKey] = word
		}
	}
	if _, ok := record[slog.LevelKey]; !ok {
		record[slog.LevelKey] = "INFO" // the line leaves it out
	}
	return record
}

// What ends the process is one entry for each cause, as JSON for Cloud Logging
// and as lines on a terminal.
func TestFatal(t *testing.T) {
	for _, tt := range []struct {
		err   error
		lines string
	}{
		{errors.New("a: b"), "ERROR: a: b\n"},
		{errors.Join(errors.New("a"), errors.New("b")), "ERROR: a\nERROR: b\n"},
		{errors.Join(errors.Join(errors.New("a"), errors.New("b")), errors.New("c\nd\n")),
			"ERROR: a\nERROR: b\nERROR: c\n        d\n"},
		{fmt.Errorf("x: %w: %w", errors.New("a"), errors.New("b")), "ERROR: x: a: b\n"},
		{fmt.Errorf("x: %w: %w", errors.New("a"), errors.New("b\nc")), "ERROR: x: a: b\n        c\n"},
	} {
		var lines, entries bytes.Buffer
		Fatal(slog.New(&lineHandler{out: &lockedWriter{w: &lines}}), tt.err)
		if got := timeOfDay.ReplaceAllString(lines.String(), ""); got != tt.lines {
			t.Errorf("on a terminal: got %q, want %q", got, tt.lines)
		}
		Fatal(New(&entries), tt.err)
		var got strings.Builder
		for line := range strings.Lines(entries.String()) {
			var entry struct{ Severity, Message string }
			if err := json.Unmarshal([]byte(line), &entry); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			got.WriteString(entry.Severity + ": " + strings.ReplaceAll(entry.Message, "\n", "\n        ") + "\n")
		}
		if got.String() != tt.lines {
			t.Errorf("elsewhere: got %q, want %q", &got, tt.lines)
		}
	}
}

var timeOfDay = regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d `)
