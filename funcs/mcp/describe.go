package mcp

import (
	"fmt"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/pyexec/pyexec/runtime"
)

// Facts is what the description of the tool is made of.
type Facts struct {
	Info    runtime.Info
	OpenAPI []byte
}

// version is this program's.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

const instructions = "Runs Python scripts in a sandbox that is made for one script and gone afterwards. " +
	"Use run_python for calculations, data analysis, parsing and checking of code; put all the data a script " +
	"needs into the call."

// newTool describes the tool to a model that has seen nothing else.
func newTool(facts Facts) *sdk.Tool {
	s, err := parseSchemas(facts.OpenAPI)
	if err != nil {
		panic("mcp: " + err.Error()) // it is part of the program
	}
	no := false
	return &sdk.Tool{
		Name:         ToolName,
		Title:        "Run Python",
		Description:  description(facts.Info),
		InputSchema:  inputSchema(s, facts),
		OutputSchema: outputSchema(s),
		// A script can change nothing outside its own process.
		Annotations: &sdk.ToolAnnotations{ReadOnlyHint: true, DestructiveHint: &no, OpenWorldHint: &no},
	}
}

// Example is the call in the description, and what it returns.
const (
	ExampleArguments = `{"script": "import statistics\n\ndef main(input):\n    print(len(input), ` +
		`\"numbers\")\n    return {\"mean\": statistics.mean(input)}", "input": [1, 2, 4.5]}`
	ExampleReply = `{"result":{"mean":2.5},"stdout":"3 numbers\n"}`
)

func description(info runtime.Info) string {
	var b strings.Builder
	python := "Python 3.11"
	if info.PythonVersion != "" {
		python = "Python " + info.PythonVersion
	}
	fmt.Fprintf(&b, "Runs a %s script in a sandbox; returns what its main() returned and what it printed.\n\n",
		python)
	b.WriteString(mainAndInput)
	fmt.Fprintf(&b, "Example: %s\nreturns %s\n\n", ExampleArguments, ExampleReply)
	b.WriteString(available(info))
	beyond := "packages beyond these"
	if info.Installs {
		b.WriteString(installs)
		beyond = "packages without a wheel"
	}
	b.WriteString(filesAndFigures)
	b.WriteString("Not available: network, other processes, /proc, files and environment of the host, " +
		beyond + ". The working directory /tmp is the script's own, empty at the start. " +
		"Nothing is kept from one call to the next, no variables and no files.\n")
	if len(info.BlockedImports) > 0 {
		fmt.Fprintf(&b, "Importing these is refused before the script runs: %s.\n",
			strings.Join(info.BlockedImports, ", "))
	}
	b.WriteString(limitsInWords(info.Limits))
	b.WriteString("\nWhen a script fails, the result has isError, \"error\" with one sentence, \"status\" " +
		"with one word, what was printed until then and, for an exception or a syntax error, \"traceback\" and " +
		"\"line\"; \"hint\" says what to change; \"denied\" says what the sandbox refused: do without it, a retry " +
		"does the same again.")
	return b.String()
}

const mainAndInput = `The script must define main(). Code outside main() runs first; the result is ` +
	`what main() returns, not the last expression. It must be JSON data: dict, list, str, int, float, bool, ` +
	`None. Convert everything else before you return it: NaN and Infinity to None, sets and tuples to lists, ` +
	`dates with isoformat(), numpy arrays with tolist(), DataFrames with to_dict("records"). ` +
	`What is printed comes back as text in stdout.` + "\n\n" +
	`With the argument "input", any JSON value, main(input) is called: define main with one parameter and ` +
	`pass data there instead of pasting it into the script. With "spread": true the members of input, an object, ` +
	`are keyword arguments: main(**input). "entry" names another function. With "entry": null the script is a ` +
	`program instead: no main() needed, the result is the value of the last expression. "convert": true converts ` +
	`all those values by itself, by fixed rules. "env" and "args" are environment variables and sys.argv[1:]. "inputs", an array, calls main for each of its ` +
	`values and returns "results".` +
	"\n\n"

const filesAndFigures = `Files: "files" puts files into the working directory before the script runs, which is ` +
	`HOME and first on sys.path: modules among them can be imported; ` +
	`with "return_files": true what it leaves there comes back as "files", each as text or, when it is not ` +
	`UTF-8, as {"base64": …}. Matplotlib figures come back as images, those that plt.show() has shown and those ` +
	`that are still open at the end: do not save them. display(x) shows a table or an image.` + "\n"

const installs = `Other packages are installed if the script asks for them, at its top, by the three lines ` +
	"# /// script\n# dependencies = [\"rich>=13\"]\n# ///\nThe first such call waits for that.\n"

func available(info runtime.Info) string {
	if len(info.Environments) > 1 {
		return environments(info)
	}
	if len(info.Packages) == 0 {
		return "Available: the standard library.\n"
	}
	return "Available: the standard library and " + strings.Join(info.Packages, ", ") + ".\n"
}

// environments lists what there is where a script, or the call, can choose.
func environments(info runtime.Info) string {
	var b strings.Builder
	b.WriteString(`Available: the standard library and, by environment, packages. "environment" names one; without ` +
		"it the first one is taken that has what a comment # /// script (PEP 723) asks for, or the first of all.\n")
	for _, e := range info.Environments {
		b.WriteString("- " + e.Name)
		if e.PythonVersion != "" {
			b.WriteString(" (Python " + e.PythonVersion + ")")
		}
		if len(e.Packages) > 0 {
			b.WriteString(": " + strings.Join(e.Packages, ", "))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func limitsInWords(l runtime.Limits) string {
	return fmt.Sprintf("Limits: %s of wall clock, %s of memory, %s and %d files in /tmp, %s of stdout, "+
		"%s of JSON as the result, %s of script, %d threads.",
		seconds(l.Timeout), runtime.Bytes(l.MemoryBytes), runtime.Bytes(l.TmpBytes), l.TmpFiles,
		runtime.Bytes(l.OutputBytes), runtime.Bytes(l.ResultBytes), runtime.Bytes(l.ScriptBytes), l.Threads)
}

func seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + " s"
}
