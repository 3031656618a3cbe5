package rules

import (
	"strings"
	"testing"
)

// Each rule, broken and kept.
func TestViolations(t *testing.T) {
	long := "\n" + strings.Repeat("\tprintln()\n", maxFunction)
	for _, tt := range []struct{ name, source, says string }{
		{"runtime/internal/sandbox/a.go", `import "github.com/pyexec/pyexec/runtime/internal/python"`,
			"is not below"},
		{"runtime/internal/sandbox/a.go", `import "github.com/pyexec/pyexec/runtime/internal/sys"`, ""},
		{"runtime/internal/sys/a.go", `import "github.com/pyexec/pyexec/runtime/internal/sandbox"`, "is not below"},
		{"runtime/internal/python/a.go", `import "github.com/pyexec/pyexec/runtime"`, "is not below"},
		{"runtime/internal/ldso/a.go", `import "github.com/pyexec/pyexec/runtime/internal/python"`, "is not below"},
		{"runtime/internal/zygote/a.go", `import "github.com/pyexec/pyexec/runtime/internal/python"`, "is not below"},
		{"runtime/internal/cgroup/a.go", `import "github.com/pyexec/pyexec/runtime/internal/sandbox"`,
			"is not below"},
		{"runtime/internal/zygote/a.go", `import _ "github.com/pyexec/pyexec/runtime/internal/sandbox"`, ""},
		{"runtime/internal/pool/a.go", `import "github.com/pyexec/pyexec/runtime"`, "is not below"},
		{"runtime/internal/pool/a.go", `import "github.com/pyexec/pyexec/runtime/internal/python"`, ""},
		{"runtime/a.go", `import "github.com/pyexec/pyexec/funcs"`, "is not below"},
		{"runtime/a.go", `import "github.com/pyexec/pyexec/runtime/internal/zygote"`, ""},
		{"funcs/web/a.go", `import "github.com/pyexec/pyexec/funcs"`, "is not below"},
		{"funcs/a.go", `import "github.com/pyexec/pyexec/funcs/web"`, ""},
		{"funcs/a.go", `import "github.com/pyexec/pyexec"`, "is not below"},
		{"cmd/x/a.go", `import "github.com/pyexec/pyexec"`, "is not below"},
		{"cmd/x/a.go", `import "github.com/pyexec/pyexec/internal/service"`, ""},
		{"internal/config/a.go", `import "github.com/pyexec/pyexec/internal/gcp"`, "link a cloud"},
		{"a.go", `import "github.com/pyexec/pyexec/cmd/x"`, "is not below"},
		{"tools/a.go", `import "github.com/pyexec/pyexec"`, "has no rank"},
		{"a.go", `import "github.com/pyexec/pyexec/tools"`, "has no rank"},

		{"internal/gcp/a.go", `import "github.com/pyexec/pyexec/runtime"`, "is not below"},
		{"internal/service/a.go", `import "github.com/pyexec/pyexec/internal/gcp"`, ""},
		{"a.go", `import "cloud.google.com/go/pubsub/v2"`, "one place knows them"},
		{"internal/gcp/a.go", `import "google.golang.org/api/option"`, ""},
		{"funcs/a.go", `import "github.com/cloudevents/sdk-go/v2"`, "sees a message"},
		{"funcs/a.go", `import "github.com/modelcontextprotocol/go-sdk/mcp"`, "requests and replies"},
		{"funcs/mcp/a.go", `import "github.com/modelcontextprotocol/go-sdk/mcp"`, ""},
		{"funcs/mcp/a.go", `import "github.com/pyexec/pyexec/funcs"`, "is not below"},
		{"funcs/a.go", `import "github.com/prometheus/client_golang/prometheus"`, "one place"},
		{"internal/metrics/a.go", `import "github.com/prometheus/client_golang/prometheus"`, ""},

		{"funcs/web/a.go", `import "os/exec"`, "runtime's business"},
		{"runtime/a.go", `import "os/exec"`, ""},
		{"funcs/a.go", `import "syscall"`, "so is the kernel"},
		{"funcs/a.go", `import "github.com/pyexec/pyexec/internal/gcp"`, "through interfaces"},
		{"funcs/a.go", `import "github.com/getkin/kin-openapi/openapi3"`, "only the standard library"},
		{"funcs/a.go", `import "golang.org/x/sync/semaphore"`, "only the standard library"},
		{"funcs/call.go", `import "golang.org/x/sync/semaphore"`, ""},
		{"funcs/envelope/event.go", `import "github.com/cloudevents/sdk-go/v2/event"`, ""},
		{"funcs/envelope/envelope.go", `import "github.com/cloudevents/sdk-go/v2/event"`,
			"only the standard library"},
		{"funcs/jsontext/a.go", `import "github.com/pyexec/pyexec/runtime"`, "is not below"},
		{"funcs/a.go", `import "github.com/pyexec/pyexec/funcs/jsontext"`, ""},

		{"runtime/a.go", `import "net/http"`, "how they arrived"},
		{"funcs/web/a.go", `import "net/http"`, ""},
		{"cmd/server/a.go", `import "` + framework + `funcframework"`, "wiring"},
		{"function.go", `import "` + framework + `functions"`, ""},
		{"internal/service/a.go", `import "` + framework + `functions"`, "wiring"},
		{"runtime/internal/zygote/a.go", `import "golang.org/x/sys/unix"`, "raw system calls"},
		{"runtime/internal/sandbox/x/a.go", `import "golang.org/x/sys/unix"`, ""},
		{"runtime/internal/sys/a.go", `import "golang.org/x/sys/unix"`, ""},

		{"internal/service/a.go", "import \"os\"\nvar x = os.Getenv(\"X\")", "one place"},
		{"cmd/a.go", "import renamed \"os\"\nvar x = renamed.Environ()", "one place"},
		{"a/config.go", "import \"os\"\nvar x = os.Environ()", "one place"},
		{"internal/config/a.go", "import \"os\"\nvar x = os.Environ()", ""},
		{"a.go", "import \"os\"\nvar x = os.TempDir()", "read the environment"},
		{"a.go", "import \"os\"\nvar x, y = os.MkdirTemp(\"\", \"x\")", "names no directory"},
		{"a.go", "import \"os\"\nvar x, y = os.MkdirTemp(z, \"x\")", ""},
		{"a.go", "import \"syscall\"\nvar x, y = syscall.Getenv(\"X\")", "one place"},
		{"runtime/a.go", "import \"syscall\"\nfunc f() { syscall.RawSyscall6(1, 2, 3, 4, 5, 6, 7) }",
			"raw system calls"},
		{"runtime/internal/sandbox/a.go", "import \"syscall\"\nfunc f() { syscall.Syscall(1, 2, 3, 4) }", ""},
		{"a.go", "type os struct{}\nvar x = os.Getenv", ""},

		{"a.go", "func f() {" + long + "}", "func f has 62 lines"},
		{"a.go", strings.Repeat("type t struct{}\n", maxFile), "beside its tables"},
		{"a.go", "var x = []int{\n" + strings.Repeat("\t1,\n", 2*maxFile) + "}", ""},
	} {
		got := strings.Join(violations(tt.name, []byte("package x\n"+tt.source+"\n")), "\n")
		if !strings.Contains(got, tt.says) || (tt.says == "") != (got == "") {
			t.Errorf("%s: %.80s\n got %q\nwant %q", tt.name, tt.source, got, tt.says)
		}
	}
}
