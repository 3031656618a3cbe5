package pyexec

import (
	"runtime/debug"
	"testing"
)

func TestOwnProgram(t *testing.T) {
	for path, want := range map[string]bool{
		"github.com/pyexec/pyexec/cmd/server":              true,
		"github.com/pyexec/pyexec/cmd/probe":               true,
		"github.com/pyexec/pyexec.test":                    true,
		"functions.local/app":                              false,
		"github.com/pyexec/pyexec/serverless_function_app": false,
		"example.com/cmd/server":                           false,
		"":                                                 false,
	} {
		if got := ownProgram(path); got != want {
			t.Errorf("%q: %v", path, got)
		}
	}
}

// The platform's variables must not make a test, or cmd/server, start a
// service next to its own.
func TestStartsEarly(t *testing.T) {
	for _, name := range []string{"FUNCTION_TARGET", "FUNCTION_SIGNATURE_TYPE", "K_SERVICE"} {
		t.Setenv(name, "")
	}
	if hosted() {
		t.Error("hosted without any of the platform's variables")
	}
	for _, name := range []string{"FUNCTION_TARGET", "FUNCTION_SIGNATURE_TYPE", "K_SERVICE"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, "x")
			if !hosted() {
				t.Error("not hosted")
			}
			if startsEarly() {
				info, _ := debug.ReadBuildInfo()
				t.Errorf("the binary of a test would start a service: %q", info.Path)
			}
		})
	}
}
