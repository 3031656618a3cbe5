package pool

import (
	"os"
	"path/filepath"
	"testing"
)

// A server that was killed leaves its directory to the next one to remove, one
// that lives keeps it.
func TestScratchOfTheDead(t *testing.T) {
	base := t.TempDir()
	alive, err := NewScratch(base)
	if err != nil {
		t.Fatal(err)
	}
	defer alive.Remove()
	dead := filepath.Join(base, "1-dead")
	if err := os.MkdirAll(filepath.Join(dead, "run", "closed"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dead, "run", "closed"), 0); err != nil {
		t.Fatal(err)
	}
	next, err := NewScratch(base)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Remove()
	if _, err := os.Lstat(dead); !os.IsNotExist(err) {
		t.Errorf("the dead server's: %v", err)
	}
	if _, err := os.Lstat(alive.dir); err != nil {
		t.Errorf("the living server's: %v", err)
	}
	a, err := next.make(0)
	if err != nil {
		t.Fatal(err)
	}
	b, err := next.make(0)
	if err != nil {
		t.Fatal(err)
	}
	// Runs can look names up below each other's directories.
	if a == b || len(filepath.Base(a.Dir)) < 20 {
		t.Errorf("%v, %v: not hard to guess", a, b)
	}
}
