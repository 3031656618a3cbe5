package pyexec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pyexec/pyexec/internal/gcp"
)

// OpenLog returns the logger that cfg asks for: NewLog(w), or one that writes
// through the Cloud Logging API and tells w only of what it had to drop. The
// service closes it.
func OpenLog(ctx context.Context, cfg Config, w io.Writer) (*slog.Logger, error) {
	local := NewLog(w)
	if !cfg.LogAPI {
		return local, nil
	}
	project, err := cfg.project(ctx)
	if err != nil {
		return nil, fmt.Errorf("LOG_SINK=api: %w", err)
	}
	sink, err := gcp.NewSink(ctx, gcp.SinkConfig{
		Project: project, Log: logName, Resource: gcp.RunResource(ctx, project, cfg.revision),
		Lost: func(n int64, why error) {
			local.Warn("log entries lost", "entries", n, "cause", why)
		},
	}, cfg.logOptions...)
	if err != nil {
		return nil, fmt.Errorf("LOG_SINK=api: %w", err)
	}
	return slog.New(apiHandler{newJSONHandler(sink), sink}), nil
}

// apiHandler is the handler of JSON lines with what its lines are written to,
// which holds some back.
type apiHandler struct {
	slog.Handler
	*gcp.Sink
}

// logName is the name of the log in the project.
const logName = "pyexec"

// sink is a log handler that holds entries back.
type sink interface {
	Close(context.Context) error
	Dropped() int64
}

// closeLog writes what log holds back. It takes no more than flushWithin.
func closeLog(log *slog.Logger) error {
	s, ok := log.Handler().(sink)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushWithin)
	defer cancel()
	return s.Close(ctx)
}

// flushWithin is what the log gets at the end. Cloud Run kills a second after
// SHUTDOWN_GRACE has run out.
const flushWithin = 500 * time.Millisecond

// NewLog returns a logger on w: JSON lines with the field names of Cloud
// Logging, or short lines of text when w is a terminal.
func NewLog(w io.Writer) *slog.Logger {
	if file, ok := w.(*os.File); ok && isTerminal(file) {
		return slog.New(&lineHandler{out: &lockedWriter{w: w}})
	}
	return slog.New(newJSONHandler(w))
}

// LogFatal notes what ends the process: one entry for each of the errors that
// errors.Join made err of, such as one for each setting that is wrong.
func LogFatal(log *slog.Logger, err error) {
	joined, ok := err.(interface{ Unwrap() []error })
	// Errorf with two verbs has the method, too, but says more than its parts.
	if ok && errors.Join(joined.Unwrap()...).Error() == err.Error() {
		for _, part := range joined.Unwrap() {
			LogFatal(log, part)
		}
		return
	}
	log.Error(strings.TrimSpace(err.Error()))
}

// newJSONHandler is the one handler behind both sinks, stdout and the API: what
// a line means is decided by who reads it.
func newJSONHandler(w io.Writer) slog.Handler {
	return slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: cloudNames})
}

// isTerminal takes every character device for a terminal. That includes
// /dev/null, where the form of a line matters to nobody.
func isTerminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// cloudNames gives the fields that Cloud Logging lifts out of a JSON line the
// names it looks for. slog's own "time" is right as it is: RFC 3339 with
// nanoseconds.
func cloudNames(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return a
	}
	switch a.Key {
	case slog.MessageKey:
		a.Key = gcp.KeyMessage
	case slog.LevelKey:
		a.Key = gcp.KeySeverity
		if level, ok := a.Value.Any().(slog.Level); ok {
			a.Value = slog.StringValue(severity(level))
		}
	}
	return a
}

// severity is the word Cloud Logging has for a level.
func severity(level slog.Level) string {
	switch {
	case level >= slog.LevelError:
		return "ERROR"
	case level >= slog.LevelWarn:
		return "WARNING"
	case level >= slog.LevelInfo+2:
		return "NOTICE"
	case level >= slog.LevelInfo:
		return "INFO"
	default:
		return "DEBUG"
	}
}

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
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

// manyMembers is how large a group is too large for a line. Such groups, the
// settings for one, are left to the JSON log; GET /capabilities shows most of
// what is in them.
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
