package need_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// wanting makes this test binary run TestWanting's inner part.
const wanting = "PYEXEC_TEST_WANTING"

// A need that is not met makes a skip that says so, and leaves a line; on CI it
// makes a failure.
func TestWanting(t *testing.T) {
	switch os.Getenv(wanting) {
	case "that":
		need.That(t, "a moon", errors.New("clouds"))
	case "programs":
		need.Programs(t, "sh", "no-such-program")
	case "nothing":
		need.That(t, "a moon", nil)
		need.Programs(t, "sh")
	case "elsewhere":
		need.Elsewhere(t, "only at %s", "night")
	}
	if os.Getenv(wanting) != "" {
		return
	}
	for _, tt := range []struct{ what, here, onCI, says string }{
		{"that", "--- SKIP: ", "--- FAIL: ", "a moon: clouds"},
		{"programs", "--- SKIP: ", "--- FAIL: ", "this machine lacks no-such-program"},
		{"nothing", "--- PASS: ", "--- PASS: ", ""},
		{"elsewhere", "--- SKIP: ", "--- SKIP: ", "only at night"},
	} {
		for ci, want := range map[string]string{"": tt.here, "true": tt.onCI} {
			t.Run(tt.what+" CI="+ci, func(t *testing.T) {
				lines := filepath.Join(t.TempDir(), "skipped")
				if err := os.WriteFile(lines, nil, 0o644); err != nil {
					t.Fatal(err)
				}
				cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWanting$", "-test.v")
				cmd.Env = append(cmd.Environ(), wanting+"="+tt.what, "CI="+ci, "PYEXEC_TEST_SKIPPED="+lines)
				out, _ := cmd.CombinedOutput() // it fails where it has to
				if !strings.Contains(string(out), want+"TestWanting") || !strings.Contains(string(out), tt.says) {
					t.Errorf("want %s %q\n%s", want, tt.says, out)
				}
				noted, err := os.ReadFile(lines)
				if err != nil {
					t.Fatal(err)
				}
				if skips := want == "--- SKIP: "; skips != strings.HasSuffix(string(noted), tt.says+"\n") {
					t.Errorf("noted %q", noted)
				}
			})
		}
	}
}
