package service

import (
	"context"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"time"

	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/runtime"
)

// announce logs the settings in force, and what is doubtful about them.
func (s *Service) announce(cfg config.Config) {
	s.log.Info("starting", slog.Group("settings", cfg.Attrs()...))
	for _, w := range cfg.Share.Warnings {
		s.log.Warn(w)
	}
	if cfg.Events == config.EventsOn && cfg.ResultsTopic != "" && cfg.EventsAudience == "" {
		s.log.Warn("EVENTS=on: whoever may call this service can publish results of any event to RESULTS_TOPIC")
	}
	if cfg.Runtime.SandboxOff {
		s.log.Warn("SANDBOX=off: scripts run without confinement, with the rights of this server; only for " +
			"scripts you trust")
	}
}

// tidyAfter is when what the start has left behind, a quarter of the server's heap, goes
// back to the system. Not at once: a first caller may be waiting.
const tidyAfter = time.Second

func (s *Service) start(ctx context.Context, cfg runtime.Config,
	start func(context.Context, runtime.Config) (engine, error)) {
	began := time.Now()
	e, err := start(ctx, cfg)
	took := time.Since(began)
	s.gate.open(e, err) // whoever reads "ready" in the log can rely on it
	if err != nil {
		return
	}
	info := e.Info()
	s.log.Info("ready",
		"took", took.Round(time.Millisecond).String(),
		"python", info.PythonVersion,
		"workers", info.Workers,
		"posture", info.Posture,
		isolation(info))
	time.AfterFunc(tidyAfter, debug.FreeOSMemory)
	switch {
	case info.Posture == "container" && !info.Isolation["landlock"]:
		s.log.Warn("no namespaces and no Landlock here: a chroot alone hides the host's files; what else is " +
			"missing and what stands in for it is under isolation")
	case info.Posture == "landlock":
		s.log.Warn("no namespaces here: Landlock alone hides the host's files; what else is missing and what " +
			"stands in for it is under isolation")
	}
}

// isolation is the report of layers: on or off, and what there is to know.
func isolation(info runtime.Info) slog.Attr {
	layers := make([]any, 0, len(info.Isolation))
	for _, name := range slices.Sorted(maps.Keys(info.Isolation)) {
		state := "on"
		if !info.Isolation[name] {
			state = "off"
		}
		if note := info.LayerNotes[name]; note != "" {
			state += ": " + note
		}
		layers = append(layers, slog.String(name, state))
	}
	return slog.Group("isolation", layers...)
}
