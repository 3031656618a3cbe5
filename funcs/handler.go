package funcs

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/pyexec/pyexec/funcs/web"
	"github.com/pyexec/pyexec/runtime"
)

// Runner runs scripts. Package runtime has the real one.
type Runner interface {
	// Run runs one script, calls hooks meanwhile, and returns what came of it. An
	// error is the service's fault, never the script's: runtime.ErrOverloaded and
	// runtime.ErrUnavailable, wrapped or not, are told apart from all others.
	// Run returns soon after ctx ends.
	Run(ctx context.Context, job runtime.Job, hooks runtime.Hooks) (runtime.Result, error)
	// RunCases runs one script for many inputs and calls each with every result, in
	// order. Its errors are those of Run, of each and of Batch.Next.
	RunCases(ctx context.Context, batch runtime.Batch, hooks runtime.Hooks,
		each func(i int, result runtime.Result) error) error
	// Health returns nil exactly when a run would succeed now. The text of its
	// error is shown to the caller of /health.
	Health() error
	// Info describes the service. It is asked on every request, so it must be
	// cheap; the handler changes nothing in what it returns.
	Info() runtime.Info
}

// Options is what a handler needs to know beside its Runner.
type Options struct {
	// BodyBytes bounds the body of a request. It must be positive.
	BodyBytes int64
	// HeldBodyBytes and HeldReplyBytes bound, in bytes, what all large bodies and
	// all large replies hold together. Callers beyond them are told to come again.
	// Zero means no bound. They must be several times as large as one body, and at
	// least as large as one reply.
	HeldBodyBytes, HeldReplyBytes int64
	// BatchCases is how many cases one body may have, BatchTime how long all cases of a
	// request may take together. Zero means no bound.
	BatchCases int
	BatchTime  time.Duration
	// Log receives faults of the service that no Record tells of, each once.
	Log *slog.Logger
	// Recorder is told of every run.
	Recorder Recorder
	// Results takes the replies of events. nil means that they go to the
	// Recorder only.
	Results Results
	// Senders says who may send events. nil means whoever reaches the service.
	// EventsOff takes /events away.
	Senders   Senders
	EventsOff bool
	// Hosts are names or addresses, without a port and in either case, that the
	// URL of a request which runs something may have; AnyHost for all. None
	// stands for: browsers must name localhost or an IP address, which can't be
	// rebound; other clients may use any name.
	Hosts []string
	// Origins are those of the web pages that may call the service, such as
	// https://example.com, or AnyOrigin alone. None: no page of another origin may.
	Origins []string
	// BasePath is where callers see the service, such as /python, without a slash
	// at its end. Requests have it, or somebody on their way cut it off.
	BasePath string
	// MCP serves /mcp. MCPHosts are the Hosts of /mcp; with none, Hosts hold there,
	// too. Where there are none of these either, every client on the loopback
	// interface is treated like a browser.
	MCP      bool
	MCPHosts []string
	// Complete is closed when Runner.Info knows all there is to know. nil means
	// that it does from the start.
	Complete <-chan struct{}
}

type handler struct {
	runner    Runner
	bodyBytes int64
	// batchCases and batchTime are Options.BatchCases and BatchTime.
	batchCases int
	batchTime  time.Duration
	bounds     bounds
	log        *slog.Logger
	recorder   Recorder
	results    Results
	guards     guards
	senders    Senders // nil when everybody may send events
	off        map[string]bool
	tool       *tool // nil when /mcp is off
	pace       pace
	refusals   *pauser
	origins    origins
	basePath   string
}

// NewHandler serves /execute, /events, /mcp, /health, /, /openapi.json and
// /capabilities by exact path, and what the page at / loads below /assets/.
// Everything else, too, is answered in JSON. It panics when Options.BodyBytes
// is not positive, or when Log or Recorder is missing.
func NewHandler(runner Runner, opts Options) http.Handler {
	switch {
	case opts.BodyBytes <= 0:
		panic(fmt.Sprintf("funcs: Options.BodyBytes: %d: must be positive", opts.BodyBytes))
	case opts.Log == nil, opts.Recorder == nil:
		panic("funcs: Options: Log and Recorder: must be given")
	}
	h := &handler{
		runner:     runner,
		bodyBytes:  opts.BodyBytes,
		batchCases: opts.BatchCases,
		batchTime:  opts.BatchTime,
		bounds:     newBounds(opts),
		log:        opts.Log,
		recorder:   opts.Recorder,
		results:    opts.Results,
		guards:     newGuards(opts),
		senders:    opts.Senders,
		off:        map[string]bool{"/mcp": !opts.MCP, "/events": opts.EventsOff},
		pace:       usualPace,
		refusals:   newPauser(),
		origins:    opts.Origins,
		basePath:   opts.BasePath,
	}
	if opts.MCP {
		h.tool = newTool(runner, opts)
	}
	return h
}

