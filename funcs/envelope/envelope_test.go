package envelope

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
)

func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

// binary are the headers of Eventarc's Pub/Sub event.
func binary(more ...string) http.Header {
	return header(append([]string{
		"ce-id", "e1", "ce-specversion", "1.0", "ce-source", "//pubsub.googleapis.com/projects/p/topics/t",
		"ce-type", "google.cloud.pubsub.topic.v1.messagePublished", "Content-Type", "application/json",
	}, more...)...)
}

const (
	source    = "//pubsub.googleapis.com/projects/p/topics/t"
	published = "google.cloud.pubsub.topic.v1.messagePublished"
	request   = `{"script":"x"}`
	aPush     = `{"message":{"data":"eyJzY3JpcHQiOiJ4In0=","messageId":"m1",` +
		`"publishTime":"2026-01-01T00:00:00Z","attributes":{"k":"v"}},` +
		`"subscription":"projects/p/subscriptions/s","deliveryAttempt":2}`
	oldPush = `{"message":{"data":"eyJzY3JpcHQiOiJ4In0=","message_id":"m0"},"subscription":"s"}`
)

// aStructured is an event with the request in it.
const aStructured = `{"specversion":"1.0","id":"e3","source":"/y","type":"u",` +
	`"datacontenttype":"application/json","data":` + request + `}`

// inPush is a push envelope around data.
func inPush(data string) string {
	return `{"message":{"data":"` + base64.StdEncoding.EncodeToString([]byte(data)) +
		`","messageId":"m3"},"subscription":"s"}`
}

var structured = header("Content-Type", "application/cloudevents+json; charset=utf-8")

