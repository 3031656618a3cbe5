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
	"strconv"
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
	// HeldBodyBytes and HeldReplyBytes bound what is held of all large bodies
	// and of all large replies. Callers beyond them are told to come again. Zero
	// means no bound. They must be several times as large as one body, and at
	// least as large as one reply.
	HeldBodyBytes, HeldReplyBytes int64
	// RetryAfter is what the header of that name tells callers to wait before
	// they repeat a request, rounded up to whole seconds. Zero means 1 s.
	RetryAfter time.Duration
	// Log receives faults of the service that no Run tells of, each once. nil
	// means slog.Default.
	Log *slog.Logger
	// Recorder is told of every run. nil means that nobody wants to know; then
	// faults of runs go to Log.
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
	// MCP serves /mcp. MCPHosts stand there for Hosts; none, for the same. By
	// default, who comes over the loopback interface is treated like a browser.
	MCP      bool
	MCPHosts []string
	// Complete is closed when Runner.Info knows all there is to know. nil means
	// that it does from the start.
	Complete <-chan struct{}
}

type handler struct {
	runner     Runner
	bodyBytes  int64
	bounds     bounds
	retryAfter string
	log        *slog.Logger
	recorder   Recorder
	results    Results
	guards     guards
	senders    Senders // nil when everybody may send events
	off        map[string]bool
	tool       *tool // nil when /mcp is off
	pace       pace
}

// NewHandler serves /execute, /events, /mcp, /health, /, /openapi.json and
// /capabilities by exact path, and what the page at / loads below /assets/.
// Everything else, too, is answered in JSON. It panics when
// Options.BodyBytes is not positive.
func NewHandler(runner Runner, opts Options) http.Handler {
	if opts.BodyBytes <= 0 {
		panic(fmt.Sprintf("funcs: Options.BodyBytes: %d: must be positive", opts.BodyBytes))
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	if opts.Recorder == nil {
		opts.Recorder = faultsOnly{opts.Log}
	}
	seconds := max(1, int64((opts.RetryAfter+time.Second-1)/time.Second))
	h := &handler{
		runner:     runner,
		bodyBytes:  opts.BodyBytes,
		bounds:     newBounds(opts),
		retryAfter: strconv.FormatInt(seconds, 10),
		log:        opts.Log,
		recorder:   opts.Recorder,
		results:    opts.Results,
		guards:     newGuards(opts),
		senders:    opts.Senders,
		off:        map[string]bool{"/mcp": !opts.MCP, "/events": opts.EventsOff},
		pace:       usualPace,
	}
	if opts.MCP {
		h.tool = newTool(runner, opts)
	}
	return h
}

// reply is what a request comes to, before it is written.
type reply struct {
	http        int
	contentType string // "" means JSON, or none where there is no body
	body        []byte
	large       func(*encoder) // makes a body that is too large to be held
	size        int64          // of the body, once it is sent
	retry       bool
	header      http.Header // further headers, nil for most replies
	sent        bool        // written already, as a stream
	queue, run  time.Duration
}

const jsonType = "application/json; charset=utf-8"

// endpoint is what serves one path. allow is the value of the Allow header.
type endpoint struct {
	allow string
	serve func(h *handler, r *http.Request, c *call) (reply, error)
}

var endpoints = map[string]endpoint{
	"/execute":      {"POST", (*handler).execute},
	"/events":       {"POST", (*handler).event},
	"/mcp":          {"POST", (*handler).mcp},
	"/health":       {"GET, HEAD", (*handler).health},
	"/":             {"GET, HEAD", (*handler).index},
	"/openapi.json": {"GET, HEAD", (*handler).openAPI},
	"/capabilities": {"GET, HEAD", (*handler).capabilities},
}

// ServeHTTP answers one request. Nothing is written to a client that left.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{id: newID(), w: w, holding: holding{bounds: h.bounds}}
	defer c.release()
	rep, err := h.route(r, c)
	if err != nil {
		if errors.Is(err, errGone) || left(r, err) {
			abandon(w)
			if c.run != nil {
				c.run.leave()
				h.recorder.Later(c.run)
			}
			return
		}
		rep = h.fail(r.Context(), c, err, rep)
	}
	if !rep.sent {
		h.write(w, r, c.id, &rep)
	}
	if c.run != nil {
		c.run.answered(&rep)
		h.recorder.Later(c.run)
	}
}

