package funcs

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/pyexec/pyexec/funcs/web"
	"github.com/pyexec/pyexec/runtime"
)

// The words this package adds to those of runtime.Status.
const (
	invalidRequest runtime.Status = "invalid_request"
	overloaded     runtime.Status = "overloaded"
	unavailable    runtime.Status = "unavailable"
	internalError  runtime.Status = "internal_error"
)

// Reasons for invalid_request that have an HTTP status of their own. The caller
// sees the word invalid_request for all of them.
const (
	tooLarge    runtime.Status = "too_large"
	wrongType   runtime.Status = "wrong_type"
	noSuchPath  runtime.Status = "no_such_path"
	wrongMethod runtime.Status = "wrong_method"
	wrongHost   runtime.Status = "wrong_host"
	wrongSender runtime.Status = "wrong_sender"
)

// outcome is one way a request can end.
type outcome struct {
	of      runtime.Status // what the code calls it
	word    runtime.Status // what the caller sees as "status"
	http    int
	retry   bool       // adds Retry-After: the same request may succeed later
	ack     ack        // what Pub/Sub is told
	level   slog.Level // how much an operator should care
	told    bool       // the sentence is the service's own, and for the log too
	limit   bool       // a limit on the run was hit, which the sentence names
	text    string     // the error sentence, or its shape, for the documentation
	meaning string
}

// ack is how a message is answered whose run ended like this.
type ack int

const (
	// done: the message is acknowledged. A retry would do the same again.
	done ack = iota
	// poison: the message is acknowledged, too. It is no request, and would come
	// back for ever; an operator should see it.
	poison
	// again: the message is refused with the HTTP status of the outcome, and
	// comes again. A retry can succeed.
	again
)

// notice is the level of what is wrong for the caller but not for the service:
// Cloud Logging has a severity for it between INFO and WARNING.
const notice = slog.LevelInfo + 2

