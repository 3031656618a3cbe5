package logline

import (
	"context"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"
)

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// NewTerminal returns a logger that writes lines for a person.
func NewTerminal(w io.Writer) *slog.Logger {
	return slog.New(&lineHandler{out: &lockedWriter{w: w}})
}

// lineHandler writes a record as one line for a person: the time of day, the
// severity unless it is INFO, the message, then key=value. Groups are prefixes
// of keys.
type lineHandler struct {
	out    *lockedWriter
	prefix string // of keys, from WithGroup
	attrs  string // from WithAttrs, as they will be written
}

func (h *lineHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo
}

func (h *lineHandler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	if !r.Time.IsZero() {
		b.WriteString(r.Time.Format(time.TimeOnly) + " ")
	}
	if word := severity(r.Level); word != "INFO" {
		b.WriteString(word + ": ")
	}
	// What follows a first line, such as a traceback, is indented.
	b.WriteString(strings.ReplaceAll(r.Message, "\n", "\n        "))
	b.WriteString(h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		appendPair(&b, h.prefix, a)
		return true
	})
	b.WriteByte('\n')
	_, err := h.out.Write([]byte(b.String()))
	return err
}

func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	var b strings.Builder
	for _, a := range attrs {
		appendPair(&b, h.prefix, a)
	}
	return &lineHandler{out: h.out, prefix: h.prefix, attrs: h.attrs + b.String()}
}

func (h *lineHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return &lineHandler{out: h.out, prefix: h.prefix + name + ".", attrs: h.attrs}
}

// manyMembers is the number of members from which on a group is too large for a
// line. Such groups, the settings for one, are left to the JSON log; GET
// /capabilities shows most of what is in them.
const manyMembers = 5

// agentFields begins the names of fields that only Cloud Logging's agent reads.
const agentFields = "logging.googleapis.com/"

// appendPair writes " key=value", and a group as one pair for each member.
func appendPair(b *strings.Builder, prefix string, a slog.Attr) {
	value := a.Value.Resolve()
	if value.Kind() == slog.KindGroup {
		if a.Key != "" {
			prefix += a.Key + "."
		}
		if len(value.Group()) > manyMembers {
			return
		}
		for _, member := range value.Group() {
			appendPair(b, prefix, member)
		}
		return
	}
	if a.Equal(slog.Attr{}) || strings.HasPrefix(a.Key, agentFields) {
		return
	}
	text := value.String()
	// Quoting also keeps control characters off the terminal.
	if text == "" || strings.ContainsAny(text, " =\"") || strconv.Quote(text) != `"`+text+`"` {
		text = strconv.Quote(text)
	}
	b.WriteString(" " + prefix + a.Key + "=" + text)
}
