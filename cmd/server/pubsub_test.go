package main

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
)

// largest is how long a string in a reply can be: 10 MB less what surrounds it.
const largest = 10_000_000 - 4<<10 - len(`{"result":"","stdout":""}`)

func TestPubSub(t *testing.T) {
	e := startEmulator(t)
	port := freePort(t)
	e.setUp(t, port)
	_, log := launchForEvents(t, e, port, "EXEC_RESULT_BYTES=16777216", "EXEC_MEMORY_MB=512")

	out := e.command(t, nil, "gcloud", "pubsub", "topics", "publish", "jobs", "--format=value(messageIds[0])",
		`--message={"script": "def main():\n    print('by push')\n    return {'four': 4.0}"}`)
	byGcloud := strings.TrimSpace(out[strings.LastIndexByte(strings.TrimSpace(out), '\n')+1:])
	ids := e.publish(t,
		&pubsub.Message{Data: []byte("no JSON at all")},
		&pubsub.Message{Data: []byte(`{"script": "def main(): return 1 / 0"}`)},
		&pubsub.Message{Attributes: map[string]string{"nothing": "else"}},
		// The largest reply that Pub/Sub takes, and one that is larger.
		&pubsub.Message{Data: fmt.Appendf(nil, `{"script": "def main(): return 'x' * %d"}`, largest)},
		&pubsub.Message{Data: fmt.Appendf(nil, `{"script": "def main(): return 'x' * %d"}`, largest+1)},
	)
	all := e.receive(t, "watch", patience, atLeast(6))
	got := byEvent(all)
	for _, tt := range []struct{ id, status, reply, severity string }{
		{byGcloud, "ok", `{"result":{"four":4.0},"stdout":"by push\n"}`, "INFO"},
		{ids[0], "invalid_request", `{"error":"request body must be valid JSON: `, "ERROR"},
		{ids[1], "script_error",
			`{"error":"ZeroDivisionError: division by zero","status":"script_error","stdout":""`, "NOTICE"},
		{ids[2], "invalid_request", `{"error":"push message: it has no data"`, "ERROR"},
		{ids[3], "ok", `{"result":"xxx`, "INFO"},
		{ids[4], "result_limit", `{"error":"The reply of 9995905 bytes is larger than`, "WARNING"},
	} {
		r := got[tt.id]
		if r == nil {
			t.Errorf("no result of event %s among %d", tt.id, len(all))
			continue
		}
		if r.Attributes["status"] != tt.status || !strings.HasPrefix(string(r.Data),
			tt.reply) || len(r.Attributes["execution_id"]) != 32 {
			t.Errorf("%s: got %.200s %v", tt.status, r.Data, r.Attributes)
		}
		runs := log.of(tt.id)
		if len(runs) != 1 || runs[0].Severity != tt.severity || !runs[0].Event.Acknowledged ||
			!runs[0].Event.Published {
			t.Errorf("%s: logged as %+v", tt.status, runs)
		}
	}
	if runs := log.of(byGcloud); len(runs) == 1 && (runs[0].Run.CPU <= 0 || runs[0].Run.Memory <= 0) {
		t.Errorf("the cost of the run is not in the log: %+v", runs[0])
	}
	// A message that is not acknowledged comes again after a second or so.
	time.Sleep(5 * time.Second)
	for _, id := range ids {
		if n := len(log.of(id)); n != 1 {
			t.Errorf("event %s was delivered %d times", id, n)
		}
	}
}

