package runtime

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// defaults are the limits of the service as documented.
func defaults() Limits {
	return Limits{
		Timeout: 30 * time.Second, CPU: 30 * time.Second,
		MemoryBytes: 512 << 20, TmpBytes: 64 << 20, TmpFiles: 1024,
		OutputBytes: 1 << 20, ResultBytes: 8 << 20, ResultDepth: 256, ScriptBytes: 1 << 20, ReturnFiles: 64,
		ReturnBytes: 8 << 20,
		OpenFiles:   64, Threads: 64,
	}
}

func testConfig(t testing.TB) Config {
	t.Helper()
	cache := filepath.Join(os.TempDir(), fmt.Sprintf("pyexec-test-cache-%d", os.Getuid()))
	return Config{Limits: defaults(), Workers: 2, Queue: 64, CacheDir: cache,
		BlockedImports: []string{"os", "sys", "subprocess", "socket"}}
}

var shared = sync.OnceValues(func() (*Runtime, error) {
	return New(context.Background(), testConfig(new(testing.T)))
})

func TestRun(t *testing.T) {
	r, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", r.Info())
	got, err := r.Run(context.Background(), Job{Script: "def main():\n    print('Hello World')\n    return " +
		"{'message': 'success', 'value': 42}", Usage: true}, Hooks{})
	t.Logf("%+v %v %s %s", got, err, got.Value, got.Stdout)
	for range 20 {
		s := time.Now()
		got, err = r.Run(context.Background(), Job{Script: "def main():\n    print('Hello World')\n    return " +
			"{'message': 'success', 'value': 42}"}, Hooks{})
		t.Logf("%v %v %s", time.Since(s), err, got.Value)
		time.Sleep(5 * time.Millisecond)
	}
}
