package runtime

import (
	"strconv"
	"testing"
)

// A thread that ends the process while another one answers, or ends it, too, never
// comes in between: there is one answer, and nothing is done behind a signal.
func TestEndsMeet(t *testing.T) {
	const begin = "import os, threading\n" +
		"def begin(end, *args):\n" +
		"    threading.Thread(target=end, args=args, daemon=True).start()\n"
	r := start(t, func(cfg *Config) { cfg.BlockedImports = nil })
	for name, script := range map[string]string{
		"signal and value": begin + "def main():\n    begin(os.kill, 0, 15)\n    return 'a' * 300_000\n",
		"signals": begin + "def main():\n    for _ in range(4):\n        begin(os.kill, 0, 15)\n" +
			"    os.kill(0, 15)\n    return 'behind the signal'\n",
		"exit and value": begin + "def main():\n    begin(os._exit, 6)\n    return 'a' * 300_000\n",
	} {
		t.Run(name, func(t *testing.T) {
			for range 60 {
				got := execute(t, r, script, nil)
				whole := got.Status == OK && len(got.Value) == 300_000+len(strconv.Quote(""))
				ended := got.Status == Killed && got.Error == "Script was killed by SIGTERM" ||
					got.Status == Exited && got.Error == "Script exited with code 6 before main() returned"
				if !whole && !ended {
					t.Fatalf("%s: %q, value of %d bytes", got.Status, got.Error, len(got.Value))
				}
			}
		})
	}
}