// outcomes is the only place that turns an outcome into an HTTP status, into
// the acknowledgement of an event and into a level of the log, and the source
// of the table of statuses in the documentation.
var outcomes = []outcome{
	{of: runtime.OK, word: runtime.OK, http: http.StatusOK, ack: done,
		meaning: "main() returned a JSON value. The word appears only in the report."},
	{of: invalidRequest, word: invalidRequest, http: http.StatusBadRequest,
		ack: poison, level: notice, told: true,
		text:    "timeout must be a number of seconds from 0.05 to 30",
		meaning: "The request breaks the contract; the sentence names the field and what it must be."},
	{of: noSuchPath, word: invalidRequest, http: http.StatusNotFound, ack: poison, level: notice, told: true,
		text:    "path: /run: not found",
		meaning: "There is nothing at this path."},
	{of: wrongHost, word: invalidRequest, http: http.StatusForbidden, ack: poison, level: notice, told: true,
		text: "host: \"example.com\": is not one of the accepted ones",
		meaning: "The request may come from a web page in somebody's browser that has no business here: it " +
			"names another origin, which CORS_ORIGINS does not have, or a host that ALLOWED_HOSTS does not have."},
	{of: wrongSender, word: invalidRequest, http: http.StatusForbidden,
		ack: again, level: slog.LevelWarn, told: true,
		text: "token: it has expired",
		meaning: "Only for /events: the token of the push subscription is missing or not accepted; " +
			"EVENTS_AUDIENCE and EVENTS_ACCOUNTS decide. The message comes again."},
	{of: wrongMethod, word: invalidRequest, http: http.StatusMethodNotAllowed,
		ack: poison, level: notice, told: true,
		text:    "method: GET: not allowed",
		meaning: "The path takes another method; the Allow header names it."},
	{of: tooLarge, word: invalidRequest, http: http.StatusRequestEntityTooLarge,
		ack: poison, level: notice, told: true,
		text: "script must be at most 1048576 bytes",
		meaning: "The body or the script is larger than the server takes. Many inputs may come as lines, of which " +
			"there may be any number."},
	{of: wrongType, word: invalidRequest, http: http.StatusUnsupportedMediaType,
		ack: poison, level: notice, told: true,
		text: "Content-Type must be application/json, text/x-python or application/x-ndjson",
		meaning: "The body is not announced as JSON or, at /execute, as Python or lines of JSON " +
			"(application/x-ndjson), in UTF-8; or it is compressed by anything but gzip."},
	{of: runtime.MainMissing, word: runtime.MainMissing, http: http.StatusBadRequest, ack: done, level: notice,
		text:    "Script must contain a 'main()' function",
		meaning: "The script defines no function called main, or as entry names it."},
	{of: runtime.ImportBlocked, word: runtime.ImportBlocked, http: http.StatusBadRequest,
		ack: done, level: notice,
		text: "Script contains potentially dangerous code: import os",
		meaning: "The script imports a module on the blocked list. This is a courtesy check that explains " +
			"early what would not work; it is not a security boundary."},
	{of: runtime.SyntaxError, word: runtime.SyntaxError, http: http.StatusBadRequest, ack: done, level: notice,
		text:    "SyntaxError: invalid syntax (line 3)",
		meaning: "Python cannot compile the script, or its comment # /// script (PEP 723) is not valid."},
	{of: runtime.EnvironmentMissing, word: runtime.EnvironmentMissing, http: http.StatusBadRequest,
		ack: done, level: notice,
		text: `There is no environment "data", only default`,
		meaning: "The request names an environment that is not there, or it names none and no environment has " +
			"what the script's comment # /// script (PEP 723) asks for; nothing has run."},
	{of: runtime.NotJSON, word: runtime.NotJSON, http: http.StatusUnprocessableEntity, ack: done, level: notice,
		text:    "main() function must return JSON-serializable data, got: object",
		meaning: "main() returned something JSON cannot express, NaN and Infinity included."},
	{of: runtime.ScriptError, word: runtime.ScriptError, http: http.StatusUnprocessableEntity,
		ack: done, level: notice,
		text:    "ZeroDivisionError: division by zero",
		meaning: "The script raised an exception; traceback and line say where."},
	{of: runtime.Exited, word: runtime.Exited, http: http.StatusUnprocessableEntity, ack: done, level: notice,
		text:    "Script exited with code 3 before main() returned",
		meaning: "The script ended the interpreter itself."},
	{of: runtime.Timeout, word: runtime.Timeout, http: http.StatusUnprocessableEntity,
		ack: done, level: slog.LevelWarn, told: true, limit: true,
		text:    "Script execution timed out after 30 seconds",
		meaning: "The wall clock ran out: timeout of the request, or the server's."},
	{of: runtime.CPULimit, word: runtime.CPULimit, http: http.StatusUnprocessableEntity,
		ack: done, level: slog.LevelWarn, told: true, limit: true,
		meaning: "The script used up its processor time."},
	{of: runtime.MemoryLimit, word: runtime.MemoryLimit, http: http.StatusUnprocessableEntity,
		ack: done, level: slog.LevelWarn, told: true, limit: true,
		meaning: "The script used up its memory."},
	{of: runtime.OutputLimit, word: runtime.OutputLimit, http: http.StatusUnprocessableEntity,
		ack: done, level: slog.LevelWarn, told: true, limit: true,
		meaning: "stdout or stderr grew too large; what was kept of it is in the reply."},
	{of: runtime.ResultLimit, word: runtime.ResultLimit, http: http.StatusUnprocessableEntity,
		ack: done, level: slog.LevelWarn, told: true, limit: true,
		meaning: "The JSON text of the result is too large or nested too deep."},
	{of: runtime.FileLimit, word: runtime.FileLimit, http: http.StatusUnprocessableEntity,
		ack: done, level: slog.LevelWarn, told: true, limit: true,
		meaning: "The script filled /tmp or opened too many files."},
	{of: runtime.Killed, word: runtime.Killed, http: http.StatusUnprocessableEntity,
		ack: done, level: slog.LevelWarn, told: true,
		text:    "Script was killed by SIGSEGV",
		meaning: "A signal ended the interpreter."},
	{of: overloaded, word: overloaded, http: http.StatusTooManyRequests, retry: true,
		ack: again, level: slog.LevelWarn,
		text: "too many requests are waiting: try again shortly",
		meaning: "The run would have to wait for longer than EXEC_QUEUE_WAIT, or has, or what is sent and what " +
			"is not read yet takes too much memory. Nothing was returned; wait for Retry-After seconds."},
	{of: unavailable, word: unavailable, http: http.StatusServiceUnavailable, retry: true,
		ack: again, level: slog.LevelWarn,
		text: "the service cannot run scripts right now: try again shortly",
		meaning: "Starting, draining, or the interpreter is being restarted. Nothing was returned; wait " +
			"for Retry-After seconds."},
	{of: internalError, word: internalError, http: http.StatusInternalServerError,
		ack: again, level: slog.LevelError,
		text:    "the service could not handle this request",
		meaning: "A fault of the service. The log has the detail under the X-Execution-Id of the reply."},
}

