// Package envelope opens what Pub/Sub and Eventarc post to a service. The same
// message comes in one of these wrappings:
//
//	CloudEvent, binary      ce- headers, the data is the body      Eventarc
//	CloudEvent, structured  one JSON object, the data is a member
//	push                    {"message":{"data":base64,…},"subscription":…}
//	unwrapped push          the body is the data, the rest is headers or absent
//
// One may be in another: the data of a CloudEvent is a push envelope in events of
// the type google.cloud.pubsub.topic.v1.messagePublished, and the data of a push is
// a structured CloudEvent when one was published to the topic. An unwrapped push
// whose attributes are named ce-… is a binary CloudEvent. So what is there decides,
// not what is announced.
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
	// ID is the same for every delivery of a message: the id of the event, of the
	// inner one if there are two, else Pub/Sub's message id. Empty when the sender
	// gave neither.
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
	m.is(event)
	if err != nil {
		return m, fmt.Errorf("event: %w", err)
	}
	for range maxWrappings {
		switch m.wrapping() {
		case "event":
			event, err := readStructured(m.Data)
			m.is(event)
			if err != nil {
				return m, fmt.Errorf("event: %w", err)
			}
		case "push":
			if err := m.unwrap(); err != nil {
				return m, fmt.Errorf("push message: %w", err)
			}
		default:
			return m, nil
		}
	}
	return m, nil
}

// maxWrappings is how many wrappings are taken off the data at most. Two are what
// there is: Eventarc's event has a push in it, and that the event that was published.
const maxWrappings = 3

// is notes what an event, if there is one, says of the message.
func (m *Message) is(event *CloudEvent) {
	if event != nil {
		m.ID, m.Source, m.Type, m.Data = event.ID(), event.Source(), event.Type(), event.Data()
	}
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

// wrapping says what the data are: an "event", a "push", or neither. A member script
// marks data that are a request, whatever members they have beside it.
func (m *Message) wrapping() string {
	var marks struct{ Message, SpecVersion, Script member }
	switch err := json.Unmarshal(m.Data, &marks); {
	case err != nil || bool(marks.Script):
		return ""
	case bool(marks.SpecVersion):
		return "event"
	case bool(marks.Message):
		return "push"
	}
	return ""
}

// member is true where an object has the member, whatever its value is.
type member bool

// UnmarshalJSON implements json.Unmarshaler.
func (m *member) UnmarshalJSON([]byte) error {
	*m = true
	return nil
}

// unwrap takes the data out of a push envelope.
func (m *Message) unwrap() error {
	var p push
	if err := json.Unmarshal(m.Data, &p); err != nil {
		return wrongField(err)
	}
	m.Subscription, m.Attempt = p.Subscription, p.Attempt
	for _, id := range []string{p.Message.ID, p.Message.IDOfOldest} {
		if m.ID == "" {
			m.ID = id
		}
	}
	m.Data = p.Message.Data
	if len(m.Data) == 0 {
		return errors.New("it has no data")
	}
	return nil
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
