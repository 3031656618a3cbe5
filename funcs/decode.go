package funcs

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pyexec/pyexec/funcs/jsontext"
	"github.com/pyexec/pyexec/runtime"
)

// minTimeout is the shortest timeout a request may ask for.
const minTimeout = 50 * time.Millisecond

// params are the parts of a request. job lacks Usage, which is not for the caller
// to say.
type params struct {
	job    runtime.Job
	report bool
	batch  *batch           // nil for a request of one run
	seen   [fieldCount]bool // by index in fields
}

// field is one member of the request: how its value is taken over. The value
// is valid JSON without space around it.
type field struct {
	name string
	set  func(p *params, value []byte, limits *runtime.Limits) error
}

var fields = [fieldCount]field{
	{"script", setScript},
	{"input", setInput},
	{"stdin", setStdin},
	{"files", setFiles},
	{"timeout", setTimeout},
	{"report", setReport},
	{"return_files", setReturnFiles},
	{"entry", setEntry},
	{"spread", setSpread},
	{"convert", setConvert},
	{"env", setEnv},
	{"args", setArgs},
	{"environment", setEnvironment},
	{"inputs", setInputs},
	{"cases", setCases},
	{"expected", setExpected},
	{"isolation", setIsolation},
}

const (
	fieldCount = 17
	fieldNames = "script, input, stdin, files, timeout, report, return_files, entry, spread, convert, env, args, " +
		"environment, inputs, cases, expected, isolation"
)

// parseSource takes a body that is the script itself.
func parseSource(body []byte, limits *runtime.Limits) (params, error) {
	var p params
	p.seen[0] = true
	return p, p.source(string(body), limits)
}

// parse decodes the body of POST /execute. Its errors are for the caller:
// they name the field and what it must be. The input aliases body.
//
// encoding/json finds keys regardless of case and lets the last of two equal
// ones win; here names are exact and given once, so the object is walked by
// hand after encoding/json has found the text valid.
func parse(body []byte, limits *runtime.Limits) (params, error) {
	var p params
	if !json.Valid(body) {
		return p, invalidJSON(body, limits)
	}
	if jsontext.Kind(body) != '{' {
		return p, refuse(invalidRequest, "request body must be a JSON object with the field script")
	}
	for quoted, value := range jsontext.Members(body) {
		name, _ := jsontext.Unquote(quoted)
		i := fieldIndex(name)
		if i < 0 {
			return p, refuse(invalidRequest, "unknown field %q: a request has only %s", clip(name), fieldNames)
		}
		if p.seen[i] {
			return p, refuse(invalidRequest, "%s must be given once", name)
		}
		p.seen[i] = true
		if err := fields[i].set(&p, value, limits); err != nil {
			return p, err
		}
	}
	if !p.seen[0] {
		return p, refuse(invalidRequest,
			"script is missing: it must be a string of Python source that defines main()")
	}
	return p, nil
}

func fieldIndex(name string) int {
	for i := range fields {
		if fields[i].name == name {
			return i
		}
	}
	return -1
}

// maxDepthText ends what encoding/json says of nesting past its own bound,
// which is far above any ResultDepth.
const maxDepthText = "exceeded max depth"

// invalidJSON words why body is not valid JSON.
func invalidJSON(body []byte, limits *runtime.Limits) error {
	if len(strings.TrimSpace(string(body[:min(len(body), 64)]))) == 0 && len(body) <= 64 {
		return refuse(invalidRequest, "request body must be a JSON object: it is empty")
	}
	var syntax *json.SyntaxError
	err := json.Unmarshal(body, &json.RawMessage{})
	if !errors.As(err, &syntax) {
		return refuse(invalidRequest, "request body must be valid JSON")
	}
	if strings.HasSuffix(syntax.Error(), maxDepthText) {
		return refuseLimit(invalidRequest, depthHint,
			"request body must be nested at most %d levels deep", limits.ResultDepth)
	}
	at := body[max(syntax.Offset, 1)-1:]
	if bytes.HasPrefix(at, []byte("NaN")) || bytes.HasPrefix(at, []byte("Infinity")) {
		return refuse(invalidRequest,
			"request body must be valid JSON, which has no NaN and no Infinity (byte %d)", syntax.Offset)
	}
	return refuse(invalidRequest, "request body must be valid JSON: %s (byte %d)", syntax.Error(), syntax.Offset)
}

func setScript(p *params, value []byte, limits *runtime.Limits) error {
	script, err := text("script", value)
	if err != nil {
		return err
	}
	return p.source(script, limits)
}

// source takes the text of the script over.
func (p *params) source(script string, limits *runtime.Limits) error {
	script = strings.TrimPrefix(script, "\ufeff")
	if int64(len(script)) > limits.ScriptBytes {
		return refuseLimit(tooLarge, scriptHint,
			"script must be at most %d bytes, got %d", limits.ScriptBytes, len(script))
	}
	if strings.TrimSpace(script) == "" {
		return refuse(invalidRequest, "script must not be empty: it must be Python source that defines main()")
	}
	p.job.Script = script
	return nil
}

