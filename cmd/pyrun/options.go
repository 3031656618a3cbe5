package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// options is a command line, understood.
type options struct {
	script  string // a path, or "-"
	url     *url.URL
	header  http.Header
	input   string // JSON, or @ and a path
	hasIn   bool
	stdin   string // a path, or "-"
	files   []fileFlag
	out     string
	result  string
	force   bool
	timeout time.Duration
	report  bool
	entry   string
	program bool
	spread  bool
	convert bool
	env     map[string]string
	args    []string // of the script
	// lines is a path, or "-", of what linesFlag, inputs or cases, names; it is empty for a
	// single run. isolation is that of its cases.
	lines, linesFlag, isolation string
	// environment is the name of one, empty for whichever the script asks for.
	environment string
}

// fileFlag is a file for the run: its name there and its path here.
type fileFlag struct{ name, path string }

var errHelp = errors.New("help")

// parseOptions reads the arguments. Flags may stand before and after the name
// of the script; what is behind "--" is for the script.
func parseOptions(args []string, w io.Writer) (*options, error) {
	o := &options{header: http.Header{}}
	flags := newFlags(o)
	var names []string
	args, rest := cutArgs(args)
	for {
		switch err := flags.Parse(args); {
		case errors.Is(err, flag.ErrHelp):
			usage(w, flags)
			return nil, errHelp
		case err != nil:
			return nil, err
		}
		if flags.NArg() == 0 {
			break
		}
		names = append(names, flags.Arg(0))
		args = flags.Args()[1:]
	}
	if len(names) == 0 && len(rest) > 0 { // a script whose name begins with "-"
		names, rest = rest[:1], rest[1:]
	}
	o.args = rest
	if len(names) != 1 {
		return nil, fmt.Errorf("%d scripts are named, want one: a file, or - for standard input", len(names))
	}
	o.script = names[0]
	if o.script == "-" && o.stdin == "-" {
		return nil, errors.New("--stdin: -: standard input is the script already")
	}
	if o.url == nil && len(o.header) > 0 {
		return nil, errors.New("--header: makes sense with --url only")
	}
	if err := o.checkLines(); err != nil {
		return nil, err
	}
	if err := o.checkProgram(); err != nil {
		return nil, err
	}
	return o, nil
}

// checkLines refuses what makes no sense with --inputs and --cases, or without.
func (o *options) checkLines() error {
	if o.linesFlag == "" {
		if o.isolation != "" {
			return errors.New("--isolation: makes sense with --inputs or --cases only")
		}
		return nil
	}
	if o.lines == "-" && o.script == "-" {
		return fmt.Errorf("--%s: -: standard input is the script already", o.linesFlag)
	}
	for name, given := range map[string]bool{
		"input": o.hasIn, "stdin": o.stdin != "", "out": o.out != "", "result": o.result != "",
	} {
		if given {
			return fmt.Errorf("--%s: makes no sense with --%s", name, o.linesFlag)
		}
	}
	return nil
}

// cutArgs divides the arguments at "--".
func cutArgs(args []string) (own, script []string) {
	if at := slices.Index(args, "--"); at >= 0 {
		return args[:at], args[at+1:]
	}
	return args, nil
}

func newFlags(o *options) *flag.FlagSet {
	flags := flag.NewFlagSet("pyrun", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // run prints the error, once
	flags.Func("url", "`URL` of a service that runs the script; without it, the script runs here", o.setURL)
	flags.Func("header", "a header for the service, `'Name: value'`, such as 'Authorization: Bearer …' for a "+
		"private one; may be given again", o.addHeader)
	flags.Func("input", "`JSON` for main(input); @FILE reads it from a file", func(s string) error {
		o.input, o.hasIn = s, true
		return nil
	})
	for _, of := range []struct{ flag, what string }{
		{"inputs", "a JSON value, for main(input)"},
		{"cases", "an object of input, stdin, expected and expected_stdout, each of which may be left out"},
	} {
		flags.Func(of.flag, "`FILE` whose lines are each "+of.what+": the script is run for every one, and each result "+
			"is a line of standard output; - is standard input", func(s string) error {
			if o.linesFlag != "" {
				return errors.New("--inputs and --cases: one of them, once")
			}
			o.lines, o.linesFlag = s, of.flag
			return nil
		})
	}
	flags.StringVar(&o.isolation, "isolation", "", "`case` gives each of --inputs or --cases a process of its own, which "+
		"is the default; run gives all of them one, and is faster")
	flags.StringVar(&o.stdin, "stdin", "", "`FILE` that the script reads as standard input; - passes on pyrun's own")
	flags.Func("file", "`NAME[=PATH]`: a file for the script's working directory; may be given again", o.addFile)
	flags.StringVar(&o.out, "out", "",
		"`DIR` to save files that the script leaves in its working directory, and figures; made if need be; what "+
			"is there stays as it is, and is told")
	flags.StringVar(&o.result, "result", "",
		"`FILE` for the JSON of what main() returned, instead of the last line of stdout; must not be there yet, "+
			"unless it is a pipe or device")
	flags.BoolVar(&o.force, "force", false, "let --out and --result overwrite files")
	flags.Func("timeout", "wall clock of the run: a `DURATION` such as 500ms, or seconds", o.setTimeout)
	flags.BoolVar(&o.report, "report", false, "print what the run cost, its limits and isolation as JSON on stderr")
	flags.StringVar(&o.entry, "entry", "", "`NAME` of the function to call instead of main")
	flags.BoolVar(&o.program, "program", false, "run the script as a program: it needs no main(), and the result is "+
		"the value of its last expression")
	flags.BoolVar(&o.spread, "spread", false, "hand the members of the input, an object, over as keyword arguments")
	flags.BoolVar(&o.convert, "convert", false, "make JSON of dates, sets, values of pandas and so on "+
		"(docs/convert.md)")
	flags.StringVar(&o.environment, "environment", "", "`NAME` of the environment to run it in, a Python with "+
		"packages; here ENVIRONMENTS has them")
	flags.Func("env", "`NAME=VALUE`: an environment variable of the script; may be given again", o.addEnv)
	return flags
}

func (o *options) addEnv(s string) error {
	name, value, ok := strings.Cut(s, "=")
	if !ok || name == "" {
		return errors.New("must be NAME=VALUE")
	}
	if o.env == nil {
		o.env = map[string]string{}
	}
	o.env[name] = value
	return nil
}

func (o *options) setURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return errors.New("must begin with http:// or https://")
	}
	if !strings.HasSuffix(u.Path, executePath) {
		u = u.JoinPath(executePath)
	}
	o.url = u
	return nil
}

func (o *options) addHeader(s string) error {
	name, value, ok := strings.Cut(s, ":")
	name = http.CanonicalHeaderKey(strings.TrimSpace(name))
	if !ok || name == "" || strings.ContainsAny(name, " \t\r\n") || strings.ContainsAny(value, "\r\n") {
		return errors.New("must be 'Name: value'")
	}
	o.header.Add(name, strings.TrimSpace(value))
	return nil
}

func (o *options) addFile(s string) error {
	name, path, ok := strings.Cut(s, "=")
	if !ok {
		path = name
	}
	if !filepath.IsLocal(name) {
		return fmt.Errorf("%q must be relative to the script's working directory; NAME=PATH reads a file from "+
			"elsewhere", name)
	}
	o.files = append(o.files, fileFlag{filepath.ToSlash(filepath.Clean(name)), path})
	return nil
}

func (o *options) setTimeout(s string) error {
	d, err := time.ParseDuration(s)
	if seconds, floatErr := strconv.ParseFloat(s, 64); floatErr == nil && seconds < 1e9 {
		d, err = time.Duration(seconds*float64(time.Second)), nil
	}
	if err != nil || d <= 0 {
		return errors.New("must be a duration such as 500ms, or a number of seconds")
	}
	o.timeout = d
	return nil
}

func usage(w io.Writer, flags *flag.FlagSet) {
	fmt.Fprint(w, `usage: pyrun [flags] SCRIPT [-- ARGUMENTS]

Runs a Python script in a sandbox: no network, no processes, no files but
its own. The script defines main(), or main(input); what that returns must be
JSON data. SCRIPT is a file, or - for standard input. ARGUMENTS are sys.argv[1:].

  pyrun script.py
  pyrun --program script.py -- --fast 3
  pyrun --inputs numbers.ndjson script.py
  pyrun --input '{"n": 3}' --file data.csv --out results script.py
  pyrun --url https://pyexec-123.run.app --header "Authorization: Bearer $(gcloud auth print-identity-token)" script.py

Output of the script appears as it is written. The result is the last line of
standard output. With --inputs or --cases each line of it is a result, as JSON
with the output of that case in it. Messages of pyrun itself are on standard error. On a terminal,
standard error shows control characters as \x1b and the like; standard output
passes on what the script writes.

Flags:
`)
	flags.SetOutput(w)
	flags.PrintDefaults()
	fmt.Fprint(w, "\nExit codes, and the statuses of the service behind them:\n")
	printExitCodes(w)
	fmt.Fprint(w, "\nHere the limits are those of the service, and the same environment variables set\nthem "+
		"(server -h lists them). --timeout may exceed EXEC_TIMEOUT.\n")
}