// endpoint is what serves one path. allow is the value of the Allow header.
type endpoint struct {
	allow string
	serve func(h *handler, r *http.Request, c *call) (reply, error)
}

var endpoints = map[string]endpoint{
	"/execute":      {"POST", (*handler).execute},
	"/events":       {"POST", (*handler).push},
	"/mcp":          {"POST", (*handler).mcp},
	"/health":       {"GET, HEAD", (*handler).health},
	"/":             {"GET, HEAD", (*handler).index},
	"/openapi.json": {"GET, HEAD", (*handler).openAPI},
	"/capabilities": {"GET, HEAD", (*handler).capabilities},
}

// ServeHTTP answers one request. Nothing is written to a client that left.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.basePath != "" {
		r = below(h.basePath, r)
	}
	if len(h.origins) > 0 {
		h.origins.announce(w.Header(), r)
	}
	c := &call{id: newID(), w: w, mem: memory{bounds: h.bounds}}
	defer c.mem.release()
	rep, err := h.route(r, c)
	switch {
	case err != nil && (errors.Is(err, errGone) || left(r, err)):
		abandon(w)
		if c.pending() {
			c.record.leave()
			h.recorder.Later(c.record)
		}
		return
	case err != nil:
		rep = h.fail(r.Context(), c, err, rep)
	}
	if rep.http == http.StatusTooManyRequests && c.mem.body == 0 { // who sent much may not stay
		h.refusals.wait(r.Context())
	}
	if !rep.sent {
		h.write(w, r, c.id, &rep)
	}
	if c.rest != nil {
		c.rest()
	}
	if c.pending() {
		c.record.answered(&rep)
		h.recorder.Later(c.record)
	}
}

// left says that err only means that the caller left.
func left(r *http.Request, err error) bool {
	return errors.Is(err, context.Canceled) && r.Context().Err() != nil
}

// route finds the endpoint and calls it. A panic comes back as an error, so
// that the caller gets the reply the contract promises.
func (h *handler) route(r *http.Request, c *call) (rep reply, err error) {
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				panic(p)
			}
			rep, err = reply{}, fmt.Errorf("serve: panic: %v\n%s", p, debug.Stack())
		}
	}()
	e, ok := endpoints[r.URL.Path]
	if strings.HasPrefix(r.URL.Path, web.AssetPrefix) {
		e, ok = assetEndpoint, true
	}
	if !ok && h.basePath != "" && r.URL.Path == h.basePath {
		return toBase(h.basePath), nil
	}
	if !ok || h.off[r.URL.Path] {
		return reply{}, refuse(noSuchPath, "path: %s: not found: see GET /", clip(r.URL.Path))
	}
	c.rpc.asked = r.URL.Path == "/mcp"
	if h.origins.preflight(r) {
		return h.origins.answer(r, e.allow)
	}
	if !allows(e.allow, r.Method) {
		rep.header = http.Header{"Allow": {e.allow}}
		return rep, refuse(wrongMethod, "method: %s: not allowed: %s takes %s", clip(r.Method), r.URL.Path, e.allow)
	}
	if r.Method == http.MethodPost { // it is to run something
		if err := h.guards.of(r.URL.Path).check(r); err != nil {
			if !c.rpc.asked { // most of whose messages ask for no run
				c.begin(r)
			}
			return rep, err
		}
		c.limits = h.runner.Info().Limits
	}
	return e.serve(h, r, c)
}

func allows(list, method string) bool {
	for m := range strings.SplitSeq(list, ", ") {
		if m == method {
			return true
		}
	}
	return false
}

// fail turns an error into a reply. The service's own faults are logged, here
// or with the run. What is set in rep already, such as headers, stays.
func (h *handler) fail(ctx context.Context, c *call, err error, rep reply) reply {
	o, sentence := explain(err)
	switch {
	case c.pending():
		c.record.end(o, sentence, err)
	case o.of == internalError:
		h.log.ErrorContext(ctx, "request: "+err.Error(), "execution_id", c.id)
	}
	rep.http, rep.retry = o.http, o.retry
	if c.rpc.asked {
		rep.content = c.rpc.refusal(c.id, o, sentence, hintOf(err))
	} else {
		rep.content = refusal(o, sentence, hintOf(err))
	}
	return rep
}

// newID makes the name of one request: 128 random bits in hex.
func newID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails; the program ends if there is no randomness
	return hex.EncodeToString(b[:])
}

// clip shortens text of the caller's that an error repeats.
func clip(s string) string {
	const most = 64
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
