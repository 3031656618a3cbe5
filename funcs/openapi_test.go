package funcs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/pyexec/pyexec/funcs/web"
	"github.com/pyexec/pyexec/runtime"
)

func init() {
	// Pages are checked as text.
	openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.PlainBodyDecoder)
	openapi3filter.RegisterBodyDecoder(streamType, openapi3filter.PlainBodyDecoder)
	openapi3filter.RegisterBodyDecoder(linesType, openapi3filter.PlainBodyDecoder)
	for _, t := range executeTypes[1:] {
		openapi3filter.RegisterBodyDecoder(t, openapi3filter.PlainBodyDecoder)
	}
}

func openAPIDoc(t *testing.T) (*openapi3.T, routers.Router) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(web.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !doc.IsOpenAPI31OrLater() {
		t.Fatalf("version %s", doc.OpenAPI)
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return doc, router
}

// Requests and replies are what the OpenAPI document says they are, for every
// status there is.
func TestOpenAPIMatchesTheHandler(t *testing.T) {
	doc, router := openAPIDoc(t)
	seen := map[string]bool{}
	for _, e := range exchanges() {
		t.Run(e.name, func(t *testing.T) {
			build := func() *http.Request {
				req := httptest.NewRequest(e.method, e.path, strings.NewReader(e.body))
				if e.contentType != "" {
					req.Header.Set("Content-Type", e.contentType)
				}
				if e.accept != "" {
					req.Header.Set("Accept", e.accept)
				}
				if e.origin != "" {
					req.Header.Set("Origin", e.origin)
				}
				return req
			}
			w := serve(e.runner, build())
			if w.Code != e.status {
				t.Fatalf("status %d, want %d: %s", w.Code, e.status, w.Body)
			}
			seen[fmt.Sprint(e.method, build().URL.Path, w.Code)] = true
			in := requestInput(t, router, build())
			if err := openapi3filter.ValidateRequest(t.Context(), in); (err != nil) != e.refused {
				t.Errorf("request: %v", err)
			}
			validateReply(t, in, w)
		})
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			for code := range op.Responses.Map() {
				// 405 is another method's; 500 cannot be provoked where nothing runs.
				if !seen[method+path+code] && code != "405" &&
					(code != "404" || path != "/mcp" && path != "/events") &&
					(code != "500" || path == "/execute") {
					t.Errorf("%s %s: no exchange gets %s", method, path, code)
				}
			}
		}
	}
}

func requestInput(t *testing.T, router routers.Router, req *http.Request) *openapi3filter.RequestValidationInput {
	t.Helper()
	route, params, err := router.FindRoute(req)
	if err != nil {
		t.Fatal(err)
	}
	return &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route,
		Options: &openapi3filter.Options{IncludeResponseStatus: true}}
}

func validateReply(t *testing.T, in *openapi3filter.RequestValidationInput, w *httptest.ResponseRecorder) {
	t.Helper()
	err := openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: w.Code, Header: w.Header(), Options: in.Options,
		Body: io.NopCloser(bytes.NewReader(w.Body.Bytes())),
	})
	if err != nil {
		t.Errorf("reply: %v", err)
	}
}

// 405 is a reply to a method the document does not have, so that it is
// checked against the method it does have.
func TestOpenAPIWrongMethods(t *testing.T) {
	doc, router := openAPIDoc(t)
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			w := serve(four(), httptest.NewRequest("PATCH", path, nil))
			if w.Code != 405 {
				t.Errorf("%s: %d", path, w.Code)
			}
			validateReply(t, requestInput(t, router, httptest.NewRequest(method, path, nil)), w)
		}
	}
}

// The check can fail: a reply with a field more, or one less, is refused.
func TestOpenAPIRefusesWrongReplies(t *testing.T) {
	_, router := openAPIDoc(t)
	for _, body := range []string{`{"result":1}`, `{"result":1,"stdout":"","extra":1}`, `{"result":1,"stdout":1}`,
		`[]`} {
		w := post(four(), someScript)
		w.Body = bytes.NewBufferString(body)
		in := requestInput(t, router, newRequest("POST", "/execute", "application/json", someScript))
		err := openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: in, Status: 200, Header: w.Header(), Options: in.Options,
			Body: io.NopCloser(w.Body),
		})
		if err == nil {
			t.Errorf("%s passed", body)
		}
	}
}

