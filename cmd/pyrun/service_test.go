package main

import (
	"bytes"
	"context"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/internal/logline"
	"github.com/pyexec/pyexec/internal/service"
	"github.com/pyexec/pyexec/internal/testbed/need"
)

// testService is a server that tests share, made by the first one that wants it.
type testService struct {
	once    sync.Once
	service *service.Service
	http    *httptest.Server
	err     error
}

// live has the standard library alone.
var live testService

// start makes the server, with the packages that path names.
func (s *testService) start(packages string) error {
	s.once.Do(func() {
		var cfg config.Config
		if cfg, s.err = config.Load(); s.err != nil {
			return
		}
		cfg.Runtime.Workers, cfg.Runtime.Queue, cfg.Runtime.Packages = 2, 16, packages
		log := logline.New(&bytes.Buffer{})
		if s.service, s.err = service.New(context.Background(), cfg, log); s.err != nil {
			return
		}
		<-s.service.Ready()
		s.err = s.service.Err()
		s.http = httptest.NewServer(s.service.Handler())
	})
	return s.err
}

func (s *testService) close() error {
	if s.service == nil {
		return nil
	}
	if s.http != nil {
		s.http.Close()
	}
	return s.service.Close()
}

func liveURL(t *testing.T) string {
	t.Helper()
	need.Time(t, "starts an interpreter")
	need.That(t, "scripts can be run", live.start(""))
	return live.http.URL
}

// both runs a test here and against a service.
func both(t *testing.T, test func(t *testing.T, args []string)) {
	url := liveURL(t)
	t.Run("here", func(t *testing.T) { test(t, nil) })
	t.Run("on a service", func(t *testing.T) { test(t, []string{"--url", url}) })
}
