package journal

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/pyexec/pyexec/internal/gcp"
	"github.com/pyexec/pyexec/internal/logline"
)

// Destination says where the log goes.
type Destination struct {
	// API writes the log through the Cloud Logging API, of Project or, where that
	// is empty, of the project that the metadata server knows. Otherwise it goes
	// to the writer as lines.
	API      bool
	Project  string
	Revision gcp.Revision // that the entries are about, empty outside of Cloud Run
	// Client says how the client of the API is made; nothing where it finds out
	// by itself.
	Client []gcp.Option
}

// Open returns the logger that d asks for: lines on w, or one that writes through
// the Cloud Logging API and tells w only of what it had to drop. Close ends it.
func Open(ctx context.Context, d Destination, w io.Writer) (*slog.Logger, error) {
	local := logline.New(w)
	if !d.API {
		return local, nil
	}
	project, err := gcp.ProjectOr(ctx, d.Project)
	if err != nil {
		return nil, fmt.Errorf("LOG_SINK=api: %w", err)
	}
	sink, err := gcp.NewSink(ctx, gcp.SinkConfig{
		Project: project, Log: logName, Resource: gcp.RunResource(ctx, project, d.Revision),
		Lost: func(n int64, why error) {
			local.Warn("log entries lost", "entries", n, "cause", why)
		},
	}, d.Client...)
	if err != nil {
		return nil, fmt.Errorf("LOG_SINK=api: %w", err)
	}
	return slog.New(apiHandler{logline.NewJSONHandler(sink), sink}), nil
}

// apiHandler is a handler of JSON lines and the sink that it writes to, which holds
// entries back.
type apiHandler struct {
	slog.Handler
	*gcp.Sink
}

// logName is the name of the log in the project.
const logName = "pyexec"

// sink is a log handler that holds entries back.
type sink interface {
	Close(context.Context) error
	Dropped() int64
}

// Close writes what log holds back. It takes no more than FlushWithin.
func Close(log *slog.Logger) error {
	s, ok := log.Handler().(sink)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), FlushWithin)
	defer cancel()
	return s.Close(ctx)
}

// FlushWithin is how long the log may take at the end to write what it holds back.
// Cloud Run kills a second after SHUTDOWN_GRACE has run out.
const FlushWithin = 500 * time.Millisecond

// dropped is how many entries the log has lost.
func dropped(log *slog.Logger) int64 {
	if held, ok := log.Handler().(sink); ok {
		return held.Dropped()
	}
	return 0
}
