package funcs

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/pyexec/pyexec/funcs/envelope"
	"github.com/pyexec/pyexec/funcs/jsontext"
	"github.com/pyexec/pyexec/runtime"
)

// push is POST /events: one message of Pub/Sub. The order is the promise: the
// script runs, its reply is published, the run is noted, and only then is the
// message acknowledged. The answer is for Pub/Sub and says little; 202 is not
// among them, because the emulator takes it for a refusal.
func (h *handler) push(r *http.Request, c *call) (reply, error) {
	rec := c.begin(r)
	rec.Event = &Event{}
	if err := h.admit(r, rec); err != nil {
		return reply{}, err
	}
	var sentence string
	o, result, err := h.performMessage(r, c)
	if err != nil {
		if left(r, err) {
			return reply{}, err
		}
		o, sentence, result = c.failed(err)
	}
	if o.ack == poison {
		rec.Level = slog.LevelError
	}
	if o.ack == again {
		rec.replied(&result)
	} else if err := h.publish(r.Context(), rec, &result); err != nil {
		if left(r, err) {
			return reply{}, err
		}
		o, sentence = explain(fmt.Errorf("%w: results topic", runtime.ErrUnavailable))
		rec.Level, rec.Problem = slog.LevelError, err.Error()
	}
	rep := reply{waited: rec.Usage.Queue, ran: rec.Usage.Wall}
	if o.ack == again {
		rep.http, rep.retry = o.http, o.retry
		rep.content = refusal(o, sentence, "")
	} else {
		rep.http, rec.Event.Acknowledged = http.StatusOK, true
		rep.content = textContent(appendAnswer(nil, rec.Status, sentence))
	}
	rec.answered(&rep)
	c.noted = true
	h.recorder.Now(rec)
	return rep, nil
}

// Senders says who may send events.
type Senders interface {
	// Check looks at what a sender shows in the header of a request. refused says
	// why it is not enough, for the sender and the log, and is empty when it is.
	// An error means that there is no telling now.
	Check(ctx context.Context, header http.Header) (refused string, err error)
}

// admit checks who sent a message. A refusal says nothing about the message, which
// is neither published nor acknowledged: if Pub/Sub did send it, and a setting is
// wrong, it comes again.
func (h *handler) admit(r *http.Request, rec *Record) error {
	if simple(r.Header) {
		return refuse(wrongType, "Content-Type must be application/json or application/cloudevents+json, got %s",
			clip(r.Header.Get("Content-Type")))
	}
	if !envelope.Readable(r.Header) {
		return refuseLimit(wrongType, "Send each event by itself, as JSON.",
			"Content-Type must be application/json or application/cloudevents+json, got %s",
			clip(r.Header.Get("Content-Type")))
	}
	if h.senders == nil {
		return nil
	}
	refused, err := h.senders.Check(r.Context(), r.Header)
	switch {
	case err != nil:
		rec.Problem = "sender of the event: " + err.Error()
		return fmt.Errorf("%w: %w", runtime.ErrUnavailable, err)
	case refused != "":
		return refuse(wrongSender, "%s", refused)
	}
	return nil
}

// performMessage reads the message and does what it asks for.
func (h *handler) performMessage(r *http.Request, c *call) (*outcome, content, error) {
	text, err := h.readMessage(r, c)
	if err != nil {
		return nil, content{}, err
	}
	p, err := parse(text, &c.limits)
	if err != nil {
		return nil, content{}, err
	}
	return h.perform(r.Context(), c, &p, runtime.Hooks{})
}

// readMessage takes the data of the message out of its envelope, which it notes.
func (h *handler) readMessage(r *http.Request, c *call) ([]byte, error) {
	if err := checkCoding(r.Header); err != nil {
		return nil, err
	}
	body, err := c.readBounded(r, envelopeBytes(h.bodyBytes), copiesSDK)
	if err != nil {
		return nil, err
	}
	c.record.Request.RequestBytes = int64(len(body))
	m, err := envelope.Open(r.Header, body)
	*c.record.Event = Event{
		ID: m.ID, Source: m.Source, Type: m.Type, Subscription: m.Subscription, Attempt: m.Attempt,
	}
	if err != nil {
		return nil, refuse(invalidRequest, "%s", err)
	}
	if len(m.ID) > maxAttribute { // cut, it would no longer tell its result from others
		return nil, refuse(invalidRequest,
			"id of the message must be at most %d bytes, got %d", maxAttribute, len(m.ID))
	}
	if int64(len(m.Data)) > h.bodyBytes {
		return nil, refuseLimit(tooLarge, bodyHint,
			"message must be at most %d bytes, got %d", h.bodyBytes, len(m.Data))
	}
	return checkText(m.Data)
}

// envelopeBytes bounds what a message of at most n bytes is wrapped in: base64
// and, beside it, ids and attributes, of which Pub/Sub allows 100 KiB or so.
func envelopeBytes(n int64) int64 { return n/3*4 + 256<<10 }

// maxAttribute is how many bytes Pub/Sub allows for the value of an attribute, and
// so for the id of a message, which its result carries. Pub/Sub's own ids have some
// 20 bytes.
const maxAttribute = 1024

// publish notes the outcome of a run, and sends it to the results topic if there is
// one. A result that is too large for the topic becomes a refusal that says so.
func (h *handler) publish(ctx context.Context, rec *Record, result *content) error {
	var most int64 // without a topic only the beginning is noted
	if h.results != nil {
		most = int64(h.results.MaxBytes())
	}
	if err := result.hold(most, func(int64) error { return nil }); err != nil {
		return err
	}
	rec.replied(result)
	if h.results == nil {
		return nil
	}
	if result.size > most {
		o := outcomeOf[runtime.ResultLimit]
		sentence := fmt.Sprintf("The reply of %d bytes is larger than the %d bytes "+
			"that fit into a message of the results topic", result.size, most)
		rec.end(o, sentence, nil)
		*result = refusal(o, sentence, "")
		rec.replied(result)
	}
	attributes := map[string]string{"execution_id": rec.ExecutionID, "status": rec.Status}
	if id := rec.Event.ID; id != "" {
		attributes["event_id"] = strings.ToValidUTF8(id[:min(len(id), maxAttribute)], "")
	}
	if err := h.results.Publish(ctx, result.text, attributes); err != nil {
		return fmt.Errorf("results topic: %w", err)
	}
	rec.Event.Published = true
	return nil
}

// appendAnswer appends what the sender of an event that is done is told.
func appendAnswer(b []byte, status, sentence string) []byte {
	b = jsontext.AppendString(append(b, `{"status":`...), status)
	if sentence != "" {
		b = appendMember(b, "error", sentence)
	}
	return append(b, '}')
}
