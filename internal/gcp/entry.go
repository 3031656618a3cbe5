package gcp

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"cloud.google.com/go/logging"
	"google.golang.org/protobuf/types/known/structpb"
)

// Keys that are fields of a log entry when they stand at the top of a JSON
// line, and not part of its payload. They are the ones that the agent on Cloud
// Run lifts out of the lines on stdout: one line means the same to both.
const (
	KeyMessage      = "message"
	KeySeverity     = "severity"
	KeyTime         = "time" // RFC 3339
	KeyHTTPRequest  = "httpRequest"
	KeyTrace        = "logging.googleapis.com/trace" // projects/P/traces/ID
	KeySpan         = "logging.googleapis.com/spanId"
	KeyTraceSampled = "logging.googleapis.com/trace_sampled"
	KeyInsertID     = "logging.googleapis.com/insertId" // entries with the same one are one
	KeyLabels       = "logging.googleapis.com/labels"
)

// parseEntry reads a JSON line as the agent does. What has no field of its own
// stays in the payload, the message with it.
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
	e := logging.Entry{
		Severity:     logging.ParseSeverity(take(KeySeverity).GetStringValue()),
		Trace:        take(KeyTrace).GetStringValue(),
		SpanID:       take(KeySpan).GetStringValue(),
		TraceSampled: take(KeyTraceSampled).GetBoolValue(),
		InsertID:     take(KeyInsertID).GetStringValue(),
		HTTPRequest:  httpRequest(take(KeyHTTPRequest).GetStructValue()),
		Payload:      payload,
	}
	if at, err := time.Parse(time.RFC3339Nano, take(KeyTime).GetStringValue()); err == nil {
		e.Timestamp = at
	}
	for key, v := range take(KeyLabels).GetStructValue().GetFields() {
		if e.Labels == nil {
			e.Labels = map[string]string{}
		}
		e.Labels[key] = v.GetStringValue()
	}
	return e, payload, nil
}

// httpRequest reads a group with the names and forms that the agent knows.
func httpRequest(group *structpb.Struct) *logging.HTTPRequest {
	if group == nil {
		return nil
	}
	text := func(key string) string { return group.Fields[key].GetStringValue() }
	number := func(key string) int64 {
		n, _ := strconv.ParseInt(text(key), 10, 64) // 0 for what is none
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
