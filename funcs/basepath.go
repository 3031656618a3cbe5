package funcs

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/pyexec/pyexec/funcs/web"
)

// below is r as if base, under which a proxy publishes the service, had been cut
// off its path. Some proxies do that themselves, and health checks don't come
// through one: what does not begin with base is left as it is.
func below(base string, r *http.Request) *http.Request {
	path, ok := strings.CutPrefix(r.URL.Path, base)
	if !ok || path == "" || path[0] != '/' {
		return r
	}
	inner, at := new(http.Request), new(url.URL)
	*inner, *at = *r, *r.URL
	at.Path, at.RawPath = path, ""
	inner.URL = at
	return inner
}

// toBase leads whoever asks for base itself to the page, whose addresses are
// relative: they need the slash.
func toBase(base string) reply {
	return reply{http: http.StatusPermanentRedirect, header: http.Header{"Location": {base + "/"}}}
}

// openAPIBelow is the document of a service that is published under base.
func openAPIBelow(base string) []byte {
	if base == "" {
		return web.OpenAPI()
	}
	const servers = `"servers": [{"url": "`
	return []byte(strings.Replace(string(web.OpenAPI()), servers+`/"`, servers+base+`"`, 1))
}