// abandon ends the connection without a reply. Just to return would make the
// server send an empty 200, which a client that has only closed its sending
// side would take for an answer.
func abandon(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil { // else it is HTTP/2, where the stream is gone already
		_ = conn.Close()
	}
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
	if !ok || h.off[r.URL.Path] {
		return reply{}, refuse(noSuchPath, "path: %s: not found: see GET /", clip(r.URL.Path))
	}
	if !allows(e.allow, r.Method) {
		rep.header = http.Header{"Allow": {e.allow}}
		return rep, refuse(wrongMethod, "method: %s: not allowed: %s takes %s", clip(r.Method), r.URL.Path, e.allow)
	}
	if r.Method == http.MethodPost { // which is to run something
		if err := h.guards.of(r.URL.Path).check(r); err != nil {
			if r.URL.Path != "/mcp" { // most of whose messages ask for no run
				c.begin(r)
			}
			return rep, err
		}
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
	o, text := explain(err)
	switch {
	case c.run != nil:
		c.run.end(o, text, err)
	case o.of == internalError:
		h.log.ErrorContext(ctx, "request: "+err.Error(), "execution_id", c.id)
	}
	rep.http, rep.retry = o.http, o.retry
	rep.body = appendRefusal(nil, o, text, hintOf(err))
	return rep
}

// write sends rep with the headers every reply carries.
func (h *handler) write(w http.ResponseWriter, r *http.Request, id string, rep *reply) {
	header := w.Header()
	for name, values := range rep.header {
		header[name] = values
	}
	if rep.contentType == "" && len(rep.body) > 0 {
		rep.contentType = jsonType
	}
	setCommon(header, rep.contentType, id)
	if rep.large == nil && rep.http != http.StatusNotModified { // whose length would be that of what it spares
		header.Set("Content-Length", strconv.Itoa(len(rep.body)))
	}
	timing := make([]byte, 0, 48)
	timing = appendMillis(append(timing, "queue;dur="...), rep.queue)
	timing = appendMillis(append(timing, ", run;dur="...), rep.run)
	header.Set("Server-Timing", string(timing))
	if rep.retry {
		header.Set("Retry-After", h.retryAfter)
	}
	w.WriteHeader(rep.http)
	rep.size = int64(len(rep.body))
	switch {
	case rep.large != nil:
		rep.size = h.writeLarge(w, rep.large)
	case r.Method != http.MethodHead:
		// An error here means that the client left: there is nobody to tell.
		_, _ = w.Write(rep.body)
	}
}

// writeLarge sends a body while it is encoded, and returns how much. As with a
// stream, who takes too long for one piece is gone.
func (h *handler) writeLarge(w http.ResponseWriter, encode func(*encoder)) int64 {
	out := h.pacedWriter(w)
	body := message{encode: encode}
	size, err := body.send(out.write)
	if err == nil {
		err = out.done()
	}
	if err != nil {
		// To return would end the body as if it were whole.
		abandon(w)
	}
	return size
}

// setCommon sets what every reply carries, a stream too.
func setCommon(header http.Header, contentType, id string) {
	if contentType != "" { // else there is no content
		header.Set("Content-Type", contentType)
	}
	header.Set("X-Content-Type-Options", "nosniff")
	if header.Get("Cache-Control") == "" {
		header.Set("Cache-Control", "no-store")
	}
	header.Set("X-Execution-Id", id)
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
