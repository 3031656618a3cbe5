package runtime

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// refusal is something that the sandbox refuses, in words, and what to do instead,
// for the hint. layers are the ones that refuse it: the first of them that is in
// force is named.
type refusal struct {
	words   string
	layers  []sandbox.Layer
	instead string
	// takenBack is the family of calls that seccomp refuses in some plans only. In
	// the other plans the refusal is that of a file's owner.
	takenBack sandbox.Family
}

var bySeccomp = []sandbox.Layer{sandbox.Seccomp}

const (
	outside   = "files outside the script's own directory are not available to scripts"
	bringFile = "Use the working directory, and the field files to bring others along."
)

// refusals are all refusals, by the word a worker uses.
var refusals = map[string]refusal{
	"network": {words: "network access is not available to scripts", layers: bySeccomp,
		instead: "Hand over what the script needs as input or files, and send on what it returns."},
	"process": {words: "starting processes is not available to scripts", layers: bySeccomp,
		instead: "Call Python instead of a program; threads are available."},
	"signal": {words: "signals to other processes, and those that can't be caught, are not available to scripts",
		layers:  bySeccomp,
		instead: "A script can signal only itself, and ends itself with sys.exit() or an exception."},
	"identity": {words: "changing identity or privileges is not available to scripts", layers: bySeccomp,
		instead: "A script has no rights beyond its own directory, and no setting gives it any."},
	"files": {words: outside, layers: []sandbox.Layer{sandbox.Landlock, sandbox.OwnUID, sandbox.PrivateRoot,
		sandbox.Chroot},
		instead: bringFile},
	// Where Landlock alone hides files they are seen and can't be opened.
	"absent": {words: outside, layers: []sandbox.Layer{sandbox.PrivateRoot, sandbox.Chroot},
		instead: bringFile},
	"read_only": {words: outside, layers: []sandbox.Layer{sandbox.PrivateRoot, sandbox.Chroot, sandbox.Landlock},
		instead: bringFile},
	"owner": {words: outside, layers: []sandbox.Layer{sandbox.OwnUID, sandbox.PrivateRoot, sandbox.Chroot,
		sandbox.Landlock},
		instead: bringFile},
	"attributes": {words: "changing modes and times of files is not available to scripts", layers: bySeccomp,
		takenBack: sandbox.Attributes,
		instead:   "Leave it out: the files are the script's own for this one run. To copy use shutil.copyfile."},
	"truncation": {words: "truncating a file by its name is not available to scripts", layers: bySeccomp,
		takenBack: sandbox.Truncation,
		instead:   "Open the file and call its method truncate()."},
	"links": {words: "hard links are not available to scripts", layers: bySeccomp, takenBack: sandbox.Links,
		instead: "Make a symbolic link, or a copy."},
	"kernel": {words: "this system call is not available to scripts", layers: bySeccomp,
		instead: "No setting allows it; a library that can't do without it is worth a report to the operator."},
}

// refusal returns the refusal that a worker's word stands for in this jail.
func (r *Runtime) refusal(what string) (refusal, bool) {
	found, ok := refusals[what]
	if ok && found.takenBack != "" && !slices.Contains(r.jail.TakenBack(), found.takenBack) {
		return refusals["owner"], true
	}
	return found, ok
}

// denied words a refusal for the caller; empty for a word that is not ours.
func (r *Runtime) denied(what string) string {
	refusal, _ := r.refusal(what)
	for _, l := range refusal.layers {
		if r.jail.Has(l) {
			return refusal.words + " (refused by " + string(l) + ")"
		}
	}
	return ""
}

