// Package deploy_test builds and runs what is deployed: the image by its
// Dockerfile, and the files and commands that gcloud is given.
package deploy_test

import (
	"os/exec"
	"strings"
	"testing"
)

// root is the module's root directory.
const root = ".."

// output runs a program and returns what it printed to stdout.
func output(t testing.TB, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v: %s%s", name, strings.Join(args, " "), err, out, &stderr)
	}
	return strings.TrimSpace(string(out))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
