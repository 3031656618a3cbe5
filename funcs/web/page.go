package web

import (
	"bytes"
	_ "embed"
	"html/template"
	"slices"
	"strings"

	"github.com/pyexec/pyexec/runtime"
)

//go:embed page.html
var pageSource string

//go:embed page.css
var styleSource string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"human":  human,
	"module": module,
	"style":  func() template.CSS { return template.CSS(styleSource) },
	"text":   func(raw []byte) string { return string(raw) },
}).Parse(pageSource))

// Page returns the documentation as HTML, with the playground. It is meant to
// be served with the PagePolicy of the same nonce, which must be new and
// random for each reply.
func Page(d Document, nonce string) ([]byte, error) {
	var b bytes.Buffer
	takesFiles := slices.ContainsFunc(d.Request.Fields, func(f Field) bool { return f.Name == "files" })
	data := struct {
		Document
		Nonce      string
		Modules    []string
		TakesFiles bool
	}{d, nonce, moduleNames(), takesFiles}
	if err := page.Execute(&b, data); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// PagePolicy returns the Content-Security-Policy of the page: scripts from
// this server alone and none inline; style sheets that carry the nonce, which
// the editor makes at run time; requests to this server; images from data in
// the page. Frames load nothing: HTML that a script made is shown in one that
// has its text from the page, is sandboxed and inherits this policy.
func PagePolicy(nonce string) string {
	return "default-src 'none'; script-src 'self'; style-src 'nonce-" + nonce + "'; " +
		"connect-src 'self'; img-src data:; frame-src 'none'; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
		"require-trusted-types-for 'script'; trusted-types pyexec"
}

// human shows a limit with the unit its name ends in.
func human(l Limit) string {
	n, err := l.Value.Int64()
	switch {
	case strings.HasSuffix(l.Name, "_bytes") && err == nil:
		return runtime.Bytes(n).String()
	case strings.HasSuffix(l.Name, "_seconds"):
		return l.Value.String() + " s"
	}
	return l.Value.String()
}