// Events of Eventarc's shape, delivered by the emulator: an unwrapped push
// whose attributes are the headers of a binary CloudEvent.
func TestUnwrappedPush(t *testing.T) {
	e := startEmulator(t)
	port := freePort(t)
	e.setUp(t, port)
	name := "projects/" + emulatedProject
	_, err := e.client.SubscriptionAdminClient.CreateSubscription(t.Context(), &pubsubpb.Subscription{
		Name: name + "/subscriptions/bare", Topic: name + "/topics/jobs",
		PushConfig: &pubsubpb.PushConfig{
			PushEndpoint: "http://127.0.0.1:" + port + "/events",
			Wrapper: &pubsubpb.PushConfig_NoWrapper_{
				NoWrapper: &pubsubpb.PushConfig_NoWrapper{WriteMetadata: true},
			},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	err = e.client.SubscriptionAdminClient.DeleteSubscription(t.Context(),
		&pubsubpb.DeleteSubscriptionRequest{Subscription: name + "/subscriptions/jobs-push"})
	if err != nil {
		t.Fatal(err)
	}
	launchForEvents(t, e, port)
	const request = `{"script": "def main(): return 7"}`
	ids := e.publish(t,
		&pubsub.Message{Data: []byte(request)},
		&pubsub.Message{Data: []byte(request), Attributes: map[string]string{
			"ce-id": "event-2", "ce-specversion": "1.0",
			"ce-source": "//pubsub.googleapis.com/" + name + "/topics/jobs",
			"ce-type":   "google.cloud.pubsub.topic.v1.messagePublished",
		}},
	)
	got := byEvent(e.receive(t, "watch", patience, atLeast(2)))
	for _, id := range []string{ids[0], "event-2"} {
		if r := got[id]; r == nil || string(r.Data) != `{"result":7,"stdout":""}` {
			t.Errorf("event %s: got %v", id, r)
		}
	}
}

// A thousand messages come to a thousand results although the server is
// restarted in the middle and its interpreter killed twice.
func TestAThousandEvents(t *testing.T) {
	const n = 1000
	e := startEmulator(t)
	port := freePort(t)
	e.setUp(t, port, "ATTEMPTS=100")
	e.retryAtOnce(t)
	p, log := launchForEvents(t, e, port, "EXEC_QUEUE=64")

	messages := make([]*pubsub.Message, n)
	for i := range messages {
		messages[i] = &pubsub.Message{Data: fmt.Appendf(nil,
			`{"script": "import time\ndef main(n):\n    time.sleep(0.01)\n    return n * n", "input": %d}`, i)}
	}
	ids := e.publish(t, messages...)
	done := make(chan map[string]*pubsub.Message, 1)
	go func() { done <- byEvent(e.receive(t, "watch", 3*time.Minute, atLeast(n))) }()

	waitFor(t, "100 runs", patience, func() bool { return log.count("ok") >= 100 })
	p.killInterpreter()
	waitFor(t, "250 runs", patience, func() bool { return log.count("ok") >= 250 })
	p.signal(syscall.SIGTERM)
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d: %s", code, &p.stderr)
	}
	p, log = launchForEvents(t, e, port, "EXEC_QUEUE=64")
	waitFor(t, "100 runs after the restart", patience, func() bool { return log.count("ok") >= 100 })
	p.killInterpreter()

	got := <-done
	if len(got) != n {
		t.Fatalf("%d results, want %d", len(got), n)
	}
	for i, id := range ids {
		want := fmt.Sprintf(`{"result":%d,"stdout":""}`, i*i)
		if r := got[id]; r == nil || string(r.Data) != want || r.Attributes["status"] != "ok" {
			t.Errorf("message %d: got %v, want %s", i, r, want)
		}
	}
}

// Messages that find the server full are refused, come again, and all of them
// have a result in the end.
func TestOverloadOfEvents(t *testing.T) {
	e := startEmulator(t)
	port := freePort(t)
	e.setUp(t, port, "ATTEMPTS=100")
	e.retryAtOnce(t)
	metrics := freePort(t)
	p, log := launchForEvents(t, e, port, "EXEC_WORKERS=1", "EXEC_QUEUE=1", "METRICS_PORT="+metrics)
	// One runs, one waits: there is no room for more.
	var callers sync.WaitGroup
	for range 2 {
		callers.Go(func() {
			if a := p.do(newClient(), "/execute", "import time\ndef main(): time.sleep(4)"); a.code != http.StatusOK {
				t.Errorf("got %+v", a)
			}
		})
	}
	waitFor(t, "a full server", patience, func() bool {
		all := scrape(t, metrics)
		return strings.Contains(all, "\npyexec_workers_busy 1\n") &&
			strings.Contains(all, "\npyexec_queue_length 1\n")
	})
	const n = 4
	messages := make([]*pubsub.Message, n)
	for i := range messages {
		messages[i] = &pubsub.Message{Data: []byte(`{"script": "def main(): return 1"}`)}
	}
	ids := e.publish(t, messages...)
	got := byEvent(e.receive(t, "watch", 2*time.Minute, atLeast(n)))
	for _, id := range ids {
		runs := log.of(id)
		if r := got[id]; r == nil || r.Attributes["status"] != "ok" || len(runs) < 2 {
			t.Errorf("event %s: got %v after %+v", id, r, runs)
			continue
		}
		if first := runs[0]; first.Run.Status != "overloaded" || first.Event.Acknowledged || first.Event.Published {
			t.Errorf("event %s: the first delivery was logged as %+v", id, first)
		}
	}
	callers.Wait()
	if all := scrape(t, metrics); !strings.Contains(all, `pyexec_runs_total{source="event",status="overloaded"}`) {
		t.Errorf("the metrics don't know it:\n%s", all)
	}
}

// A message that can't be delivered because the server is down is given up after
// exactly five tries, and kept.
func TestDeadLetters(t *testing.T) {
	for _, tt := range []struct {
		name  string
		front bool
	}{
		{"nobody listens", false},
		// Deliveries can be counted only here: the emulator's client retries by
		// itself when it finds no connection.
		{"the platform's front end says so", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := startEmulator(t)
			port := freePort(t)
			var tries atomic.Int64
			if tt.front {
				refuseAll(t, port, &tries)
			}
			e.setUp(t, port)
			const request = `{"script": "def main(): return 1"}`
			e.publish(t, &pubsub.Message{Data: []byte(request)})
			dead := e.receive(t, "jobs-dead-keep", 2*time.Minute,
				func(all []*pubsub.Message) bool { return len(all) > 0 })
			if len(dead) != 1 || string(dead[0].Data) != request {
				t.Errorf("got %v", dead)
			}
			time.Sleep(5 * time.Second) // a sixth try would come after 3 s at most
			if n := tries.Load(); tt.front && n != 5 {
				t.Errorf("%d tries, want 5", n)
			}
		})
	}
}

// refuseAll answers on port as Cloud Run does for a service that is down.
func refuseAll(t *testing.T, port string, tries *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		tries.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	})}
	go func() { _ = server.Serve(listener) }() // ends with Close
	t.Cleanup(func() { _ = server.Close() })
}
