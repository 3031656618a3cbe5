package runtime

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pyexec/pyexec/runtime/internal/packages/requirement"
	"github.com/pyexec/pyexec/runtime/internal/packages/script"
)

// Uses of os that nothing stands in for.
var (
	startsProgram = regexp.MustCompile(`\bos\.(system|popen|fork|exec|spawn|posix_spawn|kill)`)
	asksSettings  = regexp.MustCompile(`\bos\.(environ|getenv)`)
	statement     = regexp.MustCompile(`: (?:import|from) (\w+)`)
)

// blockedHint is what to do without the module that a statement imports.
func blockedHint(message, script string) string {
	found := statement.FindStringSubmatch(message)
	if found == nil {
		return strings.TrimSpace(byList)
	}
	instead := instead(found[1])
	if found[1] == "os" {
		if startsProgram.MatchString(script) {
			instead += " No program can be started: call Python instead."
		}
		if asksSettings.MatchString(script) {
			instead += " The environment has nothing of the server: send settings as input, or as env, with " +
				"which this check lets os pass."
		}
	}
	return strings.TrimSpace(instead + byList)
}

func instead(module string) string {
	for _, row := range inPlaceOf {
		if slices.Contains(strings.Fields(row.modules), module) {
			return row.instead
		}
	}
	return ""
}

var (
	missing = regexp.MustCompile(`^ModuleNotFoundError: No module named '([^']+)'`)
	// library is what is said of a shared library that is not there.
	library = regexp.MustCompile(`^ImportError: (lib[\w.+-]+\.so[\w.]*): cannot open shared object file`)
	// otherNumpy is what is said by code that was compiled for another numpy.
	otherNumpy = regexp.MustCompile(`^ValueError: numpy\.dtype size changed, .*Expected 96 from C header|` +
		`^ImportError: numpy\.core\.multiarray failed to import`)
	// optional is what libraries say when they lack another. They word it freely.
	optional = regexp.MustCompile(`(?i)\b(pip|pip3|conda) install\b|\buse pip\b|\b(install|installed|provided)( it)? ` +
		`(with|by|via|using) (pip|conda)\b|\bplease install\b|\bneed to install\b|\bmissing optional dependenc|` +
		`\bis not installed\b|\bis required\b.*\binstall|\bmust be installed\b|you've installed|` +
		`\brequires '[\w.-]+' version|\bqt binding modules|\bbackends? requires?\b|\brequires? the \w+ .*package\b`)
)

// importHint is what can be done about a module that is missing, whoever wants it.
func (e *environment) importHint(message string, job *Job) string {
	found := missing.FindStringSubmatch(message)
	if found == nil {
		if optional.MatchString(message) && isLibrarys(message) {
			return "A package is missing that this one can do without, but not here. " + installed
		}
		return unfitHint(message, job.Script)
	}
	name := found[1]
	top, rest, _ := strings.Cut(name, ".")
	for _, known := range []string{name, top} {
		if text := trimmed[known]; text != "" {
			return text
		}
		if now := formerly[known]; now != "" {
			return "That is of Python 2; in Python 3 it is " + now + "."
		}
		if text := e.ofAnotherPython(known); text != "" {
			return text
		}
	}
	sent := func(f File) bool { return f.Name == top+".py" }
	if strings.Contains(message, "is not a package") && slices.ContainsFunc(job.Files, sent) {
		return "The file " + top + ".py that came with the script stands before the module of that name: call it " +
			"something else."
	}
	if rest != "" && e.offers(top) {
		return top + " is there, but has no such part. GET /capabilities lists the versions."
	}
	if text := instead(top); text != "" {
		return text // a package that would not work here if it were installed
	}
	distribution := distributionOf(top)
	other := e.all.having(distribution)
	if choosesItself(job) && requirement.ValidName(distribution) && (other != "" || e.all.installs != nil) {
		return `Add "` + distribution + `" to dependencies in the comment # /// script.`
	}
	if other != "" && other != e.name {
		return `The environment "` + other + `" has it: send "environment": "` + other + `".`
	}
	if other := e.all.beingMadeReady(); other != "" {
		return `The environment "` + other + `" is still being made ready, and may have it. ` + installed
	}
	if e.all.installs != nil && requirement.ValidName(distribution) {
		return installedOnRequest(distribution, job)
	}
	if hint := e.all.dataHint(distribution); hint != "" {
		return hint
	}
	if known := distributions[top]; known != "" {
		return "It comes with the package " + known + ". " + installed
	}
	if close := e.resembling(top); close != "" && !slices.Contains(strings.Fields(near), top) {
		return "Perhaps " + close + " is meant. " + installed
	}
	return installed + " A module of your own goes along in files, as " + top + ".py."
}

