package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// The tests of events run against the real Pub/Sub emulator from the Google Cloud
// CLI. It speaks the protocol, pushes, backs off and gives up as Pub/Sub does; it
// knows no accounts and no permissions.

const emulatedProject = "demo-proj"

// emulator is a running Pub/Sub emulator, one for each test: they can't
// disturb each other then.
type emulator struct {
	host   string
	client *pubsub.Client
}

// startEmulator skips where there is none. On our own CI, which installs it,
// that is a failure.
func startEmulator(t *testing.T) *emulator {
	t.Helper()
	jar, err := emulatorJar()
	if testing.Short() {
		err = errors.New("left out by -short")
	}
	need.That(t, "the Pub/Sub emulator", err)
	port := freePort(t)
	e := &emulator{host: "127.0.0.1:" + port}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	cmd := exec.CommandContext(ctx, "java", "-Xmx512m", "-jar", jar, "--host=127.0.0.1", "--port="+port)
	if err := cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // killed
	})
	e.await(t)
	conn, err := grpc.NewClient(e.host, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	if e.client, err = pubsub.NewClient(ctx, emulatedProject, option.WithGRPCConn(conn)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.client.Close() })
	return e
}

// emulatorJar finds the emulator beside gcloud.
func emulatorJar() (string, error) {
	gcloud, err := exec.LookPath("gcloud")
	if err != nil {
		return "", err
	}
	if _, err := exec.LookPath("java"); err != nil {
		return "", err
	}
	if gcloud, err = filepath.EvalSymlinks(gcloud); err != nil {
		return "", err
	}
	pattern := filepath.Join(filepath.Dir(filepath.Dir(gcloud)),
		"platform/pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar")
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		return "", errors.Join(err, fmt.Errorf("%s: no such file", pattern))
	}
	return found[len(found)-1], nil
}

func (e *emulator) await(t *testing.T) {
	t.Helper()
	until := time.Now().Add(time.Minute)
	for {
		conn, err := net.DialTimeout("tcp", e.host, time.Second)
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(until) {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// environment leads clients of Pub/Sub, gcloud among them, to the emulator.
func (e *emulator) environment() []string {
	return []string{
		"PUBSUB_EMULATOR_HOST=" + e.host, "GOOGLE_CLOUD_PROJECT=" + emulatedProject, "PROJECT=" + emulatedProject,
		"CLOUDSDK_API_ENDPOINT_OVERRIDES_PUBSUB=http://" + e.host + "/", "CLOUDSDK_AUTH_DISABLE_CREDENTIALS=true",
		"CLOUDSDK_CORE_PROJECT=" + emulatedProject, "CLOUDSDK_CORE_DISABLE_PROMPTS=1",
	}
}

// command runs a program against the emulator and returns what it printed.
func (e *emulator) command(t *testing.T, settings []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append(append(append(os.Environ(), e.environment()...), "CLOUDSDK_CONFIG="+t.TempDir()), settings...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// setUp runs the deployment script for a service on port.
func (e *emulator) setUp(t *testing.T, port string, settings ...string) {
	t.Helper()
	e.command(t, append([]string{"ENDPOINT=http://127.0.0.1:" + port, "MIN_RETRY=1s", "MAX_RETRY=3s"}, settings...),
		"../../deploy/pubsub.sh")
	name := "projects/" + emulatedProject
	_, err := e.client.SubscriptionAdminClient.CreateSubscription(t.Context(), &pubsubpb.Subscription{
		Name: name + "/subscriptions/watch", Topic: name + "/topics/results",
	})
	if err != nil {
		t.Fatal(err)
	}
}

// retryAtOnce takes the retry policy off the subscription, so that a message
// comes again after a second. With a policy the emulator loses messages for
// good when several are refused in the same moment.
func (e *emulator) retryAtOnce(t *testing.T) {
	t.Helper()
	_, err := e.client.SubscriptionAdminClient.UpdateSubscription(t.Context(), &pubsubpb.UpdateSubscriptionRequest{
		Subscription: &pubsubpb.Subscription{Name: "projects/" + emulatedProject + "/subscriptions/jobs-push"},
		UpdateMask:   &fieldmaskpb.FieldMask{Paths: []string{"retry_policy"}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// publish sends messages to the topic of requests and returns their ids.
func (e *emulator) publish(t *testing.T, messages ...*pubsub.Message) []string {
	t.Helper()
	p := e.client.Publisher("jobs")
	defer p.Stop()
	var sent []*pubsub.PublishResult
	for _, m := range messages {
		sent = append(sent, p.Publish(t.Context(), m))
	}
	ids := make([]string, len(sent))
	for i, r := range sent {
		var err error
		if ids[i], err = r.Get(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return ids
}

// receive collects the messages of a subscription until enough says so, and
// fails the test when that takes too long.
func (e *emulator) receive(t *testing.T, subscription string, limit time.Duration,
	enough func(all []*pubsub.Message) bool) []*pubsub.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	var mu sync.Mutex
	var all []*pubsub.Message
	reached := false
	err := e.client.Subscriber(subscription).Receive(ctx, func(_ context.Context, m *pubsub.Message) {
		mu.Lock()
		defer mu.Unlock()
		m.Ack()
		all = append(all, m)
		if !reached && enough(all) {
			reached = true
			cancel()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if !reached {
		t.Fatalf("%s: after %v only %d messages", subscription, limit, len(all))
	}
	return all
}

// atLeast is enough when n messages with different event ids are there.
func atLeast(n int) func([]*pubsub.Message) bool {
	return func(all []*pubsub.Message) bool { return len(all) >= n && len(byEvent(all)) >= n }
}

// byEvent does what a consumer does: it takes one of the messages with the same
// event id.
func byEvent(all []*pubsub.Message) map[string]*pubsub.Message {
	m := make(map[string]*pubsub.Message)
	for _, r := range all {
		m[r.Attributes["event_id"]] = r
	}
	return m
}
