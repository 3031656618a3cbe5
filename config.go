package pyexec

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"time"

	"github.com/pyexec/pyexec/funcs"
	"github.com/pyexec/pyexec/internal/gcp"
	"github.com/pyexec/pyexec/runtime"
)

// Config is everything the service can be told. LoadConfig fills it from the
// environment and makes every value explicit; nothing further down has a
// default of its own.
type Config struct {
	// Host and Port are where cmd/server listens: Host empty for all interfaces,
	// localhost for both of its addresses. Under the functions framework its main
	// decides.
	Host string
	Port int
	// Runtime goes to package runtime as it is, except for its Log.
	Runtime runtime.Config
	// BodyBytes bounds a request's body.
	BodyBytes int64
	// Grace is how long requests in flight may take to finish after SIGTERM.
	Grace time.Duration
	// Project is the Google Cloud project, empty when the metadata server is to
	// be asked.
	Project string
	// ResultsTopic takes the replies of events, empty for none.
	ResultsTopic string
	// Events says whether /events takes messages: eventsAuto, eventsOn or
	// eventsOff. Where EventsAudience and EventsAccounts are given, it asks for a
	// token of one of the accounts for the audience; EventsPlatform says that
	// Cloud Run has verified its signature.
	Events         string
	EventsAudience string
	EventsAccounts []string
	EventsPlatform bool
	// LogAPI writes the log through the Cloud Logging API, LogPayloads adds the
	// script, its input and its reply to the entry of a run.
	LogAPI, LogPayloads bool
	// MetricsPort is where /metrics is served, 0 for nowhere.
	MetricsPort int
	// AllowedHosts are funcs.Options.Hosts, MCPHosts those of /mcp. MCPOff takes
	// /mcp away.
	AllowedHosts []string
	MCPOff       bool
	MCPHosts     []string
	// Overcommit starts although the runs of all workers may hold more memory than
	// there is.
	Overcommit bool
	// Warnings are legal but doubtful combinations. New logs them.
	Warnings []string
	// Log receives the server's own log. nil stands for NewLog(os.Stdout).
	Log *slog.Logger

	// Connections is how many the program that listens should accept at once:
	// more would take the descriptors that workers need. It is always more than
	// the runs and the places in the queue.
	Connections int
	// IdleTimeout is how long a connection is kept on which nothing is asked.
	IdleTimeout time.Duration
	// ServerBytes is the memory that the server takes at most, the interpreter
	// included, whatever callers and scripts do within their limits. The memory
	// and the /tmp of the scripts come on top.
	ServerBytes int64

	// heldBodies and heldReplies bound what is held of all requests together,
	// 0 for no bound; memoryBytes what the Go runtime takes for itself.
	heldBodies, heldReplies, memoryBytes int64

	// onlyEvents says that nothing but events is served, as a function.
	onlyEvents bool
	// pipConfig is the file that LoadConfig has read already.
	pipConfig string

	// revision is what Cloud Run says of itself, empty elsewhere.
	revision gcp.Revision
	// For tests: how clients of Google Cloud are to be made.
	logOptions, resultOptions []gcp.Option
	keys                      http.RoundTripper
}

// LoadConfig reads the environment and the limits of the container. It reports
// every problem at once, each with the name, the value and what is accepted.
func LoadConfig() (Config, error) {
	host := container{CPUs: goruntime.GOMAXPROCS(0), Memory: memoryLimit(os.DirFS("/")), Descriptors: descriptorLimit(), Contained: contained(os.DirFS("/"), os.Getpid())}
	cfg, settingsErr := parseConfig(withPipConf(os.Environ(), pipConfFiles(), os.ReadFile), host)
	dir, cacheErr := secureDir(cacheCandidates())
	cfg.Runtime.CacheDir = dir
	meter := newMemoryMeter(os.DirFS("/"))
	cfg.Runtime.MemoryLeft, cfg.Runtime.OOMKills = meter.left, meter.kills
	return cfg, errors.Join(settingsErr, cacheErr)
}

// cacheCandidates lists where the interpreter may be unpacked, best first: the
// user's cache directory, if there is such a thing, then a directory of our
// own among the temporary files, for processes without a home, then in shared
// memory, which containers have even where their root is read-only.
func cacheCandidates() []string {
	var dirs []string
	if base, err := os.UserCacheDir(); err == nil {
		dirs = append(dirs, filepath.Join(base, "pyexec"))
	}
	own := fmt.Sprintf("pyexec-%d", os.Getuid())
	return append(dirs, filepath.Join(os.TempDir(), own), filepath.Join("/dev/shm", own))
}

// pipConfFiles lists pip's configuration files, the one that wins last.
func pipConfFiles() []string {
	named := os.Getenv("PIP_CONFIG_FILE")
	if named == os.DevNull {
		return nil
	}
	files := []string{"/etc/xdg/pip/pip.conf", "/etc/pip.conf"}
	if home, err := os.UserHomeDir(); err == nil {
		files = append(files, filepath.Join(home, ".pip", "pip.conf"))
	}
	if dir, err := os.UserConfigDir(); err == nil {
		files = append(files, filepath.Join(dir, "pip", "pip.conf"))
	}
	if named != "" {
		files = append(files, named)
	}
	return files
}

