package web

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/pyexec/pyexec/runtime"
)

// Document is the documentation: what GET / answers to a program, and what
// the page shows to a person.
type Document struct {
	Name           string            `json:"name"`
	Summary        string            `json:"summary"`
	Warning        string            `json:"warning,omitempty"` // set when scripts run unconfined
	BaseURL        string            `json:"base_url"`
	Endpoints      []Endpoint        `json:"endpoints"`
	Request        Request           `json:"request"`
	Success        []Field           `json:"success"`
	Failure        []Field           `json:"failure"`
	Report         []Field           `json:"report"`
	Headers        []Field           `json:"headers"`
	Statuses       []Status          `json:"statuses"`
	Limits         []Limit           `json:"limits"`
	Posture        string            `json:"posture"`
	Isolation      map[string]bool   `json:"isolation"`
	IsolationNotes map[string]string `json:"isolation_notes"`
	Python         Python            `json:"python"`
	Environments   []Environment     `json:"environments"`
	Notes          []string          `json:"notes"`
	Examples       []Sample          `json:"examples"`
}

// Endpoint is one path of the service.
type Endpoint struct {
	Method  string `json:"method"`
	Path    string `json:"path"`
	Summary string `json:"summary"`
	Commands
	body string // of a POST
}

// Request describes the body of POST /execute.
type Request struct {
	ContentType string  `json:"content_type"`
	Fields      []Field `json:"fields"`
}

// Field is a member of an object, or a header.
type Field struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Required bool   `json:"required,omitempty"`
	Default  string `json:"default,omitempty"`
	Meaning  string `json:"meaning"`
}

// Python is what a script finds.
type Python struct {
	Version            string   `json:"version"`
	Preloaded          []string `json:"preloaded"`
	Packages           []string `json:"packages"`
	BlockedImports     []string `json:"blocked_imports"`
	BlockedImportsNote string   `json:"blocked_imports_note"`
}

// Environment is one that scripts can be run in. What is not known yet is empty.
type Environment struct {
	Name          string   `json:"name"`
	PythonVersion string   `json:"python_version"`
	Preloaded     []string `json:"preloaded"`
	Packages      []string `json:"packages"`
}

// Installs is the word of the setting ENVIRONMENT_INSTALL for what a service does.
func Installs(info runtime.Info) string {
	if info.Installs {
		return "wheels"
	}
	return "off"
}

// Environments lists those of a service, the default one first.
func Environments(info runtime.Info) []Environment {
	list := []Environment{}
	for _, e := range info.Environments {
		list = append(list, Environment{e.Name, e.PythonVersion, append([]string{}, e.Preloaded...),
			append([]string{}, e.Packages...)})
	}
	return list
}

// Sample is an example with the commands that send it to this service.
type Sample struct {
	Name     string          `json:"name"`
	Title    string          `json:"title"`
	Script   string          `json:"-"` // it is in Request
	Request  json.RawMessage `json:"request"`
	Status   int             `json:"http"`
	Response json.RawMessage `json:"response"`
	Commands
}

// InPlayground says that the form of the playground has what the example asks for: it has no
// field for many inputs.
func (s Sample) InPlayground() bool {
	return !bytes.Contains(s.Request, []byte(`,"inputs":`)) && !bytes.Contains(s.Request, []byte(`,"cases":`))
}

const offWarning = "Isolation is off on this server (SANDBOX=off): " +
	"scripts run with the rights of the service itself. " +
	"Do not send it scripts you do not trust, and do not make it reachable for others."

// installsNote is there where packages are installed for scripts.
const installsNote = "Packages that no environment has are installed, as wheels, for a script whose comment " +
	"# /// script (PEP 723) lists them under dependencies; the first such run waits for that."

const confinedNote = "A script has no network and sees none of the server's files or environment. " +
	"/tmp is its own, empty at the start and gone at the end."

