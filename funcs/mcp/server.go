package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/pyexec/pyexec/runtime"
)

// ToolName is the name of the only tool.
const ToolName = "run_python"

// Reply is the outcome of a call of the tool.
type Reply struct {
	// Body is what POST /execute would have replied: a JSON object.
	Body []byte
	// Success is false when Body tells of a failure.
	Success bool
	// Fault is set, and Body ignored, when the service is to blame: the caller
	// gets an error of the protocol instead of a result.
	Fault *Fault
	// ExecutionID names the run in the service's log.
	ExecutionID string
}

// Fault is a failure that is not the caller's.
type Fault struct {
	Sentence string
	Status   string // the word that POST /execute has for it
	Internal bool   // a retry is not likely to help
}

// Call does what the arguments of the tool, the JSON text of an object, ask
// for. It is called at most once for each request, and must return soon after
// ctx ends.
type Call func(ctx context.Context, arguments []byte) Reply

// Answer is the HTTP reply to a request. It is never a stream: Body is one JSON
// text, or empty where there is nothing to say.
type Answer struct {
	Code int // of HTTP
	Body []byte
	// Refusal, where it is set, is to be the body, with what the caller of Serve
	// knows of the request.
	Refusal *Refusal
}

// Server answers requests of the protocol. It is made ready by the first one:
// a Server that nobody calls costs nothing.
type Server struct {
	facts func() Facts
	once  sync.Once
	http  *sdk.StreamableHTTPHandler
	// described is the server with the description of a service that is
	// complete; until then each request gets a description of its own.
	described atomic.Pointer[sdk.Server]
}

// New makes a Server. facts describes the service; it is called for each request
// until there is no more to come: the version of every Python is known.
func New(facts func() Facts) *Server { return &Server{facts: facts} }

// exchange is one request on its way through the SDK.
type exchange struct {
	request *http.Request
	call    Call

	mu   sync.Mutex
	over bool
	busy sync.WaitGroup
}

type exchangeKey struct{}

// Serve answers the request r, whose body was read before: it must be valid
// JSON. It returns when call has returned.
func (s *Server) Serve(r *http.Request, body []byte, call Call) Answer {
	s.once.Do(func() {
		s.http = sdk.NewStreamableHTTPHandler(s.server, &sdk.StreamableHTTPOptions{
			Stateless: true, JSONResponse: true,
			MaxRequestBodyBytes:        -1,   // it is read already
			DisableLocalhostProtection: true, // the handler's guard does more
		})
	})
	e := &exchange{request: r, call: call}
	inner := r.WithContext(context.WithValue(r.Context(), exchangeKey{}, e))
	inner.Body, inner.ContentLength = http.NoBody, int64(len(body))
	if len(body) > 0 {
		inner.Body = readCloser{bytes.NewReader(body)}
	}
	inner.Header = r.Header.Clone()
	inner.Header.Set("Content-Type", "application/json")
	// Clients must accept a stream, too; curl need not, as none is sent.
	inner.Header.Set("Accept", "application/json, text/event-stream")
	w := &buffer{header: http.Header{}}
	s.http.ServeHTTP(w, inner)
	e.end()
	if text, ok := plain(w.code, w.message()); ok {
		return refused(body, w.code, text)
	}
	return Answer{Code: max(w.code, http.StatusOK), Body: w.message()}
}

// server is what serves a request.
func (s *Server) server(*http.Request) *sdk.Server {
	if server := s.described.Load(); server != nil {
		return server
	}
	facts := s.facts()
	server := newServer(facts)
	if facts.known() {
		s.described.Store(server)
	}
	return server
}

// known says that the facts will not change any more.
func (f Facts) known() bool {
	pending := func(e runtime.EnvironmentInfo) bool { return e.PythonVersion == "" }
	return f.Info.PythonVersion != "" && !slices.ContainsFunc(f.Info.Environments, pending)
}

func newServer(facts Facts) *sdk.Server {
	server := sdk.NewServer(
		&sdk.Implementation{Name: "pyexec", Title: "Python execution service", Version: version()},
		&sdk.ServerOptions{
			Instructions: instructions,
			// No log messages, and a list of tools that stays as it is.
			Capabilities: &sdk.ServerCapabilities{Tools: &sdk.ToolCapabilities{}},
		})
	server.AddTool(newTool(facts), runTool)
	server.AddReceivingMiddleware(withoutStreams)
	return server
}

// withoutStreams refuses the one method that holds its connection for ever.
// There is nothing to listen to: the tool stays as it is.
func withoutStreams(next sdk.MethodHandler) sdk.MethodHandler {
	return func(ctx context.Context, method string, req sdk.Request) (sdk.Result, error) {
		if strings.HasPrefix(method, "subscriptions/") {
			return nil, &jsonrpc.Error{Code: jsonrpc.CodeMethodNotFound, Message: method + ": not supported"}
		}
		return next(ctx, method, req)
	}
}

// runTool hands a call of the tool to the exchange it belongs to. The SDK
// ties ctx to the connection of its own making, which outlives a client that
// leaves; the run is tied to the HTTP request.
func runTool(ctx context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
	e, ok := ctx.Value(exchangeKey{}).(*exchange)
	if !ok || !e.begin() {
		return nil, context.Canceled
	}
	defer e.busy.Done()
	arguments := req.Params.Arguments
	if len(arguments) == 0 {
		arguments = json.RawMessage("{}")
	}
	rep := e.call(e.request.Context(), arguments)
	if f := rep.Fault; f != nil {
		code := int64(CodeRetry)
		if f.Internal {
			code = CodeInternal
		}
		data, err := json.Marshal(map[string]string{"status": f.Status, "execution_id": rep.ExecutionID})
		if err != nil {
			return nil, err
		}
		return nil, &jsonrpc.Error{Code: code, Message: f.Sentence, Data: data}
	}
	return newResult(rep)
}

// begin says whether the call may still be made. If so, busy.Done must follow.
func (e *exchange) begin() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over {
		return false
	}
	e.over = true // once for each request
	e.busy.Add(1)
	return true
}

// end waits for the call and keeps a later one from being made.
func (e *exchange) end() {
	e.mu.Lock()
	e.over = true
	e.mu.Unlock()
	e.busy.Wait()
}

// buffer is a ResponseWriter in memory.
type buffer struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

func (b *buffer) Header() http.Header { return b.header }

func (b *buffer) WriteHeader(code int) {
	if b.code == 0 {
		b.code = code
	}
}

func (b *buffer) Write(p []byte) (int, error) { return b.body.Write(p) }

// message is what was written, taken out of its event where it was written as a
// stream: the SDK answers subscriptions/listen like that, a refusal too. What
// answers a request is the last of its events, and all that there is as long as
// the server has no notifications to send.
func (b *buffer) message() []byte {
	if media, _, _ := strings.Cut(b.header.Get("Content-Type"), ";"); media != "text/event-stream" {
		return b.body.Bytes()
	}
	events := bytes.Split(bytes.TrimSpace(b.body.Bytes()), []byte("\n\n"))
	var data [][]byte
	for line := range bytes.Lines(events[len(events)-1]) {
		if text, ok := bytes.CutPrefix(bytes.TrimRight(line, "\r\n"), []byte("data:")); ok {
			data = append(data, text)
		}
	}
	return bytes.TrimSpace(bytes.Join(data, []byte("\n")))
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }
