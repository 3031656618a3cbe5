package funcs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/pyexec/pyexec/funcs/mcp"
	"github.com/pyexec/pyexec/funcs/web"
	"github.com/pyexec/pyexec/runtime"
)

// tool is what /mcp offers to language models.
type tool struct {
	server   *mcp.Server
	complete <-chan struct{}
}

func newTool(runner Runner, opts Options) *tool {
	return &tool{
		server:   mcp.New(func() mcp.Facts { return mcp.Facts{Info: runner.Info(), OpenAPI: web.OpenAPI()} }),
		complete: opts.Complete,
	}
}

// messageBytes is what the message around a tool's arguments may take.
const messageBytes = 64 << 10

// mcp is POST /mcp: one message of the Model Context Protocol. What calls the
// tool is a run like that of /execute, with the same arguments, the same words
// and the same entry in the log. Failures of the service have its HTTP status,
// too; whatever is in the caller's hands is a result for the model to read.
func (h *handler) mcp(r *http.Request, c *call) (reply, error) {
	body, _, err := c.readBody(r, h.bodyBytes+messageBytes, copiesSDK, mediaJSON)
	if err != nil {
		return reply{}, err
	}
	if err := checkMessage(body, h.runner.Info().Limits); err != nil {
		return reply{}, err
	}
	if err := h.tool.wait(r.Context()); err != nil {
		return reply{}, err
	}
	var failed error // the service's own fault
	answer := h.tool.server.Serve(r, body, func(ctx context.Context, arguments []byte) mcp.Reply {
		run := c.begin(r)
		run.Tool, run.Request.RequestBytes = mcp.ToolName, int64(len(body))
		var rep mcp.Reply
		rep, failed = h.callTool(ctx, arguments, c)
		return rep
	})
	if err := r.Context().Err(); err != nil {
		return reply{}, err
	}
	rep := reply{http: answer.Code, body: answer.Body}
	if run := c.run; run != nil {
		rep.queue, rep.run = run.Usage.Queue, run.Usage.Wall
	}
	switch {
	case failed != nil:
		o, _ := explain(failed)
		rep.http, rep.retry = o.http, o.retry
	case answer.Code >= 400 && !json.Valid(answer.Body):
		return reply{}, refuse(invalidRequest, "MCP: %.200s", bytes.TrimSpace(answer.Body))
	}
	return rep, nil
}

// toolReplyBytes is the longest reply that a tool returns. The SDK makes some
// ten copies of it, and no model reads this much.
const toolReplyBytes = 2 << 20

const toolReplyHint = "Return less, such as a summary; POST /execute has no such limit."

// callTool does what the arguments of a call ask for, and notes it in c.run. The
// error is the fault of the service, if that is what it came to.
func (h *handler) callTool(ctx context.Context, arguments []byte, c *call) (mcp.Reply, error) {
	run := c.run
	o, body, err := h.performArguments(ctx, arguments, c)
	rep := mcp.Reply{ExecutionID: run.ExecutionID}
	if err == nil {
		if size := body.size(); size > toolReplyBytes {
			o = outcomeOf[runtime.ResultLimit]
			sentence := fmt.Sprintf("The reply of %d bytes is larger than the %d bytes that a tool may return", size, toolReplyBytes)
			run.end(o, sentence, nil)
			body = message{text: appendRefusal(nil, o, sentence, toolReplyHint)}
		}
		if err = c.output(body.size() * toolCopies); err == nil {
			run.replied(&body)
			rep.Body, rep.Success = body.bytes(), o.of == runtime.OK
			return rep, nil
		}
	}
	o, sentence := explain(err)
	run.end(o, sentence, err)
	if o.event == again {
		rep.Fault = &mcp.Fault{Sentence: sentence, Status: string(o.word), Internal: !o.retry}
		return rep, err
	}
	body = message{text: appendRefusal(nil, o, sentence, hintOf(err))}
	run.replied(&body)
	rep.Body = body.text
	return rep, nil
}

// performArguments does what the JSON text of a request asks for.
func (h *handler) performArguments(ctx context.Context, arguments []byte, c *call) (*outcome, message, error) {
	req, err := parse(arguments, h.runner.Info().Limits)
	if err != nil {
		return nil, message{}, err
	}
	return h.performSafely(ctx, &req, c)
}

// checkMessage takes one message. Several at once were given up by the protocol
// itself in 2025; they would be many runs for one place in the queue.
func checkMessage(body []byte, limits runtime.Limits) error {
	if !json.Valid(body) {
		return invalidJSON(body, limits)
	}
	if bytes.TrimLeft(body, " \t\r\n")[0] != '{' {
		return refuse(invalidRequest, "request body must be one JSON-RPC message, an object: batches are not accepted")
	}
	return nil
}

// completeWithin is how long a description waits for what it is to say. A start
// that takes longer has failed, or will.
const completeWithin = 20 * time.Second

// wait waits until the service knows what it offers: clients ask once for the
// description of a tool and keep it.
func (t *tool) wait(ctx context.Context) error {
	if t.complete == nil {
		return nil
	}
	select {
	case <-t.complete:
		return nil
	default:
	}
	late := time.NewTimer(completeWithin)
	defer late.Stop()
	select {
	case <-t.complete:
	case <-late.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
