package runtime

import (
	"strings"
	"sync"
	"testing"
	"time"
)

// lateModules are of the standard library, and imported after the first fork.
func lateModules(cfg *Config) {
	cfg.Preload, cfg.PreloadLate = []string{"json", "decimal", "asyncio", "concurrent.futures"}, true
}

// What is imported after the first fork is there for the runs that come later, and for
// those that came before it can be imported.
func TestLatePreloads(t *testing.T) {
	r := start(t, lateModules)
	const text = "import sys\nthere = 'asyncio' in sys.modules\nimport asyncio, decimal, concurrent.futures\n" +
		"async def f():\n    return str(decimal.Decimal(1) / 4)\n" +
		"def main():\n    return [asyncio.run(f()), there]"
	var group sync.WaitGroup
	for range 6 { // more than are ready: they wait until the zygote has imported it
		group.Go(func() {
			if got := execute(t, r, text, nil); !strings.HasPrefix(string(got.Value), `["0.25",`) {
				t.Errorf("got %+v", got)
			}
		})
	}
	group.Wait()
	var got Result
	for range 500 {
		if got = execute(t, r, text, nil); string(got.Value) == `["0.25",true]` {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if string(got.Value) != `["0.25",true]` {
		t.Errorf("imported too late: %s", got.Value)
	}
	if info := r.Info(); len(info.Preloaded) != 4 {
		t.Errorf("preloaded: %q", info.Preloaded)
	}
}

// A worker has the memory that a run may have on top of what is imported late.
func TestLatePreloadsTakeNoMemory(t *testing.T) {
	r := start(t, func(cfg *Config) {
		lateModules(cfg)
		cfg.Limits.MemoryBytes = 64 << 20
	})
	const text = "import sys\ndef main():\n    return [len(bytearray(50 << 20)), 'asyncio' in sys.modules]"
	for range 500 {
		got := execute(t, r, text, nil)
		if !strings.HasPrefix(string(got.Value), "[52428800,") {
			t.Fatalf("got %+v", got)
		}
		if strings.HasSuffix(string(got.Value), "true]") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("nothing is imported late")
}

// A module that is no file of the standard library stops the start, as it does where
// nothing is imported late.
func TestLatePreloadThatIsMissing(t *testing.T) {
	cfg := hostConfig()
	cfg.Preload, cfg.PreloadLate = []string{"json", "no_such_module"}, true
	r, err := New(t.Context(), cfg)
	if err == nil || !strings.Contains(err.Error(), "PRELOAD: no_such_module: ") {
		t.Errorf("got %v", err)
	}
	if r != nil {
		_ = r.Close()
	}
}