// hosted says whether the platform announces that it runs this process as a
// function. K_SERVICE alone is also set for plain containers; see startsEarly.
func hosted() bool {
	for _, name := range []string{"FUNCTION_TARGET", "FUNCTION_SIGNATURE_TYPE", "K_SERVICE"} {
		if os.Getenv(name) != "" {
			return true
		}
	}
	return false
}

// servesEvents says whether the platform runs this process for ExecuteEvent.
func servesEvents() bool { return os.Getenv("FUNCTION_TARGET") == "ExecuteEvent" }

// parseConfig is LoadConfig without its side effects.
func parseConfig(environ []string, host container) (Config, error) {
	given := make(map[string]string)
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok {
			given[name] = value
		}
	}
	cfg := Config{revision: gcp.Revision{Service: given["K_SERVICE"], Name: given["K_REVISION"], Configuration: given["K_CONFIGURATION"]}}
	for _, name := range containerNames {
		host.Contained = host.Contained || given[name] != ""
	}
	problems := unknown(given)
	for _, s := range settings {
		text, isSet := given[s.Name]
		// Templates leave variables empty when nobody filled them in. For a
		// list, and only for a list, empty is a value: no modules.
		if !isSet || text == "" && !s.kind.emptyIsValue {
			if s.computed {
				continue
			}
			text = s.Default
		}
		if err := s.kind.set(&cfg, text); err != nil {
			if s.kind.redact != nil {
				text = s.kind.redact(text)
			}
			problems = append(problems, fmt.Errorf("setting %s: %q: %w", s.Name, text, err))
		}
	}
	if len(problems) > 0 {
		return cfg, errors.Join(problems...)
	}
	return cfg, cfg.complete(host)
}

// unknown reports settings that would be ignored, misspelt ones. Ignoring a
// limit that somebody believes to be in force is worse than not starting.
func unknown(given map[string]string) []error {
	var problems []error
	for name, value := range given {
		switch {
		case strings.HasPrefix(name, "EXEC_") && !isSetting(name):
			problems = append(problems, fmt.Errorf("setting %s: %q: unknown; settings that begin with EXEC_ are %s",
				name, value, strings.Join(settingNames("EXEC_"), ", ")))
		}
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return problems
}

// complete fills what depends on other settings or on the container. Zero
// stands for "not given" in these fields: as a setting it is out of range.
func (c *Config) complete(host container) error {
	rt := &c.Runtime
	if rt.Limits.CPU == 0 {
		rt.Limits.CPU = (rt.Limits.Timeout + time.Second - 1).Truncate(time.Second)
	}
	if c.AllowedHosts == nil && c.revision.Service != "" {
		// The front end of Cloud Run knows which names are the service's, and no
		// browser gets past it without the service's own URL.
		c.AllowedHosts = []string{funcs.AnyHost}
	}
	if c.Host == "" && !host.Contained {
		c.Host = "localhost"
	}
	if rt.Preload == nil {
		rt.Preload, rt.PreloadInstalled = standardPreload, installedPreload()
	}
	s := fit(host, sizes{
		Workers:     rt.Workers,
		Queue:       rt.Queue,
		MemoryBytes: rt.Limits.MemoryBytes,
		TmpBytes:    rt.Limits.TmpBytes,
		Server:      newServerSizes(rt.Limits, c.BodyBytes),
	})
	workersGiven, queueGiven, memoryGiven := rt.Workers != 0, rt.Queue != 0, rt.Limits.MemoryBytes != 0
	rt.Workers, rt.Queue, rt.Limits.MemoryBytes = s.Workers, s.Queue, s.MemoryBytes
	if host.Descriptors == 0 {
		host.Descriptors = unlimited
	}
	if err := c.fitDescriptors(host.Descriptors, workersGiven); err != nil {
		return err
	}
	if rt.Workers < s.Workers && !queueGiven {
		rt.Queue = rt.Workers * queuePerWorker
	}
	c.fitQueue(host.Descriptors, queueGiven)
	c.IdleTimeout = idleTimeout
	if c.revision.Service != "" {
		c.IdleTimeout = idleTimeoutOfGoogle
	}
	s.Workers, s.Queue = rt.Workers, rt.Queue
	c.heldBodies, c.heldReplies = s.Server.held(s.Workers, s.room(host))
	c.ServerBytes = s.Server.fixed(s.Workers) + c.heldBodies + c.heldReplies
	c.memoryBytes = c.ServerBytes - int64(s.Workers)*ownPages - outsideHeap
	rt.MemoryReserve, rt.JailBytes = pressureReserve(host), s.jail()
	return c.fitMemory(s, host, workersGiven || memoryGiven)
}

// fitMemory refuses what is asked for and can't be held, unless it is wanted so.
// What nobody asked for is worked out, and starts with a warning.
func (c *Config) fitMemory(s sizes, host container, asked bool) error {
	switch over := s.overcommitted(host); {
	case over == "":
	case asked && !c.Overcommit:
		return fmt.Errorf("%s: lower EXEC_WORKERS, EXEC_MEMORY_MB or EXEC_TMP_MB; EXEC_OVERCOMMIT=true starts all the same", over)
	default:
		c.Warnings = append(c.Warnings, over+": when memory runs out the largest run is ended")
	}
	return nil
}
