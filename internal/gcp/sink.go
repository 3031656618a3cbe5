package gcp

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"cloud.google.com/go/logging"
	"google.golang.org/api/option"
	"google.golang.org/genproto/googleapis/api/monitoredres"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// SinkConfig says where entries go and how long they may take.
type SinkConfig struct {
	Project string // its id
	Log     string // name of the log in the project
	// Resource is what the entries are about; nil means the project at large.
	Resource *monitoredres.MonitoredResource
	// Lost is told, not more than once in a while, that n entries were lost
	// since it was told last, and why. It must not log through the sink.
	Lost func(n int64, why error)

	// Zero values of the following stand for the defaults beside them; tests set
	// others.
	Delay       time.Duration // that an entry may wait for others: 1 s
	WriteWithin time.Duration // of one request, retries included: 10 s
	Entries     int64         // that may wait: 10,000
	Bytes       int64         // that may wait: 16 MiB
	LostEvery   time.Duration // between two calls of Lost: 10 s
}

// Bounds of one request, of which the API allows 10 MB.
const (
	batchEntries = 500
	batchBytes   = 4 << 20
)

// maxPayload is the size of the largest payload that is sent: the API takes
// 256 KB for an entry as a whole.
const maxPayload = 224 << 10

// ErrFull is why entries are lost before the API has seen them.
var ErrFull = errors.New("too many entries wait to be written")

// Sink takes JSON lines with the fields of Cloud Logging's agent and writes them
// through the Cloud Logging API. It is an io.Writer for a slog.JSONHandler: the
// client library gathers entries, sends many in one request, one request at a time,
// and repeats what fails for a moment. Write never waits: an entry that finds too
// many others waiting is lost, and so are those of a request that the API refuses
// or does not answer in time. All that is lost is counted. An entry that is too
// large for the API is cut, not dropped: the caller whose text is in it must not be
// able to suppress it.
type Sink struct {
	cfg    SinkConfig
	client *logging.Client
	logger *logging.Logger
	tally  tally

	ctx  context.Context // of all requests; ends when Close gives up
	stop context.CancelFunc

	// open is held by whoever hands an entry over: the library's Log must not be
	// called after its Close.
	open   sync.RWMutex
	closed bool
}

// NewSink makes a client and starts to write. Close must follow.
func NewSink(ctx context.Context, cfg SinkConfig, opts ...option.ClientOption) (*Sink, error) {
	cfg.Delay = orDefault(cfg.Delay, time.Second)
	cfg.WriteWithin = orDefault(cfg.WriteWithin, 10*time.Second)
	cfg.Entries = orDefault(cfg.Entries, 10_000)
	cfg.Bytes = orDefault(cfg.Bytes, 16<<20)
	cfg.LostEvery = orDefault(cfg.LostEvery, 10*time.Second)
	opts = append(opts, option.WithGRPCDialOption(grpc.WithChainUnaryInterceptor(watchWrites)))
	client, err := logging.NewClient(ctx, cfg.Project, opts...)
	if err != nil {
		return nil, fmt.Errorf("logging API: %w", err)
	}
	client.OnError = func(error) {} // it is told only some of the errors, the tally counts all
	s := &Sink{cfg: cfg, client: client}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.logger = client.Logger(cfg.Log,
		logging.CommonResource(s.resource()), // else it asks the metadata server
		logging.DelayThreshold(cfg.Delay),
		logging.EntryCountThreshold(batchEntries),
		logging.EntryByteThreshold(batchBytes),
		logging.PartialSuccess(),
		logging.ContextFunc(s.request))
	return s, nil
}

func (s *Sink) resource() *monitoredres.MonitoredResource {
	if s.cfg.Resource != nil {
		return s.cfg.Resource
	}
	return &monitoredres.MonitoredResource{Type: "global", Labels: map[string]string{"project_id": s.cfg.Project}}
}

func orDefault[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Write takes one line. It never waits, and returns an error only for a line that
// is no entry.
func (s *Sink) Write(line []byte) (int, error) {
	e, payload, err := parseEntry(line)
	if err != nil {
		s.tally.lose(err)
		return 0, err
	}
	size := int64(proto.Size(payload))
	if size > maxPayload {
		shrink(payload, maxPayload)
		size = int64(proto.Size(payload))
	}
	s.open.RLock()
	defer s.open.RUnlock()
	switch {
	case s.closed:
		s.tally.lose(errClosed)
	case s.tally.admit(size, s.cfg.Entries, s.cfg.Bytes):
		s.logger.Log(e)
	}
	return len(line), nil
}

var errClosed = errors.New("the log is closed")

// request is called by the library before each request; the function it
// returns is called afterwards.
func (s *Sink) request() (context.Context, func()) {
	w := new(write)
	ctx, cancel := context.WithTimeout(context.WithValue(s.ctx, writeKey{}, w), s.cfg.WriteWithin)
	return ctx, func() {
		cancel()
		s.tally.settle(w)
		s.tally.report(s.cfg.Lost, s.cfg.LostEvery)
	}
}

// Dropped is how many entries were lost so far.
func (s *Sink) Dropped() int64 { return s.tally.dropped() }

// giveUp is how long requests may take to notice that their context has ended.
const giveUp = 100 * time.Millisecond

// Close writes what is left, until ctx ends; the rest is lost, and counted.
func (s *Sink) Close(ctx context.Context) error {
	s.open.Lock()
	again := s.closed
	s.closed = true
	s.open.Unlock()
	if again {
		return nil
	}
	defer s.stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.client.Close() // the tally has counted its errors
	}()
	select {
	case <-done:
	case <-ctx.Done():
		s.stop() // requests fail at once from now on
		select {
		case <-done:
		case <-time.After(giveUp):
		}
	}
	s.tally.finish()
	s.tally.report(s.cfg.Lost, 0)
	return ctx.Err()
}
