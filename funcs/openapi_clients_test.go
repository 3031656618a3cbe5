package funcs

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/pyexec/pyexec/funcs/web"
)

// inOrder is an object of the document with its members as they stand there.
type inOrder struct {
	names  []string
	values map[string]json.RawMessage
}

func (o *inOrder) UnmarshalJSON(text []byte) error {
	if err := json.Unmarshal(text, &o.values); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	for depth := 0; d.More() || depth > 1; {
		token, err := d.Token()
		if err != nil {
			return err
		}
		switch name, ok := token.(string); {
		case ok && depth == 1:
			o.names = append(o.names, name)
			var skipped json.RawMessage
			if err := d.Decode(&skipped); err != nil {
				return err
			}
		case token == json.Delim('{'):
			depth++
		case token == json.Delim('}'):
			depth--
		}
	}
	return nil
}

// Generators of clients type a body by the first of its types: that is JSON
// wherever there is JSON.
func TestOpenAPIHasJSONFirst(t *testing.T) {
	found := 0
	var walk func(where string, text json.RawMessage)
	walk = func(where string, text json.RawMessage) {
		var list []json.RawMessage
		if json.Unmarshal(text, &list) == nil {
			for _, member := range list {
				walk(where+"[]", member)
			}
		}
		var o inOrder
		if len(text) == 0 || text[0] != '{' {
			return
		}
		if err := json.Unmarshal(text, &o); err != nil {
			t.Fatal(where, err)
		}
		if _, ok := o.values["application/json"]; ok && len(o.names) > 1 {
			found++
			if o.names[0] != "application/json" {
				t.Errorf("%s: %v", where, o.names)
			}
		}
		for name, value := range o.values {
			walk(where+" "+name, value)
		}
	}
	walk("", web.OpenAPI())
	if found < 2 {
		t.Errorf("%d bodies of several types, want those of /execute", found)
	}
}

// What a request may leave out has no default: generators of clients make such a
// field required, and clients that send defaults send fields nobody asked for.
func TestOpenAPIRequestsHaveNoDefaults(t *testing.T) {
	doc, _ := openAPIDoc(t)
	for _, schema := range []string{"ExecuteRequest", "PushMessage"} {
		properties := doc.Components.Schemas[schema].Value.Properties
		if len(properties) == 0 {
			t.Errorf("%s has no properties", schema)
		}
		for name, p := range properties {
			if p.Value.Default != nil {
				t.Errorf("%s.%s has the default %v", schema, name, p.Value.Default)
			}
		}
	}
	if got := doc.Components.Schemas["ExecuteRequest"].Value.Required; !slices.Equal(got, []string{"script"}) {
		t.Errorf("required are %v", got)
	}
	for path, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			for _, p := range op.Parameters {
				if p.Value.Schema != nil && p.Value.Schema.Value.Default != nil {
					t.Errorf("%s: parameter %s has a default", path, p.Value.Name)
				}
			}
		}
	}
}

// What linters of such documents ask for by default: who made it, under which
// license, and of each operation what it is and how it can fail.
func TestOpenAPIIsWhatLintersAskFor(t *testing.T) {
	doc, _ := openAPIDoc(t)
	var info struct {
		Info struct{ License map[string]string }
	}
	if err := json.Unmarshal(web.OpenAPI(), &info); err != nil {
		t.Fatal(err)
	}
	license, err := os.ReadFile("../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(license), "\n")
	if l := info.Info.License; l["name"] != first || l["identifier"] != "MIT" || l["url"] != "" {
		t.Errorf("license %v; the identifier and a url exclude each other", l)
	}
	if c := doc.Info.Contact; c == nil || c.Name == "" || !strings.HasPrefix(c.URL, "https://") {
		t.Errorf("contact %v", c)
	}
	if doc.Info.Description == "" || len(doc.Servers) == 0 || doc.Security == nil {
		t.Error("no description, server or security")
	}
	tags := map[string]bool{}
	for _, tag := range doc.Tags {
		tags[tag.Name] = tag.Description != ""
	}
	ids := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			lintOperation(t, method+" "+path, op, tags)
			if ids[op.OperationID] {
				t.Errorf("%s %s: operationId %s again", method, path, op.OperationID)
			}
			ids[op.OperationID] = true
		}
	}
	for name := range maps.Keys(doc.Components.Schemas) {
		if !bytes.Contains(web.OpenAPI(), []byte(`"#/components/schemas/`+name+`"`)) {
			t.Errorf("schema %s is not used", name)
		}
	}
}

func lintOperation(t *testing.T, name string, op *openapi3.Operation, tags map[string]bool) {
	if op.OperationID == "" || op.Summary == "" || op.Description == "" || len(op.Tags) == 0 {
		t.Errorf("%s: no operationId, summary, description or tag", name)
	}
	for _, tag := range op.Tags {
		if !tags[tag] {
			t.Errorf("%s: tag %s has no description", name, tag)
		}
	}
	classes := map[byte]bool{}
	for code, r := range op.Responses.Map() {
		classes[code[0]] = true
		if r.Value.Description == nil || *r.Value.Description == "" {
			t.Errorf("%s: %s has no description", name, code)
		}
	}
	if !classes['2'] || !classes['4'] {
		t.Errorf("%s: no reply for success or for failure", name)
	}
}
