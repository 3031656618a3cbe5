package funcs

import (
	"context"
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
		server: mcp.New(func() mcp.Facts {
			return mcp.Facts{Info: runner.Info(), OpenAPI: web.OpenAPI()}
		}),
		complete: opts.Complete,
	}
}

// rpcBytes is what the message around a tool's arguments may take.
const rpcBytes = 64 << 10

// mcp is POST /mcp: one message of the Model Context Protocol. A call of the tool
// is a run like that of /execute, with the same arguments, the same status words
// and the same entry in the log. Failures of the service have its HTTP status, too;
// whatever the caller can change is a result for the model to read.
func (h *handler) mcp(r *http.Request, c *call) (reply, error) {
	body, _, err := c.readBody(r, h.bodyBytes+rpcBytes, copiesSDK, mediaJSON)
	if err != nil {
		return reply{}, err
	}
	if err := c.rpc.check(body, &c.limits); err != nil {
		return reply{}, err
	}
	if err := h.tool.wait(r.Context()); err != nil {
		return reply{}, err
	}
	var failed error // the service's own fault
	answer := h.tool.server.Serve(r, body, func(ctx context.Context, arguments []byte) mcp.Reply {
		rec := c.begin(r)
		rec.Tool, rec.Request.RequestBytes = mcp.ToolName, int64(len(body))
		var rep mcp.Reply
		rep, failed = h.callTool(ctx, arguments, c)
		return rep
	})
	if err := r.Context().Err(); err != nil {
		return reply{}, err
	}
	rep := reply{http: answer.Code, content: textContent(answer.Body)}
	if rec := c.record; rec != nil {
		rep.waited, rep.ran = rec.Usage.Queue, rec.Usage.Wall
	}
	switch {
	case failed != nil:
		o, _ := explain(failed)
		rep.http, rep.retry = o.http, o.retry
	case answer.Refusal != nil:
		answer.Refusal.Status, answer.Refusal.ExecutionID = string(invalidRequest), c.id
		rep.content = textContent(answer.Refusal.Append(nil, c.rpc.id))
	}
	return rep, nil
}

// toolReplyBytes is the longest reply that a tool returns. The SDK makes some
// ten copies of it, and no model reads this much.
const toolReplyBytes = 2 << 20

const toolReplyHint = "Return less, such as a summary; POST /execute has no such limit."

// callTool does what the arguments of a call ask for, and notes it in c.record. The
// error is not nil when the service is at fault.
func (h *handler) callTool(ctx context.Context, arguments []byte, c *call) (mcp.Reply, error) {
	rep := mcp.Reply{ExecutionID: c.id}
	o, result, err := h.performArguments(ctx, arguments, c)
	if err == nil {
		o, err = c.holdForTool(o, &result)
	}
	if err == nil {
		c.record.replied(&result)
		rep.Body, rep.Success = result.text, o.of == runtime.OK
		return rep, nil
	}
	o, sentence, result := c.failed(err)
	if o.ack == again {
		rep.Fault = &mcp.Fault{Sentence: sentence, Status: string(o.word), Internal: !o.retry}
		return rep, err
	}
	c.record.replied(&result)
	rep.Body = result.text
	return rep, nil
}

// performArguments does what the JSON text of a request asks for.
func (h *handler) performArguments(ctx context.Context, arguments []byte, c *call) (*outcome, content, error) {
	p, err := parse(arguments, &c.limits)
	if err != nil {
		return nil, content{}, err
	}
	return h.performSafely(ctx, c, &p, runtime.Hooks{})
}

// holdForTool puts a result together in memory, and reserves memory for its copies.
// A result that is too large for a tool becomes a refusal that says so.
func (c *call) holdForTool(o *outcome, result *content) (*outcome, error) {
	err := result.hold(toolReplyBytes, func(n int64) error { return c.mem.output(n * toolCopies) })
	if err != nil || result.size <= toolReplyBytes {
		return o, err
	}
	o = outcomeOf[runtime.ResultLimit]
	sentence := fmt.Sprintf("The reply of %d bytes is larger than the %d bytes that a tool may return",
		result.size, toolReplyBytes)
	c.record.end(o, sentence, nil)
	*result = refusal(o, sentence, toolReplyHint)
	return o, nil
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
