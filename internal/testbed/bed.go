package testbed

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// Bed holds what servers are made of: the programs, built once, and the image,
// made once when a container first needs it. All of it is gone with the test
// that New was given.
type Bed struct {
	dir            string
	server, canary string // the programs

	imageOnce sync.Once
	image     string
	imageErr  error
}

// New builds the programs.
func New(t testing.TB) *Bed {
	t.Helper()
	need.Time(t, "builds and starts servers")
	need.Toolchain(t)
	b := &Bed{dir: t.TempDir()}
	b.open(t)
	b.build(t)
	t.Cleanup(func() {
		if b.image != "" {
			if _, err := podman("rmi", "--force", b.image); err != nil {
				t.Error(err)
			}
		}
	})
	return b
}

// With is New with programs that are there already, for a machine without Go:
// an image, in which the tests themselves run.
func With(t testing.TB, server, canary string) *Bed {
	t.Helper()
	b := &Bed{dir: t.TempDir(), server: server, canary: canary}
	b.open(t)
	return b
}

// open lets an ordinary user into the directory: TempDir's parent is private.
func (b *Bed) open(t testing.TB) {
	t.Helper()
	for _, dir := range []string{b.dir, filepath.Dir(b.dir)} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// build builds the programs.
func (b *Bed) build(t testing.TB) {
	t.Helper()
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	sources := map[*string]string{&b.server: "./cmd/server", &b.canary: "./internal/testbed/canary"}
	for program, source := range sources {
		*program = filepath.Join(b.dir, filepath.Base(source))
		build := exec.Command("go", "build", "-o", *program, source)
		build.Dir = root
		// Static, so that it runs in an image with nothing else in it.
		build.Env = append(build.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("testbed: build: %s: %v\n%s", source, err, out)
		}
	}
}

func moduleRoot() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("testbed: go list: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// podman runs it and returns what it printed to stdout.
func podman(args ...string) (string, error) {
	cmd := exec.Command("podman", args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("podman %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(stdout.String()), nil
}
