package gcp

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"cloud.google.com/go/logging"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/pyexec/pyexec/internal/logline"
)

// fieldBytes bounds each text beside the payload of an entry.
const fieldBytes = 1 << 10

// parseEntry reads a JSON line as the agent does. A member that has no field of its
// own in an entry stays in the payload, the message with it.
func parseEntry(line []byte) (logging.Entry, *structpb.Struct, error) {
	payload := new(structpb.Struct)
	if err := payload.UnmarshalJSON(line); err != nil {
		return logging.Entry{}, nil, fmt.Errorf("log line: %w", err)
	}
	take := func(key string) *structpb.Value {
		v := payload.Fields[key]
		delete(payload.Fields, key)
		return v
	}
	takeText := func(key string) string { return Cut(take(key).GetStringValue(), fieldBytes, 0) }
	e := logging.Entry{
		Severity:     logging.ParseSeverity(takeText(logline.KeySeverity)),
		Trace:        takeText(logline.KeyTrace),
		SpanID:       takeText(logline.KeySpan),
		TraceSampled: take(logline.KeyTraceSampled).GetBoolValue(),
		InsertID:     takeText(logline.KeyInsertID),
		HTTPRequest:  httpRequest(take(logline.KeyHTTPRequest).GetStructValue()),
		Payload:      payload,
	}
	if at, err := time.Parse(time.RFC3339Nano, takeText(logline.KeyTime)); err == nil {
		e.Timestamp = at
	}
	return e, payload, nil
}

// httpRequest reads a group with the names and forms that the agent knows.
func httpRequest(group *structpb.Struct) *logging.HTTPRequest {
	if group == nil {
		return nil
	}
	text := func(key string) string { return Cut(group.Fields[key].GetStringValue(), fieldBytes, 0) }
	number := func(key string) int64 {
		n, _ := strconv.ParseInt(text(key), 10, 64) // 0 for text that is no number
		return n
	}
	latency, _ := time.ParseDuration(text("latency"))
	return &logging.HTTPRequest{
		Request: &http.Request{
			Method: text("requestMethod"),
			URL:    &url.URL{Opaque: text("requestUrl")},
			Proto:  text("protocol"),
			Header: http.Header{"User-Agent": {text("userAgent")}},
		},
		Status:       int(group.Fields["status"].GetNumberValue()),
		RequestSize:  number("requestSize"),
		ResponseSize: number("responseSize"),
		RemoteIP:     text("remoteIp"),
		Latency:      latency,
	}
}
