package rules

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const modulePath = "github.com/pyexec/pyexec"

// layer is a directory of the module, or a tree of them. A package imports
// packages of lower rank only, and of its own tree.
type layer struct {
	dir  string
	tree bool // and everything below dir
	rank int
	why  string
}

var layers = []layer{
	{"runtime/internal/sys", true, -1, "system calls that confine nothing"},
	{"runtime/internal/sandbox", true, 0, "what confines scripts can be read, and audited, on its own"},
	{"runtime/internal/ldso", true, 0, "ELF files and the loader's search; it knows no interpreter"},
	{"runtime/internal/python", true, 1,
		"the interpreter is a bundle of files; it knows neither jail nor server, nor what it is made to run"},
	{"runtime/internal/harness", true, 0, "our program in the confined process; text to the server, which never runs it"},
	{"runtime/internal/proc", true, 0, "what the kernel says of a process, from outside"},
	{"runtime/internal/cgroup", true, 0, "control groups are files; it knows neither jail nor interpreter"},
	{"internal/inflight", false, 0, "counts, and knows not what"},
	{"internal/logline", false, 0, "the form of a line, not what it says"},
	{"internal/testbed", true, 0, "starts the program for tests and knows it from outside only"},
	{"internal/filetree", true, 0, "directories of files that are executed later; it knows not what they are"},
	{"runtime/internal/zygote", true, 1, "processes and pipes; made of jail and harness"},
	{"internal/gcp", true, 1, "Google Cloud's clients behind plain types; it knows nothing of scripts"},
	{"funcs/jsontext", true, 0, "JSON as text; it knows nothing of requests and runs"},
	{"runtime/internal/packages", true, 2,
		"distributions beside the interpreter; it fetches and unpacks them, and runs no script"},
	{"runtime/internal/pool", true, 2, "workers that are ready, and the interpreter alive; it knows nothing of jobs"},
	{"runtime/internal/software", true, 3, "what scripts find; made of interpreter and packages"},
	{"runtime/provision", true, 4, "puts software in images; it runs no script"},
	{"runtime", false, 4, "the only door to those above"},
	{"internal/capacity", false, 5, "arithmetic on limits and a machine; it asks nobody for settings"},
	{"funcs/envelope", true, 5, "what a message is wrapped in, no more"},
	{"funcs/mcp", true, 5, "a protocol around the contract, not a second one"},
	{"funcs/web", true, 5, "pages and documents, no logic"},
	{"internal/config", false, 6, "the settings; two small commands need them and nothing else"},
	{"funcs", false, 6, "HTTP; runs scripts through runtime's types and an interface"},
	{"internal/metrics", false, 7, "figures of runs, for Prometheus"},
	{"internal/journal", false, 8, "the log and the entry of a run, which is counted there, too"},
	{"internal/service", false, 9, "wires it all"},
	{".", false, 10, "registers the service with the functions framework; nothing imports it"},
	{"cmd", true, 10, "programs; nothing imports them"},
}

// ban keeps an import, or some names of one, to the places it belongs in.
type ban struct {
	imports string   // exact path, or a prefix when it ends in a slash
	names   []string // prefixes of what is banned of it; nil: the import as such
	except  []string // directories (trees) or files where it is at home
	why     string
}

const framework = "github.com/GoogleCloudPlatform/functions-framework-go/"

var bans = []ban{
	{"cloud.google.com/", nil, []string{"internal/gcp"},
		"clients of Google Cloud are heavy and change; one place knows them"},
	{"google.golang.org/", nil, []string{"internal/gcp"},
		"so is what they are made of"},
	{modulePath + "/internal/gcp", nil, []string{"internal/journal", "internal/service"},
		"commands that read settings must not link a cloud"},
	{"github.com/prometheus/", nil, []string{"internal/metrics"},
		"metrics are fed from one place"},
	{"github.com/cloudevents/", nil, []string{"funcs/envelope"},
		"the rest of the service sees a message"},
	{"github.com/modelcontextprotocol/", nil, []string{"funcs/mcp"},
		"the rest of the service knows requests and replies"},
	{"net/http", nil, []string{"funcs", "function.go", "cmd", "internal/service", "internal/metrics", "internal/testbed", "internal/gcp/entry.go", "internal/gcp/tokens.go", // the logging client wants a request of its type, tokens come in a header
		"runtime/internal/packages/index"}, // a client, which asks for packages before a caller is listened to
		"what runs scripts must not know how they arrived"},
	{framework, nil, []string{"function.go"},
		"the framework is one of two ways to be served; only the wiring knows"},
	{"os", []string{"Getenv", "LookupEnv", "Environ", "ExpandEnv"}, []string{"internal/config", "internal/testbed/need/need.go"},
		"settings are read in one place, where they are documented and checked"},
	{"os", []string{"UserCacheDir", "UserHomeDir", "UserConfigDir", "TempDir"}, []string{"internal/config"},
		"these read the environment, too"},
	{"syscall", []string{"Getenv", "Environ"}, []string{"internal/config"},
		"settings are read in one place, where they are documented and checked"},
	{"syscall", []string{"Syscall", "RawSyscall", "AllThreadsSyscall"},
		[]string{"runtime/internal/sandbox", "runtime/internal/sys"},
		"raw system calls need the reviewer who knows the sandbox"},
	{"golang.org/x/sys/", nil,
		[]string{"runtime/internal/sandbox", "runtime/internal/sys", "internal/testbed"}, // the last measures from outside
		"raw system calls need the reviewer who knows the sandbox"},
}

