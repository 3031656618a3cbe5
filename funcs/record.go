package funcs

import (
	"context"
	"log/slog"
	"time"

	"github.com/pyexec/pyexec/runtime"
)

// Record is what is known of one request for a run when it is over, for logs and
// metrics. The comments say which text in it comes from the caller: an operator's
// log must not have it unless that was asked for.
type Record struct {
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
	// UsedWorker says that a process was involved: Usage is what it used, and Bill
	// is not nil.
	UsedWorker bool
	Bill       Bill
	// Cases is how the cases of a batch ended, whose Usage is that of all of them: the wall
	// clock of the batch, the wait of the first case. nil for a single run.
	Cases *Cases
	// Environment is the name of the one that was to run it; empty where that is not known.
	Environment string

	// Job is from the caller. Its script is empty where none could be read.
	Job runtime.Job
	// Reply is the body of the reply, the script's output in it; of a large reply
	// only the beginning, of a stream only its last event or line. For an event it is the result, not the answer to the
	// sender.
	Reply []byte
	// ReplyBytes is the length of the whole of that.
	ReplyBytes int64

	Event   *Event // nil for a request of /execute or /mcp
	Tool    string // the MCP tool that asked for the run, empty for other requests
	Request Request
	Trace   Trace
}

// Bill tells what a run cost beyond its Usage. A *runtime.Bill is one.
type Bill interface {
	// Wait waits until the cost is known, and returns it; ok is false when it can't
	// be had.
	Wait() (u runtime.Usage, ok bool)
}

// Event is how a run was asked for by a message that was pushed.
type Event struct {
	// What the message says of itself, see envelope.Message.
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
	Code                                       int   // 0 when the caller left first
	RequestBytes, ResponseBytes                int64 // of the bodies, as they were sent
	Began                                      time.Time
	Took                                       time.Duration // until the reply was written
}

// Recorder is told of every run that is over, and of every request that was refused
// instead. It owns the Record from then on.
type Recorder interface {
	// Later notes a run without making anybody wait.
	Later(*Record)
	// Now notes a run and returns when the note is written.
	Now(*Record)
}

// Results takes the replies of events.
type Results interface {
	// Publish returns when the topic has accepted the reply. An error is logged and
	// makes the event come again.
	Publish(ctx context.Context, reply []byte, attributes map[string]string) error
	// MaxBytes is the size of the largest reply it takes.
	MaxBytes() int
}

// statusCanceled is the word for a caller who left before the reply.
const statusCanceled = "canceled"

// end notes the outcome of a run, or of the attempt at one. err is nil for a run
// that took place.
func (rec *Record) end(o *outcome, sentence string, err error) {
	rec.Status, rec.Level, rec.LimitHit = string(o.word), o.level, o.limit
	switch {
	case o.of == internalError && err != nil:
		rec.Problem = err.Error()
	case o.told:
		rec.Problem = sentence
	}
}

// replied notes the body of the reply to the run, once it is sent or held.
func (rec *Record) replied(c *content) {
	rec.Reply, rec.ReplyBytes = c.beginning(), c.size
}

// answered notes the HTTP reply. Its body is that of the reply to the run, unless
// one is noted already. Only the Recorder may use the record afterwards.
func (rec *Record) answered(rep *reply) {
	rec.Request.Code, rec.Request.ResponseBytes = rep.http, rep.content.size
	if rep.sent {
		rec.Request.ResponseBytes = rep.wrote
	}
	rec.Request.Took = time.Since(rec.Request.Began)
	if rec.Reply == nil {
		rec.replied(&rep.content)
	}
}

// leave notes that the caller left before the reply.
func (rec *Record) leave() {
	rec.Status, rec.Level = statusCanceled, slog.LevelInfo
	rec.Request.Took = time.Since(rec.Request.Began)
}
