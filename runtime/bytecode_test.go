package runtime

import (
	"crypto/sha256"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/testbed/locked"
)

// The byte code of the harness is made at the first start and used at the next ones, but
// not where somebody else could have written it.
func TestByteCodeIsKept(t *testing.T) {
	cache := t.TempDir()
	var log locked.Buffer
	config := func(cfg *Config) { cfg.CacheDir, cfg.Log = cache, slog.New(slog.NewTextHandler(&log, nil)) }
	answers := func() {
		t.Helper()
		if got := execute(t, start(t, config), "def main():\n    return 42", nil); string(got.Value) != "42" {
			t.Fatalf("got %+v", got)
		}
	}
	answers()
	path := keptIn(t, cache)
	made, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	answers()
	if again, err := os.Stat(path); err != nil || !os.SameFile(made, again) {
		t.Errorf("made again: %v", err)
	}

	// Not marshal's: who takes it can't start.
	junk := []byte("junk")
	sum := sha256.Sum256(junk)
	if err := os.WriteFile(path, append(sum[:], junk...), 0o644); err != nil {
		t.Fatal(err)
	}
	cfg := hostConfig()
	config(&cfg)
	if r, err := New(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "marshal") {
		t.Errorf("what is kept is not used: %v", err)
		if r != nil {
			_ = r.Close()
		}
	}
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	answers()
	if !strings.Contains(log.String(), "others can write to it") {
		t.Errorf("logged %s", &log)
	}
}

// keptIn is the file with the byte code in a cache directory, which is written after the
// start.
func keptIn(t *testing.T, cache string) string {
	t.Helper()
	for range 500 {
		if found, err := filepath.Glob(filepath.Join(cache, "harness-*")); err == nil && len(found) == 1 {
			return found[0]
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("no byte code is kept")
	return ""
}