// diet is what a tree does not import, and the modules of others that it does.
type diet struct {
	dir     string
	never   map[string]string // prefix of an import → why
	modules map[string]string // prefix of an import → the directory or file that it is for
}

var diets = []diet{{"funcs",
	map[string]string{
		"os/exec":                 "running things is the runtime's business",
		"syscall":                 "so is the kernel",
		modulePath + "/internal/": "what Google Cloud has to offer comes in through interfaces",
	},
	map[string]string{
		"github.com/cloudevents/sdk-go/v2":        "funcs/envelope/event.go",
		"github.com/modelcontextprotocol/go-sdk/": "funcs/mcp",
		"golang.org/x/sync/semaphore":             "funcs/call.go", // the standard library has none with weights
	},
}}

// offDiet says why a file must not import a package, if so.
func offDiet(name, target string) string {
	for _, d := range diets {
		if !strings.HasPrefix(name, d.dir+"/") {
			continue
		}
		for prefix, why := range d.never {
			if strings.HasPrefix(target, prefix) {
				return why
			}
		}
		if first, _, _ := strings.Cut(target, "/"); !strings.Contains(first, ".") || strings.HasPrefix(target, modulePath+"/") {
			continue
		}
		allowed := false
		for prefix, place := range d.modules {
			allowed = allowed || strings.HasPrefix(target, prefix) && (name == place || strings.HasPrefix(name, place+"/"))
		}
		if !allowed {
			return "only the standard library is needed here"
		}
	}
	return ""
}

// Lengths in lines. Tables, that is declarations of variables and constants at
// package level, don't count.
const (
	maxFunction = 70
	maxFile     = 350
)

// violations returns what is wrong with one file, given by its path from the
// module's root.
func violations(name string, source []byte) []string {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, source, parser.SkipObjectResolution)
	if err != nil {
		return []string{err.Error()}
	}
	var found []string
	report := func(pos token.Pos, format string, args ...any) {
		found = append(found, fmt.Sprintf("%s: %s", fset.Position(pos), fmt.Sprintf(format, args...)))
	}
	imports := make(map[string]string) // local name → path
	for _, spec := range file.Imports {
		target, _ := strconv.Unquote(spec.Path.Value)
		local := path.Base(target)
		if spec.Name != nil {
			local = spec.Name.Name
		}
		imports[local] = target
		if why := layering(path.Dir(name), target); why != "" {
			report(spec.Pos(), "imports %s: %s", target, why)
		}
		if why := offDiet(name, target); why != "" {
			report(spec.Pos(), "imports %s: %s", target, why)
		}
		for _, b := range bans {
			if b.names == nil && b.covers(target) && !b.allows(name) {
				report(spec.Pos(), "imports %s: %s", target, b.why)
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if why := bannedName(name, imports, n); why != "" {
				report(n.Pos(), "%s.%s: %s", n.X, n.Sel.Name, why)
			}
		case *ast.CallExpr:
			if isTempCall(imports, n) {
				report(n.Pos(), "names no directory: the default one comes from the environment")
			}
		}
		return true
	})
	return append(found, lengths(fset, file)...)
}

// layering says why a package must not import another, if so.
func layering(dir, target string) string {
	if target != modulePath && !strings.HasPrefix(target, modulePath+"/") {
		return ""
	}
	from, ok := layerOf(dir)
	if !ok {
		return "the package " + dir + " is in no layer: see layers in internal/rules/layers_test.go"
	}
	to, ok := layerOf(strings.TrimPrefix(strings.TrimPrefix(target, modulePath), "/"))
	if !ok {
		return "that package is in no layer: see layers in internal/rules/layers_test.go"
	}
	if from.dir == to.dir && from.tree || from.rank > to.rank {
		return ""
	}
	return fmt.Sprintf("%s (%s) is not below %s (%s)", to.dir, to.why, from.dir, from.why)
}

func layerOf(dir string) (layer, bool) {
	if dir == "" {
		dir = "."
	}
	for _, l := range layers {
		if dir == l.dir || l.tree && strings.HasPrefix(dir, l.dir+"/") {
			return l, true
		}
	}
	return layer{}, false
}

func (b ban) covers(target string) bool {
	return target == b.imports || strings.HasSuffix(b.imports, "/") && strings.HasPrefix(target, b.imports)
}

func (b ban) allows(name string) bool {
	return slices.ContainsFunc(b.except, func(place string) bool {
		if place == "." {
			return path.Dir(name) == "."
		}
		return name == place || strings.HasPrefix(name, place+"/")
	})
}

