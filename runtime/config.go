package runtime

import (
	"log/slog"
	"path/filepath"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/packages/index"
	"github.com/pyexec/pyexec/runtime/internal/python"
	"github.com/pyexec/pyexec/runtime/internal/software"
)

// PackageIndex says where packages come from: see the fields.
type PackageIndex = index.Config

// DefaultPackageIndex is what the zero value of PackageIndex stands for.
const DefaultPackageIndex = index.Default

// RedactURL is a URL of a PackageIndex without its secrets, for logs.
func RedactURL(url string) string { return index.Redact(url) }

// Config is what New needs to know. Package internal/config fills it, the only
// place that reads the environment; nothing here has a default.
type Config struct {
	// Limits bound each run. All of them must be positive.
	Limits Limits
	// Workers is how many scripts run at once, Queue how many requests may wait
	// for their turn. Two processes more than Workers are kept: idle ones cost
	// a few MiB each.
	Workers, Queue int
	// QueueWait is how long a request may wait for its turn. One that would have to
	// wait for longer, as far as that can be told, is turned away at once, and one
	// that has waited so long then. 0: there is no bound.
	QueueWait time.Duration
	// BlockedImports are the top-level modules whose import is refused with a
	// clear message. It is a courtesy to the caller, never the boundary. Empty
	// switches the check off.
	BlockedImports []string
	// Environments are others to run scripts in than the one that Preload, Packages and
	// PythonHome describe, which is called DefaultEnvironment; scripts choose among
	// them in this order, the default one first.
	Environments []Environment
	// Install says whether packages are installed that a script asks for.
	Install Install
	// Preload are the modules the zygote imports before it forks. One that is
	// not installed stops the start.
	Preload []string
	// PreloadInstalled are more of them that are imported where they are
	// installed, and left out where they are not.
	PreloadInstalled []string
	// PreloadLate says that Preload is of the standard library, all of it, and need not be
	// there for the first run: its modules are imported when a worker for that is forked.
	PreloadLate bool
	// importWithin is how long importing them may take, which tests change. 0: as long as
	// package zygote lets it.
	importWithin time.Duration
	// Packages is a directory of distributions that scripts may import beside
	// the standard library, or a requirements file, of which such a directory is
	// made below CacheDir at the first start. Empty for none.
	Packages string
	// DataAdvice says how the operator starts or deploys this server with the packages of
	// cmd/packages/data.txt, in a sentence for who misses one of them; empty: nobody is
	// told.
	DataAdvice string
	// Index is where the packages of a requirements file come from. Its zero
	// value is PyPI.
	Index PackageIndex
	// PythonHome is the prefix of another CPython, 3.11 or 3.14, empty for the bundled
	// one, which is unpacked below CacheDir.
	PythonHome string
	// CacheDir is where the interpreter, packages and the directories of runs are
	// kept. It must be safe to execute files from: see internal/config.
	CacheDir string
	// SandboxOff runs scripts without the layers a posture would add. It is
	// the loud opt-out: it shows in the log, in Info and in every report.
	SandboxOff bool
	// Log receives faults and warnings. nil discards them.
	Log *slog.Logger
	// MemoryLeft says how many bytes this machine, or the container, can still give
	// before the kernel has to kill; ok is false when that is not known. When it is
	// less than MemoryReserve, in bytes, the largest run is ended. nil: nobody
	// looks.
	MemoryLeft    func() (bytes int64, ok bool)
	MemoryReserve int64
	// OOMKills counts the processes that the kernel has killed for want of memory
	// on this machine, or in the container; ok is false when that is not known.
	// nil: it never is.
	OOMKills func() (n int64, ok bool)
	// JailBytes bounds what all runs and the workers that wait may hold together,
	// on top of the interpreter that they are forked from, where a control group
	// can be had. The memory that the kernel holds for them counts. 0: there is to
	// be no group.
	JailBytes int64
	// Forked, where it is set, is told how long each worker took from the
	// request to fork it until it stood confined and ready. It is called from
	// many goroutines and must not block.
	Forked func(took time.Duration)

	untrusted bool // see software.Config
}