// unfitHint is what can be done about a package that is there and can't be imported.
func unfitHint(message, script string) string {
	switch needs := library.FindStringSubmatch(message); {
	case needs != nil && strings.Contains(script, "cv2"):
		return "Ask for opencv-python-headless in the place of opencv-python: it does without " + needs[1] + "."
	case needs != nil:
		return "A package needs " + needs[1] + ", a library of the system, which scripts don't have."
	case otherNumpy.MatchString(message):
		return "A package was built for numpy 1: ask for numpy<2 beside it, or for a later version of it."
	}
	return ""
}

// choosesItself says that it is a script's metadata that its environment was chosen by.
func choosesItself(job *Job) bool {
	header, err := script.Read(job.Script)
	return err == nil && header != nil && job.Environment == ""
}

// installedOnRequest is how a script has a distribution installed, where that is done.
func installedOnRequest(distribution string, job *Job) string {
	hint := `It is installed for a script that asks for it, in three lines of its own: # /// script` + "\n" +
		`# dependencies = ["` + distribution + `"]` + "\n# ///"
	if job.Environment != "" {
		hint += "\nThe request must name no environment then."
	}
	return hint
}

const installed = "GET /capabilities lists the packages that are installed; the operator can add to them with " +
	"PYTHON_PACKAGES."

// isLibrarys says that an error is of the kinds that libraries raise for what they
// lack, and not a script's own words.
func isLibrarys(message string) bool {
	kind, _, _ := strings.Cut(message, ":")
	return slices.Contains([]string{"ImportError", "ModuleNotFoundError", "ValueError", "RuntimeError"}, kind) ||
		strings.HasSuffix(kind, "FeatureNotFound") || strings.HasSuffix(kind, "DependencyNotFound") ||
		strings.HasSuffix(kind, "OptionalDependencyNotAvailable") || strings.HasSuffix(kind, "DependencyError")
}

// offers says whether there is such a module, as far as the server knows.
func (e *environment) offers(module string) bool {
	return slices.Contains(e.modules(), module)
}

// modules are names that a script may have meant: what every run finds imported, what
// is installed, and what else is usual.
func (e *environment) modules() []string {
	names, info := strings.Fields(usual), e.info()
	for _, name := range info.Preloaded {
		top, _, _ := strings.Cut(name, ".")
		names = append(names, top)
	}
	for _, name := range info.Packages {
		name, _, _ = strings.Cut(name, " ")
		name, _, _ = strings.Cut(name, "=")
		names = append(names, strings.ReplaceAll(strings.ToLower(name), "-", "_"))
	}
	for module, distribution := range distributions {
		if slices.Contains(names, strings.ReplaceAll(distribution, "-", "_")) {
			names = append(names, module)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// resembling is the module whose name is the closest, if it is close.
func (e *environment) resembling(name string) string {
	best, most := "", 1+min(len(name)/9, 1) // one slip, in long names two: numba is not numpy
	if len(name) < 3 || len(name) > 40 {
		return ""
	}
	for module, distribution := range distributions {
		if strings.EqualFold(strings.ReplaceAll(distribution, "-", "_"), name) {
			return module
		}
	}
	for _, known := range e.modules() {
		if known == name {
			continue // a distribution, whose module is called something else
		}
		if strings.EqualFold(known, name) {
			return known
		}
		if slips := slips(name, known, most); slips <= most {
			best, most = known, slips-1
		}
	}
	return best
}