// NewDocument puts the documentation together.
func NewDocument(f Facts) Document {
	info := f.Info
	d := Document{
		Name: "Python execution service",
		Summary: "Send a Python script that defines main(); get back what main() returned and what it " +
			"printed. Every script runs in a process of its own, which is used once.",
		BaseURL:        f.BaseURL,
		Endpoints:      endpoints(f.BaseURL, f.MCP),
		Request:        Request{ContentType: "application/json", Fields: requestFields(info.Limits)},
		Success:        successFields,
		Failure:        failureFields,
		Report:         reportFields,
		Headers:        headerFields,
		Statuses:       f.Statuses,
		Limits:         f.Limits,
		Posture:        info.Posture,
		Isolation:      orEmpty(info.Isolation),
		IsolationNotes: orEmpty(info.LayerNotes),
		Python: Python{
			Version:            info.PythonVersion,
			Preloaded:          append([]string{}, info.Preloaded...),
			Packages:           append([]string{}, info.Packages...),
			BlockedImports:     append([]string{}, info.BlockedImports...),
			BlockedImportsNote: BlockedImportsNote,
		},
		Environments: Environments(info),
		Notes:        notes,
	}
	if info.Installs {
		d.Notes = append([]string{installsNote}, d.Notes...)
	}
	if info.Posture == "off" {
		d.Warning = offWarning
	} else {
		d.Notes = append([]string{confinedNote}, d.Notes...)
	}
	for _, e := range Examples() {
		d.Examples = append(d.Examples, Sample{
			Name: e.Name, Title: e.Title, Script: e.Script, Request: e.Request, Status: e.Status,
			Response: e.Response,
			Commands: commands(f.BaseURL, e),
		})
	}
	return d
}

func orEmpty[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}

func requestFields(l runtime.Limits) []Field {
	seconds := strconv.FormatFloat(l.Timeout.Seconds(), 'f', -1, 64)
	return append([]Field{
		{Name: "script", Type: "string", Required: true,
			Meaning: "Python source that defines main(), at most " + runtime.Bytes(l.ScriptBytes).String() +
				". Line ends may be LF or CRLF."},
		{Name: "input", Type: "any JSON value", Default: "absent",
			Meaning: "When it is present, main(input) is called instead of main(); null counts as present. " +
				"Nested at most " +
				strconv.Itoa(l.ResultDepth) + " levels deep."},
		{Name: "stdin", Type: "string", Default: `""`, Meaning: "What input() and sys.stdin read."},
		{Name: "files", Type: "object", Default: "{}",
			Meaning: `Files for the working directory: name → text, or {"base64": "…"} for what is no text. ` +
				`Names are relative; their directories are made. Modules among them can be imported.`},
		{Name: "timeout", Type: "number", Default: seconds,
			Meaning: "Seconds of wall clock for the whole script, from 0.05 to " + seconds + "."},
		{Name: "report", Type: "boolean", Default: "false",
			Meaning: "Adds report to a success, and stderr if it is empty, too; report to a failure that ran."},
		{Name: "return_files", Type: "boolean", Default: "false",
			Meaning: "Adds files: what is new or changed in the working directory when the script has ended, " +
				"also after an exception. At most " + strconv.FormatInt(l.ReturnFiles, 10) + " of them and " +
				runtime.Bytes(l.ReturnBytes).String() + "."},
		{Name: "entry", Type: "string or null", Default: `"main"`,
			Meaning: `Name of the function to call. null: the script is run as a program (__name__ == "__main__", ` +
				"no function needed, await outside of functions), and the result is the value of its last " +
				"expression, as of a cell of a notebook, else null. An exit with code 0 is a success then."},
		{Name: "spread", Type: "boolean", Default: "false",
			Meaning: "Hands the members of input, which must be an object then, over as keyword arguments."},
		{Name: "convert", Type: "boolean", Default: "false",
			Meaning: "Makes JSON of dates, bytes, Decimal, sets, NaN (null), keys that are no text, dataclasses, " +
				"models, values of numpy and pandas and more: docs/convert.md of the service's source has the " +
				"rules. What is JSON already stays the same."},
		{Name: "env", Type: "object", Default: "{}",
			Meaning: "Environment variables of the script: name → text, at most " +
				strconv.Itoa(runtime.EnvCount) + " and " + runtime.Bytes(runtime.EnvBytes).String() +
				". HOME, TMPDIR, TZ and the like may be replaced; what Python reads at its own start " +
				"(PYTHON*, LD_*, LANG) has no effect. They are in no log."},
		{Name: "args", Type: "array of strings", Default: "[]",
			Meaning: "Arguments of the script, sys.argv[1:], at most " + strconv.Itoa(runtime.ArgsCount) + " and " +
				runtime.Bytes(runtime.ArgsBytes).String() + "."},
		{Name: "environment", Type: "string", Default: "absent",
			Meaning: "Name of the environment to run in: a Python with packages. Without it the comment # /// script " +
				"of PEP 723, where the script has one, chooses the first that has what it asks for, and otherwise " +
				"it is " + runtime.DefaultEnvironment + "."},
	}, batchFields...)
}

var successFields = []Field{
	{Name: "result", Type: "any JSON value", Required: true,
		Meaning: "What main() returned, byte for byte as Python's json module wrote it: 4.0 stays 4.0, large " +
			"integers keep all digits."},
	{Name: "stdout", Type: "string", Required: true,
		Meaning: "All that was written to standard output. Bytes that are not UTF-8 show as U+FFFD."},
	{Name: "displays", Type: "array",
		Meaning: "What was displayed before display, each in the same form. Not there where nothing was."},
	{Name: "display", Type: "object",
		Meaning: "How the last thing that was displayed is shown: MIME type → text, or base64 for what is no " +
			"text. That is the value, where it is not JSON but has a method such as _repr_html_ or _repr_png_: " +
			"the result is null then, what _repr_json_ gives, or the nearest JSON number. Otherwise it is what " +
			"display(), or show() of plotly, altair or Pillow, was given last."},
	{Name: "figures", Type: "array",
		Meaning: `Matplotlib figures: those that plt.show() has shown, which ends them, then those in the value ` +
			`and those that are still open: [{"type": "image/png", "base64": "…"}]. Those without axes are left ` +
			`out. Not there without a figure.`},
	{Name: "files", Type: "object",
		Meaning: "Only with return_files: name → text, or {\"base64\": \"…\"} for what is no UTF-8."},
	{Name: "files_omitted", Type: "array",
		Meaning: `What did not come back, and why: [{"name": "…", "why": "…"}]. Not there when nothing was ` +
			`left out.`},
	{Name: "stderr", Type: "string", Meaning: "All that was written to standard error. Not there " +
		"where nothing was, unless report is asked for."},
	{Name: "hint", Type: "string", Meaning: "What to change. A success has it where the script calls main() by " +
		"itself, and the service calls it again."},
	{Name: "passed", Type: "boolean", Meaning: passedMeaning},
	{Name: "report", Type: "object", Meaning: "What the run cost and what bounded it. Only with report."},
}

var failureFields = []Field{
	{Name: "error", Type: "string", Required: true, Meaning: "What went wrong, in one sentence."},
	{Name: "status", Type: "string", Required: true,
		Meaning: "The same in one word of the table of statuses, for programs."},
	{Name: "stdout", Type: "string",
		Meaning: "Standard output up to the failure, when the script got as far as running."},
	{Name: "stderr", Type: "string",
		Meaning: "Standard error up to the failure, when the script got as far as running."},
	{Name: "traceback", Type: "string",
		Meaning: "Python's traceback, with the frames of the script, which is called script.py, and of modules " +
			"that came with it. Of a syntax error the line and, below it, where in it."},
	{Name: "line", Type: "integer", Meaning: "The line of the script the failure points at, counted from 1."},
	{Name: "column", Type: "integer",
		Meaning: "The character of that line that a syntax error points at, counted from 1."},
	{Name: "denied", Type: "string",
		Meaning: "What was refused to the script, and by which layer, when that is what it failed on; hint " +
			"says what to do instead. In Python it is an OSError, mostly a PermissionError."},
	{Name: "hint", Type: "string",
		Meaning: "What the caller or the operator can change, where there is something."},
	{Name: "figures, display, displays", Type: "",
		Meaning: "What was shown before the failure and, unless the script was stopped or out of memory, the " +
			"figures that were open."},
	{Name: "files, files_omitted", Type: "",
		Meaning: "As in a success, where the script ended by itself: not after a timeout or a kill."},
	{Name: "passed", Type: "boolean", Meaning: passedMeaning},
	{Name: "report", Type: "object",
		Meaning: "As in a success, when it was asked for and the script reached a worker."},
}

var reportFields = []Field{
	{Name: "execution_id", Type: "string", Required: true, Meaning: "The same as the header X-Execution-Id."},
	{Name: "status", Type: "string", Required: true, Meaning: "ok, or the word of the failure."},
	{Name: "environment", Type: "string", Meaning: "The environment that it ran in."},
	{Name: "environment_lacks", Type: "string",
		Meaning: "What the script's comment # /// script asks for and the environment that the request names lacks."},
	{Name: "environment_wait_ms", Type: "number",
		Meaning: "The part of queue_ms that it has waited for its environment to start, where it was cold."},
	{Name: "exception", Type: "object",
		Meaning: `What Python raised, in parts, of a script_error or syntax_error: {"name": "ValueError", ` +
			`"value": "what str() says of it"}.`},
	{Name: "file_types", Type: "object",
		Meaning: "Media types of files, by the same names. Only with return_files."},
	{Name: "wall_ms", Type: "number", Required: true,
		Meaning: "Time from handing over the script to its answer, in milliseconds."},
	{Name: "cpu_ms", Type: "number", Meaning: "Processor time used, in milliseconds. With isolation run this, memory " +
		"and /tmp are not known of a case: the summary has the first two of all."},
	{Name: "peak_memory_bytes", Type: "integer",
		Meaning: "Most memory that the run held at once on top of the interpreter's own, page tables " +
			"included and /tmp not."},
	{Name: "peak_tmp_bytes", Type: "integer",
		Meaning: "Most that was seen in /tmp, which is memory, too; 0 for a run of less than 20 ms. Missing " +
			"where it can't be seen from outside."},
	{Name: "queue_ms", Type: "number", Required: true,
		Meaning: "Time spent waiting for a worker, in milliseconds."},
	{Name: "limits", Type: "object", Required: true,
		Meaning: "The limits of this run by name; timeout_seconds is the one that applied."},
	{Name: "isolation", Type: "object", Required: true,
		Meaning: "Each isolation layer and whether it was in force."},
}

var headerFields = []Field{
	{Name: "X-Execution-Id", Type: "string", Required: true,
		Meaning: "Names this request in the service's log. On every reply."},
	{Name: "Server-Timing", Type: "string", Required: true,
		Meaning: "queue;dur=…, run;dur=… in milliseconds, 0 where nothing ran. On every reply."},
	{Name: "Retry-After", Type: "integer", Meaning: "Seconds to wait before trying again. On 429 and 503."},
	{Name: "Allow", Type: "string", Meaning: "The methods a path takes. On 405."},
}

var notes = []string{
	"A field that is not in the contract, or is given twice, is refused by name. Names are case-sensitive.",
	"async def main() is awaited.",
	"NaN and Infinity are not JSON: without convert, a result that contains them is refused as not_json.",
	"The body must be UTF-8; a byte order mark is skipped. A missing Content-Type is taken as application/json.",
	"Invoke-RestMethod throws on a refusal or failure; the body of the reply is then in $_.ErrorDetails.Message.",
}