// Environment describes one to run scripts in. What it does not say is as in Config.
type Environment struct {
	// Name is what requests call it. No two have the same.
	Name string
	// Packages, PythonHome, Preload, PreloadInstalled and PreloadLate are as in Config.
	Packages, PythonHome      string
	Preload, PreloadInstalled []string
	PreloadLate               bool
	// AtOnce starts its interpreter at the start, and not when the first run asks for
	// it. Either may be ended, and started again, when memory is short.
	AtOnce bool
}

// BundledPython is the version of the language that an empty PythonHome stands for, such
// as "3.11". It is empty in a binary without a CPython, where PythonHome has to be given.
func BundledPython() string { return python.BundledSeries() }

// EnvironmentNames is what can be told of the environments before anything is found:
// their names, the default one first.
func (cfg Config) EnvironmentNames() []EnvironmentInfo {
	list := []EnvironmentInfo{{Name: DefaultEnvironment}}
	for _, e := range cfg.Environments {
		list = append(list, EnvironmentInfo{Name: e.Name})
	}
	return list
}

// Sizes of an interpreter that was not yet started, in bytes: with the standard library,
// and with a large set of packages.
const (
	plainInterpreter  = 24 << 20
	loadedInterpreter = 112 << 20
)

// bytes is about how much memory the interpreter of an environment takes, with the
// workers that it keeps.
func (e Environment) bytes() int64 {
	if e.Packages != "" {
		return loadedInterpreter
	}
	return plainInterpreter
}

// Interpreters is how many there may be beside that of the default environment.
func (cfg Config) Interpreters() int {
	n := len(cfg.Environments)
	if cfg.Install.Wheels {
		n += installedAlive
	}
	return n
}

// InterpreterBytes is about how much memory the interpreters of the other environments
// than the default one take: of those that are started at once all, and of the others
// the largest, as it must be possible to start each.
func (cfg Config) InterpreterBytes() int64 {
	var all, asked int64
	for _, e := range cfg.Environments {
		if e.AtOnce {
			all += e.bytes()
		} else {
			asked = max(asked, e.bytes())
		}
	}
	if cfg.Install.Wheels {
		asked = max(asked, plainInterpreter)
	}
	return all + asked
}

// of is the configuration of another environment than the default one.
func (cfg Config) of(e Environment) Config {
	cfg.Packages, cfg.PythonHome, cfg.Environments = e.Packages, e.PythonHome, nil
	cfg.Preload, cfg.PreloadInstalled, cfg.PreloadLate = e.Preload, e.PreloadInstalled, e.PreloadLate
	return cfg
}

// software returns the part of cfg that says what scripts run on.
func (cfg Config) software() software.Config {
	return software.Config{
		PythonHome: cfg.PythonHome, Packages: cfg.Packages, Index: cfg.Index, CacheDir: cfg.CacheDir, Log: cfg.Log,
		Untrusted: cfg.untrusted,
	}
}

// scratchBase is the directory that holds every server's directory for its runs.
func scratchBase(cfg Config) string { return filepath.Join(cfg.CacheDir, "runs") }

// jailBytes is how many bytes the control group of a jail has to bound, 0 where
// there is to be none.
func (cfg Config) jailBytes() int64 {
	if cfg.SandboxOff {
		return 0
	}
	return cfg.JailBytes
}

// preload lists the modules that the zygote imports.
func (cfg Config) preload(s *software.Software) []string {
	return s.Preload(cfg.Preload, cfg.PreloadInstalled)
}

// preloadOrder divides them into those that are imported before the first worker is
// forked, and those that come after it. What is no file of the standard library comes
// before: it is part of the program, or missing, which stops the start.
func (cfg Config) preloadOrder(s *software.Software) (first, late []string) {
	if !cfg.PreloadLate {
		return cfg.preload(s), nil
	}
	for _, name := range cfg.Preload {
		if s.HasStandard(name) {
			late = append(late, name)
		} else {
			first = append(first, name)
		}
	}
	return append(first, s.Preload(nil, cfg.PreloadInstalled)...), late
}
