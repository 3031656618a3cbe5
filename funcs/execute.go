package funcs

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/pyexec/pyexec/runtime"
)

// execute is POST /execute.
func (h *handler) execute(r *http.Request, c *call) (reply, error) {
	run := c.begin(r)
	req, err := h.request(r, c)
	if err != nil {
		return reply{}, err
	}
	if prefers(r.Header["Accept"], streamType) {
		return h.stream(r, c, &req)
	}
	o, body, err := h.perform(r.Context(), &req, c)
	if err != nil {
		return reply{}, err
	}
	return reply{http: o.http, body: body.text, large: body.encode, queue: run.Usage.Queue, run: run.Usage.Wall}, nil
}

// request reads what is asked for: a body of JSON, or a script as it is, and
// the query.
func (h *handler) request(r *http.Request, c *call) (request, error) {
	body, media, err := c.readBody(r, h.bodyBytes, copiesPlain, executeTypes...)
	if err != nil {
		return request{}, err
	}
	c.run.Request.RequestBytes = int64(len(body))
	limits := h.runner.Info().Limits
	decode, source := parse, media != mediaJSON
	if source {
		decode = parseSource
	}
	req, err := decode(body, limits)
	if err != nil {
		return request{}, err
	}
	return req, req.parseQuery(r.URL.RawQuery, source, &limits)
}

// perform runs what a request asks for and returns the body of the reply. It
// notes in c.run what there is to note.
func (h *handler) perform(ctx context.Context, req *request, c *call) (*outcome, message, error) {
	run := c.run
	limits := h.runner.Info().Limits
	job := req.job
	job.Usage = req.report
	run.Job = job
	hooks := req.hooks
	hooks.Room = func(n int) error { return c.room(ctx, int64(n)) }
	res, err := h.runner.Run(ctx, job, hooks)
	if err == nil {
		err = c.output(int64(len(res.Stdout) + len(res.Stderr)))
	}
	if err != nil {
		return nil, message{}, err
	}
	o := outcomeOf[res.Status]
	if o == nil || (res.Status == runtime.OK && len(res.Value) == 0) {
		return nil, message{}, fmt.Errorf("run: result: status %q with a value of %d bytes", res.Status, len(res.Value))
	}
	var extra *report
	if req.report {
		if job.Timeout > 0 {
			limits.Timeout = min(limits.Timeout, job.Timeout)
		}
		extra = &report{id: run.ExecutionID, limits: limits, isolation: h.runner.Info().Isolation} // asked again: a start may have ended only now
	}
	run.Usage = res.Usage
	if res.Bill != nil {
		run.UsedWorker, run.Bill = true, res.Bill
	}
	run.end(o, res.Error, nil)
	return o, result(&res, limits.OutputBytes, job.ReturnFiles, extra), nil
}

// performSafely is perform for a goroutine that is not the request's own, where
// a panic would end the process: it comes back as an error.
func (h *handler) performSafely(ctx context.Context, req *request, c *call) (o *outcome, body message, err error) {
	defer func() {
		if p := recover(); p != nil {
			o, body, err = nil, message{}, fmt.Errorf("serve: panic: %v\n%s", p, debug.Stack())
		}
	}()
	return h.perform(ctx, req, c)
}
