package funcs

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/pyexec/pyexec/runtime"
)

// executeBatch is execute for a body with many cases.
func (h *handler) executeBatch(r *http.Request, c *call, p *params) (reply, error) {
	if prefers(r.Header["Accept"], linesType) {
		cases, err := h.openBatch(c, p)
		if err != nil {
			return reply{}, err
		}
		return h.streamBatch(r, c, p, cases.next, nil)
	}
	rep := reply{paced: true}
	o, result, err := h.performBatch(r.Context(), c, p)
	if err == nil {
		rep.http, rep.content = o.http, result
		rep.waited, rep.ran = c.record.Usage.Queue, c.record.Usage.Wall
	}
	return rep, err
}

// executeLines is execute for a request in lines: the first is the request, each further
// one a case of it, and each entry is a line of the reply.
func (h *handler) executeLines(r *http.Request, c *call) (reply, error) {
	rep := reply{paced: true}
	if _, err := checkType(r.Header, []string{linesType}); err != nil {
		return rep, err
	}
	lines, closing, err := h.newLineReader(r, c)
	if err != nil {
		return rep, err
	}
	defer closing()
	if err := ignoreUnsupported(lines.control.EnableFullDuplex()); err != nil {
		return rep, fmt.Errorf("full duplex: %w", err)
	}
	c.rest = func() { lines.rest(r.Body) }
	p, err := h.readHead(r, c, lines)
	if err != nil {
		return rep, err
	}
	next := func(ctx context.Context) (oneCase, error) {
		one, err := lines.next(ctx)
		if err == nil {
			if wrong := p.checkCase(one.Case); wrong != nil {
				lines.fail(wrong)
				return oneCase{}, io.EOF
			}
		}
		return one, err
	}
	return h.streamBatch(r, c, &p, next, lines)
}

// readHead reads the first line of a request in lines.
func (h *handler) readHead(r *http.Request, c *call, lines *lineReader) (p params, err error) {
	line, err := lines.line(r.Context())
	if err == io.EOF {
		return p, refuse(invalidRequest,
			"request body must begin with a line that is a JSON object with the field script")
	}
	if err == nil {
		line, err = checkText(line)
	}
	if err == nil {
		p, err = parse(line, &c.limits)
	}
	if err == nil {
		err = p.parseQuery(r.URL.RawQuery, false, &c.limits)
	}
	if err == nil {
		err = p.checkHead(&c.limits)
	}
	return p, atLine(1, err)
}

// checkHead refuses what the first of many lines must not have.
func (p *params) checkHead(limits *runtime.Limits) error {
	b, reason := p.many(), "each of them is a case"
	if p.job.Options.Program {
		reason += `, such as {"stdin": "…"}`
	}
	for name, given := range map[string]bool{
		"inputs": b.inputs != nil, "cases": b.cases != nil, "expected": b.expected != nil,
	} {
		if given {
			return refuse(invalidRequest, leftOutOfBatch, name, "further lines", reason)
		}
	}
	return p.checkAlone("further lines", limits)
}

// streamBatch answers with a line for each case as soon as it is there. Until the first of
// them it answers like any other request. lines is nil where the body is read already.
func (h *handler) streamBatch(
	r *http.Request, c *call, p *params, next func(context.Context) (oneCase, error), lines *lineReader,
) (reply, error) {
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	to := h.newLineWriter(c, cancel)
	b := h.newBatch(c, p, next, to.put)
	defer b.end()
	if lines != nil {
		b.done = lines.answered
	}
	err := b.run(ctx)
	if lines != nil {
		c.record.Request.RequestBytes = lines.total
	}
	switch {
	case to.broken() != nil:
		c.record.Request.ResponseBytes = to.close()
		return reply{}, fmt.Errorf("%w: %w", errGone, to.broken())
	case lines != nil && lines.failed != nil:
		err = lines.failed
	case err == nil && b.tally.Count == 0:
		err = refuse(invalidRequest, "request body must have a line for each case after that of the request")
	case err != nil && r.Context().Err() != nil:
		c.record.Request.ResponseBytes = to.close()
		return reply{}, errGone
	}
	if !to.started() { // and so there was no entry
		to.close()
		if b.refused != nil {
			o, result := b.refusal()
			return reply{paced: true, http: o.http, content: result}, nil
		}
		return reply{paced: true}, err
	}
	last := b.last(err)
	wrote, err := to.end(last)
	if err != nil {
		c.record.Request.ResponseBytes = wrote
		return reply{}, fmt.Errorf("%w: %w", errGone, err)
	}
	return reply{http: http.StatusOK, sent: true, wrote: wrote, content: textContent(last)}, nil
}

// last is the last line of a stream: the summary or, where err ended it, what is wrong and
// how many cases were answered.
func (b *batchRun) last(err error) []byte {
	if err == nil {
		return append(b.appendSummary([]byte("{")), '}')
	}
	var told content
	if b.refused != nil {
		o := outcomeOf[b.refused.Status]
		b.c.record.end(o, b.refused.Error, nil)
		told = refusal(o, b.refused.Error, b.refused.Hint)
	} else {
		_, _, told = b.c.failed(err)
	}
	text := append(told.text[:len(told.text)-1], `,"answered":`...)
	return append(strconv.AppendInt(text, b.tally.Count, 10), '}')
}
