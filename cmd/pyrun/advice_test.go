package main

import (
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// A script that lacks a package of the data set is told how to run it with that, here.
func TestLacksDataSet(t *testing.T) {
	need.Time(t, "starts an interpreter")
	t.Setenv("PYTHON_PACKAGES", "")
	got := pyrun(t, t.TempDir(), "import pandas\ndef main(): pass", "-")
	const want = "The package pandas is in the data set, which this server was started without. Run it with: " +
		"PYTHON_PACKAGES=cmd/packages/data.txt go run ./cmd/pyrun"
	if got.code != 1 || !strings.Contains(got.stderr, want) {
		t.Errorf("%+v, want %s", got, want)
	}
}
