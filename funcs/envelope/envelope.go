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
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
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

// byteOrderMark may stand before JSON in UTF-8, and means nothing.
var byteOrderMark = []byte("\ufeff")

// Open returns the message in a request. An error says what is wrong with the
// envelope, for its sender; the message holds what was found out until then.
func Open(header http.Header, body []byte) (Message, error) {
	body = bytes.TrimPrefix(body, byteOrderMark)
	m := Message{ID: header.Get(headerID), Subscription: header.Get(headerSubscription), Data: body}
	event, err := readEvent(header, body)
	if event != nil {
		m.ID, m.Source, m.Type, m.Data = event.ID(), event.Source(), event.Type(), event.Data()
	}
	if err != nil {
		return m, fmt.Errorf("event: %w", err)
	}
	if m, err = unwrap(m); err != nil {
		return m, fmt.Errorf("push message: %w", err)
	}
	return m, nil
}

// push is the envelope of a push subscription. Older ones have message_id.
type push struct {
	Message struct {
		Data       []byte `json:"data"`
		ID         string `json:"messageId"`
		IDOfOldest string `json:"message_id"`
	} `json:"message"`
	Subscription string `json:"subscription"`
	Attempt      int    `json:"deliveryAttempt"`
}

// pushFields says what each field of a push envelope must be.
var pushFields = map[string]string{
	"message":            "an object",
	"message.data":       "a string of base64",
	"message.messageId":  "a string",
	"message.message_id": "a string",
	"subscription":       "a string",
	"deliveryAttempt":    "a whole number",
}

// unwrap takes the data out of a push envelope. Data that are no such envelope stay
// as they are: whoever reads them finds what is wrong with them.
func unwrap(m Message) (Message, error) {
	var marks struct {
		Message json.RawMessage `json:"message"`
		// Script marks data that are a request, whatever members they have beside
		// it.
		Script json.RawMessage `json:"script"`
	}
	if err := json.Unmarshal(m.Data, &marks); err != nil || marks.Message == nil || marks.Script != nil {
		return m, nil
	}
	var p push
	if err := json.Unmarshal(m.Data, &p); err != nil {
		return m, wrongField(err)
	}
	m.Subscription, m.Attempt = p.Subscription, p.Attempt
	for _, id := range []string{p.Message.ID, p.Message.IDOfOldest} {
		if m.ID == "" {
			m.ID = id
		}
	}
	m.Data = p.Message.Data
	if len(m.Data) == 0 {
		return m, errors.New("it has no data")
	}
	return m, nil
}

// wrongField words what encoding/json finds wrong with a push envelope that is
// valid JSON.
func wrongField(err error) error {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s must be %s, got %s", e.Field, pushFields[e.Field], e.Value)
	}
	if e, ok := errors.AsType[base64.CorruptInputError](err); ok {
		return fmt.Errorf("message.data must be %s: byte %d is not", pushFields["message.data"], int64(e))
	}
	return errors.New("it can't be read")
}
