package funcs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pyexec/pyexec/runtime"
)

// exchange is a request and what the runner makes of it.
type exchange struct {
	name        string
	runner      Runner
	method      string
	path        string
	contentType string
	accept      string
	origin      string
	body        string
	status      int
	refused     bool // the document refuses the request, too
}

// toolCall is a message of the Model Context Protocol that runs a script.
const toolCall = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run_python","arguments":` +
	someScript + `}}`

// exchanges are requests of every kind, and replies of every status.
func exchanges() []exchange {
	return slices.Concat(runExchanges(), shownExchanges(), eventExchanges(), rpcExchanges(), refusedExchanges(),
		outcomeExchanges(), getExchanges())
}

// fineResult is the result of a run that nothing went wrong with.
var fineResult = runtime.Result{
	Status: runtime.OK, Ran: true, Value: []byte(`{"a":4.0}`), Stdout: []byte("x"), Stderr: []byte("y"),
}

func run(name string, r Runner, body string, status int) exchange {
	return exchange{
		name: name, runner: r, method: "POST", path: "/execute", contentType: "application/json",
		body: body, status: status,
	}
}

func event(name string, r Runner, body string, status int) exchange {
	e := run(name, r, body, status)
	e.path = "/events"
	return e
}

func rpc(name string, r Runner, body string, status int) exchange {
	e := run(name, r, body, status)
	e.path = "/mcp"
	return e
}

func source(name, query, body string, status int) exchange {
	return exchange{
		name: name, runner: returning(fineResult), method: "POST", path: "/execute" + query,
		contentType: "text/x-python", body: body, status: status,
	}
}

func runExchanges() []exchange {
	ok := fineResult
	streamed := run("stream",
		streaming(ok, nil,
			func(_ context.Context, put func(runtime.Stream, []byte)) { put(runtime.Stdout, []byte("x")) }),
		someScript, 200)
	streamed.accept = streamType
	lines := source("lines", "", `{"script":"x"}`+"\n{}\n", 200)
	lines.contentType = linesType
	large := ok
	large.Value = []byte(`"` + strings.Repeat("x", 8<<20) + `"`)
	return []exchange{
		streamed,
		lines,
		run("inputs", returning(ok), `{"script":"x","inputs":[1,{"a":null}],"expected":[1,2],"isolation":"run"}`, 200),
		run("cases", returning(ok), `{"script":"x","cases":[{},{"input":1,"stdin":"","expected":null,"expected_stdout":""}],`+
			`"report":true}`, 200),
		run("results too large", returning(large), `{"script":"x","inputs":[1]}`, 422),
		source("source", "", "def main(): pass", 200),
		source("source and query", "?timeout=1&report=true&return_files=false&input=%7B%22a%22%3A1%7D",
			"def main(): pass", 200),
		run("success", returning(ok), someScript, 200),
		run("success with report", returning(ok),
			`{"script":"x","report":true,"input":null,"stdin":"","timeout":0.05}`, 200),
		run("environment missing", returning(runtime.Result{Status: runtime.EnvironmentMissing, Error: "e", Line: 2,
			Hint: "h"}), `{"script":"x","environment":"other","report":true}`, 400),
		source("environment in the query", "?environment=late", "def main(): pass", 200),
		run("overloaded", failing(runtime.ErrOverloaded), someScript, 429),
		run("unavailable", failing(runtime.ErrUnavailable), someScript, 503),
		run("internal error", failing(errors.New("x")), someScript, 500),
		run("script too large", four(), `{"script":"`+strings.Repeat("#", 1<<20+1)+`"}`, 413),
	}
}

// shownExchanges have all that comes beside a result.
func shownExchanges() []exchange {
	shown := fineResult
	shown.Value, shown.Display = []byte("null"), map[string]string{"text/html": "<b>", "image/png": "aGk="}
	shown.Files = []runtime.File{{Name: "a", Data: []byte("text")}, {Name: "b/c", Data: []byte("\xff")}}
	shown.FilesOmitted, shown.Figures = []runtime.Omitted{{Name: "d", Why: "large"}}, [][]byte{[]byte("\x89PNG")}
	failed := shown
	failed.Status, failed.Error, failed.Hint = runtime.ScriptError, "e", "h"
	return []exchange{
		run("files", returning(shown),
			`{"script":"x","files":{"a":"b","c/d":{"base64":"aGk="}},"return_files":true,"report":true}`, 200),
		run("files after a failure", returning(failed), `{"script":"x","return_files":true}`, 422),
	}
}

