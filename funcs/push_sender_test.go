package funcs

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// senders says of every sender what it is told to.
type senders struct {
	refused string
	err     error
}

func (s senders) Check(context.Context, http.Header) (string, error) { return s.refused, s.err }

// A sender who may not send events gets nothing run or published, and a message
// that came from Pub/Sub after all is not lost.
func TestSendersOfEvents(t *testing.T) {
	for name, tt := range map[string]struct {
		senders
		code  int
		says  string
		level slog.Level
		jobs  int
	}{
		"accepted": {senders{}, 200, `{"status":"ok"}`, slog.LevelInfo, 1},
		"refused": {senders{refused: "token: it has expired"}, 403,
			`{"error":"token: it has expired","status":"invalid_request"}`, slog.LevelWarn, 0},
		"can't be asked": {senders{err: errors.New("keys: secret detail")}, 503, `"status":"unavailable"`,
			slog.LevelWarn, 0},
	} {
		t.Run(name, func(t *testing.T) {
			m, runner := &memo{}, four()
			h := handlerWith(runner,
				Options{BodyBytes: testBodyBytes, Log: slog.New(slog.DiscardHandler), Recorder: m, Results: m,
					Senders: tt.senders})
			w := httptest.NewRecorder()
			h.ServeHTTP(w, newRequest("POST", "/events", "application/json", bodies["/events"]))
			if w.Code != tt.code || !strings.Contains(w.Body.String(), tt.says) ||
				strings.Contains(w.Body.String(), "secret") {
				t.Errorf("answered %d %s, want %d %s", w.Code, w.Body, tt.code, tt.says)
			}
			if len(runner.jobs) != tt.jobs || len(m.published) != tt.jobs {
				t.Errorf("%d ran, %d published, want %d", len(runner.jobs), len(m.published), tt.jobs)
			}
			run := m.runs[0]
			if run.Level != tt.level || run.Event.Acknowledged != (tt.jobs == 1) ||
				!strings.Contains(run.Problem, tt.refused) ||
				tt.err != nil && !strings.Contains(run.Problem, "secret detail") {
				t.Errorf("logged as %+v, %+v", run, run.Event)
			}
			// The other endpoints need no token.
			w = httptest.NewRecorder()
			h.ServeHTTP(w, newRequest("POST", "/execute", "application/json", someScript))
			if w.Code != 200 {
				t.Errorf("/execute: %d %s", w.Code, w.Body)
			}
		})
	}
}

func TestEventsCanBeOff(t *testing.T) {
	runner := four()
	h := handlerWith(runner, Options{BodyBytes: testBodyBytes, EventsOff: true})
	for path, code := range map[string]int{"/events": 404, "/execute": 200} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, newRequest("POST", path, "application/json", someScript))
		if w.Code != code {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

// Senders of events announce their types in many ways. What a web page may send
// without a preflight is refused, and events in a form that is not read: a sender
// whose events were acknowledged would not learn that they are lost.
func TestTypesOfEvents(t *testing.T) {
	for name, tt := range map[string]struct {
		contentType string
		header      [2]string
		code        int
	}{
		"none, as an unwrapped push": {"", [2]string{}, 200},
		"JSON":                       {"application/json; charset=utf-8", [2]string{}, 200},
		"bytes":                      {"application/octet-stream", [2]string{}, 200},
		"JSON by another name":       {"application/vnd.jobs+json", [2]string{}, 200},
		"text that Pub/Sub unwraps":  {"text/plain", [2]string{"X-Goog-Pubsub-Message-Id", "1"}, 200},
		"events in a batch":          {"application/cloudevents-batch+json; charset=utf-8", [2]string{}, 415},
		"events in a batch, unwrapped": {"application/cloudevents-batch+json",
			[2]string{"X-Goog-Pubsub-Message-Id", "1"}, 415},
		"an event that is no JSON":       {"application/cloudevents+protobuf", [2]string{}, 415},
		"text":                           {"text/plain", [2]string{}, 415},
		"text in a charset, in capitals": {"TEXT/Plain ; charset=x", [2]string{}, 415},
		"form":                           {"application/x-www-form-urlencoded", [2]string{}, 415},
		"form of parts":                  {"multipart/form-data; boundary=x", [2]string{}, 415},
		"form, with a header pages may set": {"multipart/form-data", [2]string{"Accept", "application/json"},
			415},
	} {
		t.Run(name, func(t *testing.T) {
			m, runner := &memo{}, four()
			r := newRequest("POST", "/events", tt.contentType, someScript)
			if tt.header[0] != "" {
				r.Header.Set(tt.header[0], tt.header[1])
			}
			w := serveWith(runner, m, r)
			ran := 0
			if tt.code == 200 {
				ran = 1
			}
			if w.Code != tt.code || len(runner.jobs) != ran || len(m.published) != ran {
				t.Errorf("%d %s, %d ran, %d published", w.Code, w.Body, len(runner.jobs), len(m.published))
			}
		})
	}
}

// An event runs whose attributes are null, as many serializers write those that are
// not there, and one that was published to a topic.
func TestEventsInEveryWrapping(t *testing.T) {
	const event = `{"specversion":"1.0","id":"m9","source":"/x","type":"t","datacontenttype":null,"subject":null,` +
		`"time":null,"dataschema":null,"traceparent":null,"data_base64":null,"data":` + someScript + `}`
	for name, tt := range map[string]struct{ contentType, body string }{
		"structured":                      {"application/cloudevents+json; charset=utf-8", event},
		"structured in a push":            {"application/json", inPush(event)},
		"structured in an unwrapped push": {"application/json", event},
	} {
		t.Run(name, func(t *testing.T) {
			m, runner := &memo{}, four()
			w := serveWith(runner, m, newRequest("POST", "/events", tt.contentType, tt.body))
			if w.Code != 200 || w.Body.String() != `{"status":"ok"}` || len(runner.jobs) != 1 {
				t.Errorf("%d %s, %d ran", w.Code, w.Body, len(runner.jobs))
			}
			if len(m.published) != 1 || m.published[0].attributes["event_id"] != "m9" {
				t.Errorf("published %v", m.published)
			}
		})
	}
}

// inPush is the body of a push with these data.
func inPush(data string) string {
	return `{"message":{"messageId":"1","data":"` + base64.StdEncoding.EncodeToString([]byte(data)) + `"}}`
}
