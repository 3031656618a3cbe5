package funcs

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/pyexec/pyexec/funcs/web"
)

// health is GET /health.
func (h *handler) health(*http.Request, *call) (reply, error) {
	if err := h.runner.Health(); err != nil {
		body := append([]byte(`{"status":"unhealthy","error":`), appendString(nil, err.Error())...)
		o := outcomeOf[unavailable]
		return reply{http: o.http, retry: o.retry, body: append(body, '}')}, nil
	}
	return reply{http: http.StatusOK, body: []byte(`{"status":"healthy"}`)}, nil
}

// openAPI is GET /openapi.json.
func (h *handler) openAPI(r *http.Request, _ *call) (reply, error) {
	return compressed(r, reply{http: http.StatusOK, body: web.OpenAPI()}), nil
}

// capabilities is GET /capabilities.
func (h *handler) capabilities(*http.Request, *call) (reply, error) {
	info := h.runner.Info()
	limits := make(orderedLimits, 0, len(limitTable)+1)
	limits = append(limits, limitDocs(info.Limits, h.bodyBytes)...)
	return jsonReply(struct {
		PythonVersion      string            `json:"python_version"`
		Preloaded          []string          `json:"preloaded"`
		Packages           []string          `json:"packages"`
		BlockedImports     []string          `json:"blocked_imports"`
		BlockedImportsNote string            `json:"blocked_imports_note"`
		Limits             orderedLimits     `json:"limits"`
		Workers            int               `json:"workers"`
		Queue              int               `json:"queue"`
		Posture            string            `json:"posture"`
		Isolation          map[string]bool   `json:"isolation"`
		IsolationNotes     map[string]string `json:"isolation_notes"`
	}{
		info.PythonVersion, list(info.Preloaded), list(info.Packages), list(info.BlockedImports), web.BlockedImportsNote,
		limits, info.Workers, info.Queue, info.Posture, object(info.Isolation), object(info.LayerNotes),
	})
}

// index is GET /: the documentation, for people or for programs.
func (h *handler) index(r *http.Request, _ *call) (reply, error) {
	info := h.runner.Info()
	doc := web.NewDocument(web.Facts{
		BaseURL:  baseURL(r),
		Info:     info,
		Limits:   limitDocs(info.Limits, h.bodyBytes),
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
	return compressed(r, reply{http: http.StatusOK, contentType: "text/html; charset=utf-8", body: page, header: header}), err
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
		b = append(append(appendString(b, limit.Name), ':'), limit.Value...)
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
	return reply{http: http.StatusOK, body: bytes.TrimSpace(b.Bytes())}, err
}

// list makes a list that is missing an empty one, for JSON.
func list(l []string) []string {
	if l == nil {
		return []string{}
	}
	return l
}

// object makes a map that is missing an empty one, for JSON.
func object[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
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
