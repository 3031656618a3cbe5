package gcp

import (
	"errors"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

func TestResults(t *testing.T) {
	server := pstest.NewServer()
	defer server.Close()
	conn, err := grpc.NewClient(server.Addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := server.GServer.CreateTopic(t.Context(),
		&pubsubpb.Topic{Name: "projects/p/topics/results"}); err != nil {
		t.Fatal(err)
	}
	open := func(project, topic string) *Results {
		r, err := NewResults(t.Context(), project, topic, option.WithGRPCConn(conn))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}

	for _, r := range []*Results{open("p", "results"), open("elsewhere", "projects/p/topics/results")} {
		server.ClearMessages()
		if err := r.Publish(t.Context(), []byte("reply"), map[string]string{"status": "ok"}); err != nil {
			t.Fatal(err)
		}
		got := server.Messages() // at once: Publish returns when it is there
		if len(got) != 1 || got[0].Topic != "projects/p/topics/results" || string(got[0].Data) != "reply" ||
			got[0].Attributes["status"] != "ok" {
			t.Errorf("got %+v", got)
		}
	}

	// The client refuses a reply that is larger than Pub/Sub takes. The tests
	// against the emulator show that the largest reply is taken.
	r := open("p", "results")
	if err := r.Publish(t.Context(), make([]byte, r.MaxBytes()+attributeBytes), nil); !errors.Is(err,
		pubsub.ErrOversizedMessage) {
		t.Errorf("more than fits: %v", err)
	}

	began := time.Now()
	err = open("p", "nowhere").Publish(t.Context(), []byte("reply"), nil)
	if status.Code(errors.Unwrap(err)) != codes.NotFound && !strings.Contains(err.Error(),
		"NotFound") || time.Since(began) > publishWithin {
		t.Errorf("no such topic: %v after %v", err, time.Since(began))
	}
	if err := r.Close(); err != nil && status.Code(err) != codes.Canceled {
		t.Error(err)
	}
}
