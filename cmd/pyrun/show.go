package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// finish shows and saves what came back. Its error has the exit code.
func finish(rep *reply, o *options, out *outDir, c *console) error {
	if err := errors.Join(c.showRest("stdout", rep.Stdout), c.showRest("stderr", rep.Stderr)); err != nil {
		return err
	}
	if !c.lineEnds("stderr") {
		fmt.Fprintln(c.err)
	}
	if o.report && rep.Report != nil {
		var b bytes.Buffer
		if json.Indent(&b, rep.Report, "", "  ") == nil {
			fmt.Fprintln(c.err, b.String())
		}
	}
	for _, f := range rep.FilesOmitted {
		fmt.Fprintf(c.err, "pyrun: file %q was left out: %s\n", f.Name, f.Why)
	}
	saveErr := out.save(rep)
	switch n := len(rep.Figures) + rep.forms(); {
	case n == 0 || o.out != "":
	case n == 1:
		fmt.Fprintln(c.err, "pyrun: 1 figure or other form of the result came back: --out DIR saves it")
	default:
		fmt.Fprintf(c.err, "pyrun: %d figures or other forms of the result came back: --out DIR saves them\n", n)
	}
	if rep.Error != "" {
		return errors.Join(rep.failure(c), saveErr) // the exit code is the run's
	}
	if rep.Hint != "" {
		fmt.Fprintf(c.err, "pyrun: %s\n", rep.Hint)
	}
	return errors.Join(saveErr, showResult(rep.Result, o, c))
}

// showResult writes the result to its file or, where none was named or the file
// could not be written, as a line of its own.
func showResult(result json.RawMessage, o *options, c *console) error {
	var err error
	if o.result != "" {
		if err = writeResult(o.result, o.force, append(result, '\n')); err == nil {
			return nil
		}
	}
	line := string(result) + "\n"
	if !c.lineEnds("stdout") {
		line = "\n" + line
	}
	return errors.Join(err, write(c.out, "stdout", line))
}

// failure shows the traceback and returns the sentence with the exit code.
func (rep *reply) failure(c *console) error {
	fmt.Fprint(c.err, rep.Traceback)
	if rep.Status == "invalid_request" || rep.Status == "main_missing" { // all else may be a script's words
		rep.Error, rep.Hint = inFlags.Replace(rep.Error), inFlags.Replace(rep.Hint)
	}
	var b strings.Builder
	b.WriteString(rep.Status + ": " + rep.Error)
	for _, more := range []string{rep.Denied, rep.Hint} {
		if more != "" {
			b.WriteString("\n  " + more)
		}
	}
	return &failure{exitCode(rep.Status), errors.New(b.String())}
}
