package envelope

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
)

// readEvent returns the CloudEvent in a request, nil when there is none. With an
// error it returns what it has read until then. The SDK panics on some events
// that are none; whoever sends one is told, and not that the service is at
// fault, for then the same event would come again and again.
func readEvent(header http.Header, body []byte) (event *cloudevents.Event, err error) {
	if isStructured(header) {
		if body, err = checkStructured(body); err != nil {
			return nil, err
		}
	}
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

// isStructured says that the body is an event, and not its data.
func isStructured(header http.Header) bool {
	return strings.HasPrefix(strings.ToLower(header.Get("Content-Type")), "application/cloudevents+json")
}

// texts are the members of a structured event that must be strings.
var texts = []string{
	"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema", "data_base64",
}

// checkStructured says what is wrong with the JSON of a structured event, which the
// SDK would not say as plainly. It returns the event in a form that the SDK can
// read: without space between its members and escapes in data_base64, where PHP
// writes \/ for a slash.
func checkStructured(body []byte) ([]byte, error) {
	var b bytes.Buffer
	if err := json.Compact(&b, body); err != nil {
		return nil, fmt.Errorf("must be valid JSON: %w", err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(b.Bytes(), &members); err != nil || members == nil {
		return nil, errors.New("must be a JSON object")
	}
	for _, name := range texts {
		if value := members[name]; value != nil && value[0] != '"' && string(value) != "null" {
			return nil, fmt.Errorf("%s must be a string", name)
		}
	}
	if data := members["data_base64"]; bytes.IndexByte(data, '\\') >= 0 {
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return nil, fmt.Errorf("data_base64: %w", err)
		}
		plain, err := json.Marshal(text)
		return bytes.ReplaceAll(b.Bytes(), data, plain), err
	}
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
