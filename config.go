package pyexec

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"time"

	"github.com/pyexec/pyexec/internal/gcp"
	"github.com/pyexec/pyexec/runtime"
)

// Config is everything the service can be told. LoadConfig fills it from the
// environment and makes every value explicit; nothing further down has a
// default of its own.
type Config struct {
	// Host and Port are where cmd/server listens. Under the functions
	// framework its main decides.
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
	// LogAPI writes the log through the Cloud Logging API, LogPayloads adds the
	// script, its input and its reply to the entry of a run.
	LogAPI, LogPayloads bool
	// MetricsPort is where /metrics is served, 0 for nowhere.
	MetricsPort int
	// MCPOff takes /mcp away. MCPHosts are the hosts that it accepts, as
	// mcp.NewGuard describes them.
	MCPOff   bool
	MCPHosts []string
	// Warnings are legal but doubtful combinations. New logs them.
	Warnings []string
	// Log receives the server's own log. nil stands for NewLog(os.Stdout).
	Log *slog.Logger

	// Connections is how many the program that listens should accept at once:
	// more would take the descriptors that workers need.
	Connections int
	// ServerBytes is the memory that the server takes at most, the interpreter
	// included, whatever callers and scripts do within their limits. The memory
	// and the /tmp of the scripts come on top.
	ServerBytes int64

	// heldBodies and heldReplies bound what is held of all requests together,
	// 0 for no bound; memoryBytes what the Go runtime takes for itself.
	heldBodies, heldReplies, memoryBytes int64

	// pipConfig is the file that LoadConfig has read already.
	pipConfig string

	// revision is what Cloud Run says of itself, empty elsewhere.
	revision gcp.Revision
	// For tests: how clients of Google Cloud are to be made.
	logOptions, resultOptions []gcp.Option
}

// LoadConfig reads the environment and the limits of the container. It reports
// every problem at once, each with the name, the value and what is accepted.
func LoadConfig() (Config, error) {
	host := container{CPUs: goruntime.GOMAXPROCS(0), Memory: memoryLimit(os.DirFS("/")), Descriptors: descriptorLimit()}
	cfg, settingsErr := parseConfig(withPipConf(os.Environ(), pipConfFiles(), os.ReadFile), host)
	dir, cacheErr := secureDir(cacheCandidates())
	cfg.Runtime.CacheDir = dir
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

// parseConfig is LoadConfig without its side effects.
func parseConfig(environ []string, host container) (Config, error) {
	given := make(map[string]string)
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok {
			given[name] = value
		}
	}
	cfg := Config{revision: gcp.Revision{Service: given["K_SERVICE"], Name: given["K_REVISION"], Configuration: given["K_CONFIGURATION"]}}
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
	if c.MCPHosts == nil && c.revision.Service != "" {
		// The front end of Cloud Run knows which names are the service's, and no
		// browser gets past it without the service's own URL.
		c.MCPHosts = []string{"*"}
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
	workersGiven, queueGiven := rt.Workers != 0, rt.Queue != 0
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
	s.Workers, s.Queue = rt.Workers, rt.Queue
	c.heldBodies, c.heldReplies = s.Server.heldBodies(s.Workers), s.Server.heldReplies(s.Workers)
	c.ServerBytes = s.Server.all(s.Workers)
	c.memoryBytes = c.ServerBytes - int64(s.Workers)*ownPages - outsideHeap
	if w := s.overcommitted(host); w != "" {
		c.Warnings = append(c.Warnings, w)
	}
	return nil
}
