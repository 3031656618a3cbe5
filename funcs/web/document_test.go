package web

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/runtime"
)

// What the page says of request and reply are the members that the OpenAPI
// document has, and the same ones are required.
func TestFieldsAreThoseOfOpenAPI(t *testing.T) {
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]json.RawMessage
				Required   []string
			}
		}
	}
	if err := json.Unmarshal(OpenAPI(), &doc); err != nil {
		t.Fatal(err)
	}
	for name, fields := range map[string][]Field{
		"ExecuteRequest": requestFields(runtime.Limits{}), "Success": successFields, "Failure": failureFields,
		"Report": reportFields,
	} {
		schema, told := doc.Components.Schemas[name], map[string]bool{}
		for _, f := range fields {
			for member := range strings.SplitSeq(f.Name, ", ") {
				told[member] = true
				if f.Required != slices.Contains(schema.Required, member) {
					t.Errorf("%s: %s: is required on the page: %t", name, member, f.Required)
				}
			}
		}
		page, document := slices.Sorted(maps.Keys(told)), slices.Sorted(maps.Keys(schema.Properties))
		if !slices.Equal(page, document) {
			t.Errorf("%s: the page has %q, the document %q", name, page, document)
		}
	}
}