func bannedName(name string, imports map[string]string, sel *ast.SelectorExpr) string {
	pkg, ok := sel.X.(*ast.Ident)
	if !ok {
		return ""
	}
	for _, b := range bans {
		named := slices.ContainsFunc(b.names, func(prefix string) bool { return strings.HasPrefix(sel.Sel.Name, prefix) })
		if named && b.covers(imports[pkg.Name]) && !b.allows(name) {
			return b.why
		}
	}
	return ""
}

// isTempCall recognises os.MkdirTemp("", …) and os.CreateTemp("", …).
func isTempCall(imports map[string]string, call *ast.CallExpr) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "MkdirTemp" && sel.Sel.Name != "CreateTemp" {
		return false
	}
	pkg, ok := sel.X.(*ast.Ident)
	if !ok || imports[pkg.Name] != "os" {
		return false
	}
	dir, ok := call.Args[0].(*ast.BasicLit)
	return ok && dir.Value == `""`
}

func lengths(fset *token.FileSet, file *ast.File) []string {
	var found []string
	lines := func(n ast.Node) int { return fset.Position(n.End()).Line - fset.Position(n.Pos()).Line + 1 }
	total := fset.File(file.Pos()).LineCount()
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if n := lines(decl); n > maxFunction {
				found = append(found, fmt.Sprintf("%s: func %s has %d lines, at most %d are read with pleasure", fset.Position(decl.Pos()), decl.Name.Name, n, maxFunction))
			}
		case *ast.GenDecl:
			if decl.Tok == token.VAR || decl.Tok == token.CONST {
				total -= lines(decl)
			}
		}
	}
	if total > maxFile {
		found = append(found, fmt.Sprintf("%s: has %d lines beside its tables, at most %d", fset.Position(file.Pos()).Filename, total, maxFile))
	}
	return found
}

func TestLayers(t *testing.T) {
	files := 0
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(name)
		if d.IsDir() && name != "." && (base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(filepath.FromSlash(name))
		if err != nil {
			return err
		}
		files++
		for _, v := range violations(name, source) {
			t.Error(v)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 20 {
		t.Errorf("only %d files were looked at", files)
	}
}

// The buildpack parses every Go file in the root, whatever its build tags.
func TestRootHoldsOnePackage(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Error(err)
			continue
		}
		if file.Name.Name != "pyexec" {
			t.Errorf("%s: is package %s: the buildpack takes all files of the root for one package", name, file.Name.Name)
		}
		for _, group := range file.Comments {
			for _, c := range group.List {
				if strings.HasPrefix(c.Text, "//go:build") {
					t.Errorf("%s: has a build constraint, which the buildpack does not respect", name)
				}
			}
		}
	}
}

// Each rule, broken and kept.
func TestViolations(t *testing.T) {
	long := "\n" + strings.Repeat("\tprintln()\n", maxFunction)
	for _, tt := range []struct{ name, source, says string }{
		{"runtime/internal/sandbox/a.go", `import "github.com/pyexec/pyexec/runtime/internal/python"`, "is not below"},
		{"runtime/internal/sandbox/a.go", `import "github.com/pyexec/pyexec/runtime/internal/sys"`, ""},
		{"runtime/internal/sys/a.go", `import "github.com/pyexec/pyexec/runtime/internal/sandbox"`, "is not below"},
		{"runtime/internal/python/a.go", `import "github.com/pyexec/pyexec/runtime"`, "is not below"},
		{"runtime/internal/ldso/a.go", `import "github.com/pyexec/pyexec/runtime/internal/python"`, "is not below"},
		{"runtime/internal/zygote/a.go", `import "github.com/pyexec/pyexec/runtime/internal/python"`, "is not below"},
		{"runtime/internal/cgroup/a.go", `import "github.com/pyexec/pyexec/runtime/internal/sandbox"`, "is not below"},
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
		{"tools/a.go", `import "github.com/pyexec/pyexec"`, "in no layer"},
		{"a.go", `import "github.com/pyexec/pyexec/tools"`, "in no layer"},

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
		{"funcs/envelope/envelope.go", `import "github.com/cloudevents/sdk-go/v2/event"`, "only the standard library"},
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
		{"runtime/a.go", "import \"syscall\"\nfunc f() { syscall.RawSyscall6(1, 2, 3, 4, 5, 6, 7) }", "raw system calls"},
		{"runtime/internal/sandbox/a.go", "import \"syscall\"\nfunc f() { syscall.Syscall(1, 2, 3, 4) }", ""},
		{"a.go", "type os struct{}\nvar x = os.Getenv", ""},

		{"a.go", "func f() {" + long + "}", "func f has 72 lines"},
		{"a.go", strings.Repeat("type t struct{}\n", maxFile), "beside its tables"},
		{"a.go", "var x = []int{\n" + strings.Repeat("\t1,\n", 2*maxFile) + "}", ""},
	} {
		got := strings.Join(violations(tt.name, []byte("package x\n"+tt.source+"\n")), "\n")
		if !strings.Contains(got, tt.says) || (tt.says == "") != (got == "") {
			t.Errorf("%s: %.80s\n got %q\nwant %q", tt.name, tt.source, got, tt.says)
		}
	}
}
