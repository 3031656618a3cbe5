package runtime

import (
	"regexp"
	"strings"
)

// scriptHint is what can be done about an error of the script that comes of how it
// is run here; empty for any other. What the sandbox refused is in result.Denied.
func scriptHint(result *Result, script string) string {
	switch {
	case result.Status != ScriptError:
		return ""
	case strings.HasPrefix(result.Error, "psutil."), result.Denied != "" && strings.Contains(result.Error, "'/proc/"):
		return "There is no /proc here. The most memory that the run has held is " +
			"resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, in KiB, and report in the request tells what it took."
	case screenLess(result.Error, script):
		return "There is no screen here: leave out the line that chooses matplotlib's backend. Figures come back " +
			"without one."
	case result.Error == "ModuleNotFoundError: No module named 'IPython'":
		return "display() is there without an import, as in a notebook: leave the line out."
	case passedOver(result.Error, script):
		return `What is below if __name__ == "__main__" is not run: the service calls main() itself. Define what main ` +
			"needs above it."
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
