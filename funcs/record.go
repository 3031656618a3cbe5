package funcs

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/pyexec/pyexec/runtime"
)

// Run is what is known of one request for a run when it is over, for logs and
// metrics. Text in it that comes from the caller is marked: an operator's log
// must not have it unless that was asked for.
type Run struct {
	ExecutionID string
	// Status is the word that the caller was told, or "canceled" for a caller
	// who left first.
	Status string
	// Level is how much an operator should care.
	Level slog.Level
	// Problem is a sentence of the service's own: the limit that was hit, what
	// was wrong with the request, or the detail of a fault. Empty for most.
	Problem string
	// LimitHit says that a limit ended the run, which Problem names.
	LimitHit bool
	Usage    runtime.Usage
	// UsedWorker says that a process was involved: Usage is of it, and Bill is not
	// nil.
	UsedWorker bool
	Bill       Bill

	// Job is from the caller. Its script is empty where none could be read.
	Job runtime.Job
	// Reply is the body of the reply, the script's output in it; of a large one
	// the beginning. For an event it is the result, not what the sender was told.
	Reply []byte
	// ReplyBytes is how long all of it is.
	ReplyBytes int64

	Event   *Event // nil for a request of /execute or /mcp
	Tool    string // of MCP that asked for the run, empty for the others
	Request Request
	Trace   Trace
}

// Bill is what a run cost beside its Usage. A *runtime.Bill is one.
type Bill interface {
	// Wait waits until the cost is known, and returns it; ok is false when it is
	// not to be had.
	Wait() (u runtime.Usage, ok bool)
}

// Event is how a run was asked for by a message.
type Event struct {
	ID, Source, Type, Subscription string
	Attempt                        int
	// Acknowledged is false when the message is to come again.
	Acknowledged bool
	// Published says that the result went to the results topic.
	Published bool
}

// Request is the HTTP side of a run.
type Request struct {
	Method, URL, Protocol, UserAgent, RemoteIP string
	Code                                       int // 0 when the caller left first
	RequestBytes, ResponseBytes                int64
	Began                                      time.Time
	Took                                       time.Duration
}

// Recorder is told of every run that is over, and of every request that was
// refused instead.
type Recorder interface {
	// Later notes a run without making anybody wait.
	Later(*Run)
	// Now notes a run and returns when the note is written.
	Now(*Run)
}

// Results takes the replies of events.
type Results interface {
	// Publish returns when the reply is in safe hands. An error is logged and
	// makes the event come again.
	Publish(ctx context.Context, reply []byte, attributes map[string]string) error
	// MaxBytes is the size of the largest reply it takes.
	MaxBytes() int
}

// statusCanceled is the word for a caller who left before the reply.
const statusCanceled = "canceled"

// call is one request on its way through the handler.
type call struct {
	id string
	w  http.ResponseWriter // for streams; everything else is returned as a reply
	// run is nil unless the request asks for one, and again when it is noted.
	run *Run
	holding
}

// begin makes the record of a run that is asked for.
func (c *call) begin(r *http.Request) *Run {
	c.run = &Run{
		ExecutionID: c.id,
		Trace:       traceOf(r.Header),
		Request: Request{
			Method: r.Method, URL: r.URL.Path, Protocol: r.Proto,
			UserAgent: r.UserAgent(), RemoteIP: remoteIP(r),
			RequestBytes: max(r.ContentLength, 0), Began: time.Now(),
		},
	}
	return c.run
}

// remoteIP is the caller's address: the one that Google's front end, the last
// hop, appended to X-Forwarded-For, else the peer's.
func remoteIP(r *http.Request) string {
	if via := r.Header.Get("X-Forwarded-For"); via != "" {
		last := strings.TrimSpace(via[strings.LastIndexByte(via, ',')+1:])
		if net.ParseIP(last) != nil {
			return last
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return host
}

// end notes what a run, or the attempt at one, came to. err is nil for a run
// that took place.
func (run *Run) end(o *outcome, sentence string, err error) {
	run.Status, run.Level, run.LimitHit = string(o.word), o.level, o.limit
	switch {
	case o.of == internalError && err != nil:
		run.Problem = err.Error()
	case o.told:
		run.Problem = sentence
	}
}

// replied notes a reply that is not the body of the answer.
func (run *Run) replied(m *message) {
	run.Reply, run.ReplyBytes = m.beginning(), m.size()
}

// answered notes the reply. Nothing may use run afterwards but the Recorder.
func (run *Run) answered(rep *reply) {
	run.Request.Code, run.Request.ResponseBytes = rep.http, rep.size
	run.Request.Took = time.Since(run.Request.Began)
	if run.Reply == nil {
		body := message{rep.body, rep.large}
		run.Reply, run.ReplyBytes = body.beginning(), rep.size
	}
}

// leave notes that the caller left before the reply.
func (run *Run) leave() {
	run.Status, run.Level = statusCanceled, slog.LevelInfo
	run.Request.Took = time.Since(run.Request.Began)
}

// left says that err is only the echo of a caller who left.
func left(r *http.Request, err error) bool {
	return errors.Is(err, context.Canceled) && r.Context().Err() != nil
}
