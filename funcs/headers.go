package funcs

import (
	"net"
	"net/http"
	"strconv"
	"strings"
)

// quality is the weight (q) that the lines of a header like Accept give to name:
// from 0, not wanted, to 1, which is also the weight of a name without a q. A name
// that is not listed has 0: wildcards do not count.
func quality(lines []string, name string) (most float64) {
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			named, params, _ := strings.Cut(part, ";")
			if strings.EqualFold(strings.TrimSpace(named), name) {
				most = max(most, qualityOf(params))
			}
		}
	}
	return most
}

func qualityOf(params string) float64 {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err == nil && q >= 0 && q <= 1 && strings.EqualFold(strings.TrimSpace(name), "q") {
			return q
		}
	}
	return 1
}

// prefers says whether the caller names a type, and gives JSON no greater weight.
func prefers(accept []string, media string) bool {
	q := quality(accept, media)
	return q > 0 && q >= quality(accept, mediaJSON)
}

func acceptsGzip(r *http.Request) bool { return quality(r.Header["Accept-Encoding"], "gzip") > 0 }

// matches says that an If-None-Match header names tag.
func matches(header, tag string) bool {
	for candidate := range strings.SplitSeq(header, ",") {
		candidate = strings.TrimSpace(candidate)
		if candidate == "*" || strings.TrimPrefix(candidate, "W/") == tag {
			return true
		}
	}
	return false
}

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

// remoteIP is the caller's address: the one that Google's front end, the last
// hop, appended to X-Forwarded-For, else the peer's.
func remoteIP(r *http.Request) string {
	if via := r.Header.Get("X-Forwarded-For"); via != "" {
		last := strings.TrimSpace(via[strings.LastIndexByte(via, ',')+1:])
		if net.ParseIP(last) != nil {
			return last
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return host
}

// baseURL is where the caller reached the service, for examples that can be
// pasted. A Host that could mean anything but a host to a shell or a browser
// is not repeated.
func baseURL(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	forwarded, _, _ := strings.Cut(r.Header.Get("X-Forwarded-Proto"), ",")
	switch proto := strings.ToLower(strings.TrimSpace(forwarded)); proto {
	case "http", "https":
		scheme = proto
	}
	host := r.Host
	if !validHost(host) {
		host = "localhost:8080"
	}
	return scheme + "://" + host
}

// validHost accepts a name or an IP address, with or without a port.
func validHost(host string) bool {
	name, port := host, ""
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		name, port = host[:i], host[i+1:]
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return false
		}
	}
	if inner, ok := strings.CutPrefix(name, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		return ok && strings.Contains(inner, ":") && !strings.Contains(inner, "%") && net.ParseIP(inner) != nil
	}
	if name == "" || len(name) > 253 || name[0] == '-' || name[0] == '.' {
		return false
	}
	for _, c := range []byte(name) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return true
}
