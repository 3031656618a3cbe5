package funcs

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"

	"github.com/pyexec/pyexec/runtime"
)

// queryFields are the fields that may also stand in the query of the URL, for
// bodies that are the script itself. Their values are JSON.
var queryFields = []string{"input", "timeout", "report", "return_files"}

const queryNames = "input, timeout, report, return_files"

// parseQuery takes the fields of the query over. strict refuses names that are
// no fields; beside a JSON body they are nobody's business, because proxies add
// parameters of their own.
func (req *request) parseQuery(query string, strict bool, limits *runtime.Limits) error {
	if query == "" {
		return nil
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return refuse(invalidRequest, "query must be URL-encoded: name=value&name=value")
	}
	for name, given := range values {
		if !slices.Contains(queryFields, name) {
			if strict {
				return refuse(invalidRequest, "unknown query parameter %q: there are only %s", clip(name), queryNames)
			}
			continue
		}
		i := fieldIndex(name)
		if req.seen[i] || len(given) != 1 {
			return refuse(invalidRequest, "%s must be given once", name)
		}
		req.seen[i] = true
		value := bytes.TrimSpace([]byte(given[0]))
		if !json.Valid(value) {
			if name == "input" {
				return refuse(invalidRequest, "input must be JSON: in a query a string stands in quotes")
			}
			value = []byte("null") // which none of the others may be
		}
		if err := fields[i].set(req, value, limits); err != nil {
			return err
		}
	}
	return nil
}
