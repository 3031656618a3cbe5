package deploy_test

import (
	"os/exec"
	"testing"
	"time"
)

// TestDataImage builds the image with packages/data.txt and runs the programs
// of testdata/data on it.
func TestDataImage(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("builds an image: not with -short and -race")
	}
	need(t, "root", "buildah", "podman", "runc", "runsc")
	img := newBuilder(t).build(t, root, "data", "--build-arg", "PACKAGES=packages/data.txt")
	for _, p := range places {
		if p.name != "runc" && p.name != "runc, privileged" && p.name != "gVisor" {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			c, took := p.start(t, img)
			t.Logf("first right answer %v after the start of the container", took.Round(time.Millisecond))
			cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-run", "^TestDataPrograms$", ".", "-data-url", c.url)
			cmd.Dir = root
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v:\n%s", err, out)
			}
		})
	}
}
