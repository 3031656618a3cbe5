package gcp

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	logging "cloud.google.com/go/logging/apiv2"
	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/api/option"
	"google.golang.org/genproto/googleapis/api/monitoredres"
	"google.golang.org/grpc/status"
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

	// The rest has defaults where it is zero, which tests replace.
	Delay       time.Duration // that an entry may wait for others: 1 s
	WriteWithin time.Duration // of one request, retries included: 10 s
	Entries     int           // that may wait: 10,000
	Bytes       int           // that may wait: 16 MiB
	LostEvery   time.Duration // between two calls of Lost: 10 s
}

// What one request of the API may hold is 10 MB; entries of up to 256 KB count.
const (
	batchEntries = 500
	batchBytes   = 4 << 20
)

// ErrFull is why an entry was lost when too many waited already.
var ErrFull = errors.New("too many entries wait to be written")

// Sink writes entries through the Cloud Logging API, many in one request, one
// request at a time. Nobody who writes ever waits: an entry that finds the
// queue full is lost, and so are those of a request that the API refuses or
// does not answer in time. All that is lost is counted.
type Sink struct {
	cfg    SinkConfig
	client *logging.Client
	name   string // of the log, as the API wants it

	wake chan struct{} // holds a token when there is something to do
	done chan struct{} // closed when the last entry is written
	stop context.CancelFunc
	ctx  context.Context // ends when Close gives up

	mu      sync.Mutex
	queue   []*loggingpb.LogEntry
	bytes   int
	closing bool
	dropped int64
	untold  int64 // of those dropped
	toldAt  time.Time
}

// NewSink makes a client and starts to write. Close must follow.
func NewSink(ctx context.Context, cfg SinkConfig, opts ...option.ClientOption) (*Sink, error) {
	client, err := logging.NewClient(ctx, opts...)
	if err != nil {
		return nil, fmt.Errorf("logging API: %w", err)
	}
	cfg.Delay = orDefault(cfg.Delay, time.Second)
	cfg.WriteWithin = orDefault(cfg.WriteWithin, 10*time.Second)
	cfg.Entries = orDefault(cfg.Entries, 10_000)
	cfg.Bytes = orDefault(cfg.Bytes, 16<<20)
	cfg.LostEvery = orDefault(cfg.LostEvery, 10*time.Second)
	s := &Sink{
		cfg: cfg, client: client,
		name: "projects/" + cfg.Project + "/logs/" + url.PathEscape(cfg.Log),
		wake: make(chan struct{}, 1),
		done: make(chan struct{}),
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	go s.run()
	return s, nil
}

func orDefault[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// write puts an entry into the queue.
func (s *Sink) write(e *loggingpb.LogEntry) {
	size := proto.Size(e)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing || len(s.queue) >= s.cfg.Entries || s.bytes+size > s.cfg.Bytes {
		s.lose(1)
		return
	}
	s.queue = append(s.queue, e)
	s.bytes += size
	if len(s.queue) == 1 || len(s.queue) == batchEntries {
		s.rouse()
	}
}

// rouse makes sure that run looks at the queue.
func (s *Sink) rouse() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// lose counts entries. The caller holds the lock.
func (s *Sink) lose(n int64) {
	s.dropped += n
	s.untold += n
}

// run writes until it is told to stop and the queue is empty.
func (s *Sink) run() {
	defer close(s.done)
	for {
		batch, closing := s.next()
		switch {
		case len(batch) > 0:
			s.report(s.send(batch))
		case closing:
			return
		default:
			<-s.wake
			s.gather()
		}
	}
}

// gather gives entries time to become many, unless they are.
func (s *Sink) gather() {
	delay := time.NewTimer(s.cfg.Delay)
	defer delay.Stop()
	for {
		s.mu.Lock()
		enough := s.closing || len(s.queue) >= batchEntries || s.bytes >= batchBytes
		s.mu.Unlock()
		if enough {
			return
		}
		select {
		case <-delay.C:
			return
		case <-s.wake:
		}
	}
}

// next takes as many entries out of the queue as fit into a request.
func (s *Sink) next() (batch []*loggingpb.LogEntry, closing bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, bytes := 0, 0
	for n < len(s.queue) && n < batchEntries {
		size := proto.Size(s.queue[n])
		if n > 0 && bytes+size > batchBytes {
			break
		}
		n, bytes = n+1, bytes+size
	}
	batch = s.queue[:n:n]
	s.queue = append([]*loggingpb.LogEntry(nil), s.queue[n:]...)
	s.bytes -= bytes
	return batch, s.closing
}

// send writes one batch. The client repeats what fails for a moment; an entry
// that was written twice has the same insert id and shows once.
func (s *Sink) send(batch []*loggingpb.LogEntry) error {
	ctx, cancel := context.WithTimeout(s.ctx, s.cfg.WriteWithin)
	defer cancel()
	_, err := s.client.WriteLogEntries(ctx, &loggingpb.WriteLogEntriesRequest{
		LogName: s.name, Resource: s.resource(), Entries: batch, PartialSuccess: true,
	})
	if err == nil {
		return nil
	}
	s.mu.Lock()
	s.lose(refused(err, len(batch)))
	s.mu.Unlock()
	return err
}

func (s *Sink) resource() *monitoredres.MonitoredResource {
	if s.cfg.Resource != nil {
		return s.cfg.Resource
	}
	return &monitoredres.MonitoredResource{Type: "global", Labels: map[string]string{"project_id": s.cfg.Project}}
}

// refused is how many entries of a batch of n an error has cost. The API names
// those that it did not take when it took the others.
func refused(err error, n int) int64 {
	for _, detail := range status.Convert(err).Details() {
		if partial, ok := detail.(*loggingpb.WriteLogEntriesPartialErrors); ok {
			return int64(min(len(partial.LogEntryErrors), n))
		}
	}
	return int64(n)
}

// report tells of what was lost, now and then.
func (s *Sink) report(err error) {
	s.mu.Lock()
	n := s.untold
	due := n > 0 && (s.closing || time.Since(s.toldAt) >= s.cfg.LostEvery)
	if due {
		s.untold, s.toldAt = 0, time.Now()
	}
	s.mu.Unlock()
	if !due || s.cfg.Lost == nil {
		return
	}
	if err == nil {
		err = ErrFull
	}
	s.cfg.Lost(n, err)
}

// Dropped is how many entries were lost so far.
func (s *Sink) Dropped() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dropped
}

// Close writes what is left, until ctx ends; the rest is lost, and counted.
func (s *Sink) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	s.rouse()
	select {
	case <-s.done:
	case <-ctx.Done():
		s.stop() // requests fail at once from now on
		<-s.done
	}
	s.stop()
	s.report(context.Cause(ctx))
	if err := s.client.Close(); err != nil {
		return fmt.Errorf("logging API: close: %w", err)
	}
	return ctx.Err()
}
