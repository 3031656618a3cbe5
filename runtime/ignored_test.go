package runtime

import (
	"os/signal"
	"syscall"
	"testing"
)

// A server that was started by nohup, or in the background of a shell's script, has
// signals ignored. Its scripts have not.
func TestIgnoredSignals(t *testing.T) {
	signal.Ignore(syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Reset(syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT)
	r := start(t, func(*Config) {})
	const script = "import signal\ndef main():\n" +
		"    return [signal.getsignal(s) is signal.SIG_DFL for s in (signal.SIGHUP, signal.SIGQUIT)] + \\\n" +
		"        [signal.getsignal(signal.SIGINT) is signal.default_int_handler]"
	got, err := r.Run(t.Context(), Job{Script: script}, Hooks{})
	if err != nil || string(got.Value) != "[true,true,true]" {
		t.Errorf("%s %s, %v", got.Value, got.Error, err)
	}
}
