package funcs

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Hints for who sends many inputs in another way than as lines.
const (
	linesBodyHint = "Send less in one request, or many inputs as lines, of which there may be any number " +
		"(Content-Type: " + linesType + ", the request in the first, then a case in each); the operator can raise " +
		"EXEC_BODY_BYTES."
	linesTypeHint = "Send lines: Content-Type: " + linesType + ", the request in the first, then a case in each."
)

// looksLikeLines says that a body has an object in its first line and more JSON in the next.
func looksLikeLines(body []byte) bool {
	first, rest, _ := bytes.Cut(bytes.TrimSpace(body), []byte("\n"))
	second, _, _ := bytes.Cut(bytes.TrimSpace(rest), []byte("\n"))
	return len(second) > 0 && first[0] == '{' && json.Valid(first) && json.Valid(second)
}

// namesLines says that a type is another name for lines of JSON.
func namesLines(media string) bool {
	media = strings.ToLower(media)
	for _, name := range []string{"ndjson", "jsonl", "json-l", "json-seq"} {
		if strings.Contains(media, name) {
			return true
		}
	}
	return false
}