// messages are what is delivered, by senders of every kind, and what is in it.
var messages = []struct {
	name   string
	header http.Header
	body   string
	want   Message // Data apart
	data   string
	err    string
}{
	{"push", header("Content-Type", "application/json"), aPush,
		Message{ID: "m1", Subscription: "projects/p/subscriptions/s", Attempt: 2}, request, ""},
	{"push of older form", nil, oldPush, Message{ID: "m0", Subscription: "s"}, request, ""},
	{"Eventarc", binary(), aPush,
		Message{ID: "e1", Source: source, Type: published, Subscription: "projects/p/subscriptions/s",
			Attempt: 2}, request, ""},
	{"binary event, bare", binary(), request, Message{ID: "e1", Source: source, Type: published}, request,
		""},
	{"binary event with headers that nobody reads", binary("ce-time", "now", "ce-dataschema", "%zz", "ce-x_y", ""),
		request, Message{ID: "e1", Source: source, Type: published}, request, ""},
	{"binary event of version 0.3", binary("ce-specversion", "0.3"), request,
		Message{ID: "e1", Source: source, Type: published}, request, ""},
	{"structured event", structured,
		`{"specversion":"1.0","id":"e2","source":"/x","type":"t","data":{"script":"x",` +
			`"input":12345678901234567890.0}}`,
		Message{ID: "e2", Source: "/x", Type: "t"}, `{"script":"x","input":12345678901234567890.0}`, ""},
	{"structured event in base64", structured,
		`{"specversion":"1.0","id":"e2","source":"/x","type":"t","data_base64":"eyJzY3JpcHQiOiJ4In0="}`,
		Message{ID: "e2", Source: "/x", Type: "t"}, request, ""},
	{"structured event in base64, with space", structured,
		"{ \"specversion\": \"1.0\", \"id\": \"e2\", \"source\": \"/x\", \"type\": \"t\",\n " +
			"\"data_base64\": \"eyJzY3JpcHQiOiJ4In0=\" }",
		Message{ID: "e2", Source: "/x", Type: "t"}, request, ""},
	{"structured event in base64, with escapes", structured,
		`{"specversion":"1.0","id":"e2","source":"\/x","type":"t","data_base64":"eyJzY3JpcHQiOiI\/IiJ9"}`,
		Message{ID: "e2", Source: "/x", Type: "t"}, `{"script":"?""}`, ""},
	{"structured event of Eventarc", structured,
		`{"specversion":"1.0","id":"e2","source":"/x","type":"` + published + `","data":` + aPush + `}`,
		Message{ID: "e2", Source: "/x", Type: published, Subscription: "projects/p/subscriptions/s",
			Attempt: 2}, request, ""},
	{"push after a byte order mark", nil, "\ufeff" + oldPush, Message{ID: "m0", Subscription: "s"}, request,
		""},
	{"structured event after a byte order mark", structured,
		"\ufeff" + `{"specversion":"1.0","id":"e2","source":"/x","type":"t","data":{"script":"x"}}`,
		Message{ID: "e2", Source: "/x", Type: "t"}, request, ""},
	{"structured event with every attribute null that may be absent", structured,
		`{"specversion":"1.0","id":"e2","source":"/x","type":"t","datacontenttype":null,"dataschema":null,` +
			`"subject":null,"time":null,"traceparent":null,"data_base64":null,"data":{"script":"<x>","input":null}}`,
		Message{ID: "e2", Source: "/x", Type: "t"}, `{"script":"<x>","input":null}`, ""},
	{"structured event in base64 whose data are null", structured,
		`{"data":null,"specversion":"1.0","id":"e2","source":"/x","type":"t",` +
			`"data_base64":"eyJzY3JpcHQiOiJ4In0="}`,
		Message{ID: "e2", Source: "/x", Type: "t"}, request, ""},
	{"structured event of version 0.3 with null attributes", structured,
		`{"specversion":"0.3","id":"e2","source":"/x","type":"t","datacontentencoding":null,"schemaurl":null,` +
			`"subject":null,"data":{"script":"x"}}`,
		Message{ID: "e2", Source: "/x", Type: "t"}, request, ""},
	{"structured event with extensions of every type", structured,
		`{"specversion":"1.0","id":"e2","source":"/x","type":"t","a":1,"b":true,"c":"x","data":{"script":"x"}}`,
		Message{ID: "e2", Source: "/x", Type: "t"}, request, ""},
	{"structured event with members that break its rules and that nobody reads", structured,
		`{"specversion":"1.0","id":"e2","source":"/x","type":"t","time":"2026-01-02 03:04","ext_u":{"a":[1]},` +
			`"extensions":{"a":"b"},"subject":5,"data":{"script":"x"}}`,
		Message{ID: "e2", Source: "/x", Type: "t"}, request, ""},
	{"structured event whose JSON has another name", structured,
		`{"specversion":"1.0","id":"e2","source":"/x","type":"t",` +
			`"datacontenttype":"application/vnd.jobs+json; charset=utf-8","data":{"script":"x"}}`,
		Message{ID: "e2", Source: "/x", Type: "t"}, request, ""},
	{"structured event whose data are text", structured,
		`{"specversion":"1.0","id":"e2","source":"/x","type":"t","datacontenttype":"text/plain",` +
			`"data":"{\"script\":\"x\"}"}`,
		Message{ID: "e2", Source: "/x", Type: "t"}, request, ""},
	{"structured event in a push", nil, inPush(aStructured),
		Message{ID: "e3", Source: "/y", Type: "u", Subscription: "s"}, request, ""},
	{"structured event with null attributes in a push", header("Content-Type", "application/json"),
		inPush(strings.Replace(aStructured, "{", `{"subject":null,"data_base64":null,`, 1)),
		Message{ID: "e3", Source: "/y", Type: "u", Subscription: "s"}, request, ""},
	{"structured event in a push in Eventarc's event", binary(), inPush(aStructured),
		Message{ID: "e3", Source: "/y", Type: "u", Subscription: "s"}, request, ""},
	{"structured event that is announced as JSON", header("Content-Type", "application/json"), aStructured,
		Message{ID: "e3", Source: "/y", Type: "u"}, request, ""},
	{"a request with a member called specversion", nil, `{"script":"x","specversion":"1.0"}`, Message{},
		`{"script":"x","specversion":"1.0"}`, ""},
	{"a push in a push in a push in a push", nil, inPush(inPush(inPush(inPush(request)))),
		Message{ID: "m3", Subscription: "s"}, inPush(request), ""},
	{"unwrapped", nil, request, Message{}, request, ""},
	{"unwrapped with metadata",
		header("x-goog-pubsub-message-id", "m2", "x-goog-pubsub-subscription-name", "s"), request,
		Message{ID: "m2", Subscription: "s"}, request, ""},
	{"a form, says curl", header("Content-Type", "application/x-www-form-urlencoded"), request, Message{},
		request, ""},
	{"a request with a member called message", nil, `{"script":"x","message":1}`, Message{},
		`{"script":"x","message":1}`, ""},
	{"nothing", nil, "", Message{}, "", ""},
	{"garbage", nil, "garbage", Message{}, "garbage", ""},

	{"no data", nil, `{"message":{"messageId":"m1","attributes":{"k":"v"}},"subscription":"s"}`,
		Message{ID: "m1", Subscription: "s"}, "", "push message: it has no data"},
	{"no base64", nil, `{"message":{"data":"%%","messageId":"m1"}}`, Message{},
		`{"message":{"data":"%%","messageId":"m1"}}`,
		"push message: message.data must be a string of base64: byte 0 is not"},
	{"no message", nil, `{"message":"text"}`, Message{}, `{"message":"text"}`,
		"push message: message must be an object, got string"},
	{"message without quotes", nil, `{"message":{"data":5,"messageId":"m1"}}`, Message{},
		`{"message":{"data":5,"messageId":"m1"}}`,
		"push message: message.data must be a string of base64, got number"},
	{"number for an id", nil, `{"message":{"data":"e30=","messageId":1}}`, Message{},
		`{"message":{"data":"e30=","messageId":1}}`,
		"push message: message.messageId must be a string, got number"},
	{"number for an old id", nil, `{"message":{"data":"e30=","message_id":1}}`, Message{},
		`{"message":{"data":"e30=","message_id":1}}`,
		"push message: message.message_id must be a string, got number"},
	{"number for a subscription", nil, `{"message":{"data":"e30="},"subscription":5}`, Message{},
		`{"message":{"data":"e30="},"subscription":5}`,
		"push message: subscription must be a string, got number"},
	{"text for an attempt", nil, `{"message":{"data":"e30="},"deliveryAttempt":"1"}`, Message{},
		`{"message":{"data":"e30="},"deliveryAttempt":"1"}`,
		"push message: deliveryAttempt must be a whole number, got string"},
	{"half an attempt", nil, `{"message":{"data":"e30="},"deliveryAttempt":1.5}`, Message{},
		`{"message":{"data":"e30="},"deliveryAttempt":1.5}`,
		"push message: deliveryAttempt must be a whole number, got number 1.5"},
	{"event without an id", header("ce-specversion", "1.0", "ce-source", "/x", "ce-type", "t"), request,
		Message{Source: "/x", Type: "t"}, request, "event: id: MUST be a non-empty string"},
	{"structured garbage", structured, "garbage", Message{}, "garbage",
		"event: must be valid JSON: invalid character 'g'"},
	{"structured list", structured, "[]", Message{}, "[]", "event: must be a JSON object"},
	{"structured null", structured, "null", Message{}, "null", "event: must be a JSON object"},
	{"structured event of a version without quotes", structured, `{"specversion":1.0}`, Message{},
		`{"specversion":1.0}`, "event: specversion must be a string"},
	{"structured event with a number for its data", structured, `{"specversion":"1.0","data_base64":5}`,
		Message{}, `{"specversion":"1.0","data_base64":5}`, "event: data_base64 must be a string"},
	{"structured event the SDK panics on", structured,
		`{"specversion":"0.3","datacontentencoding":"base64","data":5}`, Message{},
		`{"specversion":"0.3","datacontentencoding":"base64","data":5}`, "event: it can't be read"},
	{"an event in a push that is none", nil, inPush(`{"specversion":"1.0","id":"e3"}`),
		Message{ID: "e3", Subscription: "s"}, "", "event: "},
	{"an event in a push of a version without quotes", nil, inPush(`{"specversion":1.0}`),
		Message{ID: "m3", Subscription: "s"}, `{"specversion":1.0}`, "event: specversion must be a string"},
	{"a structured event of nothing but null", structured, `{"specversion":null,"data":null}`, Message{},
		`{"specversion":null,"data":null}`, "event: "},
	{"a batch", header("Content-Type", "application/cloudevents-batch+json"), "[]", Message{}, "[]",
		"event: "},
	{"deep", structured,
		`{"specversion":"1.0","id":"e","source":"/x","type":"t","data":` + strings.Repeat("[", 1<<20),
		Message{}, "", "event: "},
}

