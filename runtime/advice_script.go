package runtime

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// scriptHint is what can be done about an error of the script that comes of how it
// is run here; empty for any other. What the sandbox refused is in result.Denied.
func (e *environment) scriptHint(result *Result, job *Job) string {
	switch result.Status {
	case Exited:
		called := callOfMain.FindString(topLevel(job.Script))
		if mainIsCalled(job) && strings.Contains(called, "exit(") {
			return "Leave out the line with sys.exit(main()): the service calls main() itself."
		}
		return ""
	case ScriptError:
	default:
		return ""
	}
	message := result.Error
	switch {
	case strings.HasPrefix(message, "psutil."), result.Denied != "" && strings.Contains(message, "'/proc/"):
		return "There is no /proc here. The most memory that the run has held is " +
			"resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, in KiB, and report in the request tells what it took."
	case result.Denied != "":
		return ""
	case screenLess(message, job.Script):
		return "There is no screen here: leave out the line that chooses matplotlib's backend. Figures come back " +
			"without one."
	case message == "ModuleNotFoundError: No module named 'IPython'":
		return "display() is there without an import, as in a notebook: leave the line out."
	case !job.Options.Program && passedOver(message, job.Script):
		return `What is below if __name__ == "__main__" is not run: the service calls main() itself. Define what ` +
			"main needs above it."
	case message == "EOFError: EOF when reading a line":
		return inputHint(job)
	}
	if found := noFile.FindStringSubmatch(message); found != nil {
		return "What the script is to find in its directory goes along in files, as " + found[1] + "."
	}
	if text := nameHint(message); text != "" {
		return text
	}
	if text := asyncHint(message); text != "" {
		return text
	}
	return e.importHint(message, job)
}

// noFile is what Python says of a file that is to be read from the working directory.
var noFile = regexp.MustCompile(`^FileNotFoundError: \[Errno 2\] No such file or directory: '([\w. -]{1,100})'$`)

// successHint is a word about a script that did what it was asked and, it seems, more.
func successHint(job *Job) string {
	if callsMain(job) {
		return mainTwice
	}
	return ""
}

const mainTwice = "The script calls main() itself, and the service calls it again: all that it does is done twice. " +
	"Leave that line out."

func inputHint(job *Job) string {
	switch {
	case callsMain(job):
		return mainTwice
	case job.Stdin == "" && job.Options.Program:
		return "Send what input() is to read as stdin, a line for each call."
	case job.Stdin == "":
		return "Send what input() is to read as stdin, a line for each call; or have main(input) take it."
	}
	has := "1 line"
	if more := strings.Count(strings.TrimSuffix(job.Stdin, "\n"), "\n"); more > 0 {
		has = fmt.Sprintf("%d lines", 1+more)
	}
	return "The request has " + has + " of stdin, and the script reads more."
}

// callOfMain is a line that calls main where the module is read.
var callOfMain = regexp.MustCompile(`(?m)^(\w[\w., ]*= *|raise +)?([\w.]+ *\( *)*\bmain\([^\n]*`)

// callsMain says whether the script calls main by itself, unguarded.
func callsMain(job *Job) bool {
	script := job.Script
	if !mainIsCalled(job) {
		return false
	}
	// Nearly every script has the first; few have the others.
	for _, before := range []string{"\nmain(", "(main(", "= main(", "=main("} {
		if strings.Contains(script, before) {
			return callOfMain.MatchString(topLevel(script))
		}
	}
	return false
}

// mainIsCalled says whether the service calls main by itself.
func mainIsCalled(job *Job) bool { return !job.Options.Program && entry(job) == "main" }

// topLevel is the script without its long strings, which may hold anything.
func topLevel(script string) string {
	return longStrings.ReplaceAllString(script, "")
}

var longStrings = regexp.MustCompile(`(?s)""".*?"""|'''.*?'''`)

// asyncHint is for coroutines that nobody waits for.
func asyncHint(message string) string {
	switch {
	case strings.Contains(message, "'coroutine'"):
		return "An await is missing: what an async function gives has to be awaited, in an async def main()."
	case strings.HasPrefix(message, "RuntimeError: There is no current event loop"):
		return "Since Python 3.14 there is none before asyncio.run(): call that, or define async def main(), which " +
			"the service runs."
	case strings.HasPrefix(message, "RuntimeError: asyncio.run() cannot be called from a running event loop"),
		strings.HasPrefix(message, "RuntimeError: This event loop is already running"):
		return "An async def main() runs in an event loop already: await there, without asyncio.run()."
	}
	return ""
}

// nameHint is for names that are not defined, which Python leaves alone.
func nameHint(message string) string {
	found := undefined.FindStringSubmatch(message)
	if found == nil {
		return ""
	}
	if text := names[found[1]]; text != "" {
		return text
	}
	if slices.Contains(strings.Fields(usual), found[1]) {
		return "A line is missing: import " + found[1] + "."
	}
	return ""
}

var (
	backend = regexp.MustCompile(`\.(use|switch_backend)\(\s*['"]` +
		`(?i:(tk|qt|qt4|qt5|gtk|gtk3|gtk4|wx)(agg|cairo)?|macosx|nbagg|webagg)['"]`)
	undefined = regexp.MustCompile(`^NameError: name '([^']+)' is not defined`)
	guard     = regexp.MustCompile(`(?m)^if\b[^\n]*__name__[^\n]*:[^\n]*\n?`)
	nextBlock = regexp.MustCompile(`(?m)^[^\s#]`)
)

// screenLess says that matplotlib could not load a backend that the script asks for,
// which draws on a screen.
func screenLess(message, script string) bool {
	return (strings.HasPrefix(message, "ImportError: ") || strings.HasPrefix(message, "ModuleNotFoundError: ")) &&
		backend.MatchString(script)
}

// passedOver says that a name is missing that occurs in the block that a program
// has for when it is started by hand.
func passedOver(message, script string) bool {
	name := undefined.FindStringSubmatch(message)
	if name == nil {
		return false
	}
	at := guard.FindStringIndex(script)
	if at == nil || !strings.Contains(script[at[0]:at[1]], "__main__") {
		return false
	}
	block := script[at[1]:]
	if end := nextBlock.FindStringIndex(block); end != nil {
		block = block[:end[0]]
	}
	return regexp.MustCompile(`\b` + regexp.QuoteMeta(name[1]) + `\b`).MatchString(block)
}
