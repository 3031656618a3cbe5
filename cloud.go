package pyexec

import (
	"context"
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
