package funcs

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/pyexec/pyexec/runtime"
)

// minTimeout is the shortest timeout a request may ask for.
const minTimeout = 50 * time.Millisecond

// request is a decoded body of POST /execute. job lacks what is not the
// caller's to say: Usage.
type request struct {
	job    runtime.Job
	hooks  runtime.Hooks // of a stream
	report bool
	seen   [fieldCount]bool // by index in fields
}

// field is one member of the request: how its value is taken over. The value
// is valid JSON without space around it.
type field struct {
	name string
	set  func(req *request, value []byte, limits *runtime.Limits) error
}

var fields = [fieldCount]field{
	{"script", setScript},
	{"input", setInput},
	{"stdin", setStdin},
	{"files", setFiles},
	{"timeout", setTimeout},
	{"report", setReport},
	{"return_files", setReturnFiles},
}

const (
	fieldCount = 7
	fieldNames = "script, input, stdin, files, timeout, report, return_files"
)

// parseSource makes a request of a body that is the script itself.
func parseSource(body []byte, limits runtime.Limits) (request, error) {
	var req request
	req.seen[0] = true
	return req, req.source(string(body), &limits)
}

// parse decodes the body of POST /execute. Its errors are for the caller:
// they name the field and what it must be. The input aliases body.
//
// encoding/json finds keys regardless of case and lets the last of two equal
// ones win; here names are exact and given once, so the object is walked by
// hand after encoding/json has found the text valid.
func parse(body []byte, limits runtime.Limits) (request, error) {
	var req request
	if !json.Valid(body) {
		return req, invalidJSON(body, limits)
	}
	s := scanner{text: body}
	if s.next() != '{' {
		return req, refuse(invalidRequest, "request body must be a JSON object with the field script")
	}
	for more := s.open(); more; more = s.comma() {
		name, _ := unquote(s.value())
		s.next() // the colon
		s.at++
		s.next()
		i := fieldIndex(name)
		if i < 0 {
			return req, refuse(invalidRequest, "unknown field %q: a request has only %s", clip(name), fieldNames)
		}
		if req.seen[i] {
			return req, refuse(invalidRequest, "%s must be given once", name)
		}
		req.seen[i] = true
		if err := fields[i].set(&req, s.value(), &limits); err != nil {
			return req, err
		}
	}
	if !req.seen[0] {
		return req, refuse(invalidRequest, "script is missing: it must be a string of Python source that defines main()")
	}
	return req, nil
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
func invalidJSON(body []byte, limits runtime.Limits) error {
	if len(strings.TrimSpace(string(body[:min(len(body), 64)]))) == 0 && len(body) <= 64 {
		return refuse(invalidRequest, "request body must be a JSON object: it is empty")
	}
	var syntax *json.SyntaxError
	err := json.Unmarshal(body, &json.RawMessage{})
	if !errors.As(err, &syntax) {
		return refuse(invalidRequest, "request body must be valid JSON")
	}
	if strings.HasSuffix(syntax.Error(), maxDepthText) {
		return refuseLimit(invalidRequest, depthHint, "request body must be nested at most %d levels deep", limits.ResultDepth)
	}
	if at := body[max(syntax.Offset, 1)-1:]; bytes.HasPrefix(at, []byte("NaN")) || bytes.HasPrefix(at, []byte("Infinity")) {
		return refuse(invalidRequest, "request body must be valid JSON, which has no NaN and no Infinity (byte %d)", syntax.Offset)
	}
	return refuse(invalidRequest, "request body must be valid JSON: %s (byte %d)", syntax.Error(), syntax.Offset)
}

func setScript(req *request, value []byte, limits *runtime.Limits) error {
	script, err := text("script", value)
	if err != nil {
		return err
	}
	return req.source(script, limits)
}

// source takes the text of the script over.
func (req *request) source(script string, limits *runtime.Limits) error {
	script = strings.TrimPrefix(script, "\ufeff")
	if int64(len(script)) > limits.ScriptBytes {
		return refuseLimit(tooLarge, scriptHint, "script must be at most %d bytes, got %d", limits.ScriptBytes, len(script))
	}
	if strings.TrimSpace(script) == "" {
		return refuse(invalidRequest, "script must not be empty: it must be Python source that defines main()")
	}
	req.job.Script = script
	return nil
}

func setInput(req *request, value []byte, limits *runtime.Limits) error {
	if depth(value) > limits.ResultDepth {
		return refuseLimit(invalidRequest, depthHint, "input must be nested at most %d levels deep", limits.ResultDepth)
	}
	req.job.Input = value[:len(value):len(value)]
	return nil
}

func setStdin(req *request, value []byte, _ *runtime.Limits) (err error) {
	req.job.Stdin, err = text("stdin", value)
	return err
}

func setTimeout(req *request, value []byte, limits *runtime.Limits) error {
	// Whatever is not a number, or none a float64 can hold, is out of range.
	seconds, err := strconv.ParseFloat(string(value), 64)
	if err != nil || seconds < minTimeout.Seconds() || seconds > limits.Timeout.Seconds() {
		return refuse(invalidRequest, "timeout must be a number of seconds from %s to %s",
			appendSeconds(nil, minTimeout), appendSeconds(nil, limits.Timeout))
	}
	req.job.Timeout = time.Duration(math.Round(seconds * float64(time.Second)))
	return nil
}

func setReport(req *request, value []byte, _ *runtime.Limits) error {
	return setFlag(&req.report, "report", value)
}

func setReturnFiles(req *request, value []byte, _ *runtime.Limits) error {
	return setFlag(&req.job.ReturnFiles, "return_files", value)
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
	s, ok := unquote(value)
	if !ok {
		return "", refuse(invalidRequest, `%s must be Unicode text: it has half of a surrogate pair (\ud800 to \udfff)`, name)
	}
	return s, nil
}