// The document's paths, words, limits and fields are those of the code.
func TestOpenAPIIsComplete(t *testing.T) {
	doc, _ := openAPIDoc(t)
	for path := range endpoints {
		if doc.Paths.Value(path) == nil {
			t.Errorf("path %s is missing", path)
		}
	}
	if doc.Paths.Len() != len(endpoints) {
		t.Errorf("%d paths, want %d", doc.Paths.Len(), len(endpoints))
	}
	words := map[any]bool{}
	for _, w := range doc.Components.Schemas["Failure"].Value.Properties["status"].Value.Enum {
		words[w] = true
	}
	used := map[any]bool{}
	for _, o := range outcomes {
		if o.word != runtime.OK && !words[string(o.word)] {
			t.Errorf("status %s is missing", o.word)
		}
		used[string(o.word)] = true
		code := fmt.Sprint(o.http)
		if o.of != noSuchPath && doc.Paths.Value("/execute").Post.Responses.Value(code) == nil {
			t.Errorf("HTTP %s is missing", code)
		}
	}
	for w := range words {
		if !used[w] {
			t.Errorf("status %v is no longer in use", w)
		}
	}
	for _, f := range fields {
		if doc.Components.Schemas["ExecuteRequest"].Value.Properties[f.name] == nil {
			t.Errorf("field %s is missing", f.name)
		}
	}
	for _, row := range limitTable {
		if doc.Components.Schemas["Limits"].Value.Properties[row.name] == nil {
			t.Errorf("limit %s is missing", row.name)
		}
	}
}

// Examples in the document are examples of the table, which are run.
func TestOpenAPIExamples(t *testing.T) {
	doc, router := openAPIDoc(t)
	table := map[string]web.Example{}
	for _, e := range web.Examples() {
		table[e.Name] = e
		in := requestInput(t, router, newRequest("POST", "/execute", "application/json", string(e.Request)))
		if err := openapi3filter.ValidateRequest(t.Context(), in); (err != nil) != (e.Name == "bad-field") {
			t.Errorf("%s: %v", e.Name, err)
		}
	}
	compare := func(name string, value any, raw json.RawMessage) {
		t.Helper()
		var from any
		if err := json.Unmarshal(raw, &from); err != nil {
			t.Errorf("%s: not in the table of examples", name)
			return
		}
		a, _ := json.Marshal(value)
		b, _ := json.Marshal(from)
		if string(a) != string(b) {
			t.Errorf("%s\n got %s\nwant %s", name, a, b)
		}
	}
	push := doc.Paths.Value("/events").Post
	for name, e := range push.RequestBody.Value.Content["application/json"].Examples {
		body, err := json.Marshal(e.Value.Value)
		if err != nil {
			t.Fatal(err)
		}
		w := serve(four(), newRequest("POST", "/events", "application/json", string(body)))
		compare(name, push.Responses.Value("200").Value.Content["application/json"].Examples[name].Value.Value,
			w.Body.Bytes())
	}
	for name, e := range doc.Paths.Value("/mcp").Post.RequestBody.Value.Content["application/json"].Examples {
		body, err := json.Marshal(e.Value.Value)
		if err != nil {
			t.Fatal(err)
		}
		if w := serve(four(), newRequest("POST", "/mcp", "application/json", string(body))); w.Code != 200 ||
			!strings.Contains(w.Body.String(), `"structuredContent":{"result":4,`) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	post := doc.Paths.Value("/execute").Post
	for name, e := range post.RequestBody.Value.Content["application/json"].Examples {
		compare(name, e.Value.Value, table[name].Request)
	}
	for code, r := range post.Responses.Map() {
		for name, e := range r.Value.Content["application/json"].Examples {
			compare(name, e.Value.Value, table[name].Response)
			if fmt.Sprint(table[name].Status) != code {
				t.Errorf("%s stands under %s", name, code)
			}
		}
	}
}

// The fields are listed in texts, and those of the query in the document, too.
func TestFieldsAreListed(t *testing.T) {
	var names, parameters []string
	for _, f := range fields {
		names = append(names, f.name)
	}
	doc, _ := openAPIDoc(t)
	for _, p := range doc.Paths.Value("/execute").Post.Parameters {
		if p.Value.In == "query" {
			parameters = append(parameters, p.Value.Name)
		}
	}
	if got := strings.Join(names, ", "); got != fieldNames {
		t.Errorf("fieldNames are %s, want %s", fieldNames, got)
	}
	if got := strings.Join(queryFields, ", "); got != queryNames {
		t.Errorf("queryNames are %s, want %s", queryNames, got)
	}
	if !slices.Equal(slices.Sorted(slices.Values(parameters)), slices.Sorted(slices.Values(queryFields))) {
		t.Errorf("the document has the parameters %q, want %q", parameters, queryFields)
	}
}
