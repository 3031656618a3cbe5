package funcs

import (
	"context"
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

// Senders of events announce their types in many ways; only a type that a web page
// may send without a preflight is refused.
func TestTypesOfEvents(t *testing.T) {
	for name, tt := range map[string]struct {
		contentType string
		header      [2]string
		code        int
	}{
		"none, as an unwrapped push":     {"", [2]string{}, 200},
		"JSON":                           {"application/json; charset=utf-8", [2]string{}, 200},
		"bytes":                          {"application/octet-stream", [2]string{}, 200},
		"JSON by another name":           {"application/vnd.jobs+json", [2]string{}, 200},
		"text that Pub/Sub unwraps":      {"text/plain", [2]string{"X-Goog-Pubsub-Message-Id", "1"}, 200},
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
