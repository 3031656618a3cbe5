package funcs

import (
	"net/http"
	"strings"

	"github.com/pyexec/pyexec/funcs/web"
)

// assetEndpoint serves what the page at / loads.
var assetEndpoint = endpoint{"GET, HEAD", (*handler).asset}

// asset is GET /assets/VERSION/NAME. The version is in the path, so a browser
// may keep the file for ever.
func (h *handler) asset(r *http.Request, _ *call) (reply, error) {
	a := web.AssetByPath(r.URL.Path)
	if a == nil {
		return reply{}, refuse(noSuchPath, "path: %s: not found: see GET /", clip(r.URL.Path))
	}
	rep := reply{http: http.StatusOK, contentType: a.ContentType, body: a.Body, header: http.Header{
		"Cache-Control": {"public, max-age=31536000, immutable"},
		"Etag":          {a.ETag},
		"Vary":          {"Accept-Encoding"},
	}}
	if acceptsGzip(r) {
		// A strong tag is of the bytes as they are sent.
		rep.body = a.Gzip
		rep.header.Set("Content-Encoding", "gzip")
		rep.header.Set("Etag", strings.TrimSuffix(a.ETag, `"`)+`-gzip"`)
	}
	if matches(r.Header.Get("If-None-Match"), rep.header.Get("Etag")) {
		rep.http, rep.body = http.StatusNotModified, nil
		rep.header.Del("Content-Encoding")
	}
	return rep, nil
}

// compressed is rep for a caller who takes gzip.
func compressed(r *http.Request, rep reply) reply {
	if rep.header == nil {
		rep.header = http.Header{}
	}
	rep.header.Add("Vary", "Accept-Encoding")
	if acceptsGzip(r) {
		rep.body = web.Compress(rep.body)
		rep.header.Set("Content-Encoding", "gzip")
	}
	return rep
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