func setInput(p *params, value []byte, limits *runtime.Limits) error {
	if runtime.Depth(value) > limits.ResultDepth {
		return refuseLimit(invalidRequest, depthHint,
			"input must be nested at most %d levels deep", limits.ResultDepth)
	}
	p.job.Input = value[:len(value):len(value)]
	return nil
}

func setStdin(p *params, value []byte, _ *runtime.Limits) (err error) {
	p.job.Stdin, err = text("stdin", value)
	return err
}

func setTimeout(p *params, value []byte, limits *runtime.Limits) error {
	// Whatever is not a number, or none a float64 can hold, is out of range.
	seconds, err := strconv.ParseFloat(string(value), 64)
	if err != nil || seconds < minTimeout.Seconds() || seconds > limits.Timeout.Seconds() {
		return refuse(invalidRequest, "timeout must be a number of seconds from %s to %s",
			appendSeconds(nil, minTimeout), appendSeconds(nil, limits.Timeout))
	}
	p.job.Timeout = time.Duration(math.Round(seconds * float64(time.Second)))
	return nil
}

func setReport(p *params, value []byte, _ *runtime.Limits) error {
	return setFlag(&p.report, "report", value)
}

func setReturnFiles(p *params, value []byte, _ *runtime.Limits) error {
	return setFlag(&p.job.ReturnFiles, "return_files", value)
}

func setFlag(flag *bool, name string, value []byte) error {
	switch string(value) {
	case "true":
		*flag = true
	case "false":
		*flag = false
	default:
		return refuse(invalidRequest, "%s must be true or false", name)
	}
	return nil
}

// text returns the string a field holds.
func text(name string, value []byte) (string, error) {
	if value[0] != '"' {
		return "", refuse(invalidRequest, "%s must be a string", name)
	}
	s, ok := jsontext.Unquote(value)
	if !ok {
		return "", refuse(invalidRequest,
			`%s must be Unicode text: it has half of a surrogate pair (\ud800 to \udfff)`, name)
	}
	return s, nil
}

// setFiles reads the object of files: text is the contents as it is, and
// {"base64": "…"} is for contents that are no text.
func setFiles(p *params, value []byte, limits *runtime.Limits) error {
	if value[0] != '{' {
		return refuse(invalidRequest, `files must be an object of names and contents: text, or {"base64": "…"}`)
	}
	for quoted, contents := range jsontext.Members(value) {
		name, ok := jsontext.Unquote(quoted)
		if !ok {
			return refuse(invalidRequest, "files: %q: name must be Unicode text", clip(name))
		}
		data, ok := fileData(contents)
		if !ok {
			return refuse(invalidRequest,
				`files: %q: must be a string of Unicode text, or {"base64": "…"} with padding and nothing else`,
				clip(name))
		}
		p.job.Files = append(p.job.Files, runtime.File{Name: name, Data: data})
	}
	err := runtime.CheckFiles(p.job.Files, *limits)
	if beyond, ok := errors.AsType[*runtime.FilesLimitError](err); ok {
		return refuseLimit(invalidRequest, beyond.Hint(), "%s", beyond)
	}
	if err != nil {
		return refuse(invalidRequest, "%s", err)
	}
	return nil
}

// fileData returns the contents that a value of the object of files gives.
func fileData(value []byte) (data []byte, ok bool) {
	switch value[0] {
	case '"':
		text, ok := jsontext.Unquote(value)
		return []byte(text), ok
	case '{':
		for quoted, coded := range jsontext.Members(value) {
			if key, _ := jsontext.Unquote(quoted); ok || key != "base64" || coded[0] != '"' {
				return nil, false
			}
			text, _ := jsontext.Unquote(coded)
			var err error
			if data, err = base64.StdEncoding.Strict().DecodeString(text); err != nil {
				return nil, false
			}
			ok = true
		}
	}
	return data, ok
}

// queryFields are the fields that may also stand in the query of the URL, for
// bodies that are the script itself. Their values are JSON.
var queryFields = strings.Split(queryNames, ", ")

const queryNames = "input, timeout, report, return_files, entry, spread, convert, env, args, environment"

// parseQuery takes the fields of the query over. strict refuses names that are no
// fields; beside a JSON body such names are ignored, because proxies add parameters
// of their own.
func (p *params) parseQuery(query string, strict bool, limits *runtime.Limits) error {
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
				return refuse(invalidRequest,
					"unknown query parameter %q: there are only %s", clip(name), queryNames)
			}
			continue
		}
		i := fieldIndex(name)
		if p.seen[i] || len(given) != 1 {
			return refuse(invalidRequest, "%s must be given once", name)
		}
		p.seen[i] = true
		value := bytes.TrimSpace([]byte(given[0]))
		if name == "entry" || name == "environment" {
			value = nameOfQuery(value)
		}
		if !json.Valid(value) {
			if name == "input" {
				return refuse(invalidRequest, "input must be JSON: in a query a string stands in quotes")
			}
			value = []byte("null") // null is refused by each of the other fields
		}
		if err := fields[i].set(p, value, limits); err != nil {
			return err
		}
	}
	return nil
}
