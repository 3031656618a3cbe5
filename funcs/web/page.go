package web

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"strconv"
	"strings"
)

//go:embed page.html
var pageSource string

//go:embed page.css
var styleSource string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"human": human,
	"style": func() template.CSS { return template.CSS(styleSource) },
	"text":  func(raw []byte) string { return string(raw) },
}).Parse(pageSource))

// Page returns the documentation as HTML. It is meant to be served with
// PagePolicy.
func Page(d Document) ([]byte, error) {
	var b bytes.Buffer
	if err := page.Execute(&b, d); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

var pagePolicy = func() string {
	sum := sha256.Sum256([]byte(styleSource))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

// PagePolicy returns the Content-Security-Policy of the page: its own style
// sheet and nothing else.
func PagePolicy() string { return pagePolicy }

// human shows a limit with the unit its name ends in.
func human(l Limit) string {
	n, err := l.Value.Int64()
	switch {
	case strings.HasSuffix(l.Name, "_bytes") && err == nil:
		return size(n)
	case strings.HasSuffix(l.Name, "_seconds"):
		return l.Value.String() + " s"
	}
	return l.Value.String()
}

// size shows bytes in the largest unit that leaves a whole number.
func size(n int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB"}
	i := 0
	for i < len(units)-1 && n >= 1024 && n%1024 == 0 {
		n /= 1024
		i++
	}
	return strconv.FormatInt(n, 10) + " " + units[i]
}
