package deploy_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// holdsWhatIsHostile runs the escape suite inside the image, as cloudbuild.yaml
// does: on its server and its interpreter, where no namespaces are granted.
func holdsWhatIsHostile(t *testing.T, img image) {
	dir := t.TempDir()
	for name, args := range map[string][]string{
		"escape.test": {"test", "-c", "./internal/testbed"},
		"canary":      {"build", "./internal/testbed/canary"},
	} {
		build := exec.Command("go", append([]string{args[0], "-o", filepath.Join(dir, name)}, args[1:]...)...)
		build.Dir = root
		build.Env = append(build.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("go %v: %v\n%s", args, err, out)
		}
	}
	module, err := filepath.Abs(root)
	must(t, err)
	p := place{runtime: "runc", args: []string{"--security-opt", noNamespaces}}
	args := p.podman(t, "run", "--rm", "--volume", module+":/workspace:ro", "--volume", dir+":/suite:ro",
		"--workdir", "/workspace/internal/testbed", "--entrypoint", "/suite/escape.test", img.name,
		"-test.run=^TestEscape$/^plain-root$", "-test.v", "-test.timeout=8m", "-server=/server",
		"-canary=/suite/canary",
		"-settings=PYTHON_HOME=/jail/python", "-granted=podman-nons")
	attacksHeld(t, exec.CommandContext(t.Context(), "podman", args...), 240)
}

// holdsFromOutside runs the escape suite against containers of the image where
// namespaces are granted, where all is granted, and under gVisor. Checks are
// those of imports, "imports-checked" and "imports-free".
func holdsFromOutside(t *testing.T, img image, checks ...string) {
	cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-v", "-timeout=10m", "./internal/testbed",
		"-run=^TestEscape$/^(podman|podman-privileged|gvisor-root)$/^("+strings.Join(checks, "|")+")$",
		"-image="+img.name)
	cmd.Dir = root
	attacksHeld(t, cmd, 3*120*len(checks))
}

// attacksHeld runs the escape suite and counts the programs that got nowhere.
func attacksHeld(t *testing.T, cmd *exec.Cmd, least int) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	passed := len(attack.FindAll(out, -1))
	t.Logf("%d attacks held", passed)
	if err != nil || passed < least {
		said := well.ReplaceAll(out, nil)
		t.Errorf("%v: %d passed, want at least %d\n%s", err, passed, least, said[max(0, len(said)-12000):])
	}
}

// attack is a line of the suite about one program.
var attack = regexp.MustCompile(`--- PASS: TestEscape/[a-z-]+/imports-`)

// well is a line of the suite that says no more than that a program is looked at,
// or that it got nowhere.
var well = regexp.MustCompile(`(?m)^\s*(=== (RUN|PAUSE|CONT)|--- PASS:) .*\n`)
