package deploy_test

import (
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// TestImageOnAnotherPython builds the image with CPython 3.14 and asks it, in two
// postures, all that the image with the bundled one is asked.
func TestImageOnAnotherPython(t *testing.T) {
	buildsImage(t)
	need.Programs(t, "root", "buildah", "podman", "runc", "runsc")
	img := newBuilder(t).build(t, root, "python", "--build-arg", "PYTHON=3.14")
	var interpreters []string
	for name := range img.files(t) {
		if strings.HasPrefix(name, "jail/python/bin/") {
			interpreters = append(interpreters, name)
		}
	}
	if len(interpreters) != 1 || interpreters[0] != "jail/python/bin/python3.14" {
		t.Errorf("interpreters %q, want python3.14 alone", interpreters)
	}
	for _, p := range places {
		if p.name == "runc" || p.name == "runc, no namespaces, an arbitrary uid" {
			t.Run(p.name, func(t *testing.T) { runsIn(t, img, p) })
		}
	}
}
