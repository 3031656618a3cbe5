package config

import (
	"log/slog"
	"strings"
	"time"

	"github.com/pyexec/pyexec/internal/capacity"
	"github.com/pyexec/pyexec/runtime"
)

// Setting is one environment variable the service understands.
type Setting struct {
	Name string
	// Unit is what a number counts, empty where there is none.
	Unit string
	// Default is the value taken when the variable is unset, or words that
	// say what it is worked out from.
	Default string
	// Range is what is accepted; anything else stops the start.
	Range string
	// Meaning is one line for the reader of the table.
	Meaning string

	computed bool // Default is words, not a value
	kind     kind
}

const (
	kib = 1 << 10
	mib = 1 << 20
)

// settings is the one table: the documentation, the parser and the start-up
// log are made from it. Every limit has a floor and a ceiling. Ceilings are
// not what a machine can bear but where a typing error becomes likely.
var settings = []Setting{
	{Name: "HOST", Default: "`localhost`, in a container all interfaces", computed: true,
		Meaning: "address to listen on, `METRICS_PORT` included; `0.0.0.0`: all interfaces. Containers are known " +
			"by `K_SERVICE`, `KUBERNETES_SERVICE_HOST`, `container`, the files of Docker and podman, and by " +
			"being the first process",
		kind: word("an address or a host name", func(c *Config) *string { return &c.Host })},
	{Name: "PORT", Default: "8080", Meaning: "port of the HTTP server",
		kind: number("", 1, 65535, 1, func(c *Config) *int { return &c.Port })},

	{Name: "EXEC_TIMEOUT", Default: "30s", Meaning: "wall clock of a run, and the most a request may ask for",
		kind: duration(50*time.Millisecond, time.Hour, 1,
			func(c *Config) *time.Duration { return &c.Runtime.Limits.Timeout })},
	{Name: "EXEC_CPU", Default: "`EXEC_TIMEOUT`, rounded up", computed: true,
		Meaning: "processor time of a run, all threads together",
		kind: duration(time.Second, time.Hour, time.Second,
			func(c *Config) *time.Duration { return &c.Runtime.Limits.CPU })},
	{Name: "EXEC_MEMORY_MB", Default: "512, or the container's share", computed: true,
		Meaning: "a script's memory on top of the interpreter's own",
		kind:    number("MiB", 16, 65536, mib, func(c *Config) *int64 { return &c.Runtime.Limits.MemoryBytes })},
	{Name: "EXEC_TMP_MB", Default: "64", Meaning: "size of a run's `/tmp`, which is held in memory",
		kind: number("MiB", 1, 4096, mib, func(c *Config) *int64 { return &c.Runtime.Limits.TmpBytes })},
	{Name: "EXEC_TMP_FILES", Default: "1024", Meaning: "files and directories in a run's `/tmp`",
		kind: number("files", 16, 1<<20, 1, func(c *Config) *int64 { return &c.Runtime.Limits.TmpFiles })},
	{Name: "EXEC_OUTPUT_BYTES", Default: "1048576", Meaning: "stdout and stderr, each",
		kind: number("bytes", kib, 64*mib, 1, func(c *Config) *int64 { return &c.Runtime.Limits.OutputBytes })},
	{Name: "EXEC_RESULT_BYTES", Default: "8388608", Meaning: "JSON text of what `main()` returned",
		kind: number("bytes", kib, 64*mib, 1, func(c *Config) *int64 { return &c.Runtime.Limits.ResultBytes })},
	{Name: "EXEC_RESULT_DEPTH", Default: "256", Meaning: "nesting of the result and of `input`",
		kind: number("levels", 8, 500, 1, func(c *Config) *int { return &c.Runtime.Limits.ResultDepth })},
	{Name: "EXEC_SCRIPT_BYTES", Default: "1048576", Meaning: "source text of a script",
		kind: number("bytes", kib, 16*mib, 1, func(c *Config) *int64 { return &c.Runtime.Limits.ScriptBytes })},
	{Name: "EXEC_BODY_BYTES", Default: "8388608", Meaning: "body of a request",
		kind: number("bytes", kib, 64*mib, 1, func(c *Config) *int64 { return &c.BodyBytes })},
	{Name: "EXEC_BATCH_CASES", Default: "10000",
		Meaning: "`inputs` or `cases` of one body; a request in lines may have any number",
		kind:    number("cases", 1, 1_000_000, 1, func(c *Config) *int { return &c.BatchCases })},
	{Name: "EXEC_BATCH_TIME", Default: "4m30s",
		Meaning: "wall clock of all cases of a request; the default ends a batch, with what there is, before Cloud " +
			"Run's default timeout of 5 minutes does",
		kind: duration(time.Second, 24*time.Hour, 1, func(c *Config) *time.Duration { return &c.BatchTime })},
	{Name: "EXEC_RETURN_FILES", Default: "64",
		Meaning: "files that come back with a reply, figures, and things that are displayed, each",
		kind:    number("files", 1, 4096, 1, func(c *Config) *int64 { return &c.Runtime.Limits.ReturnFiles })},
	{Name: "EXEC_RETURN_BYTES", Default: "8388608",
		Meaning: "files, figures and what is displayed in a reply, together",
		kind:    number("bytes", kib, 64*mib, 1, func(c *Config) *int64 { return &c.Runtime.Limits.ReturnBytes })},
	{Name: "EXEC_OPEN_FILES", Default: "64",
		Meaning: "open files of a run; kernel memory behind them is outside every other limit",
		kind:    number("descriptors", 16, 256, 1, func(c *Config) *int64 { return &c.Runtime.Limits.OpenFiles })},
	{Name: "EXEC_THREADS", Default: "64", Meaning: "threads of a run, the main one included",
		kind: number("threads", 1, 512, 1, func(c *Config) *int64 { return &c.Runtime.Limits.Threads })},

	{Name: "EXEC_WORKERS", Default: "from CPUs and memory", computed: true,
		Meaning: "scripts that run at once, and workers kept ready",
		kind:    number("runs", 1, capacity.MaxWorkers, 1, func(c *Config) *int { return &c.Runtime.Workers })},
	{Name: "EXEC_QUEUE_WAIT", Default: "10s",
		Meaning: "how long a request may wait for a worker; one that would wait longer, by the pace of the others, " +
			"gets 429 at once",
		kind: duration(100*time.Millisecond, time.Hour, 1,
			func(c *Config) *time.Duration { return &c.Runtime.QueueWait })},
	{Name: "EXEC_QUEUE", Default: "as many as connections and a sixteenth of the memory allow", computed: true,
		Meaning: "requests that may wait for a worker, whatever `EXEC_QUEUE_WAIT` allows; beyond that 429",
		kind:    number("requests", 1, 10000, 1, func(c *Config) *int { return &c.Runtime.Queue })},

	{Name: "EXEC_OVERCOMMIT", Default: "false",
		Meaning: "`true` starts although the runs of all workers, each at its limits, need more memory than " +
			"there is; when it runs out the largest run is ended",
		kind: choice("false", "true", func(c *Config) *bool { return &c.Overcommit })},

	{Name: "BLOCKED_IMPORTS", Default: strings.Join(defaultBlocked(), ","),
		Meaning: "modules whose import is refused with a clear message, a courtesy and not the boundary; empty: " +
			"no check",
		kind: modules("top-level modules, separated by commas", false,
			func(c *Config) *[]string { return &c.Runtime.BlockedImports })},
	{Name: "PRELOAD", Default: "what is imported often, of what is installed", computed: true,
		Meaning: "modules that runs find imported already, see " + "`/capabilities`" + "; empty: none",
		kind: modules("modules, separated by commas", true,
			func(c *Config) *[]string { return &c.Runtime.Preload })},
	{Name: "PYTHON_PACKAGES", Default: "",
		Meaning: "a requirements file, whose packages are installed at the first start, or a directory of " +
			"packages (`cmd/packages` makes one); empty: the standard library alone",
		kind: existingPath(func(c *Config) *string { return &c.Runtime.Packages })},
	{Name: "PYTHON_HOME", Default: "",
		Meaning: "prefix of another CPython, 3.11 or 3.14 (`cmd/python` makes one); empty: the one in the binary",
		kind:    absolutePath(func(c *Config) *string { return &c.Runtime.PythonHome })},
	{Name: "PYTHONS", Default: "",
		Meaning: "prefixes of more CPythons, which `ENVIRONMENTS` then names by their versions, such as 3.14",
		kind:    prefixes(func(c *Config) *[]string { return &c.pythons })},
	{Name: "ENVIRONMENTS", Default: "",
		Meaning: "further sets of packages, and Pythons, that requests and scripts choose among by name or by what " +
			"they need: a file that lists them, or a directory of requirements files and package directories; " +
			"`docs/deploy.md` has the form. `PYTHON_PACKAGES`, `PYTHON_HOME` and `PRELOAD` describe the one called `default`",
		kind: environments()},
	{Name: "ENVIRONMENT_INSTALL", Default: "off",
		Meaning: "`wheels` installs what a script's comment `# /// script` (PEP 723) asks for and no environment has, " +
			"from the index below: whoever may send a script then chooses code that runs in the sandbox, and has the " +
			"service fetch it",
		kind: choice("off", "wheels", func(c *Config) *bool { return &c.Runtime.Install.Wheels })},
	{Name: "ENVIRONMENT_INSTALL_MB", Default: "512",
		Meaning: "what one script may have installed: downloads, and what they unpack to, each",
		kind:    number("MiB", 1, 16384, mib, func(c *Config) *int64 { return &c.Runtime.Install.SetBytes })},
	{Name: "ENVIRONMENT_INSTALL_TIME", Default: "2m", Meaning: "how long one installation may take",
		kind: duration(time.Second, time.Hour, 1,
			func(c *Config) *time.Duration { return &c.Runtime.Install.Within })},
	{Name: "ENVIRONMENT_CACHE", Default: "below the cache directory", computed: true,
		Meaning: "directory of what was installed, this user's alone; it is used again after a start, where it lasts",
		kind:    absolutePath(func(c *Config) *string { return &c.Runtime.Install.Dir })},
	{Name: "ENVIRONMENT_CACHE_MB", Default: "2048",
		Meaning: "disk that it may take; what was not used for the longest time goes first. On Cloud Run files are " +
			"held in memory",
		kind: number("MiB", 16, 1<<20, mib, func(c *Config) *int64 { return &c.Runtime.Install.Bytes })},
	{Name: "PIP_INDEX_URL", Default: "`pip.conf`'s, else " + runtime.DefaultPackageIndex, computed: true,
		Meaning: "index that the packages of a requirements file come from, a password in it included",
		kind:    pipURLs(func(c *Config) *string { return &c.Runtime.Index.IndexURL }, nil)},
	{Name: "PIP_EXTRA_INDEX_URL", Default: "`pip.conf`'s", computed: true,
		Meaning: "further indexes; the highest version in any wins, so whoever can add a name to one can replace a " +
			"package",
		kind: pipURLs(nil, func(c *Config) *[]string { return &c.Runtime.Index.ExtraIndexURLs })},
	{Name: "PIP_FIND_LINKS", Default: "`pip.conf`'s", computed: true,
		Meaning: "directories of wheels, and pages with links to some",
		kind: pipWords("paths and URLs, with spaces between",
			func(c *Config) *[]string { return &c.Runtime.Index.FindLinks })},
	{Name: "PIP_NO_INDEX", Default: "`pip.conf`'s", computed: true, Meaning: "asks `PIP_FIND_LINKS` alone",
		kind: pipBool(func(c *Config) *bool { return &c.Runtime.Index.NoIndex })},
	{Name: "PIP_TRUSTED_HOST", Default: "`pip.conf`'s", computed: true,
		Meaning: "hosts of indexes that may be asked without encryption; certificates are verified all the same",
		kind: pipWords("hosts, with spaces between",
			func(c *Config) *[]string { return &c.Runtime.Index.TrustedHosts })},
	{Name: "PIP_CERT", Default: "`pip.conf`'s", computed: true,
		Meaning: "file with the authorities to trust, in PEM; empty: the machine's",
		kind:    word("a path", func(c *Config) *string { return &c.Runtime.Index.CertFile })},
	{Name: "PIP_CONFIG_FILE", Default: "",
		Meaning: "one more `pip.conf`, before which those of the machine and the user are read; `/dev/null`: " +
			"none of them is",
		kind: word("a path", func(c *Config) *string { return &c.pipConfig })},
	{Name: "SANDBOX", Default: "required",
		Meaning: "`off` runs scripts without confinement, for trusted scripts only; it is logged, and shown in " +
			"every report",
		kind: choice("required", "off", func(c *Config) *bool { return &c.Runtime.SandboxOff })},
	{Name: "RESULTS_TOPIC", Default: "",
		Meaning: "Pub/Sub topic for the replies of events; empty: they are not published",
		kind:    topic(func(c *Config) *string { return &c.ResultsTopic })},
	{Name: "EVENTS", Default: EventsAuto,
		Meaning: "whether `/events` takes messages; `auto`: with `RESULTS_TOPIC`, the next two are required; `on`: " +
			"any caller may have results published",
		kind: oneOf(func(c *Config) *string { return &c.Events }, EventsAuto, EventsOn, EventsOff)},
	{Name: "EVENTS_AUDIENCE", Default: "",
		Meaning: "audience of the token that the push subscription sends, which `/events` then asks for",
		kind:    word("a text without space", func(c *Config) *string { return &c.EventsAudience })},
	{Name: "EVENTS_ACCOUNTS", Default: "", Meaning: "service accounts, one of which that token must be of",
		kind: accounts(func(c *Config) *[]string { return &c.EventsAccounts })},
	{Name: "EVENTS_SIGNATURE", Default: "verify",
		Meaning: "who verifies the token's signature; `platform`: Cloud Run, which cuts it off where nobody may " +
			"call without a token, and only there",
		kind: choice("verify", "platform", func(c *Config) *bool { return &c.EventsPlatform })},
	{Name: "LOG_SINK", Default: "stdout",
		Meaning: "`api` writes the log through the Cloud Logging API instead of JSON lines on stdout",
		kind:    choice("stdout", "api", func(c *Config) *bool { return &c.LogAPI })},
	{Name: "LOG_PAYLOADS", Default: "false",
		Meaning: "`true` adds the script, its input and its reply to the log, which otherwise never holds them",
		kind:    choice("false", "true", func(c *Config) *bool { return &c.LogPayloads })},
	{Name: "METRICS_PORT", Default: "0", Meaning: "port of `/metrics` in Prometheus's format, beside `PORT`; 0: none",
		kind: number("", 0, 65535, 1, func(c *Config) *int { return &c.MetricsPort })},
	{Name: "ALLOWED_HOSTS", Default: "any on Cloud Run; elsewhere browsers must name localhost or an IP address",
		computed: true, Meaning: "host names that requests which run something may use; against DNS rebinding",
		kind: hosts(func(c *Config) *[]string { return &c.AllowedHosts })},
	{Name: "CORS_ORIGINS", Default: "",
		Meaning: "web pages that may call the service and read its replies, `/events` excepted, by their origins; " +
			"empty: none of another origin",
		kind: origins(func(c *Config) *[]string { return &c.Origins })},
	{Name: "BASE_PATH", Default: "",
		Meaning: "path under which a proxy publishes the service, whether it cuts it off or not; requests without it " +
			"are served, too",
		kind: basePath(func(c *Config) *string { return &c.BasePath })},
	{Name: "MCP", Default: "on", Meaning: "whether `/mcp` offers its tool to language models",
		kind: choice("on", "off", func(c *Config) *bool { return &c.MCPOff })},
	{Name: "MCP_HOSTS", Default: "as `ALLOWED_HOSTS`, and clients over loopback follow the rules for browsers",
		computed: true, Meaning: "the same for `/mcp` alone",
		kind: hosts(func(c *Config) *[]string { return &c.MCPHosts })},
	{Name: "GOOGLE_CLOUD_PROJECT", Default: "",
		Meaning: "project of the topic, the log and the traces; empty: the metadata server is asked",
		kind:    word("the id of a project", func(c *Config) *string { return &c.Project })},
	{Name: "SHUTDOWN_GRACE", Default: "9s", Meaning: "what requests in flight get to finish after SIGTERM",
		kind: duration(100*time.Millisecond, 10*time.Minute, 1, func(c *Config) *time.Duration { return &c.Grace })},
}

// Settings is the table of all settings, in the order to show them in.
func Settings() []Setting {
	list := make([]Setting, len(settings))
	for i, s := range settings {
		s.Range, s.Unit = s.kind.accepts, s.kind.unit
		list[i] = s
	}
	return list
}

// Attrs are the settings in force, each with its name, for the start-up log.
func (c *Config) Attrs() []any {
	list := make([]any, 0, len(settings))
	for _, s := range settings {
		list = append(list, slog.String(s.Name, s.kind.show(c)))
	}
	return list
}

func isSetting(name string) bool {
	for _, s := range settings {
		if s.Name == name {
			return true
		}
	}
	return false
}

func settingNames(prefix string) []string {
	var names []string
	for _, s := range settings {
		if strings.HasPrefix(s.Name, prefix) {
			names = append(names, s.Name)
		}
	}
	return names
}
