package rules

// ranked is a directory of the module, or a tree of them. A package imports
// packages of lower rank only, and of its own tree.
type ranked struct {
	dir  string
	tree bool // and everything below dir
	rank int  // the number of its line in decision 081
	why  string
}

var ranks = []ranked{
	{"runtime/internal/sys", true, 1, "system calls that confine nothing"},
	{"runtime/internal/sandbox", true, 2, "what confines scripts can be read, and audited, on its own"},
	{"runtime/internal/ldso", true, 2, "ELF files and the loader's search; it knows no interpreter"},
	{"runtime/internal/harness", true, 2,
		"our program in the confined process; text to the server, which never runs it"},
	{"runtime/internal/proc", true, 2, "what the kernel says of a process, from outside"},
	{"runtime/internal/cgroup", true, 2, "control groups are files; it knows neither jail nor interpreter"},
	{"runtime/internal/modproxy", true, 2, "archives of Go modules by their hash; it knows not what is in them"},
	{"internal/inflight", false, 2, "counts, and knows not what"},
	{"internal/logline", false, 2, "the form of a line, not what it says"},
	{"internal/testbed", true, 2, "starts the program for tests and knows it from outside only"},
	{"internal/filetree", true, 2, "directories of files that are executed later; it knows not what they are"},
	{"funcs/jsontext", true, 2, "JSON as text; it knows nothing of requests and runs"},
	{"runtime/internal/python", true, 3,
		"the interpreter is a bundle of files; it knows neither jail nor server, nor what it is made to run"},
	{"runtime/internal/bytecode", true, 3, "byte code of the harness from one start to the next"},
	{"runtime/internal/zygote", true, 3, "processes and pipes; made of jail and harness"},
	{"internal/gcp", true, 3, "Google Cloud's clients behind plain types; it knows nothing of scripts"},
	{"runtime/internal/children", true, 4, "what the binary is besides the server, told before all else"},
	{"runtime/internal/packages", true, 4,
		"distributions beside the interpreter; it fetches and unpacks them, and runs no script"},
	{"runtime/internal/pool", true, 4, "workers that are ready, and the interpreter alive; it knows nothing of jobs"},
	{"runtime/internal/software", true, 5, "what scripts find; made of interpreter and packages"},
	{"runtime/provision", true, 6, "puts software in images; it runs no script"},
	{"runtime", false, 6, "the only door to those above"},
	{"internal/capacity", false, 7, "arithmetic on limits and a machine; it asks nobody for settings"},
	{"funcs/envelope", true, 7, "what a message is wrapped in, no more"},
	{"funcs/mcp", true, 7, "a protocol around the contract, not a second one"},
	{"funcs/web", true, 7, "pages and documents, no logic"},
	{"internal/config", false, 8, "the settings; two small commands need them and nothing else"},
	{"funcs", false, 8, "HTTP; runs scripts through runtime's types and an interface"},
	{"internal/metrics", false, 9, "figures of runs, for Prometheus"},
	{"internal/journal", false, 10, "the log and the entry of a run, which is counted there, too"},
	{"internal/service", false, 11, "wires it all"},
	{".", false, 12, "registers the service with the functions framework; nothing imports it"},
	{"cmd", true, 12, "programs; nothing imports them"},
}

// ban keeps an import, or some names of one, to the places it belongs in.
type ban struct {
	imports string   // exact path, or a prefix when it ends in a slash
	names   []string // prefixes of what is banned of it; nil: the import as such
	except  []string // directories (trees) or files where it is allowed
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
	{"github.com/pelletier/", nil, []string{"runtime/internal/packages/script", "internal/config"},
		"one comment in a script is TOML, and the list of environments, and nothing else here"},
	// the logging client wants a request of its type, tokens come in a header
	{"net/http", nil, []string{"funcs", "function.go", "cmd", "internal/service", "internal/metrics",
		"internal/testbed", "internal/gcp/entry.go", "internal/gcp/tokens.go",
		// clients: of packages before a caller is listened to, of an interpreter before there is a server
		"runtime/internal/packages/index", "runtime/internal/modproxy"},
		"what runs scripts must not know how they arrived"},
	{framework, nil, []string{"function.go"},
		"the framework is one of two ways to be served; only the wiring knows"},
	{"os", []string{"Getenv", "LookupEnv", "Environ", "ExpandEnv"},
		[]string{"internal/config", "internal/testbed/need/need.go"},
		"settings are read in one place, where they are documented and checked"},
	{"os", []string{"UserCacheDir", "UserHomeDir", "UserConfigDir", "TempDir"}, []string{"internal/config"},
		"these read the environment, too"},
	{"syscall", []string{"Getenv", "Environ"}, []string{"internal/config"},
		"settings are read in one place, where they are documented and checked"},
	{"syscall", []string{"Syscall", "RawSyscall", "AllThreadsSyscall"},
		[]string{"runtime/internal/sandbox", "runtime/internal/sys"},
		"raw system calls need the reviewer who knows the sandbox"},
	{"golang.org/x/sys/", nil,
		// the last measures from outside
		[]string{"runtime/internal/sandbox", "runtime/internal/sys", "internal/testbed"},
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