// hints is what can be done about a failure, by status and, where there are
// several, by what the worker says of it.
var hints = map[Status]map[string]string{
	MainMissing: {"": `Define it, or set "entry" in the request: the name of the function to call, or null to run the ` +
		`script as a program, which reads stdin and is handed no input.`},
	CPULimit: {"": "Compute less in one run; the operator can raise EXEC_CPU."},
	MemoryLimit: {"": "Hold less in memory at once; the operator can raise EXEC_MEMORY_MB.",
		"pressure": "Try again, or hold less in memory at once: other runs took memory, too; the operator can give " +
			"the service more of it, or set fewer EXEC_WORKERS."},
	OutputLimit: {"": "Print less, or write a file and set return_files; the operator can raise EXEC_OUTPUT_BYTES."},
	ResultLimit: {"": "Return less, or write a file and set return_files; the operator can raise EXEC_RESULT_BYTES.",
		"depth": "Return something flatter; the operator can raise EXEC_RESULT_DEPTH."},
	FileLimit: {"": "Write less; the operator can raise EXEC_TMP_MB and EXEC_TMP_FILES.",
		"files":      "Send fewer or smaller files; the operator can raise EXEC_TMP_MB and EXEC_TMP_FILES.",
		"open_files": "Close files that are no longer needed; the operator can raise EXEC_OPEN_FILES."},
	ScriptError: {"threads": "Start fewer threads at once; the operator can raise EXEC_THREADS.",
		"stack": "Start fewer threads at once, or give each less with threading.stack_size(); the operator can " +
			"raise EXEC_MEMORY_MB."},
	Killed: {"threads": "Start fewer threads at once; the operator can raise EXEC_THREADS."},
}

// hint is what the caller or the operator can do about a failure. detail is what
// the worker, or the server that ended the run, says of the refusal or the limit.
func (r *Runtime) hint(e *environment, result *Result, detail string, job *Job) string {
	if text := e.scriptHint(result, job); text != "" {
		return text
	}
	switch {
	case result.Denied != "" && detail == "process" && strings.Contains(job.Script, "ProcessPoolExecutor"):
		return threadPool
	case result.Denied != "":
		refusal, _ := r.refusal(detail)
		return refusal.instead
	case result.Status == ImportBlocked && strings.Contains(result.Error, "multiprocessing"):
		return threadPool
	case result.Status == Timeout && detail == "threads":
		return "Python waits for threads that are not daemons: have it end, or start it with daemon=True."
	case result.Status == Timeout:
		if detail == "memory" {
			return "The memory is used up but for a little, and native code that wants more may wait for it without " +
				"end: hold less at once; the operator can raise EXEC_MEMORY_MB."
		}
		return timeoutHint(job.Timeout, r.cfg.Limits.Timeout)
	case result.Status == NotJSON:
		return valueHint(detail, job.Options)
	case result.Status == ScriptError && calledWrong(result):
		return argumentHint(job, result.Error)
	case result.Status == SyntaxError, result.Status == MainMissing:
		if text := e.sourceHint(result, job.Script); text != "" {
			return text
		}
	case result.Status == ImportBlocked:
		return blockedHint(result.Error, job.Script)
	}
	byDetail := hints[result.Status]
	if text := byDetail[detail]; text != "" {
		return text
	}
	return byDetail[""]
}

// timeoutHint tells whether the caller can ask for more.
func timeoutHint(had, most time.Duration) string {
	if had < most {
		return fmt.Sprintf("Do less in one run, or ask for a timeout of up to %s.", seconds(most))
	}
	return "Do less in one run; the operator can raise EXEC_TIMEOUT."
}

// calledWrong says whether main itself refuses the arguments that it was called
// with: an error from a line of the script would have the number of that line.
func calledWrong(result *Result) bool {
	return result.Line == 0 && strings.HasPrefix(result.Error, "TypeError: ") &&
		argumentError.MatchString(result.Error)
}

var argumentError = regexp.MustCompile(` (positional|keyword|keyword-only) argument`)

// severalMissing is what Python says of a function that wants more than one argument.
var severalMissing = regexp.MustCompile(`missing ([2-9]|\d\d+) required`)

func argumentHint(job *Job, message string) string {
	name := entry(job)
	switch {
	case job.Options.Spread:
		return "The request has spread, so " + name + " is called with the members of input by name: name its " +
			"parameters like them."
	case len(job.Input) > 0 && job.Input[0] == '{':
		return "The request has input, so " + name + " is called with it: define " + name + "(input), leave input " +
			`out, or set "spread": true, which hands the members of input over as keyword arguments.`
	case job.Input != nil:
		return "The request has input, so " + name + " is called with it: define " + name + "(input), or leave " +
			"input out."
	}
	if severalMissing.MatchString(message) {
		return "The request has no input, so " + name + ` is called without an argument: send input, an object, with ` +
			`"spread": true, which hands its members over as keyword arguments.`
	}
	return "The request has no input, so " + name + " is called without an argument: define " + name + "(), or " +
		"send input."
}
