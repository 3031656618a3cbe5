package envelope

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
)

// readEvent returns the CloudEvent in a request, nil when there is none. With an
// error it returns what it has read until then.
func readEvent(header http.Header, body []byte) (*cloudevents.Event, error) {
	if isStructured(header) {
		return readStructured(body)
	}
	read := http.Header{} // the others can't make an event fail
	for _, name := range []string{"Content-Type", "Ce-Specversion", "Ce-Id", "Ce-Source", "Ce-Type"} {
		if values := header.Values(name); values != nil {
			read[name] = values
		}
	}
	return readWith(read, body)
}

// readStructured returns the event that a text is.
func readStructured(text []byte) (*cloudevents.Event, error) {
	text, err := checkStructured(text)
	if err != nil {
		return nil, err
	}
	return readWith(http.Header{"Content-Type": {structuredType}}, text)
}

// readWith has the SDK read an event. It panics on some that are none; whoever sends
// one is told, and not that the service is at fault, for then the same event would
// come again and again.
func readWith(header http.Header, body []byte) (event *cloudevents.Event, err error) {
	defer func() {
		if recover() != nil {
			event, err = nil, errors.New("it can't be read")
		}
	}()
	request := &http.Request{Header: header, Body: io.NopCloser(bytes.NewReader(body))}
	event, err = cloudevents.NewEventFromHTTPRequest(request)
	switch {
	case errors.Is(err, binding.ErrUnknownEncoding):
		return nil, nil
	case err != nil:
		return nil, inOneLine(err)
	}
	if err := event.Validate(); err != nil {
		return event, inOneLine(err)
	}
	return event, nil
}

// structuredType announces an event in JSON.
const structuredType = "application/cloudevents+json"

// isStructured says that the body is an event, and not its data.
func isStructured(header http.Header) bool { return media(header) == structuredType }

// Readable says whether the type of content is one that Open can read. Events in
// another form than JSON, and several of them in one request, are announced as
// what they are. Their sender must learn that none of them has run.
func Readable(header http.Header) bool {
	kind, ok := strings.CutPrefix(media(header), "application/cloudevents")
	return !ok || kind == "" || kind == "+json"
}

// media is the type of content without its parameters.
func media(header http.Header) string {
	name, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(name))
}

// texts are the members of a structured event that are read and must be strings.
// Beside them only data are read.
var texts = []string{
	"specversion", "id", "source", "type", "datacontenttype", "datacontentencoding", "data_base64",
}

// checkStructured says what is wrong with the JSON of a structured event, which the
// SDK would not say as plainly. It returns the event in a form that the SDK can
// read: without space between its members and without escapes in data_base64, where
// PHP writes \/ for a slash. Members that are null are the same as absent, and those
// that nobody reads can't make an event fail. What is no text is JSON, whatever it is
// called: the SDK takes not every name of JSON for one.
func checkStructured(body []byte) ([]byte, error) {
	var members map[string]json.RawMessage
	err := json.Unmarshal(body, &members)
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return nil, fmt.Errorf("must be valid JSON: %w", err)
	}
	if err != nil || members == nil {
		return nil, errors.New("must be a JSON object")
	}
	maps.DeleteFunc(members, func(name string, value json.RawMessage) bool {
		return string(value) == "null" || name != "data" && !slices.Contains(texts, name)
	})
	for _, name := range texts {
		if value := members[name]; value != nil && value[0] != '"' {
			return nil, fmt.Errorf("%s must be a string", name)
		}
	}
	if data := members["data"]; data != nil && data[0] != '"' {
		delete(members, "datacontenttype")
	}
	if data := members["data_base64"]; bytes.IndexByte(data, '\\') >= 0 {
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return nil, fmt.Errorf("data_base64: %w", err)
		}
		if members["data_base64"], err = json.Marshal(text); err != nil {
			return nil, fmt.Errorf("data_base64: %w", err)
		}
	}
	return joined(members)
}

// joined writes an object member by member: encoding/json would escape what is in
// them.
func joined(members map[string]json.RawMessage) ([]byte, error) {
	var b bytes.Buffer
	before := byte('{')
	for _, name := range slices.Sorted(maps.Keys(members)) {
		quoted, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		b.WriteByte(before)
		b.Write(quoted)
		b.WriteByte(':')
		b.Write(members[name])
		before = ','
	}
	if before == '{' {
		b.WriteByte('{')
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// inOneLine joins what the SDK finds wrong with an event, one finding a line.
func inOneLine(err error) error {
	return errors.New(strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; "))
}

// CloudEvent is an event that the functions framework has received.
type CloudEvent = cloudevents.Event

// Request is the POST of an event in binary form: its data is the body, as it is.
func Request(ctx context.Context, e CloudEvent) (*http.Request, error) {
	if e.DataContentType() == "" {
		e = e.Clone()
		e.SetDataContentType(cloudevents.ApplicationJSON) // no other type could hold a request
	}
	r, err := cehttp.NewHTTPRequestFromEvent(ctx, "/events", e)
	if err == nil && r.Body == nil { // of an event without data
		r.Body = http.NoBody
	}
	return r, err
}
