package software

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pyexec/pyexec/runtime/internal/ldso"
	"github.com/pyexec/pyexec/runtime/internal/python"
)

// A library is taken from beside the prefix if it is the same, and only then.
func TestTakeBeside(t *testing.T) {
	dir := t.TempDir()
	at := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	one, other := at("host/libsame.so", "same"), at("host/libother.so", "other")
	alone, linked := at("host/libalone.so", "alone"), at("host/liblinked.so", "linked")
	mine := at("image/lib/libsame.so", "same")
	at("image/lib/libother.so", "OTHER")
	if err := os.Symlink(linked, filepath.Join(dir, "image/lib/liblinked.so")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		home string
		want []string
	}{
		{"image/python", []string{mine, other, alone, linked}},
		{"image/prefix", []string{one, other, alone, linked}},
	} {
		s := &Software{Interpreter: &python.Interpreter{Home: filepath.Join(dir, tt.home), Libraries: []ldso.Library{
			{Path: "/lib/libsame.so", Source: one}, {Path: "/lib/libother.so", Source: other},
			{Path: "/lib/libalone.so", Source: alone}, {Path: "/lib/liblinked.so", Source: linked},
		}}}
		if err := s.takeBeside(); err != nil {
			t.Fatal(err)
		}
		for i, l := range s.Libraries {
			if l.Source != tt.want[i] {
				t.Errorf("%s: %s is %s, want %s", tt.home, l.Path, l.Source, tt.want[i])
			}
		}
	}
}
