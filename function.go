// Package pyexec runs Python scripts nobody trusts and returns what their main()
// returned. It is the Cloud Run function: this file registers it with the functions
// framework, and holds nothing else. Package internal/service is the service, and
// cmd/server the program around it for everywhere else.
//
// # The life of a request
//
//	POST /execute, or POST /events with the same in a message of Pub/Sub
//	   │
//	   ├─ internal/service   counts it in, or turns it away while draining
//	   ├─ funcs              decodes and validates: bytes → runtime.Job
//	   ├─ gate               waits until the interpreter is there
//	   ├─ runtime            admits it to the queue, takes a ready worker
//	   │    └─ zygote        forked that worker from a warm CPython before
//	   │         └─ sandbox  confined it before it reads the script
//	   ├─ funcs              encodes: runtime.Result → status and bytes
//	   │
//	   ├─ internal/journal   one entry in the log, when the run's cost is known
//	   │
//	   └─ reply; the worker is killed, its successor is ready already
//
// # The life of the process
//
// internal/config reads the environment once; a setting that is not understood, or
// out of range, ends the process there and then. The service starts the interpreter
// in the background and takes requests meanwhile: /health says 503, runs wait.
// When a layer of confinement that is required can't be had, the start fails
// and with it the process, with exit code 1; SANDBOX=off is the only way past.
// On SIGTERM new requests get 503, those in flight finish, within
// SHUTDOWN_GRACE, and the exit code is 0.
//
// The child processes are this same binary: package runtime takes over in its
// init when it finds itself started as one of them, before anything here runs.
package pyexec

import (
	"context"
	"net/http"

	"github.com/GoogleCloudPlatform/functions-framework-go/functions"

	"github.com/pyexec/pyexec/funcs/envelope"
	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/internal/service"
)

func init() {
	functions.HTTP("Execute", Execute)
	functions.HTTP("ExecuteEvent", ExecuteEvent)
	functions.CloudEvent("ExecuteCloudEvent", ExecuteCloudEvent)
	if config.Hosted() {
		// The cold start overlaps with what main has to do. Requests that
		// come before the end of it wait.
		go service.Hosted()
	}
}

// Execute is the HTTP function. It serves every path of the API, and starts
// the service when it was not started with the process.
func Execute(w http.ResponseWriter, r *http.Request) {
	service.Hosted().Handler().ServeHTTP(w, r)
}

// ExecuteEvent is the function for events, and the one to deploy: every request to
// it is a message of Pub/Sub, as a CloudEvent or as it comes from a push
// subscription. It is an HTTP function, so that it sees the token of a push and
// does not depend on the framework's receiver: see ExecuteCloudEvent.
func ExecuteEvent(w http.ResponseWriter, r *http.Request) {
	service.Hosted().EventHandler().ServeHTTP(w, r)
}

// ExecuteCloudEvent is the same for whoever deploys by signature and wants a
// function of CloudEvents: the same decoding, run, publishing and acknowledgement;
// an error makes the message come again. The framework's receiver of CloudEvents is
// in front of it, which has faults of its own: a request that its client aborts at
// the wrong moment hangs for ever (decision 020), a body of any size is read into
// memory, and neither tokens nor hosts are shown, so that the start is refused where
// EVENTS_AUDIENCE or ALLOWED_HOSTS asks for one.
func ExecuteCloudEvent(ctx context.Context, e envelope.CloudEvent) error {
	return service.Hosted().HandleEvent(ctx, e)
}
