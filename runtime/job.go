package runtime

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/pool"
	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// Job is one script to run, as the caller gave it: data, all of it untrusted.
// What Run calls back meanwhile is in Hooks.
type Job struct {
	// Script is Python source, valid UTF-8, that defines main, or what Options
	// ask for.
	Script string
	// Input is the JSON text handed to main as its only argument. nil means
	// that main is called without one; the JSON null is an argument.
	Input json.RawMessage
	// Stdin is what input() and sys.stdin read.
	Stdin string
	// Timeout bounds the wall clock of the run. Zero means Limits.Timeout;
	// a larger value is cut to it.
	Timeout time.Duration
	// Usage asks that Result.Usage is filled on success too. It costs the
	// caller the time the kernel takes to end the worker's process, so it is off
	// unless somebody reads the figures.
	Usage bool
	// Files are put into the script's working directory before it runs; see
	// CheckFiles for what is accepted. The worker writes them, confined.
	Files []File
	// ReturnFiles asks for Result.Files: what is new or changed in the working
	// directory when the script has ended in an orderly way.
	ReturnFiles bool
	// Options are what else is asked for.
	Options Options
	// Environment is the name of the one to run it in. Empty: the first that has what
	// the script says it needs, by the inline metadata of PEP 723, or the default one
	// where it says nothing.
	Environment string
}

// Hooks are what Run calls back while a job runs. Each of them may be nil.
type Hooks struct {
	// Wait is called before the run is put into the queue, where no place is free:
	// what is held meanwhile can be counted then. It must not block. An error turns
	// the run away, and is Run's. nil: whoever has to may wait.
	Wait func() error
	// Started is called once, when a worker has taken the script and before any
	// Output. Run that returns an error without having called it has run nothing.
	// nil: nobody wants to know.
	Started func()
	// Environment is called, in the goroutine of Run, whenever an environment is further
	// on its way that the run waits for because its packages have to be installed. It
	// must not block. nil: nobody wants to know.
	Environment func(Progress)
	// Output is called with what the script writes, while it runs, in order and
	// never twice at once. All that Result.Stdout and Result.Stderr will hold
	// has gone through it when Run returns. It may be cut anywhere, inside a
	// character too. Output must not keep chunk, nor block: while it does the
	// script waits. nil: output is not streamed.
	Output func(stream Stream, chunk []byte)
	// Room is asked before memory is taken for a large part of the Result, of n
	// bytes, output aside. It may wait; the script has ended. An error ends the
	// run, and is Run's. nil: there is always room.
	Room func(n int) error
}

// Stream is one of the two descriptors a script writes to.
type Stream int

// The streams, by the number of their descriptor.
const (
	Stdout Stream = 1
	Stderr Stream = 2
)

// String is the name of the stream in the API.
func (s Stream) String() string {
	if s == Stderr {
		return "stderr"
	}
	return "stdout"
}

// File is a regular file in the working directory of a script.
type File struct {
	// Name is relative to the working directory, with slashes.
	Name string
	Data []byte
}

// Exception is an exception that has ended a script. A script can make both up.
type Exception struct {
	// Name is that of its class, behind that of the class's module where that is
	// neither the script nor builtins.
	Name string
	// Value is what str() says of it. It may be empty.
	Value string
}

// Omitted is something that did not come back with a result, and why.
type Omitted struct{ Name, Why string }

// Status is the outcome of a run in one word. The words are part of the API.
type Status string

// The outcomes of a script. Every one but OK is the script's own doing and
// therefore not a Go error.
const (
	OK            Status = "ok"
	MainMissing   Status = "main_missing"
	ImportBlocked Status = "import_blocked"
	SyntaxError   Status = "syntax_error"
	NotJSON       Status = "not_json"
	ScriptError   Status = "script_error"
	Exited        Status = "exited"
	Timeout       Status = "timeout"
	CPULimit      Status = "cpu_limit"
	MemoryLimit   Status = "memory_limit"
	OutputLimit   Status = "output_limit"
	ResultLimit   Status = "result_limit"
	FileLimit     Status = "file_limit"
	Killed        Status = "killed"
	// There is no environment of that name, or none that has what the script needs.
	EnvironmentMissing Status = "environment_missing"
)

