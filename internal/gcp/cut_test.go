package gcp

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/logline"
	"github.com/pyexec/pyexec/internal/testbed/need"
)

// A text that is cut ends with a whole character, takes no more room in a line
// of the log than it may, and says how long it was.
func TestCut(t *testing.T) {
	for _, tt := range []struct {
		text      string
		most, all int
		want      string
	}{
		{"", 4, 0, ""},
		{"abcd", 4, 0, "abcd"},
		{"abcde", 4, 0, "abcd… (5 bytes in all)"},
		{"abcd", 4, 9, "abcd… (9 bytes in all)"},
		{"aéé", 4, 0, "aé… (5 bytes in all)"},
		{"a\x00\x00", 12, 0, "a\x00… (3 bytes in all)"},
		{`a""`, 4, 0, `a"… (3 bytes in all)`},
		{"\xff\xff\xffab", 12, 0, "… (5 bytes in all)"},
		{"\u2028\u2028", 6, 0, "\u2028… (6 bytes in all)"},
		{"ab", 0, 0, "… (2 bytes in all)"},
	} {
		if got := Cut(tt.text, tt.most, tt.all); got != tt.want {
			t.Errorf("%q, %d, %d: got %q, want %q", tt.text, tt.most, tt.all, got, tt.want)
		}
	}
	for r := range rune(0x3000) {
		text := strings.Repeat(string(r), 1000)
		kept, _, _ := strings.Cut(Cut(text, 500, 0), "…")
		var line bytes.Buffer
		slog.New(slog.NewJSONHandler(&line, nil)).Info("", "x", kept)
		_, value, _ := strings.Cut(line.String(), `"x":"`)
		if n := len(strings.TrimSuffix(value, "\"}\n")); n > 500 || n < 480 && r != '…' {
			t.Fatalf("%q: %d bytes in the log", r, n)
		}
	}
}

// However large an entry is, it is written: whichever part of it is too large, its
// message is there and the rest says that it was cut.
func TestLargeEntriesAreCut(t *testing.T) {
	need.Time(t, "makes entries of megabytes")
	long := strings.Repeat("é", 4<<20)
	many := make([]any, 0, 200_000)
	for i := range 100_000 {
		many = append(many, fmt.Sprint("key", i), "value")
	}
	for name, args := range map[string][]any{
		"one text":    {"text", long},
		"many texts":  {slog.Group("a", "b", long, "c", long, "d", strings.Repeat("x", 200<<10)), "e", long},
		"a list":      {"list", []string{long, long}},
		"many fields": many,
		"a request": {slog.Group(logline.KeyHTTPRequest, "requestMethod", long, "requestUrl", long,
			"userAgent", long, "remoteIp", long, "protocol", long)},
		"names": {logline.KeyTrace, long, logline.KeySpan, long},
		"an id": {logline.KeyInsertID, long},
		"all of it at once": {"text", long, slog.Group(logline.KeyHTTPRequest, "userAgent", long), logline.KeyTrace,
			long},
	} {
		t.Run(name, func(t *testing.T) {
			server := &loggingServer{}
			sink := serve(t, server, SinkConfig{})
			logTo(sink).Info("short", args...)
			closed(t, sink)
			if len(server.entries) != 1 || sink.Dropped() != 0 {
				t.Fatalf("%d entries, %d lost", len(server.entries), sink.Dropped())
			}
			e := server.entries[0]
			if got := e.GetJsonPayload().AsMap()["message"]; got != "short" {
				t.Errorf("the message is %v", got)
			}
			if text := fmt.Sprint(e); len(text) > 256<<10 || !strings.Contains(text,
				"bytes in all)") && !strings.Contains(text, "entry_bytes") {
				t.Errorf("%d bytes: %.200s", len(text), text)
			}
		})
	}
	server := &loggingServer{}
	sink := serve(t, server, SinkConfig{})
	logTo(sink).Info(long)
	closed(t, sink)
	if len(server.entries) != 1 ||
		!strings.HasPrefix(server.entries[0].GetJsonPayload().AsMap()["message"].(string), "éé") {
		t.Errorf("%d entries for a long message", len(server.entries))
	}
}
