package zygote

import (
	"errors"
	"os"
	"testing"

	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// A control group that the kernel does not clone into is told from other reasons
// not to start, so that a jail can be made without.
func TestGroupRefused(t *testing.T) {
	notAGroup, err := os.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	defer notAGroup.Close()
	for name, group := range map[string]*os.File{"refused": notAGroup, "none": nil} {
		// An interpreter that isn't there: with no group it is the launch that fails.
		_, err := Start(t.Context(),
			Config{Jail: &sandbox.Jail{Plan: *sandbox.Unconfined()}, Executable: "/nowhere/python", Group: group})
		if err == nil || errors.Is(err, ErrGroup) != (group != nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func init() { RunLaunch() }
