package service

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/config"
)

// What a laptop refuses, Cloud Run serves: there the front end decides by name.
func TestToolHosts(t *testing.T) {
	for _, tt := range []struct {
		settings []string
		want     int
	}{{nil, 403}, {[]string{"K_SERVICE=pyexec"}, 200}} {
		cfg, err := config.Parse(tt.settings, roomy)
		if err != nil {
			t.Fatal(err)
		}
		s, started := at(t, cfg, &fakeEngine{})
		started <- nil
		<-s.Ready()
		server := httptest.NewServer(s.Handler())
		defer server.Close()
		req, err := http.NewRequestWithContext(context.Background(), "POST", server.URL+"/mcp",
			strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"ping"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Host = "pyexec-123.run.app"
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != tt.want {
			t.Errorf("%v: %s", tt.settings, res.Status)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
