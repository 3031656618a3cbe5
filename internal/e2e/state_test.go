package e2e

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
)

// TestRunsNeverShareRandomness forks many workers from one interpreter: none
// may see the random numbers of another.
func TestRunsNeverShareRandomness(t *testing.T) {
	const script = `import random, secrets, ssl, tempfile, uuid
def main():
    return {"random": random.random(), "instance": random.Random().random(), "system": random.SystemRandom().random(),
            "sample": str(random.sample(range(10**6), 5)), "secrets": secrets.token_hex(8), "uuid1": str(uuid.uuid1()), "uuid4": str(uuid.uuid4()),
            "tempfile": next(tempfile._get_candidate_names()), "openssl": ssl.RAND_bytes(8).hex(), "urandom": open("/dev/urandom", "rb").read(8).hex()}`
	s := live(t, "BLOCKED_IMPORTS=")
	seen := map[string]map[string]bool{}
	var mu sync.Mutex
	var runs sync.WaitGroup
	for range 30 {
		runs.Go(func() {
			r := s.run(t, script)
			var values map[string]any
			r.decode(t, "result", &values)
			mu.Lock()
			defer mu.Unlock()
			for source, v := range values {
				text := fmt.Sprint(v)
				if seen[source] == nil {
					seen[source] = map[string]bool{}
				}
				if seen[source][text] {
					t.Errorf("%s: two runs got %s", source, text)
				}
				seen[source][text] = true
			}
		})
	}
	runs.Wait()
	if len(seen) != 10 {
		t.Errorf("values of %d sources", len(seen))
	}
}

// TestNothingOfARunIsLeft runs scripts that leave whatever they can, and then
// scripts that look for it.
func TestNothingOfARunIsLeft(t *testing.T) {
	s := live(t, "BLOCKED_IMPORTS=")
	const leave = `import builtins, codecs, json, locale, math, os, random, re, signal, sys, threading, types, warnings
def main(where):
    os.environ["LEFT"] = "1"
    sys.modules["left"] = types.ModuleType("left")
    builtins.left = json.left = sys.left = 1
    json.dumps = math.sqrt = None
    sys.path.append("/left")
    sys.setrecursionlimit(100)
    random.seed(1)
    locale.setlocale(locale.LC_ALL, "C")
    for path in ("left", "/tmp/left", where + "/left"):
        try: open(path, "w").write("left")
        except OSError: pass
    os.makedirs("a/b/c")
    os.symlink("/", "root")
    threading.Thread(target=lambda: signal.pause() if False else None).start()
    codecs.register(lambda name: 1 / 0)
    signal.signal(signal.SIGUSR1, lambda *a: None)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
    for fd in range(3, 20):
        try: os.set_blocking(fd, False)
        except OSError: pass
    os.set_blocking(0, False)
    os.umask(0o777)
    return os.getcwd()`
	const look = `import builtins, json, math, os, signal, sys
def main(where):
    found = [name for name, there in {
        "environment": "LEFT" in os.environ, "module": "left" in sys.modules, "builtins": hasattr(builtins, "left"), "json": hasattr(json, "left"),
        "sys": hasattr(sys, "left"), "dumps": json.dumps is None, "sqrt": math.sqrt is None, "path": "/left" in sys.path,
        "recursion": sys.getrecursionlimit() != 1000, "files": os.listdir("."), "umask": os.umask(0o22) == 0o777,
        "file": any(os.path.exists(p) for p in ("left", "/tmp/left", where + "/left", "/left")),
        "handler": signal.getsignal(signal.SIGUSR1) != signal.SIG_DFL, "mask": signal.pthread_sigmask(signal.SIG_BLOCK, ()),
        "blocking": not os.get_blocking(0),
    }.items() if there]
    return found`
	where := ""
	for range 4 {
		r := s.run(t, leave, request{"input": where})
		if r.code != http.StatusOK {
			t.Fatalf("got %d %s", r.code, r.body)
		}
		where = r.text("result")
		for range 3 {
			if r := s.run(t, look, request{"input": where}); r.body != `{"result":[],"stdout":""}` {
				t.Errorf("got %s", r.body)
			}
		}
	}
}

// TestRunsSeeNothingOfEachOther holds one run open and lets others look.
func TestRunsSeeNothingOfEachOther(t *testing.T) {
	s := live(t, "BLOCKED_IMPORTS=")
	var secret sync.WaitGroup
	secret.Go(func() {
		r := s.run(t, "import time, os\ndef main():\n    open('secret', 'w').write('x')\n    time.sleep(0.3)\n   "+
			" return os.listdir('.')")
		if r.body != `{"result":["secret"],"stdout":""}` {
			t.Errorf("got %s", r.body)
		}
	})
	for range 5 {
		r := s.run(t, `import os
def main():
    found = []
    for top in ("/tmp", ".", ".."):
        try: found += [n for n in os.listdir(top) if n == "secret" or os.path.exists(f"{top}/{n}/secret")]
        except OSError: pass
    return found, os.path.exists("/proc/1"), os.path.exists("/dev/shm")`)
		if r.body != `{"result":[[],false,false],"stdout":""}` {
			t.Errorf("got %s", r.body)
		}
	}
	secret.Wait()
}
