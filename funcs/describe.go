package funcs

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/pyexec/pyexec/funcs/jsontext"
	"github.com/pyexec/pyexec/funcs/web"
)

// health is GET /health.
func (h *handler) health(*http.Request, *call) (reply, error) {
	if err := h.runner.Health(); err != nil {
		body := append([]byte(`{"status":"unhealthy","error":`), jsontext.AppendString(nil, err.Error())...)
		o := outcomeOf[unavailable]
		return reply{http: o.http, retry: o.retry, content: textContent(append(body, '}'))}, nil
	}
	return reply{http: http.StatusOK, content: textContent([]byte(`{"status":"healthy"}`))}, nil
}

// openAPI is GET /openapi.json.
func (h *handler) openAPI(r *http.Request, _ *call) (reply, error) {
	return compressed(r, reply{http: http.StatusOK, content: textContent(openAPIBelow(h.basePath))}), nil
}

// capabilities is GET /capabilities.
func (h *handler) capabilities(*http.Request, *call) (reply, error) {
	info := h.runner.Info()
	limits := orderedLimits(h.limitDocs(info.Limits))
	return jsonReply(struct {
		PythonVersion      string            `json:"python_version"`
		Preloaded          []string          `json:"preloaded"`
		Packages           []string          `json:"packages"`
		Environments       []web.Environment `json:"environments"`
		EnvironmentInstall string            `json:"environment_install"`
		BlockedImports     []string          `json:"blocked_imports"`
		BlockedImportsNote string            `json:"blocked_imports_note"`
		Limits             orderedLimits     `json:"limits"`
		Workers            int               `json:"workers"`
		Queue              int               `json:"queue"`
		QueueWait          float64           `json:"queue_wait_seconds"`
		Posture            string            `json:"posture"`
		Isolation          map[string]bool   `json:"isolation"`
		IsolationNotes     map[string]string `json:"isolation_notes"`
	}{
		info.PythonVersion, list(info.Preloaded), list(info.Packages), web.Environments(info),
		web.Installs(info), list(info.BlockedImports), web.BlockedImportsNote,
		limits, info.Workers, info.Queue, info.QueueWait.Seconds(),
		info.Posture, object(info.Isolation), object(info.LayerNotes),
	})
}

// index is GET /: the documentation, for people or for programs.
func (h *handler) index(r *http.Request, _ *call) (reply, error) {
	info := h.runner.Info()
	doc := web.NewDocument(web.Facts{
		BaseURL:  baseURL(r) + h.basePath,
		Info:     info,
		Limits:   h.limitDocs(info.Limits),
		Statuses: statusDocs(),
		MCP:      h.tool != nil,
	})
	header := http.Header{"Vary": {"Accept"}}
	if !prefers(r.Header["Accept"], "text/html") {
		rep, err := jsonReply(doc)
		rep.header = header
		return compressed(r, rep), err
	}
	nonce := newID()
	page, err := web.Page(doc, nonce)
	header.Set("Content-Security-Policy", web.PagePolicy(nonce))
	header.Set("Referrer-Policy", "no-referrer")
	return compressed(r, reply{
		http: http.StatusOK, contentType: "text/html; charset=utf-8", content: textContent(page), header: header,
	}), err
}

// orderedLimits is written as a JSON object that keeps the order of the list.
type orderedLimits []web.Limit

// MarshalJSON returns {"name": value, …}.
func (l orderedLimits) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, limit := range l {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(jsontext.AppendString(b, limit.Name), ':'), limit.Value...)
	}
	return append(b, '}'), nil
}

// jsonReply is 200 with v as indented JSON: these replies are read by people.
func jsonReply(v any) (reply, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return reply{http: http.StatusOK, content: textContent(bytes.TrimSpace(b.Bytes()))}, err
}

// list returns l, and an empty list for nil, which would be null in JSON.
func list(l []string) []string {
	if l == nil {
		return []string{}
	}
	return l
}

// object returns m, and an empty map for nil, which would be null in JSON.
func object[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}

// assetEndpoint serves the files that the page at / loads.
var assetEndpoint = endpoint{"GET, HEAD", (*handler).asset}

// asset is GET /assets/VERSION/NAME. The version is in the path, so a browser
// may keep the file for ever.
func (h *handler) asset(r *http.Request, _ *call) (reply, error) {
	a := web.AssetByPath(r.URL.Path)
	if a == nil {
		return reply{}, refuse(noSuchPath, "path: %s: not found: see GET /", clip(r.URL.Path))
	}
	rep := reply{http: http.StatusOK, contentType: a.ContentType, content: textContent(a.Body)}
	rep.header = http.Header{
		"Cache-Control": {"public, max-age=31536000, immutable"},
		"Etag":          {a.ETag},
		"Vary":          {"Accept-Encoding"},
	}
	if acceptsGzip(r) {
		// A strong tag names the bytes as they are sent.
		rep.content = textContent(a.Gzip)
		rep.header.Set("Content-Encoding", "gzip")
		rep.header.Set("Etag", strings.TrimSuffix(a.ETag, `"`)+`-gzip"`)
	}
	if matches(r.Header.Get("If-None-Match"), rep.header.Get("Etag")) {
		rep.http, rep.content = http.StatusNotModified, content{}
		rep.header.Del("Content-Encoding")
	}
	return rep, nil
}

// compressed returns rep, in gzip's format for a caller who accepts that.
func compressed(r *http.Request, rep reply) reply {
	if rep.header == nil {
		rep.header = http.Header{}
	}
	rep.header.Add("Vary", "Accept-Encoding")
	if acceptsGzip(r) {
		rep.content = textContent(web.Compress(rep.content.text))
		rep.header.Set("Content-Encoding", "gzip")
	}
	return rep
}