// Result is the outcome of a run that reached a worker, with everything that it
// returned.
type Result struct {
	// Status is the outcome in one word.
	Status Status
	// Value is the JSON text of what main returned, as Python wrote it. Only
	// set when Status is OK.
	Value json.RawMessage
	// Stdout and Stderr are the bytes written to descriptors 1 and 2, each cut
	// at Limits.OutputBytes. They need not be UTF-8.
	Stdout, Stderr []byte
	// Error is one sentence for the caller. Empty when Status is OK.
	Error string
	// Traceback is Python's, reduced to the script's own frames. Line is the
	// line of the script it points at, 0 when there is none. Column is the first
	// character of that line that a syntax error points at, counted from 1, or 0.
	Traceback    string
	Line, Column int
	// Exception is what Python raised, in parts, where Error is its sentence: with
	// ScriptError and SyntaxError. Its name is empty otherwise.
	Exception Exception
	// Ran says whether any of the script's own code was executed: it is false for a
	// script that is refused while its source is read.
	Ran bool
	// Denied says in words what the sandbox refused and which layer did so.
	// Empty when the run did not end in a refusal.
	Denied string
	// Hint is a sentence on what the caller or the operator can do about the
	// failure, or of a success that did more than was asked. Empty when there is
	// nothing to say.
	Hint string
	// Files, only where Job.ReturnFiles asked, are the files of the working
	// directory that are new or changed, by name. A script can make them up.
	Files []File
	// FilesOmitted are files and figures that were left out: too many, too
	// large, or no regular files.
	FilesOmitted []Omitted
	// Figures are the matplotlib figures that the script has shown, in that order,
	// those in the value and those that were still open, each a PNG.
	Figures [][]byte
	// Display is how the last thing that was displayed is shown, by MIME type as in
	// Jupyter: text as it is, everything else as base64, JSON as its text. That is
	// the value where it is not JSON and has such forms: Value is null then, or what
	// the value gave as its JSON form. nil where nothing was displayed.
	Display map[string]string
	// Displays is what was displayed before Display, in order.
	Displays []map[string]string
	// Environment is the name of the one that it ran in, or was to run in; empty where
	// there is none. Unmet, where the request chose one that lacks what the script says
	// it needs, says what.
	Environment, Unmet string
	// Usage is what the run cost, as far as it is known with the Result.
	Usage Usage
	// Bill brings what the run cost, for whoever wants the figures without making
	// the caller wait. Every Result of Runtime.Run has one; nil says that no
	// process was involved.
	Bill *Bill
	// Room, only with RunCases, is how many bytes Hooks.Room and Batch.Held were asked
	// for because of this Result: they can be given back when nobody holds it any more.
	Room int
}

// Usage is what a run cost. Times of the queue and the run are always
// measured; CPU and PeakMemory only where Job.Usage asked or the worker ended
// without an answer, or later in Bill.Wait.
type Usage struct {
	// Queue is the time that the run has waited for a worker, Wall the time that it
	// took in it, and CPU the processor time of all its threads.
	Queue, Wall, CPU time.Duration
	// Start is the part of Queue that it has waited for its environment to be started.
	Start time.Duration
	// PeakMemory is the most memory in bytes that the run held at once: its own
	// pages and their page tables, on top of what the interpreter holds for every
	// run, /tmp not included. What it held for less than 20 ms counts by the
	// kernel's largest resident size.
	PeakMemory int64
	// PeakTmp is the most that was seen in the run's /tmp, in bytes. -1 where it
	// can't be seen from outside, and 0 for a run of less than 20 ms.
	PeakTmp int64
}

// Limits bounds every run. All of them are positive.
type Limits struct {
	Timeout     time.Duration // wall clock of the whole script
	CPU         time.Duration // processor time of all its threads, whole seconds
	MemoryBytes int64         // address space on top of the interpreter's own
	TmpBytes    int64         // size of /tmp
	TmpFiles    int64         // inodes of /tmp
	OutputBytes int64         // stdout and stderr, each
	ResultBytes int64         // JSON text of the result
	ResultDepth int           // nesting of the result and of the input
	ScriptBytes int64         // source text
	ReturnFiles int64         // files that come back, and figures
	ReturnBytes int64         // files, figures and forms of the value, together
	OpenFiles   int64         // descriptors, the three standard ones and the result channel included
	Threads     int64         // threads, the main one included
}

// Depth is how deeply arrays and objects are nested in a JSON text, as
// Limits.ResultDepth counts it: 0 for a number, 1 for [], 2 for [[]]. It does not
// check the text.
func Depth(text []byte) int { return zygote.Depth(text) }

// Info describes the service to its callers.
type Info struct {
	PythonVersion string   // "3.11.11"
	Preloaded     []string // modules that runs find imported already, where Config says so all but the first
	Packages      []string // distributions installed beside the standard library
	// Environments are all that there are, the default one first, which the three fields
	// above describe, too.
	Environments []EnvironmentInfo
	// Installs says that packages are installed that a script asks for by PEP 723 and no
	// environment has.
	Installs       bool
	BlockedImports []string // sorted; the courtesy check, not a boundary
	Limits         Limits
	Workers        int // runs at once
	Queue          int // runs that may wait
	// QueueWait is how long they may, see Config.QueueWait.
	QueueWait time.Duration
	// Posture is the name of the plan in force: full, gVisor, user,
	// container, landlock, off.
	Posture string
	// Isolation says of each layer whether it is in force. LayerNotes says,
	// for a layer that is off, why and what stands in for it.
	Isolation  map[string]bool
	LayerNotes map[string]string
}

var (
	// ErrOverloaded is returned when the queue is full, or too slow. Nothing has run.
	ErrOverloaded = errors.New("queue is full")
	// ErrUnavailable is wrapped by every error that says that the service
	// cannot run anything now but may later: starting, draining, the
	// interpreter being restarted.
	ErrUnavailable = pool.ErrUnavailable
)