var outcomeOf = func() map[runtime.Status]*outcome {
	m := make(map[runtime.Status]*outcome, len(outcomes))
	for i := range outcomes {
		m[outcomes[i].of] = &outcomes[i]
	}
	return m
}()

// statusDocs is outcomes as the documentation shows them.
func statusDocs() []web.Status {
	docs := make([]web.Status, 0, len(outcomes))
	for _, o := range outcomes {
		docs = append(docs, web.Status{Status: string(o.word), HTTP: o.http, Error: o.text, Meaning: o.meaning})
	}
	return docs
}

// failure is a request that ends here, without a run. Its text goes to the
// caller as it is.
type failure struct {
	of   runtime.Status
	text string
	hint string // what the caller or the operator can do, where there is something
}

func (f *failure) Error() string { return f.text }

func refuse(of runtime.Status, format string, args ...any) error {
	return &failure{of: of, text: fmt.Sprintf(format, args...)}
}

// Hints for a request that is beyond a limit.
const (
	bodyHint   = "Send less in one request; the operator can raise EXEC_BODY_BYTES."
	lineHint   = "Send less in one line; the operator can raise EXEC_BODY_BYTES."
	scriptHint = "Send data as input or files instead of in the script; the operator can raise EXEC_SCRIPT_BYTES."
	depthHint  = "Send something flatter; the operator can raise EXEC_RESULT_DEPTH."
)

// refuseLimit is refuse for a request that is beyond a limit, with a hint.
func refuseLimit(of runtime.Status, hint, format string, args ...any) error {
	return &failure{of: of, text: fmt.Sprintf(format, args...), hint: hint}
}

// hintOf is the hint for an error that explain explains.
func hintOf(err error) string {
	var f *failure
	if errors.As(err, &f) {
		return f.hint
	}
	return ""
}

// explain finds the outcome an error stands for and the sentence the caller
// gets. Only what this package wrote itself reaches the caller verbatim.
func explain(err error) (*outcome, string) {
	var f *failure
	var down *runtime.EnvironmentError
	var o *outcome
	switch {
	case errors.As(err, &f):
		return outcomeOf[f.of], f.text
	case errors.As(err, &down) && down.Environment == "":
		return outcomeOf[unavailable], "the packages that the script asks for cannot be installed right " +
			"now: try again shortly"
	case errors.As(err, &down):
		return outcomeOf[unavailable], fmt.Sprintf("the environment %q cannot run scripts right now: try again shortly",
			down.Environment)
	case errors.Is(err, runtime.ErrOverloaded):
		o = outcomeOf[overloaded]
	case errors.Is(err, runtime.ErrUnavailable):
		o = outcomeOf[unavailable]
	default:
		o = outcomeOf[internalError]
	}
	return o, o.text
}
