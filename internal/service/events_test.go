package service

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/internal/gcp"
	"github.com/pyexec/pyexec/internal/logline"
	"github.com/pyexec/pyexec/internal/testbed/locked"
)

// signer signs tokens as Google does, and serves the key to verify them with.
type signer struct{ *rsa.PrivateKey }

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (s signer) RoundTrip(r *http.Request) (*http.Response, error) {
	keys := fmt.Sprintf(`{"keys":[{"kid":"1","n":%q,"e":%q}]}`, b64(s.N.Bytes()), b64(big.NewInt(int64(s.E)).Bytes()))
	return &http.Response{StatusCode: http.StatusOK, Request: r, Body: io.NopCloser(strings.NewReader(keys))}, nil
}

func (s signer) token(t *testing.T, email string) string {
	t.Helper()
	claims := fmt.Sprintf(`{"iss":"https://accounts.google.com","aud":"https://pyexec.example","email":%q,"email_verified":true,"exp":%d}`,
		email, time.Now().Add(time.Hour).Unix())
	signed := b64([]byte(`{"alg":"RS256","kid":"1"}`)) + "." + b64([]byte(claims))
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.PrivateKey, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + b64(signature)
}

// topicServer is a Pub/Sub with the topic results in the project p.
func topicServer(t *testing.T) (*pstest.Server, []gcp.Option) {
	t.Helper()
	server := pstest.NewServer()
	t.Cleanup(func() { _ = server.Close() })
	if _, err := server.GServer.CreateTopic(t.Context(),
		&pubsubpb.Topic{Name: "projects/p/topics/results"}); err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient(server.Addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return server, []gcp.Option{option.WithGRPCConn(conn)}
}

var withTopic = []string{"RESULTS_TOPIC=results", "GOOGLE_CLOUD_PROJECT=p"}

// Whoever may run scripts can't have results published in the name of somebody
// else's event: that takes the token of the push subscription.
func TestResultsCannotBeForged(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	google := signer{key}
	const push, caller = "push@p.iam.gserviceaccount.com", "caller@p.iam.gserviceaccount.com"
	cut := func(token string) string {
		return "Bearer " + token[:strings.LastIndexByte(token, '.')+1] + "SIGNATURE_REMOVED_BY_GOOGLE"
	}
	ours := []string{"EVENTS_AUDIENCE=https://pyexec.example", "EVENTS_ACCOUNTS=" + push}
	platform := append([]string{"EVENTS_SIGNATURE=platform", "K_SERVICE=pyexec"}, ours...)
	for name, tt := range map[string]struct {
		settings []string
		header   http.Header
		code     int
	}{
		"no token": {ours, nil, 403},
		"token of a caller": {ours, http.Header{"Authorization": {"Bearer " + google.token(t, caller)}},
			403},
		"token with a signature cut": {ours, http.Header{"Authorization": {cut(google.token(t, push))}}, 403},
		"token of the subscription": {ours, http.Header{"Authorization": {"Bearer " + google.token(t, push)}},
			200},
		"on Cloud Run":              {platform, http.Header{"Authorization": {cut(google.token(t, push))}}, 200},
		"on Cloud Run, of a caller": {platform, http.Header{"Authorization": {cut(google.token(t, caller))}}, 403},
		"on Cloud Run, beside another": {platform,
			http.Header{"Authorization": {cut(google.token(t, push))},
				"X-Serverless-Authorization": {cut(google.token(t, caller))}}, 403},
		"off": {[]string{"EVENTS=off"},
			http.Header{"Authorization": {"Bearer " + google.token(t, push)}}, 404},
		"for everybody": {[]string{"EVENTS=on"}, nil, 200},
	} {
		t.Run(name, func(t *testing.T) {
			topic, options := topicServer(t)
			cfg, err := config.Parse(append(tt.settings, withTopic...), roomy)
			if err != nil {
				t.Fatal(err)
			}
			var log locked.Buffer
			out, started := starts(&fakeEngine{})
			out.results, out.keys = options, google
			s, err := newService(t.Context(), cfg, logline.New(&log), out)
			if err != nil {
				t.Fatal(err)
			}
			started <- nil
			<-s.Ready()
			body := `{"message":{"messageId":"id-of-somebody-elses-message","data":"` + base64.StdEncoding.EncodeToString([]byte(script)) + `"}}`
			r := httptest.NewRequest("POST", "http://localhost:8080/events", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			for name, values := range tt.header {
				r.Header[name] = values
			}
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			if w.Code != tt.code {
				t.Errorf("%d %s, want %d", w.Code, w.Body, tt.code)
			}
			published := topic.Messages()
			if len(published) != map[int]int{200: 1}[tt.code] {
				t.Errorf("%d published", len(published))
			}
			if err := s.Close(); err != nil && !strings.Contains(err.Error(), "closing") { // the connection is ours
				t.Error(err)
			}
			if tt.code == 403 && (!strings.Contains(log.String(), `"acknowledged":false`) ||
				strings.Contains(log.String(), `"ERROR"`)) {
				t.Errorf("logged:\n%s", &log)
			}
			if warned := strings.Contains(log.String(),
				"whoever may call this service can publish"); warned != (name == "for everybody") {
				t.Errorf("warned: %v:\n%s", warned, &log)
			}
		})
	}
}

// Settings by which everybody could publish by oversight do not start.
func TestEventsNeedADecision(t *testing.T) {
	for name, tt := range map[string]struct {
		settings   []string
		onlyEvents bool
		says       string // "" where it starts
	}{
		"nothing published":       {nil, false, ""},
		"undecided":               {withTopic, false, "RESULTS_TOPIC: whoever may call could publish"},
		"on":                      {append([]string{"EVENTS=on"}, withTopic...), false, ""},
		"off":                     {append([]string{"EVENTS=off"}, withTopic...), false, ""},
		"the function for events": {withTopic, true, ""},
		"an audience alone": {append([]string{"EVENTS_AUDIENCE=x"}, withTopic...), false,
			"one is set without the other"},
		"accounts alone": {[]string{"EVENTS_ACCOUNTS=a@b.example"}, false,
			"one is set without the other"},
		"both": {append([]string{"EVENTS_AUDIENCE=x", "EVENTS_ACCOUNTS=a@b.example"},
			withTopic...), false, ""},
		"a platform that is none": {[]string{"EVENTS_AUDIENCE=x", "EVENTS_ACCOUNTS=a@b.example",
			"EVENTS_SIGNATURE=platform"}, false, "only Cloud Run verifies"},
		"a platform without an audience": {append([]string{"EVENTS_SIGNATURE=platform", "K_SERVICE=s"},
			withTopic...), false, "RESULTS_TOPIC: whoever may call"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := config.Parse(tt.settings, roomy)
			if err != nil {
				t.Fatal(err)
			}
			out, started := starts(&fakeEngine{})
			started <- nil
			_, out.results = topicServer(t)
			out.onlyEvents = tt.onlyEvents
			s, err := newService(t.Context(), cfg, quiet(), out)
			if tt.says != "" {
				if err == nil || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("%v, want %s", err, tt.says)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			_ = s.Close() // whose topic is closed by its connection, ours
		})
	}
}
