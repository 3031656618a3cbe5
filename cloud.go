package pyexec

import (
	"context"
	"errors"
	"fmt"

	"github.com/pyexec/pyexec/internal/gcp"
)

// project is the Google Cloud project, as it was set or as the metadata server
// knows it.
func (c *Config) project(ctx context.Context) (string, error) {
	if c.Project != "" {
		return c.Project, nil
	}
	id, err := gcp.Project(ctx)
	if err != nil {
		return "", fmt.Errorf("GOOGLE_CLOUD_PROJECT is not set: %w", err)
	}
	return id, nil
}

// results makes the client of the results topic, nil when none is set.
func (c *Config) results(ctx context.Context) (*gcp.Results, error) {
	if c.ResultsTopic == "" {
		return nil, nil
	}
	project, err := c.project(ctx)
	if err != nil {
		return nil, fmt.Errorf("RESULTS_TOPIC: %w", err)
	}
	r, err := gcp.NewResults(ctx, project, c.ResultsTopic, c.resultOptions...)
	if err != nil {
		return nil, fmt.Errorf("RESULTS_TOPIC: %w", err)
	}
	return r, nil
}

// What EVENTS can be.
const (
	eventsAuto = "auto"
	eventsOn   = "on"
	eventsOff  = "off"
)

// senders makes what tells who may send events, nil for whoever may call. A
// reply that is published speaks for the event that it names: where scripts of
// callers are run, too, none of them may send events in somebody else's name.
func (c *Config) senders(ctx context.Context) (tokens *gcp.PushTokens, err error) {
	given := c.EventsAudience != ""
	switch {
	case c.Events == eventsOff:
		return nil, nil
	case given != (len(c.EventsAccounts) > 0):
		return nil, errors.New("EVENTS_AUDIENCE, EVENTS_ACCOUNTS: one is set without the other: a token says for whom it is and whose, and both must be right")
	case c.EventsPlatform && c.revision.Service == "":
		return nil, errors.New("EVENTS_SIGNATURE: platform: only Cloud Run verifies signatures for a service, and this is not it")
	case given && c.EventsPlatform:
		tokens, err = gcp.NewPlatformTokens(c.EventsAudience, c.EventsAccounts)
	case given:
		tokens, err = gcp.NewPushTokens(ctx, c.EventsAudience, c.EventsAccounts, c.keys)
	case c.ResultsTopic != "" && c.Events != eventsOn && !c.onlyEvents:
		return nil, errors.New("RESULTS_TOPIC: whoever may call could publish results of events that are not theirs: set EVENTS_AUDIENCE and EVENTS_ACCOUNTS to those of the push subscription, or EVENTS=on where every caller may, or EVENTS=off")
	}
	if err != nil {
		return nil, fmt.Errorf("EVENTS_AUDIENCE: %w", err)
	}
	return tokens, nil
}

// learnProject finds out, in the background, what the traces in the log are
// called in full. Only where there is a metadata server, that is on the
// platform, somebody is asked.
func (r *recorder) learnProject(ctx context.Context, cfg Config) {
	switch {
	case cfg.Project != "":
		r.project.Store(&cfg.Project)
	case cfg.revision.Service != "":
		go func() {
			if id, err := gcp.Project(ctx); err == nil {
				r.project.Store(&id)
			} else {
				r.log.Warn("traces in the log have no links: " + err.Error())
			}
		}()
	}
}
