// Package pyexec runs Python scripts nobody trusts and returns what their
// main() returned. It is a Cloud Run function (this file registers it) and,
// with cmd/server in front, a server of its own.
//
// # The life of a request
//
//	POST /execute, or POST /events with the same in a message of Pub/Sub
//	   │
//	   ├─ Service.Handler    counts it in, or turns it away while draining
//	   ├─ funcs              decodes and validates: bytes → runtime.Job
//	   ├─ gate               waits until the interpreter is there
//	   ├─ runtime            admits it to the queue, takes a ready worker
//	   │    └─ zygote        forked that worker from a warm CPython before
//	   │         └─ sandbox  confined it before it reads the script
//	   ├─ funcs              encodes: runtime.Result → status and bytes
//	   │
//	   ├─ recorder           one entry in the log, when the run's cost is known
//	   │
//	   └─ reply; the worker is killed, its successor is ready already
//
// # The life of the process
//
// LoadConfig reads the environment once; a setting that is not understood, or
// out of range, ends the process there and then. New starts the interpreter in
// the background and takes requests meanwhile: /health says 503, runs wait.
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
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"reflect"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/functions"
)

func init() {
	functions.HTTP("Execute", Execute)
	functions.HTTP("ExecuteEvent", ExecuteEvent)
	if startsEarly() {
		// The cold start overlaps with what main has to do. Requests that
		// come before the end of it wait.
		go hostedService()
	}
}

// Execute is the HTTP function. It serves every path of the API, and starts
// the service when it was not started with the process.
func Execute(w http.ResponseWriter, r *http.Request) {
	hostedService().Handler().ServeHTTP(w, r)
}

// ExecuteEvent is the function for events: every request to it is a message of
// Pub/Sub, as a CloudEvent or as it comes from a push subscription. It is an
// HTTP function all the same, because the framework's own receiver of
// CloudEvents hangs for ever when a client disconnects at the wrong moment.
func ExecuteEvent(w http.ResponseWriter, r *http.Request) {
	hostedService().EventHandler().ServeHTTP(w, r)
}

// hostedService is the one service of a process whose main is the functions
// framework's. Nobody could handle an error, so that it ends the process: a
// function that can't confine scripts must not look alive.
var hostedService = sync.OnceValue(func() *Service {
	log := NewLog(os.Stdout)
	cfg, err := LoadConfig()
	if err != nil {
		exitWith(log, err)
	}
	if log, err = OpenLog(context.Background(), cfg, os.Stdout); err != nil {
		exitWith(NewLog(os.Stdout), err)
	}
	cfg.Log, cfg.onlyEvents = log, servesEvents()
	cfg.LimitMemory()
	s, err := New(context.Background(), cfg)
	if err != nil {
		exitWith(log, err)
	}
	go func() {
		<-s.Ready()
		if err := s.Err(); err != nil {
			exitWith(log, fmt.Errorf("start: %w", err))
		}
	}()
	if startsEarly() {
		go drainOnSignal(s, cfg.Grace)
	}
	return s
})

func exitWith(log *slog.Logger, err error) {
	LogFatal(log, err)
	_ = closeLog(log) // there is nobody left to tell
	os.Exit(1)
}

// lastReply is what net/http gets to send the last reply after its handler
// returned: the framework keeps its server to itself, so that there is nothing
// to wait for.
const lastReply = 200 * time.Millisecond

// drainOnSignal ends the process on SIGTERM as soon as the requests in flight
// are answered. Left alone, the framework dies at once. A second signal ends
// the process the usual way.
func drainOnSignal(s *Service, grace time.Duration) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	<-signals
	signal.Reset()
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := s.Drain(ctx); err != nil {
		s.log.Warn(err.Error())
	}
	if err := s.Close(); err != nil {
		s.log.Warn(err.Error())
	}
	time.Sleep(lastReply)
	os.Exit(0)
}

// startsEarly says whether this process exists to serve the function. The
// platform's variables alone don't tell: Cloud Run sets some for every
// container, and cmd/server, which imports this package for its parts, starts
// a service of its own.
func startsEarly() bool {
	info, ok := debug.ReadBuildInfo()
	return hosted() && !(ok && ownProgram(info.Path))
}

// ownProgram recognises the commands of this module and the binaries of tests
// by the import path of their main package.
func ownProgram(mainPath string) bool {
	module := reflect.TypeFor[Service]().PkgPath()
	return strings.HasPrefix(mainPath, module+"/cmd/") || strings.HasSuffix(mainPath, ".test")
}
