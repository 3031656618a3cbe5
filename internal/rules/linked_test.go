package rules

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// heavy are modules that only a server needs.
var heavy = []string{
	"cloud.google.com/", "google.golang.org/", "github.com/googleapis/", "github.com/prometheus/",
	"github.com/modelcontextprotocol/", "github.com/cloudevents/", "github.com/GoogleCloudPlatform/",
}

// Small commands are what they look like: whoever reads settings does not link a
// cloud. The server does, which shows that the names are right.
func TestSmallCommandsAreSmall(t *testing.T) {
	need.Toolchain(t)
	for name, small := range map[string]bool{"probe": true, "packages": true, "rootfs": true, "server": false} {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "./cmd/"+name).Output()
		if err != nil {
			t.Fatal(err)
		}
		linked := map[string]bool{}
		for dependency := range strings.Lines(string(out)) {
			for _, prefix := range heavy {
				if strings.HasPrefix(dependency, prefix) {
					linked[prefix] = true
				}
			}
		}
		if small && len(linked) > 0 {
			t.Errorf("cmd/%s links %v", name, linked)
		}
		if !small && len(linked) < len(heavy)-1 { // the framework is the function's alone
			t.Errorf("cmd/%s links %v alone of %v", name, linked, heavy)
		}
	}
}
