package funcs

import (
	"net/http"
	"strconv"
	"strings"
)

// Trace is the place of a request in a distributed trace. The zero value means
// that the request is in none.
type Trace struct {
	ID      string // 32 hexadecimal digits
	Span    string // of the caller, 16 hexadecimal digits; may be empty
	Sampled bool
}

// traceOf reads the W3C header traceparent, else Google's older header.
func traceOf(header http.Header) Trace {
	if t, ok := parseTraceparent(header.Get("Traceparent")); ok {
		return t
	}
	t, _ := parseCloudTrace(header.Get("X-Cloud-Trace-Context"))
	return t
}

// parseTraceparent reads version-trace-span-flags. Later versions may add
// fields at the end.
func parseTraceparent(s string) (Trace, bool) {
	part := strings.SplitN(s, "-", 5)
	if len(part) < 4 || len(part) > 4 && part[0] == "00" || !isHex(part[0], 2) || part[0] == "ff" ||
		!isID(part[1], 32) || !isID(part[2], 16) || !isHex(part[3], 2) {
		return Trace{}, false
	}
	flags, _ := strconv.ParseUint(part[3], 16, 8) // it is hexadecimal
	return Trace{ID: part[1], Span: part[2], Sampled: flags&1 != 0}, true
}

// parseCloudTrace reads TRACE/SPAN;o=1, where the span is a decimal number and
// all but the trace may be missing.
func parseCloudTrace(s string) (Trace, bool) {
	s, options, _ := strings.Cut(s, ";")
	id, span, _ := strings.Cut(s, "/")
	id = strings.ToLower(id)
	if !isID(id, 32) {
		return Trace{}, false
	}
	t := Trace{ID: id, Sampled: options == "o=1"}
	if n, err := strconv.ParseUint(span, 10, 64); err == nil && n != 0 {
		digits := strconv.FormatUint(n, 16)
		t.Span = strings.Repeat("0", 16-len(digits)) + digits
	}
	return t, true
}

// isID accepts hexadecimal digits that are not all zero.
func isID(s string, length int) bool {
	return isHex(s, length) && strings.Trim(s, "0") != ""
}

func isHex(s string, length int) bool {
	return len(s) == length && strings.Trim(s, "0123456789abcdef") == ""
}
