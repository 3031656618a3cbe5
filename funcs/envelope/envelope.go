// Package envelope opens what Pub/Sub and Eventarc post to a service. The same
// message comes in one of these wrappings:
//
//	CloudEvent, binary      ce- headers, the data is the body      Eventarc
//	CloudEvent, structured  one JSON object, the data is a member
//	push                    {"message":{"data":base64,…},"subscription":…}
//	unwrapped push          the body is the data, the rest is headers or absent
//
// The data of a CloudEvent may in turn be a push envelope: that is what an
// event of the type google.cloud.pubsub.topic.v1.messagePublished carries. An
// unwrapped push whose attributes are named ce-… is a binary CloudEvent. So
// what is there decides, not what is announced.
//
// The package wraps the CloudEvents SDK and is the only one that knows it. The
// SDK's own HTTP receiver is not used: clients that disconnect at the wrong
// moment make it hang for ever.
package envelope

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
)

// Message is what was in the envelope. All of it comes from the sender.
type Message struct {
	// ID is the same for every delivery of a message: the event's id, else
	// Pub/Sub's message id. Empty when the sender gave neither.
	ID string
	// Source and Type are those of a CloudEvent, empty for others.
	Source, Type string
	// Subscription is the full name of the Pub/Sub subscription, if known.
	Subscription string
	// Attempt counts deliveries from 1, where Pub/Sub says so; else 0.
	Attempt int
	// Data is the payload. It may alias the body.
	Data []byte
}

// Headers of an unwrapped push whose subscription writes metadata.
const (
	headerID           = "X-Goog-Pubsub-Message-Id"
	headerSubscription = "X-Goog-Pubsub-Subscription-Name"
)

// Open returns the message in a request. An error says what is wrong with the
// envelope, for its sender; the message holds what was found out until then.
func Open(header http.Header, body []byte) (Message, error) {
	m := Message{ID: header.Get(headerID), Subscription: header.Get(headerSubscription), Data: body}
	event, err := cloudevents.NewEventFromHTTPRequest(&http.Request{Header: header, Body: io.NopCloser(bytes.NewReader(compact(header, body)))})
	switch {
	case errors.Is(err, binding.ErrUnknownEncoding): // no CloudEvent
	case err != nil:
		return m, wrong(err)
	default:
		m.ID, m.Source, m.Type, m.Data = event.ID(), event.Source(), event.Type(), event.Data()
		if err := event.Validate(); err != nil {
			return m, wrong(err)
		}
	}
	return unwrap(m)
}

// compact takes the space out of a structured event, between its members: the
// SDK can't read data_base64 that has some before it.
func compact(header http.Header, body []byte) []byte {
	var b bytes.Buffer
	if !strings.HasPrefix(strings.ToLower(header.Get("Content-Type")), "application/cloudevents+json") || json.Compact(&b, body) != nil {
		return body
	}
	return b.Bytes()
}

// wrong words what the SDK finds wrong with an event, which is a line each.
func wrong(err error) error {
	return fmt.Errorf("event: %s", strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; "))
}

// push is the envelope of a push subscription. Older ones have message_id.
type push struct {
	Message      json.RawMessage `json:"message"`
	Subscription string          `json:"subscription"`
	Attempt      int             `json:"deliveryAttempt"`
	// Script marks a request, whatever else it has.
	Script json.RawMessage `json:"script"`
}

type pushed struct {
	Data       []byte `json:"data"`
	ID         string `json:"messageId"`
	IDOfOldest string `json:"message_id"`
}

// unwrap takes the data out of a push envelope. What is none stays as it is:
// whoever reads the data says what is wrong with it.
func unwrap(m Message) (Message, error) {
	var outer push
	if err := json.Unmarshal(m.Data, &outer); err != nil || outer.Message == nil || outer.Script != nil {
		return m, nil
	}
	var inner pushed
	if err := json.Unmarshal(outer.Message, &inner); err != nil {
		return m, fmt.Errorf("push message: %w", err)
	}
	m.Subscription, m.Attempt = outer.Subscription, outer.Attempt
	if m.ID == "" {
		m.ID = inner.ID
	}
	if m.ID == "" {
		m.ID = inner.IDOfOldest
	}
	m.Data = inner.Data
	if len(m.Data) == 0 {
		return m, errors.New("push message: it has no data")
	}
	return m, nil
}
