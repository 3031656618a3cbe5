package gcp

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	ltype "google.golang.org/genproto/googleapis/logging/type"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Keys of attributes that are fields of a log entry and not part of its
// payload. They are the ones that the agent on Cloud Run lifts out of a JSON
// line on stdout, so that one record means the same to both.
const (
	KeyHTTPRequest  = "httpRequest"
	KeyTrace        = "logging.googleapis.com/trace" // projects/P/traces/ID
	KeySpan         = "logging.googleapis.com/spanId"
	KeyTraceSampled = "logging.googleapis.com/trace_sampled"
	KeyInsertID     = "logging.googleapis.com/insertId" // entries with the same one are one
	KeyLabels       = "logging.googleapis.com/labels"
)

// lifted sets the field of an entry that a key stands for.
var lifted = map[string]func(e *loggingpb.LogEntry, v slog.Value){
	KeyHTTPRequest:  func(e *loggingpb.LogEntry, v slog.Value) { e.HttpRequest = httpRequest(v) },
	KeyTrace:        func(e *loggingpb.LogEntry, v slog.Value) { e.Trace = v.String() },
	KeySpan:         func(e *loggingpb.LogEntry, v slog.Value) { e.SpanId = v.String() },
	KeyTraceSampled: func(e *loggingpb.LogEntry, v slog.Value) { e.TraceSampled = v.Kind() == slog.KindBool && v.Bool() },
	KeyInsertID:     func(e *loggingpb.LogEntry, v slog.Value) { e.InsertId = v.String() },
	KeyLabels: func(e *loggingpb.LogEntry, v slog.Value) {
		e.Labels = map[string]string{}
		for _, a := range members(v) {
			e.Labels[a.Key] = a.Value.Resolve().String()
		}
	},
}

// Severity is Cloud Logging's for a level.
func Severity(level slog.Level) ltype.LogSeverity {
	switch {
	case level >= slog.LevelError:
		return ltype.LogSeverity_ERROR
	case level >= slog.LevelWarn:
		return ltype.LogSeverity_WARNING
	case level >= slog.LevelInfo+2:
		return ltype.LogSeverity_NOTICE
	case level >= slog.LevelInfo:
		return ltype.LogSeverity_INFO
	default:
		return ltype.LogSeverity_DEBUG
	}
}

// newEntry makes an entry of a record's own parts and no attributes.
func newEntry(r slog.Record) *loggingpb.LogEntry {
	payload := &structpb.Struct{Fields: map[string]*structpb.Value{"message": text(r.Message)}}
	e := &loggingpb.LogEntry{Severity: Severity(r.Level), Payload: &loggingpb.LogEntry_JsonPayload{JsonPayload: payload}}
	if !r.Time.IsZero() {
		e.Timestamp = timestamppb.New(r.Time)
	}
	return e
}

// add puts an attribute where it belongs: into a field of e when it is at the
// top and has such a name, else into fields, which are e's or those of a group.
func add(e *loggingpb.LogEntry, fields map[string]*structpb.Value, top bool, a slog.Attr) {
	v := a.Value.Resolve()
	if lift := lifted[a.Key]; top && lift != nil {
		lift(e, v)
		return
	}
	switch {
	case a.Equal(slog.Attr{}):
	case v.Kind() != slog.KindGroup:
		fields[a.Key] = value(v)
	case a.Key == "": // a group without a name is none
		for _, m := range v.Group() {
			add(e, fields, top, m)
		}
	case len(v.Group()) > 0:
		inner := map[string]*structpb.Value{}
		for _, m := range v.Group() {
			add(e, inner, false, m)
		}
		fields[a.Key] = structpb.NewStructValue(&structpb.Struct{Fields: inner})
	}
}

// value is v in the form that slog's own JSON has.
func value(v slog.Value) *structpb.Value {
	switch v.Kind() {
	case slog.KindString:
		return text(v.String())
	case slog.KindBool:
		return structpb.NewBoolValue(v.Bool())
	case slog.KindInt64:
		return structpb.NewNumberValue(float64(v.Int64()))
	case slog.KindUint64:
		return structpb.NewNumberValue(float64(v.Uint64()))
	case slog.KindFloat64:
		return structpb.NewNumberValue(v.Float64())
	case slog.KindDuration:
		return structpb.NewNumberValue(float64(v.Duration()))
	case slog.KindTime:
		return text(v.Time().Format(time.RFC3339Nano))
	}
	if err, ok := v.Any().(error); ok {
		return text(err.Error())
	}
	out := new(structpb.Value)
	b, err := json.Marshal(v.Any())
	if err == nil && out.UnmarshalJSON(b) == nil {
		return out
	}
	return text(fmt.Sprintf("%+v", v.Any()))
}

// text is a string that protocol buffers take: UTF-8.
func text(s string) *structpb.Value {
	return structpb.NewStringValue(strings.ToValidUTF8(s, "\ufffd"))
}

func members(v slog.Value) []slog.Attr {
	if v.Kind() != slog.KindGroup {
		return nil
	}
	return v.Group()
}

// httpRequest reads a group with the names that the agent knows.
func httpRequest(v slog.Value) *ltype.HttpRequest {
	r := new(ltype.HttpRequest)
	for _, a := range members(v) {
		s := strings.ToValidUTF8(a.Value.Resolve().String(), "\ufffd")
		number, _ := strconv.ParseInt(s, 10, 64) // 0 for what is none
		switch a.Key {
		case "requestMethod":
			r.RequestMethod = s
		case "requestUrl":
			r.RequestUrl = s
		case "requestSize":
			r.RequestSize = number
		case "status":
			r.Status = int32(number)
		case "responseSize":
			r.ResponseSize = number
		case "userAgent":
			r.UserAgent = s
		case "remoteIp":
			r.RemoteIp = s
		case "protocol":
			r.Protocol = s
		case "latency":
			if d, err := time.ParseDuration(s); err == nil {
				r.Latency = durationpb.New(d)
			}
		}
	}
	return r
}
