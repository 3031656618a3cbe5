package funcs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/pyexec/pyexec/runtime"
)

// execute is POST /execute.
func (h *handler) execute(r *http.Request, c *call) (reply, error) {
	rec := c.begin(r)
	if isLines(r.Header.Get("Content-Type")) {
		return h.executeLines(r, c)
	}
	p, err := h.readParams(r, c)
	if err != nil {
		return reply{}, err
	}
	if p.batch != nil {
		return h.executeBatch(r, c, &p)
	}
	if prefers(r.Header["Accept"], streamType) {
		return h.stream(r, c, &p)
	}
	o, result, err := h.perform(r.Context(), c, &p, runtime.Hooks{})
	if err != nil {
		return reply{}, err
	}
	return reply{http: o.http, content: result, waited: rec.Usage.Queue, ran: rec.Usage.Wall}, nil
}

// readParams reads what is asked for: a body of JSON, or a script as it is, and
// the query.
func (h *handler) readParams(r *http.Request, c *call) (params, error) {
	body, media, err := c.readBody(r, h.bodyBytes, copiesPlain, executeTypes...)
	if f, ok := errors.AsType[*failure](err); ok && f.of == tooLarge && media == mediaJSON {
		f.hint = linesBodyHint
	}
	if err != nil {
		return params{}, err
	}
	c.record.Request.RequestBytes = int64(len(body))
	decode, source := parse, media != mediaJSON
	if source {
		decode = parseSource
	}
	p, err := decode(body, &c.limits)
	if err != nil && !source && looksLikeLines(body) {
		err = refuseLimit(invalidRequest, linesTypeHint, "request body must be one JSON object, got lines of JSON")
	}
	if err != nil {
		return params{}, err
	}
	return p, p.parseQuery(r.URL.RawQuery, source, &c.limits)
}

// perform runs what p asks for and returns the outcome with the content that
// tells of it. It notes in c.record what there is to note.
func (h *handler) perform(
	ctx context.Context, c *call, p *params, hooks runtime.Hooks,
) (*outcome, content, error) {
	if p.batch != nil {
		return h.performBatch(ctx, c, p)
	}
	if err := p.checkOptions(); err != nil {
		return nil, content{}, err
	}
	rec, job := c.record, p.job
	job.Usage = p.report
	rec.Job = job
	hooks.Wait = func() error { return c.mem.wait(rec.Request.RequestBytes) }
	hooks.Room = func(n int) error { return c.mem.room(ctx, n) }
	res, err := h.runner.Run(ctx, job, hooks)
	if err == nil {
		err = c.mem.output(int64(len(res.Stdout) + len(res.Stderr)))
	}
	if err != nil {
		return nil, content{}, err
	}
	o := outcomeOf[res.Status]
	if o == nil || (res.Status == runtime.OK && len(res.Value) == 0) {
		err := fmt.Errorf("run: result: status %q with a value of %d bytes", res.Status, len(res.Value))
		return nil, content{}, err
	}
	rec.Usage, rec.Environment = res.Usage, res.Environment
	if res.Bill != nil {
		rec.UsedWorker, rec.Bill = true, res.Bill
	}
	rec.end(o, res.Error, nil)
	told := encoding{res: &res, outputBytes: c.limits.OutputBytes, files: job.ReturnFiles}
	if p.report && res.Status != runtime.EnvironmentMissing {
		told.extra = h.reportOf(c, &job)
	}
	return o, told.content(), nil
}

// reportOf returns what a report adds to the result.
func (h *handler) reportOf(c *call, job *runtime.Job) *report {
	limits := c.limits
	if job.Timeout > 0 {
		limits.Timeout = min(limits.Timeout, job.Timeout)
	}
	// Info is asked for again: the start may have ended meanwhile.
	return &report{id: c.id, limits: limits, isolation: h.runner.Info().Isolation, files: job.ReturnFiles}
}

// performSafely is perform for a goroutine that is not the request's own, where
// a panic would end the process: it comes back as an error.
func (h *handler) performSafely(
	ctx context.Context, c *call, p *params, hooks runtime.Hooks,
) (o *outcome, result content, err error) {
	defer func() {
		if p := recover(); p != nil {
			o, result, err = nil, content{}, fmt.Errorf("serve: panic: %v\n%s", p, debug.Stack())
		}
	}()
	return h.perform(ctx, c, p, hooks)
}
