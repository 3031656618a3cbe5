// Package config is everything the service can be told: one table of settings, what
// their texts mean, and the values in force. It is the only place that reads the
// environment.
//
//	config.go     Load: environment and machine in, Config out
//	table.go      the settings, each with its default, range and meaning
//	kinds.go      how a text becomes a field and back; names.go, pipconf.go: more kinds
//	environments.go  the file, or directory, of environments; pythons.go: which Python they name
//	defaults.go   the default lists of modules
//	advice.go     how to start the service with more packages
//	platform.go   what Google Cloud says of the place this process runs in
//	cachedir.go   where the interpreter may be unpacked
package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pyexec/pyexec/internal/capacity"
	"github.com/pyexec/pyexec/runtime"
)

// Config is everything the service can be told. Load fills it from the
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
	// BatchCases is how many cases one body may have, BatchTime how long all cases of a
	// request may take together.
	BatchCases int
	BatchTime  time.Duration
	// Grace is how long requests in flight may take to finish after SIGTERM.
	Grace time.Duration
	// Project is the Google Cloud project, empty when the metadata server is to
	// be asked.
	Project string
	// ResultsTopic takes the replies of events, empty for none.
	ResultsTopic string
	// Events says whether /events takes messages: EventsAuto, EventsOn or
	// EventsOff. Where EventsAudience and EventsAccounts are given, it asks for a
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
	// AllowedHosts are the hosts in the URL of a request that runs something,
	// MCPHosts those of /mcp; a star alone for all. MCPOff takes /mcp away.
	AllowedHosts []string
	MCPOff       bool
	MCPHosts     []string
	// Origins are those of the web pages that may call the service, a star alone for
	// all. BasePath is where a proxy publishes it, without a slash at the end.
	Origins  []string
	BasePath string
	// Overcommit lets the service start although the runs of all workers may hold
	// more memory than there is.
	Overcommit bool

	// Share is how the machine is shared out; Runtime has its figures already.
	Share capacity.Share
	// IdleTimeout is how long a connection is kept open without a request.
	IdleTimeout time.Duration
	// Revision is what Cloud Run says of itself, empty elsewhere.
	Revision Revision

	pipConfig string // a file that Load has read already
	// environments are what is at environmentsPath; Runtime has them already.
	environments     []environmentTable
	environmentsPath string
	pythons          []string // prefixes of more Pythons, which environments name by their versions
}

// The values of EVENTS.
const (
	EventsAuto = "auto"
	EventsOn   = "on"
	EventsOff  = "off"
)

// Load reads the environment and the limits of the container. Each of overrides
// is NAME=value and goes before the variable of that name. Load reports every
// problem at once, each with the name, the value and what is accepted.
func Load(overrides ...string) (Config, error) {
	environ := append(os.Environ(), overrides...)
	cfg, settingsErr := Parse(withPipConf(environ, pipConfFiles(), os.ReadFile), capacity.This())
	dir, cacheErr := CacheDir()
	cfg.Runtime.CacheDir = dir
	if cfg.Runtime.Install.Dir == "" {
		cfg.Runtime.Install.Dir = filepath.Join(dir, "environments")
	}
	meter := capacity.NewMeter(os.DirFS("/"))
	cfg.Runtime.MemoryLeft, cfg.Runtime.OOMKills = meter.Left, meter.Kills
	return cfg, errors.Join(settingsErr, cacheErr)
}

// Given reports whether the environment has a value for a setting.
func Given(name string) bool { return os.Getenv(name) != "" }

// Parse is Load for an environment and a machine that are given. It leaves out
// what Load finds on disk: the cache directory and pip's files.
func Parse(environ []string, m capacity.Machine) (Config, error) {
	given := make(map[string]string)
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok {
			given[name] = value
		}
	}
	cfg := Config{Revision: revision(given)}
	cfg.Runtime.DataAdvice = dataAdvice(given)
	for _, name := range containerNames {
		m.Contained = m.Contained || given[name] != ""
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
	return cfg, cfg.complete(m)
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

// anyHost is the list that lets every host pass.
const anyHost = "*"

// complete fills what depends on other settings or on the machine. Zero stands
// for "not given" in these fields: as a setting it is out of range.
func (c *Config) complete(m capacity.Machine) error {
	rt := &c.Runtime
	if rt.Limits.CPU == 0 {
		rt.Limits.CPU = (rt.Limits.Timeout + time.Second - 1).Truncate(time.Second)
	}
	if c.AllowedHosts == nil && c.Revision.Service != "" {
		// The front end of Cloud Run knows which names are the service's, and no
		// browser gets past it without the service's own URL.
		c.AllowedHosts = []string{anyHost}
	}
	if c.Host == "" && !m.Contained {
		c.Host = "localhost"
	}
	if err := c.setEnvironments(); err != nil {
		return err
	}
	if rt.Preload == nil {
		rt.Preload, rt.PreloadInstalled, rt.PreloadLate = standardPreload, installedPreload(), true
	}
	if rt.Install.Wheels {
		rt.Install.Preload = standardPreload
	}
	c.IdleTimeout = idleTimeout
	if c.Revision.Service != "" {
		c.IdleTimeout = idleTimeoutOfGoogle
	}
	var err error
	c.Share, err = capacity.Fit(m, capacity.Ask{
		Workers: rt.Workers, Queue: rt.Queue, Limits: rt.Limits, BodyBytes: c.BodyBytes, Overcommit: c.Overcommit,
		Environments: rt.Interpreters(), Interpreters: rt.InterpreterBytes(),
	})
	rt.Workers, rt.Queue, rt.Limits.MemoryBytes = c.Share.Workers, c.Share.Queue, c.Share.MemoryBytes
	rt.MemoryReserve, rt.JailBytes = c.Share.Reserve, c.Share.Jail
	return err
}
