package gcp

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"google.golang.org/api/option"
)

const (
	// publishWithin is how long the client may go on trying. Then the event is
	// refused, and its message comes again.
	publishWithin = 10 * time.Second
	// batchDelay is how long a reply may wait for others to share a request.
	batchDelay = 5 * time.Millisecond
	// attributeBytes is room for the name of the topic, for the attributes of
	// a reply, and for what the encoding adds.
	attributeBytes = 4 << 10
)

// Results publishes replies to a topic. Its methods may be called from many
// goroutines.
type Results struct {
	client    *pubsub.Client
	publisher *pubsub.Publisher
}

// NewResults makes a client for topic, which is a name in project or has the
// form projects/P/topics/T. It does not ask whether the topic exists: the first
// publication does. The environment variable PUBSUB_EMULATOR_HOST, which the
// client reads, leads to an emulator.
func NewResults(ctx context.Context, project, topic string, opts ...option.ClientOption) (*Results, error) {
	if rest, ok := strings.CutPrefix(topic, "projects/"); ok {
		project, _, _ = strings.Cut(rest, "/")
	}
	client, err := pubsub.NewClient(ctx, project, opts...)
	if err != nil {
		return nil, fmt.Errorf("topic %s: %w", topic, err)
	}
	p := client.Publisher(topic)
	p.PublishSettings.DelayThreshold = batchDelay
	p.PublishSettings.Timeout = publishWithin
	return &Results{client: client, publisher: p}, nil
}

// MaxBytes is the size of the largest reply: that of the largest request of
// Pub/Sub, less the rest of the message.
func (*Results) MaxBytes() int { return pubsub.MaxPublishRequestBytes - attributeBytes }

// Publish returns when Pub/Sub has the reply, or will not take it.
func (r *Results) Publish(ctx context.Context, reply []byte, attributes map[string]string) error {
	_, err := r.publisher.Publish(ctx, &pubsub.Message{Data: reply, Attributes: attributes}).Get(ctx)
	if err != nil {
		return fmt.Errorf("publish: %s: %w", r.publisher, err)
	}
	return nil
}

// Close sends what is left and ends the client.
func (r *Results) Close() error {
	r.publisher.Stop()
	return r.client.Close()
}
