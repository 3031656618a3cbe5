package funcs

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// What this part of the tree may not import, and why.
func TestImports(t *testing.T) {
	banned := map[string]string{
		"os/exec":               "running things is the runtime's business",
		"syscall":               "so is the kernel",
		"golang.org/x/sys/unix": "so is the kernel",
		"github.com/pyexec/pyexec/runtime/internal":              "only package runtime is the runner's face",
		"github.com/GoogleCloudPlatform/functions-framework-go/": "the framework belongs to the root and cmd/server",
		"github.com/getkin/":                                     "it is for tests",
		"github.com/pyexec/pyexec/internal/":                     "what Google Cloud has to offer comes in through interfaces",
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(files, more...) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			for ban, why := range banned {
				if strings.HasPrefix(path, ban) {
					t.Errorf("%s imports %s: %s", name, path, why)
				}
			}
			if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") && !strings.HasPrefix(path, "github.com/pyexec/pyexec/") {
				if name == "envelope/event.go" && strings.HasPrefix(path, "github.com/cloudevents/sdk-go/v2") {
					continue // the one thing it is for
				}
				if strings.HasPrefix(name, "mcp/") && strings.HasPrefix(path, "github.com/modelcontextprotocol/go-sdk/") {
					continue // so is this
				}
				if name == "call.go" && path == "golang.org/x/sync/semaphore" {
					continue // the standard library has none with weights
				}
				t.Errorf("%s imports %s: only the standard library is needed here", name, path)
			}
		}
	}
}
