package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/pyexec/pyexec/funcs"
	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/internal/journal"
	"github.com/pyexec/pyexec/internal/logline"
)

// eventFunctions are the functions by whose name nothing but events is served.
var eventFunctions = []string{"ExecuteEvent", cloudEventFunction}

// cloudEventFunction receives events through the framework.
const cloudEventFunction = "ExecuteCloudEvent"

// Hosted is the one Service of a process whose main is the functions framework's,
// started by the first call. Nobody could handle an error, so that it ends the
// process: a function that can't confine scripts must not look alive. Where the
// platform runs the process as a function, SIGTERM drains and ends it.
var Hosted = sync.OnceValue(func() *Service {
	log := logline.New(os.Stdout)
	cfg, err := config.Load()
	if err != nil {
		exitWith(log, err)
	}
	if opened, err := OpenLog(context.Background(), cfg, os.Stdout); err != nil {
		exitWith(log, err)
	} else {
		log = opened
	}
	cfg.Share.LimitHeap()
	s, err := newHosted(cfg, log)
	if err != nil {
		exitWith(log, err)
	}
	go func() {
		<-s.Ready()
		if err := s.Err(); err != nil {
			exitWith(log, fmt.Errorf("start: %w", err))
		}
	}()
	if config.Hosted() {
		go drainOnSignal(s, cfg.Grace)
	}
	return s
})

// newHosted is New for the function that the platform runs.
func newHosted(cfg config.Config, log *slog.Logger) (*Service, error) {
	function := config.Function()
	if function == cloudEventFunction {
		if err := unseen(&cfg); err != nil {
			return nil, err
		}
	}
	out := atHome
	out.onlyEvents = slices.Contains(eventFunctions, function)
	return newService(context.Background(), cfg, log, out)
}

// unseen returns an error for what is to be asked of each event and can't be: the
// function of CloudEvents sees nothing of the request that an event came with.
func unseen(cfg *config.Config) error {
	switch {
	case cfg.EventsAudience != "":
		return errors.New("EVENTS_AUDIENCE: " + cloudEventFunction + " is not shown the token of an event: " +
			"deploy ExecuteEvent, which is")
	case len(cfg.AllowedHosts) > 0 && cfg.AllowedHosts[0] != funcs.AnyHost:
		return errors.New("ALLOWED_HOSTS: " + cloudEventFunction + " is not shown the host that an event is sent " +
			"to: deploy ExecuteEvent, which is")
	}
	return nil
}

func exitWith(log *slog.Logger, err error) {
	logline.Fatal(log, err)
	_ = journal.Close(log) // there is nobody left to tell
	os.Exit(1)
}

// lastReply is how long net/http may take to send the last reply after its handler
// has returned: the framework keeps its server to itself, so that nothing tells
// when that is done.
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
