package service

import (
	"context"

	"github.com/pyexec/pyexec/funcs"
	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/internal/journal"
	"github.com/pyexec/pyexec/internal/metrics"
)

// wire puts the handlers together with what they report to.
func (s *Service) wire(ctx context.Context, cfg *config.Config, out outside) error {
	senders, err := newSenders(ctx, cfg, out.onlyEvents, out.keys)
	if err != nil {
		return err
	}
	results, err := newResults(ctx, cfg, out.results)
	if err != nil {
		return err
	}
	s.results = results
	if cfg.MetricsPort != 0 {
		s.metrics = metrics.New(s.gate.Stats, s.dropped)
		cfg.Runtime.Forked = s.metrics.Forked
	}
	s.recorder = journal.NewRecorder(s.log, s.metrics, cfg.LogPayloads)
	s.recorder.LearnProject(ctx, cfg.Project, cfg.Revision.Service != "")
	if s.metrics != nil {
		if err := s.metrics.Listen(cfg.Host, cfg.MetricsPort); err != nil {
			return err
		}
	}
	opts := funcs.Options{
		BodyBytes: cfg.BodyBytes, HeldBodyBytes: cfg.Share.HeldBodies, HeldReplyBytes: cfg.Share.HeldReplies,
		BatchCases: cfg.BatchCases, BatchTime: cfg.BatchTime, Log: s.log, Recorder: s.recorder,
		EventsOff: cfg.Events == config.EventsOff, Hosts: cfg.AllowedHosts, MCP: !cfg.MCPOff,
		MCPHosts: cfg.MCPHosts, Origins: cfg.Origins, BasePath: cfg.BasePath, Complete: s.Ready(),
	}
	if senders != nil { // a nil pointer would be one that is asked
		opts.Senders = senders
	}
	if results != nil {
		opts.Results = results
	}
	s.handler = funcs.NewHandler(s.gate, opts)
	return nil
}

// dropped is how many entries the log has lost.
func (s *Service) dropped() int64 { return s.recorder.Dropped() }
