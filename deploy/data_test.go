package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// dataPlaces come to each of the postures once.
var dataPlaces = []string{"runc", "runc, privileged", "runc, no namespaces", "runc, no namespaces, an arbitrary uid", "gVisor"}

// TestDataImage builds the image with packages/data.txt and runs the programs
// of testdata/data on it.
func TestDataImage(t *testing.T) {
	buildsImage(t)
	need(t, "root", "buildah", "podman", "runc", "runsc")
	img := newBuilder(t).build(t, root, "data", "--build-arg", "PACKAGES=packages/data.txt")
	if *keep != "" {
		output(t, "podman", "tag", img.name, *keep+"-data")
	}
	t.Run("notes its libraries", func(t *testing.T) { notesLibraries(t, img) })
	for _, p := range places {
		if !slices.Contains(dataPlaces, p.name) {
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

// notesLibraries is about the time that a start takes: it looks for what the
// packages need in every file of theirs unless their note is as old as their
// directory.
func notesLibraries(t *testing.T, img image) {
	dir := filepath.Join(output(t, "podman", "image", "mount", img.name), "jail", "packages")
	defer output(t, "podman", "image", "unmount", img.name)
	packages, err := os.Stat(dir)
	must(t, err)
	note, err := os.Stat(filepath.Join(dir, ".libraries"))
	must(t, err)
	if !note.ModTime().Equal(packages.ModTime()) {
		t.Errorf("the note is of %v, the directory of %v", note.ModTime(), packages.ModTime())
	}
}
