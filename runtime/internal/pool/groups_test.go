package pool

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// A jail that lost its group is known to have none, and it is logged.
func TestLostGroup(t *testing.T) {
	var log bytes.Buffer
	g := &Groups{log: slog.New(slog.NewJSONHandler(&log, nil))}
	if got := g.Lost(); got != "" {
		t.Errorf("before: %q", got)
	}
	g.lose(errors.New("mkdir: no space"))
	if got := g.Lost(); got != "mkdir: no space" {
		t.Errorf("after: %q", got)
	}
	if !strings.Contains(log.String(), `"ERROR"`) {
		t.Errorf("logged %s", &log)
	}
}
