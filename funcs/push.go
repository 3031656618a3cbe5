package funcs

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/pyexec/pyexec/funcs/envelope"
	"github.com/pyexec/pyexec/runtime"
)

// event is POST /events: one message of Pub/Sub. The order is the promise: the
// script runs, its reply is published, the run is logged, and only then is the
// message acknowledged. The answer is for Pub/Sub and says little; 202 is not
// among them, because the emulator takes it for a refusal.
func (h *handler) event(r *http.Request, c *call) (reply, error) {
	run := c.begin(r)
	run.Event = &Event{}
	if err := h.admit(r, run); err != nil {
		return reply{}, err
	}
	o, sentence, result, err := h.message(r, c)
	if err != nil {
		if left(r, err) {
			return reply{}, err
		}
		o, sentence = explain(err)
		run.end(o, sentence, err)
		result = message{text: appendRefusal(nil, o, sentence, hintOf(err))}
	}
	run.replied(&result)
	if o.event == poison {
		run.Level = slog.LevelError
	}
	if o.event != again {
		if err := h.publish(r.Context(), run, &result); err != nil {
			if left(r, err) {
				return reply{}, err
			}
			o, sentence = explain(fmt.Errorf("%w: results topic", runtime.ErrUnavailable))
			run.Level, run.Problem = slog.LevelError, err.Error()
		}
	}
	rep := reply{queue: run.Usage.Queue, run: run.Usage.Wall}
	if o.event == again {
		rep.http, rep.retry = o.http, o.retry
		rep.body = appendRefusal(nil, o, sentence, "")
	} else {
		rep.http, run.Event.Acknowledged = http.StatusOK, true
		rep.body = appendAnswer(nil, run.Status, sentence)
	}
	rep.size = int64(len(rep.body))
	run.answered(&rep)
	c.run = nil
	h.recorder.Now(run)
	return rep, nil
}

// Senders says who may send events.
type Senders interface {
	// Check looks at what a sender shows in the header of a request. refused says
	// why it is not enough, for the sender and the log, and is empty when it is.
	// An error means that there is no telling now.
	Check(ctx context.Context, header http.Header) (refused string, err error)
}

// admit lets a message in, or keeps out what sent it: that says nothing of the
// message, which is neither published nor acknowledged. If it was Pub/Sub after
// all, because a setting is wrong, the message comes again.
func (h *handler) admit(r *http.Request, run *Run) error {
	if simple(r.Header) {
		return refuse(wrongType, "Content-Type must be application/json or application/cloudevents+json, got %s", clip(r.Header.Get("Content-Type")))
	}
	if h.senders == nil {
		return nil
	}
	refused, err := h.senders.Check(r.Context(), r.Header)
	switch {
	case err != nil:
		run.Problem = "sender of the event: " + err.Error()
		return fmt.Errorf("%w: %w", runtime.ErrUnavailable, err)
	case refused != "":
		return refuse(wrongSender, "%s", refused)
	}
	return nil
}

// message reads the message and does what it asks for. It returns the sentence
// that Pub/Sub, or whoever plays its part, is told beside the outcome, and what
// came of the run.
func (h *handler) message(r *http.Request, c *call) (*outcome, string, message, error) {
	run := c.run
	if err := checkCoding(r.Header); err != nil {
		return nil, "", message{}, err
	}
	body, err := c.readBounded(r, envelopeBytes(h.bodyBytes), copiesSDK)
	if err != nil {
		return nil, "", message{}, err
	}
	run.Request.RequestBytes = int64(len(body))
	m, err := envelope.Open(r.Header, body)
	*run.Event = Event{ID: m.ID, Source: m.Source, Type: m.Type, Subscription: m.Subscription, Attempt: m.Attempt}
	if err != nil {
		return nil, "", message{}, refuse(invalidRequest, "%s", err)
	}
	if len(m.ID) > maxAttribute { // cut, it would no longer tell its result from others
		return nil, "", message{}, refuse(invalidRequest, "id of the message must be at most %d bytes, got %d", maxAttribute, len(m.ID))
	}
	if int64(len(m.Data)) > h.bodyBytes {
		return nil, "", message{}, refuseLimit(tooLarge, bodyHint, "message must be at most %d bytes, got %d", h.bodyBytes, len(m.Data))
	}
	text, err := checkText(m.Data)
	if err != nil {
		return nil, "", message{}, err
	}
	limits := h.runner.Info().Limits
	req, err := parse(text, limits)
	if err != nil {
		return nil, "", message{}, err
	}
	o, reply, err := h.perform(r.Context(), &req, c)
	return o, "", reply, err
}

// envelopeBytes bounds what a message of at most n bytes is wrapped in: base64
// and, beside it, ids and attributes, of which Pub/Sub allows 100 KiB or so.
func envelopeBytes(n int64) int64 { return n/3*4 + 256<<10 }

// maxAttribute is how long the value of an attribute may be in Pub/Sub, and so
// an id: results go by it. Pub/Sub's own ids have some 20 bytes.
const maxAttribute = 1024

// publish sends the reply of a run to the results topic, if there is one.
func (h *handler) publish(ctx context.Context, run *Run, result *message) error {
	if h.results == nil {
		return nil
	}
	if size := run.ReplyBytes; size > int64(h.results.MaxBytes()) {
		o := outcomeOf[runtime.ResultLimit]
		sentence := fmt.Sprintf("The reply of %d bytes is larger than the %d bytes that fit into a message of the results topic", size, h.results.MaxBytes())
		run.end(o, sentence, nil)
		*result = message{text: appendRefusal(nil, o, sentence, "")}
		run.replied(result)
	}
	attributes := map[string]string{"execution_id": run.ExecutionID, "status": run.Status}
	if run.Event.ID != "" {
		attributes["event_id"] = strings.ToValidUTF8(run.Event.ID[:min(len(run.Event.ID), maxAttribute)], "")
	}
	if err := h.results.Publish(ctx, result.bytes(), attributes); err != nil {
		return fmt.Errorf("results topic: %w", err)
	}
	run.Event.Published = true
	return nil
}

// appendAnswer appends what the sender of an event that is done is told.
func appendAnswer(b []byte, status, sentence string) []byte {
	b = appendString(append(b, `{"status":`...), status)
	if sentence != "" {
		b = appendMember(b, "error", sentence)
	}
	return append(b, '}')
}

// faultsOnly is the Recorder of a handler that was given none.
type faultsOnly struct{ log *slog.Logger }

func (f faultsOnly) Later(run *Run) { f.Now(run) }

func (f faultsOnly) Now(run *Run) {
	if run.Level >= slog.LevelError {
		f.log.Error("request: "+run.Problem, "execution_id", run.ExecutionID)
	}
}
