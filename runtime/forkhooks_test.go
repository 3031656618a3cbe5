package runtime

import (
	"context"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// What a package has done at each fork is done; what the library has done for forks in
// the middle of threads is not, and nothing is missed.
func TestForkHooks(t *testing.T) {
	cfg := testConfig(t)
	cfg.PythonHome = need.Python()
	cfg.BlockedImports, cfg.Packages = nil, packageOf(t, "counting", "import os, logging, concurrent.futures.thread\n"+
		"forks = []\nlock = __import__('threading').Lock()\n"+
		"os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)\n"+
		"os.register_at_fork(after_in_child=lambda: forks.append(os.getpid()))\n")
	cfg.Preload = append(cfg.Preload, "counting", "random", "logging", "asyncio", "concurrent.futures.thread")
	r, err := New(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, c := range []struct{ name, script, want string }{
		{"a package's hooks run once, all of them",
			"import counting, os\ndef main():\n" +
				"    return [counting.forks == [os.getpid()], counting.lock.locked()]",
			"[true,false]"},
		{"the library's are gone",
			"import gc, os\ndef main():\n    probe = lambda: None\n" +
				"    os.register_at_fork(before=probe, after_in_child=probe, after_in_parent=probe)\n" +
				"    gc.unfreeze()\n" +
				"    return sorted(len(l) for l in gc.get_referrers(probe) if type(l) is list)",
			"[2,2,3]"},
		{"the main thread's number",
			"import threading\ndef main():\n" +
				"    return threading.main_thread().native_id == threading.get_native_id()",
			"true"},
		{"threads, pools and the log",
			"import logging, threading\nfrom concurrent.futures import ThreadPoolExecutor\n" +
				"def main():\n" +
				"    log = logging.getLogger('a')\n    log.addHandler(logging.NullHandler())\n    log.error('x')\n" +
				"    with ThreadPoolExecutor(2) as pool:\n        got = list(pool.map(abs, [-1, 2]))\n" +
				"    return [got, threading.active_count(),\n" +
				"            threading.current_thread() is threading.main_thread()]",
			"[[1,2],1,true]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			res, err := r.Run(t.Context(), Job{Script: c.script}, Hooks{})
			if err != nil || res.Status != OK || string(res.Value) != c.want {
				t.Errorf("got %s %s %s, %v; want %s", res.Status, res.Value, res.Error, err, c.want)
			}
		})
	}
	seen := map[string]bool{}
	for range 4 {
		res, err := r.Run(t.Context(), Job{Script: "import random\ndef main():\n    return random.random()"}, Hooks{})
		if err != nil || res.Status != OK || seen[string(res.Value)] {
			t.Errorf("a random number: %s %s, %v; before: %v", res.Status, res.Value, err, seen)
		}
		seen[string(res.Value)] = true
	}
}