func eventExchanges() []exchange {
	ok := fineResult
	return []exchange{
		event("event", returning(ok), someScript, 200),
		event("push", returning(ok),
			`{"message":{"data":"eyJzY3JpcHQiOiJ4In0=","messageId":"1"},"subscription":"s"}`, 200),
		event("event of a script that fails",
			returning(runtime.Result{Status: runtime.ScriptError, Error: "e", Ran: true}), someScript, 200),
		event("event that is no request", four(), `{"message":{"data":"eyJ9"}}`, 200),
		event("event when overloaded", failing(runtime.ErrOverloaded), someScript, 429),
		event("event when unavailable", failing(runtime.ErrUnavailable), someScript, 503),
		event("event and a fault", failing(errors.New("x")), someScript, 500),
	}
}

func rpcExchanges() []exchange {
	ok := fineResult
	return []exchange{
		rpc("tool", returning(ok), toolCall, 200),
		rpc("tool and a script that fails",
			returning(runtime.Result{Status: runtime.ScriptError, Error: "e", Ran: true}), toolCall, 200),
		rpc("tool when overloaded", failing(runtime.ErrOverloaded), toolCall, 429),
		rpc("tool when unavailable", failing(runtime.ErrUnavailable), toolCall, 503),
		rpc("tool and a fault", failing(errors.New("x")), toolCall, 500),
		rpc("tools", four(), `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, 200),
		rpc("notification", four(), `{"jsonrpc":"2.0","method":"notifications/initialized"}`, 202),
		rpc("no method", four(), `{"jsonrpc":"2.0","id":1,"method":"x"}`, 200),
		rpc("large message", four(),
			`{"jsonrpc":"2.0","method":"`+strings.Repeat("x", testBodyBytes+rpcBytes)+`"}`, 413),
	}
}

// refusedExchanges are refused before anything runs.
func refusedExchanges() []exchange {
	list := []exchange{
		{name: "message of a wrong type", runner: four(), method: "POST", path: "/mcp", contentType: "text/plain",
			body: "x", status: 415, refused: true},
		{name: "message of another version", runner: four(), method: "POST", path: "/mcp",
			contentType: "application/json", body: `{"jsonrpc":"1.0","id":1,"method":"ping"}`, status: 400, refused: true},
		{name: "message from a page", runner: four(), method: "POST", path: "/mcp",
			contentType: "application/json", body: toolCall, origin: "https://evil.example", status: 403},
		{name: "run from a page", runner: four(), method: "POST", path: "/execute",
			contentType: "application/json", body: someScript, origin: "https://evil.example", status: 403},
		{name: "event from a page", runner: four(), method: "POST", path: "/events",
			contentType: "application/json", body: someScript, origin: "https://evil.example", status: 403},
		{name: "event of a wrong type", runner: four(), method: "POST", path: "/events",
			contentType: "text/plain", body: someScript, status: 415, refused: true},
		{name: "wrong type", runner: four(), method: "POST", path: "/execute", contentType: "text/plain",
			body: "x", status: 415, refused: true},
	}
	for i, body := range []string{
		`{}`, `[]`, `{"script":""}`, `{"script":1}`, `{"script":"x","Input":1}`,
		`{"script":"x","timeout":0}`, `{"script":"x","timeout":null}`, `{"script":"x","report":1}`,
		`{"script":"x","stdin":null}`,
		`{"script":"x","files":[]}`, `{"script":"x","files":{"a":1}}`, `{"script":"x",` +
			`"files":{"a":{"base64":"!"}}}`, `{"script":"x","files":{"a":{"base64":"","b":1}}}`,
		`{"script":"x","return_files":0}`,
	} {
		e := run(fmt.Sprint("refused ", i), four(), body, 400)
		e.refused = true
		list = append(list, e)
	}
	return list
}

// outcomeExchanges are what a run can come to.
func outcomeExchanges() (list []exchange) {
	for _, o := range outcomes {
		res := runtime.Result{Status: o.of, Error: "e", Ran: o.http == 422, Traceback: "t", Line: 1, Denied: "d"}
		if o.http == 400 && o.of != invalidRequest {
			list = append(list, run(string(o.of), returning(res), someScript, o.http))
		}
		if o.http == 422 {
			list = append(list, run(string(o.of), returning(res), someScript, o.http))
			list = append(list,
				run(string(o.of)+" with report", returning(res), `{"script":"x","report":true}`, o.http))
		}
	}
	return list
}

// getExchanges are those that run nothing.
func getExchanges() []exchange {
	sick, off := four(), four()
	sick.health = errors.New("interpreter: down")
	off.info.Posture = "off"
	return []exchange{
		{name: "healthy", runner: four(), method: "GET", path: "/health", status: 200},
		{name: "unhealthy", runner: sick, method: "GET", path: "/health", status: 503},
		{name: "capabilities", runner: four(), method: "GET", path: "/capabilities", status: 200},
		{name: "documentation", runner: four(), method: "GET", path: "/", status: 200},
		{name: "documentation when off", runner: off, method: "GET", path: "/", status: 200},
		{name: "page", runner: four(), method: "GET", path: "/", accept: "text/html", status: 200},
		{name: "openapi", runner: four(), method: "GET", path: "/openapi.json", status: 200},
	}
}