func TestOpen(t *testing.T) {
	for _, tt := range messages {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Open(tt.header, []byte(tt.body))
			if tt.err == "" && err != nil ||
				tt.err != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.err)) {
				t.Errorf("got error %v, want %q", err, tt.err)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q has a line end", err)
			}
			if tt.name != "deep" && string(got.Data) != tt.data {
				t.Errorf("got data %.200s, want %s", got.Data, tt.data)
			}
			got.Data = nil
			if got.ID != tt.want.ID || got.Source != tt.want.Source || got.Type != tt.want.Type ||
				got.Subscription != tt.want.Subscription || got.Attempt != tt.want.Attempt {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

// What can't be read is told by its type, so that its sender can be told.
func TestReadable(t *testing.T) {
	for kind, want := range map[string]bool{
		"": true, "application/json": true, "text/plain": true, "application/octet-stream": true,
		"application/cloudevents": true, "application/cloudevents+json": true,
		"Application/CloudEvents+JSON; charset=utf-8":       true,
		"application/cloudevents-batch+json":                false,
		"application/cloudevents-batch+json; charset=UTF-8": false,
		"application/CloudEvents-Batch+JSON":                false, "application/cloudevents+avro": false,
		"application/cloudevents+protobuf": false, "application/cloudevents+xml": false,
		"application/cloudevents-batch": false, "application/cloudevents+json2": false,
	} {
		if got := Readable(header("Content-Type", kind)); got != want {
			t.Errorf("%s: %v", kind, got)
		}
	}
}

// Whatever is sent, opening it ends, without a panic.
func FuzzOpen(f *testing.F) {
	for _, s := range []string{
		aPush, oldPush, request,
		`{"specversion":"1.0","id":"e","source":"/x","type":"t","data":` + request + `}`,
		`{"specversion":"1.0","id":"e","source":"/x","type":"t","data_base64":"e30="}`,
		`{"specversion":"0.3","datacontentencoding":"base64","data":"e30="}`,
		`{"specversion":"1.0","id":"e","source":"/x","type":"t","time":null,"x":null,"data":{}}`, "{}", "[]",
	} {
		f.Add("application/cloudevents+json", "1.0", []byte(s))
		f.Add("", "", []byte(s))
		f.Add("", "", []byte(inPush(s)))
		f.Add("application/json", "1.0", []byte(s))
	}
	f.Fuzz(func(t *testing.T, contentType, version string, body []byte) {
		h := binary("Content-Type", contentType)
		if version == "" {
			h = header("Content-Type", contentType)
		}
		_, _ = Open(h, body)
	})
}
