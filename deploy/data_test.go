package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// dataPlaces are where the data image runs, with what else it does there than to
// answer as the other image does. The programs of testdata/data come to each of
// the postures once.
var dataPlaces = map[string][]func(t *testing.T, url string){
	"runc": {runsDataPrograms}, "runc, an arbitrary uid, read-only": nil,
	"runc, privileged": {runsDataPrograms}, "runc, privileged, an arbitrary uid, read-only": nil,
	"runc, no namespaces": {runsDataPrograms}, "runc, no namespaces, an arbitrary uid": {runsDataPrograms},
	"gVisor": {runsDataPrograms}, "gVisor, an arbitrary uid, read-only": nil,
}

// TestDataImage builds the image with cmd/packages/data.txt, asks it all that the
// image without is asked, and runs the programs of testdata/data and the escape
// suite on it.
func TestDataImage(t *testing.T) {
	buildsImage(t)
	need.Programs(t, "root", "buildah", "podman", "runc", "runsc")
	img := newBuilder(t).build(t, root, "data", "--build-arg", "PACKAGES=cmd/packages/data.txt")
	if *keep != "" {
		output(t, "podman", "tag", img.name, *keep+"-data")
	}
	t.Run("lists what is in it", func(t *testing.T) { listsWhatIsInIt(t, img) })
	t.Run("is as large as it is said to be", func(t *testing.T) {
		size := img.unpacked(t)
		t.Logf("%.0f MB unpacked, %.0f MB compressed", size/1e6, float64(img.compressed(t))/1e6)
		isStated(t, "PACKAGES=cmd/packages/data.txt", size)
	})
	t.Run("notes its libraries", func(t *testing.T) { notesLibraries(t, img) })
	for _, p := range places {
		if more, ok := dataPlaces[p.name]; ok {
			t.Run(p.name, func(t *testing.T) { runsIn(t, img, p, more...) })
		}
	}
	// Without the check of imports, under which more of each program runs: the
	// check itself is the same code as that of the other image.
	t.Run("holds what is hostile, from outside", func(t *testing.T) { holdsFromOutside(t, img, "imports-free") })
}

func runsDataPrograms(t *testing.T, url string) {
	t.Run("data programs", func(t *testing.T) {
		cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-run", "^TestDataPrograms$",
			"./internal/e2e", "-data-url", url)
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v:\n%s", err, out)
		}
	})
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
