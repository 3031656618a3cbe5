// Package web is the documentation the service gives of itself: the page at
// /, the same content as JSON, and the OpenAPI document.
//
// There is one source for both forms, [Document]. Its examples are a table
// ([Examples]) of requests with the exact replies they get, so that a test
// can run every one of them.
//
// The page has a playground. Its scripts are in assets, served under
// [AssetPrefix]: modules that are written here, and the editor, CodeMirror,
// which editor/build.sh makes from npm's packages. The page needs nothing from
// elsewhere, and [PagePolicy] forbids it.
package web

import (
	_ "embed"
	"encoding/json"

	"github.com/pyexec/pyexec/runtime"
)

// Facts is what the documentation says that only the running service knows.
type Facts struct {
	// BaseURL is scheme and host under which the caller sees the service,
	// without a slash at the end. It goes into commands for a shell: the host
	// must be no more than letters, digits, and ".-_:[]".
	BaseURL  string
	Info     runtime.Info
	Limits   []Limit
	Statuses []Status
	MCP      bool // /mcp is served
}

// Limit is one limit in force. Name ends in the unit unless it is a count.
type Limit struct {
	Name    string      `json:"name"`
	Value   json.Number `json:"value"`
	Meaning string      `json:"meaning"`
}

// Status is one way a request can end.
type Status struct {
	Status  string `json:"status"`
	HTTP    int    `json:"http"`
	Error   string `json:"error,omitempty"` // an example of the sentence
	Meaning string `json:"meaning"`
}

// BlockedImportsNote says what the list of blocked imports is good for.
const BlockedImportsNote = "Importing one of these is refused before the script runs, " +
	"with a message that names it. It is a courtesy check that explains early what would not work, " +
	"and easy to get around: not a security boundary. What holds scripts in is listed under isolation."

//go:embed openapi.json
var openAPI []byte

// OpenAPI returns the OpenAPI 3.1 document. The caller must not change it.
func OpenAPI() []byte { return openAPI }
