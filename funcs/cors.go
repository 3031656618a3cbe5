package funcs

import (
	"net/http"
	"slices"
	"strings"
)

// AnyOrigin as the only entry of Options.Origins lets the pages of every origin in.
const AnyOrigin = "*"

// origins are the web pages that may call the service and read its replies. None
// may while there are none; the guard keeps all others out. Credentials of the
// browser are never asked for: what the service knows of a caller is the request.
type origins []string

// allowed says whether a request comes from a page that may call its path. Events
// are not sent by pages.
func (o origins) allowed(r *http.Request) bool {
	if len(o) == 0 || r.URL.Path == "/events" {
		return false
	}
	origin := r.Header.Get("Origin")
	return origin != "" && (o[0] == AnyOrigin || slices.Contains(o, origin))
}

// exposed are the headers of a reply that a page may read, beside those that each
// page may.
const exposed = "X-Execution-Id, Server-Timing, Retry-After, Allow"

// announce tells the browser, in the header of the reply to r, whether its page may
// read it. There must be some origins.
func (o origins) announce(header http.Header, r *http.Request) {
	if o[0] != AnyOrigin {
		header.Add("Vary", "Origin")
	}
	if !o.allowed(r) {
		return
	}
	origin := AnyOrigin
	if o[0] != AnyOrigin {
		origin = r.Header.Get("Origin")
	}
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Expose-Headers", exposed)
}

// preflight says whether r is the question of a browser whether a page may send
// what it wants to, and whether there is anybody to answer it.
func (o origins) preflight(r *http.Request) bool {
	return len(o) > 0 && r.Method == http.MethodOptions && r.Header.Get("Origin") != "" &&
		r.Header.Get("Access-Control-Request-Method") != ""
}

// preflightAge is for how many seconds a browser may keep the answer.
const preflightAge = "600"

// answer answers a preflight to a path that takes the methods. The request that
// follows is checked like any other; the headers that it may have are those it
// wants, as none of them says who it is from.
func (o origins) answer(r *http.Request, methods string) (reply, error) {
	if !o.allowed(r) {
		return reply{}, refuse(wrongHost, "the request comes from a web page of another origin")
	}
	header := http.Header{
		"Access-Control-Allow-Methods": {methods},
		"Access-Control-Max-Age":       {preflightAge},
		"Vary": {"Access-Control-Request-Method, Access-Control-Request-Headers, " +
			"Access-Control-Request-Private-Network"},
	}
	if wanted := r.Header.Get("Access-Control-Request-Headers"); headerNames(wanted) {
		header.Set("Access-Control-Allow-Headers", wanted)
	}
	if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
		header.Set("Access-Control-Allow-Private-Network", "true")
	}
	return reply{http: http.StatusNoContent, header: header}, nil
}

// headerNames says whether s is a list of names of headers, of a bearable length.
func headerNames(s string) bool {
	const most = 1024
	return s != "" && len(s) <= most && !strings.ContainsFunc(s, func(c rune) bool {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		return !letter && (c < '0' || c > '9') && c != '-' && c != '_' && c != ',' && c != ' '
	})
}
