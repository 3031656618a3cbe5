package gcp

import (
	"context"
	"fmt"
	"path"
	"time"

	"cloud.google.com/go/compute/metadata"
	"google.golang.org/api/option"
	"google.golang.org/genproto/googleapis/api/monitoredres"
)

// Option says how a client of an API is made: with which credentials, over
// which connection. Without any it finds out by itself.
type Option = option.ClientOption

// askWithin bounds a question to the metadata server, which on Google Cloud
// answers in milliseconds and elsewhere is not there.
const askWithin = 2 * time.Second

// keysWithin bounds the fetch of Google's keys, which are kept as long as Google
// says they are good, some hours.
const keysWithin = 10 * time.Second

// Project asks the metadata server for the id of the project.
func Project(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	id, err := metadata.ProjectIDWithContext(ctx)
	if err != nil {
		return "", fmt.Errorf("metadata server: project: %w", err)
	}
	return id, nil
}

// ProjectOr returns set, the project that the settings name, or where that is empty
// the one that the metadata server knows.
func ProjectOr(ctx context.Context, set string) (string, error) {
	if set != "" {
		return set, nil
	}
	id, err := Project(ctx)
	if err != nil {
		return "", fmt.Errorf("GOOGLE_CLOUD_PROJECT is not set: %w", err)
	}
	return id, nil
}

// Revision names a revision of a Cloud Run service. It is empty elsewhere.
type Revision struct{ Service, Name, Configuration string }

// RunResource is what the log's entries are about: the revision on Cloud Run,
// so that they show beside those of the platform. It is nil, which means the
// project at large, elsewhere and where the metadata server knows no region.
func RunResource(ctx context.Context, project string, r Revision) *monitoredres.MonitoredResource {
	if r.Service == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	region, err := metadata.GetWithContext(ctx, "instance/region") // projects/NUMBER/regions/REGION
	if err != nil {
		return nil
	}
	return &monitoredres.MonitoredResource{Type: "cloud_run_revision", Labels: map[string]string{
		"project_id": project, "location": path.Base(region), "service_name": r.Service,
		"revision_name": r.Name, "configuration_name": r.Configuration,
	}}
}
