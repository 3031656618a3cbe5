package zygote

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/pyexec/pyexec/runtime/internal/sandbox"
	"github.com/pyexec/pyexec/runtime/internal/sys"
)

// launchArg is the argv[0] that makes a re-executed binary the launch stage.
const launchArg = "pyexec-launch"

// Descriptors of the launch stage. The socket is the only one that the
// interpreter inherits.
const (
	socketFD = 3
	specFD   = 4
	statusFD = 5
)

// launchSpec is what the launch stage has to do, as JSON on specFD.
type launchSpec struct {
	Steps []sandbox.Step `json:"steps"`
	Path  string         `json:"path"`
	Args  []string       `json:"args"`
	Env   []string       `json:"env"`
}

// launchFailure comes back on statusFD; nothing comes back when exec succeeds.
type launchFailure struct {
	Refusal *sandbox.Refusal `json:"refusal,omitempty"`
	Message string           `json:"message,omitempty"`
}

// RunLaunch turns the process into the launch stage if that is what argv[0]
// says; then it does not return. It must be called from an init function,
// where the main goroutine still owns the main thread: exec keeps the
// credentials and filters of the thread that calls it.
func RunLaunch() {
	if len(os.Args) == 0 || os.Args[0] != launchArg {
		return
	}
	runtime.LockOSThread()
	err := launch()
	failure := launchFailure{Message: err.Error()}
	errors.As(err, &failure.Refusal)
	// Nobody is left to tell if this write is refused; the exit code remains.
	_ = json.NewEncoder(os.NewFile(statusFD, "status")).Encode(failure)
	os.Exit(1)
}

func launch() error {
	// A server that is gone already has left the specification half written, or
	// the zygote's socket at its end.
	if err := sys.EndWithParent(); err != nil {
		return err
	}
	if err := sys.CloseAbove(specFD); err != nil {
		return err
	}
	var spec launchSpec
	if err := json.NewDecoder(os.NewFile(specFD, "spec")).Decode(&spec); err != nil {
		return fmt.Errorf("launch: read spec: %w", err)
	}
	if refusal := sandbox.Apply(spec.Steps, map[string]int64{}); refusal != nil {
		return refusal
	}
	return sys.Exec(spec.Path, spec.Args, spec.Env)
}
