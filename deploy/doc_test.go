// Package deploy_test builds and runs what is deployed: the image by its
// Dockerfile, and the files and commands that gcloud is given.
package deploy_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// root is the module's root directory.
const root = ".."

// need skips the test, loudly, where this machine lacks a program or root's
// rights. On the machines of our own CI that is a failure: a suite that skips
// itself proves nothing.
func need(t testing.TB, programs ...string) {
	t.Helper()
	var missing []string
	for _, p := range programs {
		if p == "root" {
			if os.Getuid() != 0 {
				missing = append(missing, p)
			}
			continue
		}
		if _, err := exec.LookPath(p); err != nil {
			missing = append(missing, p)
		}
	}
	switch {
	case len(missing) == 0:
	case os.Getenv("CI") == "true" && os.Getuid() == 0:
		t.Fatalf("this machine lacks %s", strings.Join(missing, ", "))
	default:
		t.Skipf("SKIPPED, NOTHING WAS TESTED: this machine lacks %s", strings.Join(missing, ", "))
	}
}

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
