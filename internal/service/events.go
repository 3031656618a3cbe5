package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/pyexec/pyexec/funcs/envelope"
	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/internal/gcp"
)

// newResults makes the client of the results topic, nil when none is set.
func newResults(ctx context.Context, cfg *config.Config, client []gcp.Option) (*gcp.Results, error) {
	if cfg.ResultsTopic == "" {
		return nil, nil
	}
	project, err := gcp.ProjectOr(ctx, cfg.Project)
	if err != nil {
		return nil, fmt.Errorf("RESULTS_TOPIC: %w", err)
	}
	r, err := gcp.NewResults(ctx, project, cfg.ResultsTopic, client...)
	if err != nil {
		return nil, fmt.Errorf("RESULTS_TOPIC: %w", err)
	}
	return r, nil
}

// newSenders makes the check of who may send events, nil where every caller may. A
// published result is taken for the answer to the event that it names: where
// callers, too, run scripts, none of them may send events in somebody else's name.
// onlyEvents says that nothing but events is served.
func newSenders(ctx context.Context, c *config.Config, onlyEvents bool,
	keys http.RoundTripper) (tokens *gcp.PushTokens, err error) {
	given := c.EventsAudience != ""
	switch {
	case c.Events == config.EventsOff:
		return nil, nil
	case given != (len(c.EventsAccounts) > 0):
		return nil, errors.New("EVENTS_AUDIENCE, EVENTS_ACCOUNTS: one is set without the other: a token says for " +
			"whom it is and whose, and both must be right")
	case c.EventsPlatform && c.Revision.Service == "":
		return nil, errors.New("EVENTS_SIGNATURE: platform: only Cloud Run verifies signatures for a service, " +
			"and this is not it")
	case given && c.EventsPlatform:
		tokens, err = gcp.NewPlatformTokens(c.EventsAudience, c.EventsAccounts)
	case given:
		tokens, err = gcp.NewPushTokens(ctx, c.EventsAudience, c.EventsAccounts, keys)
	case c.ResultsTopic != "" && c.Events != config.EventsOn && !onlyEvents:
		return nil, errors.New("RESULTS_TOPIC: whoever may call could publish results of events that are not " +
			"theirs: set EVENTS_AUDIENCE and EVENTS_ACCOUNTS to those of the push subscription, or EVENTS=on " +
			"where every caller may, or EVENTS=off")
	}
	if err != nil {
		return nil, fmt.Errorf("EVENTS_AUDIENCE: %w", err)
	}
	return tokens, nil
}

// EventHandler serves events, as /events of Handler does, whatever the path.
func (s *Service) EventHandler() http.Handler {
	handler := s.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		event := *r
		event.URL = &url.URL{Path: "/events"}
		handler.ServeHTTP(w, &event)
	})
}

// HandleEvent serves an event that somebody else has received, as /events of
// Handler does. An error means that the event is to come again.
func (s *Service) HandleEvent(ctx context.Context, e envelope.CloudEvent) error {
	r, err := envelope.Request(ctx, e)
	if err != nil {
		return fmt.Errorf("event: %w", err)
	}
	answer := &answer{header: http.Header{}}
	s.EventHandler().ServeHTTP(answer, r)
	switch answer.code {
	case http.StatusOK:
		return nil
	case 0:
		return fmt.Errorf("event: no answer: %w", ctx.Err())
	}
	return fmt.Errorf("event: %d: %s", answer.code, answer.body.Bytes())
}

// answer keeps what a handler answers.
type answer struct {
	header http.Header
	code   int // 0 as long as there is none, as for a caller who left
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(code int)        { a.code = code }
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }
