// Package logline formats a line of the log: JSON with the field names that Cloud
// Logging lifts out of it, or text for a person where the log is a terminal. It
// knows nothing of what is logged.
package logline

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
)

// Keys that are fields of a log entry when they stand at the top of a JSON line, and
// not part of its payload: what Cloud Logging's agent lifts out of the lines on
// stdout, see "Special fields in structured payloads" of its documentation.
const (
	KeyMessage      = "message"
	KeySeverity     = "severity"
	KeyTime         = "time" // RFC 3339
	KeyHTTPRequest  = "httpRequest"
	KeyTrace        = "logging.googleapis.com/trace" // projects/P/traces/ID
	KeySpan         = "logging.googleapis.com/spanId"
	KeyTraceSampled = "logging.googleapis.com/trace_sampled"
	KeyInsertID     = "logging.googleapis.com/insertId" // entries with the same one are one
)

// New returns a logger on w: JSON lines with the field names of Cloud
// Logging, or short lines of text when w is a terminal.
func New(w io.Writer) *slog.Logger {
	if file, ok := w.(*os.File); ok && isTerminal(file) {
		return NewTerminal(w)
	}
	return slog.New(NewJSONHandler(w))
}

// Fatal notes what ends the process: one entry for each error that errors.Join has
// joined in err, such as one for each setting that is wrong.
func Fatal(log *slog.Logger, err error) {
	joined, ok := err.(interface{ Unwrap() []error })
	// Errorf with two verbs has the method, too, but says more than its parts.
	if ok && errors.Join(joined.Unwrap()...).Error() == err.Error() {
		for _, part := range joined.Unwrap() {
			Fatal(log, part)
		}
		return
	}
	log.Error(strings.TrimSpace(err.Error()))
}

// NewJSONHandler is the one handler behind both sinks, stdout and the API: what
// a line means is decided by its reader.
func NewJSONHandler(w io.Writer) slog.Handler {
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
		a.Key = KeyMessage
	case slog.LevelKey:
		a.Key = KeySeverity
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
