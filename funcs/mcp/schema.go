package mcp

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
)

// schema is a JSON schema, decoded.
type schema = map[string]any

// schemas are the schemas of the OpenAPI document, which describe the contract
// once for all.
type schemas schema

func parseSchemas(openAPI []byte) (schemas, error) {
	var doc struct {
		Components struct{ Schemas schemas }
	}
	if err := json.Unmarshal(openAPI, &doc); err != nil {
		return nil, fmt.Errorf("OpenAPI: %w", err)
	}
	return doc.Components.Schemas, nil
}

// named returns a schema of the document with everything it refers to in the
// place of the reference: not every client of the protocol resolves them.
func (s schemas) named(name string) schema {
	found, _ := s.inline(s[name], 0).(schema)
	return found
}

// maxNesting ends the resolving of a schema that refers to itself.
const maxNesting = 32

func (s schemas) inline(v any, depth int) any {
	if depth > maxNesting {
		return schema{}
	}
	switch v := v.(type) {
	case schema:
		if ref, ok := v["$ref"].(string); ok {
			return s.inline(s[strings.TrimPrefix(ref, "#/components/schemas/")], depth+1)
		}
		out := make(schema, len(v))
		for key, value := range v {
			out[key] = s.inline(value, depth+1)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = s.inline(v[i], depth+1)
		}
		return out
	}
	return v
}

// inputSchema is the body of POST /execute with the limits in force.
func inputSchema(s schemas, facts Facts) schema {
	in := s.named("ExecuteRequest")
	if timeout, ok := properties(in)["timeout"].(schema); ok {
		timeout["maximum"] = facts.Info.Limits.Timeout.Seconds()
		timeout["default"] = facts.Info.Limits.Timeout.Seconds()
		timeout["description"] = "Seconds of wall clock for the whole script."
	}
	if environment, ok := properties(in)["environment"].(schema); ok && len(facts.Info.Environments) > 0 {
		var names []any
		for _, e := range facts.Info.Environments {
			names = append(names, e.Name)
		}
		environment["enum"] = names
	}
	delete(properties(in), "cases") // inputs and expected will do, and each argument is read by every model
	if input, ok := properties(in)["input"].(schema); ok {
		// Said outright: to models and inspectors no type means text.
		input["type"] = []any{"object", "array", "string", "number", "boolean", "null"}
	}
	return in
}

// outputSchema is a reply of POST /execute, a success or a failure, without
// what becomes content of its own. The protocol wants one object.
func outputSchema(s schemas) schema {
	success, failure, batch := s.named("Success"), s.named("Failure"), s.named("Batch")
	all := schema{}
	maps.Copy(all, properties(failure))
	maps.Copy(all, properties(success)) // the same names mean the same
	delete(all, figures)
	delete(all, "passed") // it is one of results
	all["summary"] = properties(batch)["summary"]
	all["results"] = schema{"type": "array", "items": schema{"type": "object"},
		"description": "With inputs: for each of them what a call with that input would return."}
	if report, ok := all["report"].(schema); ok {
		all["report"] = schema{"type": "object", "description": report["description"]}
	}
	return schema{
		"type":       "object",
		"properties": all,
		"anyOf": []any{schema{"required": success["required"]}, schema{"required": failure["required"]},
			schema{"required": batch["required"]}},
	}
}

func properties(s schema) schema {
	p, _ := s["properties"].(schema)
	return p
}
